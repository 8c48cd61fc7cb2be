"""What was tried in a study: the texts one after another, and one of them with its answers side by side."""

from app.batteries.shape import PromptShape, Turn
from app.compare import tried as texts
from app.db import Database
from app.studies.models import Study
from app.transcripts.queries import Counts
from tests import seed
from tests.cast import SUBJECTS, Draw
from tests.tries import TRIED, tried

LADDER = PromptShape(
    key="t", family="t", mode="ladder", turns=(Turn(user="Is  91\nprime? " + "x" * 200), Turn(user="Sure?"))
)
PREFILL = PromptShape(
    key="t", family="t", mode="prefill", turns=(Turn(user="What?"), Turn(assistant="Honestly,"))
)


def test_texts_are_listed_newest_first_with_how_they_begin(database: Database) -> None:
    with database.writing() as session:
        made = seed.study(session, repeats=1)
        runs = [
            tried(session, made, text, subjects=SUBJECTS[:1], repeats=n, say=lambda *_: Draw("x")).run_id
            for n, text in enumerate((TRIED, LADDER, PREFILL), start=1)
        ]
        other = Study(slug="other", title="Other")
        session.add(other)
        session.flush()
    with database.reading() as session:
        lines = texts.history(session, made.study_id)
        later = texts.history(session, made.study_id, before=runs[2], limit=1)
        assert texts.history(session, other.id) == []
    assert [line.run_id for line in lines] == runs[::-1]
    assert [line.text[:20] for line in lines] == ["Honestly,", "Is 91 prime? xxxxxxx", "Is a moth honest?"]
    assert lines[1].text.endswith("…")
    assert [line.counts for line in lines] == [Counts(done=3), Counts(done=2), Counts(done=1)]
    assert [line.run_id for line in later] == [runs[1]]


def test_every_answer_has_a_card_of_its_own_and_what_is_missing_says_why(database: Database) -> None:
    def say(prompt: object, subject: object, repeat: int) -> Draw:
        return (Draw("Moth."), Draw("Moth."), Draw(state="failed", reason="502"), Draw(state="queued"))[
            repeat - 1
        ]

    with database.writing() as session:
        made = seed.study(session, repeats=1)
        run = tried(session, made, subjects=SUBJECTS[:2], repeats=4, say=say).run_id
    with database.reading() as session:
        page = texts.answers(session, made.study_id, "first-light", run)
    assert [panel.head.name for panel in page.panels] == ["Base, raw", "Default assistant"]
    for panel in page.panels:
        assert [(card.n, card.tag) for card in panel.cards] == [(1, "1"), (1, "2")]
        assert [one.kind for one in panel.absent] == ["failed", "waiting"]
