"""A prompt on paper: every text once and in full, its draws named, columns beside one another where they fit."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from app.batteries.shape import PromptShape
from app.compare.draw import Draw
from app.compare.paper import NAMED, Laid, laid, texts
from app.compare.same import Stack
from app.db import Database
from app.subjects.shape import SubjectShape
from tests import seed
from tests.cast import Draw as Said
from tests.compare import cast
from tests.compare.reading import laid_out

LONG = "word " * 2_000
URL = "http://here/x"


def say(prompt: PromptShape, subject: SubjectShape, repeat: int) -> Said:
    if prompt.key == "habits-plain":
        return Said(LONG if subject.slug == "default" else f"Short <b>{repeat % 2}</b>")
    return Said("42" if repeat % 3 else "It is 42, of course.")


def on_paper(session: Session, address: str) -> Laid:
    return laid(laid_out(session, address), URL)


def words(found: Sequence[Stack]) -> list[tuple[int, str]]:
    return [(one.n, one.draws[0].text) for one in found]


def test_every_text_stands_once_in_full_with_its_share_and_its_draws(sqlite: Database) -> None:
    with sqlite.writing() as session:
        seed.study(session, subjects=cast.SUBJECTS[:4], prompts=cast.PROMPTS[:3], say=say, repeats=20)
        number = on_paper(session, "number-plain?cols=default@1,constitution@1")
        assert number.across == 2
        said = number.columns[0].said
        assert [(one.card.n, str(one.card.turns[0].html)) for one in said] == [
            (14, "42"), (6, "It is 42, of course."),
        ]  # fmt: skip
        assert said[0].repeats == f"repeats 1, 2, 4, 5, 7, 8, 10, 11, 13, 14, 16, 17 and {14 - NAMED} more"
        assert said[1].repeats == "repeats 3, 6, 9, 12, 15, 18"
        (value, k, _, share) = number.columns[0].values[0]
        assert (value, k) == ("42", 14)
        assert share is not None
        assert 0.7 < share.low < share.value == 1.0
        assert number.columns[0].ran.startswith("run 1, ")

        habits = on_paper(session, "habits-plain")
        assert habits.across == 1  # four columns, one of them long
        long = next(one for one in habits.columns if one.panel.cell.column.slug == "default").said
        assert [(one.card.n, len(str(one.card.turns[0].html))) for one in long] == [(20, len(LONG))]
        assert [one.long for one in habits.columns].count(True) == 1
        assert on_paper(session, "habits-plain?cols=default@1").across == 1
        assert on_paper(session, "habits-plain?cols=base-raw@1,constitution@1").across == 2

        singly = on_paper(session, "habits-plain?cols=base-raw@1&all=1").columns[0].said
        assert [one.repeats for one in singly] == [f"repeat {n}" for n in range(1, 21)]
        hidden = on_paper(session, "habits-plain?hide=kept").columns
        assert {one.ran for one in hidden} == {""}


def test_a_value_said_in_other_words_is_a_text_of_its_own() -> None:
    def draw(*said: str) -> Draw:
        return Draw(None, (), False, said)

    first, again, other = draw("42"), draw("42."), draw("So: 42")
    one = Stack(("value", "42"), [first, other, again], 3)
    found = texts([one, Stack(("text", "no"), [draw("No")])], None)
    assert [found_one.draws for found_one in found[:2]] == [[first, again], [other]]
    assert [(found_one.n, found_one.slot) for found_one in found] == [(2, 3), (1, 3), (1, 0)]
    assert [found_one.draws for found_one in texts([one], [other, first])] == [[other], [first]]
    assert texts([], None) == []
