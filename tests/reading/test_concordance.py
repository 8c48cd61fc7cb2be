"""Keyword in context: places aligned by column, and k of n counted as the rules of evidence have it."""

import pytest

from app.batteries.shape import PromptShape, Turn
from app.db import Database
from app.reading import columns
from app.reading import concordance as module
from app.reading.concordance import Concordance, Section, concordance
from app.reading.context import BESIDE, LONGEST
from app.reading.look import read
from tests import seed
from tests.cast import PROMPTS, Draw
from tests.draws import Seeded

LADDER = PromptShape(
    key="ladder", family="l", mode="ladder", turns=(Turn(user="Sure?"), Turn(user="Really?"))
)
SAID = {
    "base-raw": ["the fish swam", "a fish", "no such thing", "a fish"],
    "default-assistant": ["Fish, fish; and\nmore  fish!"],
    "pirate": ["nothing"],
    "constitution": ["quiet"],
    "reasoner": ["דג fish דג", "fish"],
}


def say(prompt: PromptShape, subject: seed.SubjectShape, repeat: int) -> Draw:
    said = SAID[subject.slug][(repeat - 1) % len(SAID[subject.slug])]
    served = "another" if subject.slug == "default-assistant" and repeat == 1 else None
    state = "failed" if subject.slug == "constitution" and repeat == 2 else "done"
    return Draw((said, "fish once more") if prompt.mode == "ladder" else said, served=served, state=state)


@pytest.fixture
def made(database: Database) -> Seeded:
    with database.writing() as session:
        return seed.study(session, prompts=[PROMPTS[0], LADDER], repeats=8, say=say)


def look(**params: str) -> Concordance:
    return concordance(read({"as": ["kwic"], **{name: [value] for name, value in params.items()}}), 1)


def of(found: Concordance, slug: str) -> Section:
    return next(one for one in found.sections if one.column.slug == slug)


def counts(found: Concordance) -> dict[str, tuple[int, int]]:
    return {one.column.slug: (one.column.k, one.column.n) for one in found.sections}


@pytest.mark.parametrize("q", ["fish", "/[Ff]ish/"])
def test_k_of_n_counts_finished_answers_with_a_hit_each_once(made: Seeded, q: str) -> None:
    found = look(q=q, prompt="number-plain")
    assert counts(found) == {
        "base-raw": (6, 8), "default-assistant": (7, 7), "pirate": (0, 8), "constitution": (0, 7),
        "reasoner": (8, 8),
    }  # fmt: skip
    assert of(found, "default-assistant").column.apart == 1  # served by another model: left out of both
    share = of(found, "base-raw").column.share
    assert share is not None
    assert share.low is not None
    assert share.high is not None
    assert (round(share.low, 3), round(share.high, 3)) == (0.409, 0.929)  # Wilson's of 6 in 8
    assert (found.why, found.prompts, found.cut) == ("", 1, False)


def test_over_several_prompts_there_is_no_interval(made: Seeded) -> None:
    found = look(q="fish", study="first-light")
    assert found.prompts == 2
    assert counts(found)["base-raw"] == (6 + 8, 16)  # a ladder's answers are one transcript
    assert all(one.column.share is None for one in found.sections)


def test_repeats_at_temperature_nought_are_replicates(database: Database) -> None:
    sampling = seed.SUBJECTS[0].sampling.model_copy(update={"temperature": 0})
    cold = seed.SUBJECTS[0].model_copy(update={"sampling": sampling})
    with database.writing() as session:
        seed.study(session, subjects=[cold], prompts=PROMPTS[:1], repeats=4, say=lambda *_: Draw("fish"))
    found = look(q="fish")
    assert counts(found) == {"base-raw": (4, 4)}
    assert found.sections[0].column.share is None


def test_the_same_answer_stands_once_with_its_number(made: Seeded) -> None:
    shown = of(look(q="fish", prompt="number-plain"), "base-raw").contexts
    assert [(one.before, one.found, one.after, one.times) for one in shown] == [
        ("a ", "fish", "", 4), ("the ", "fish", " swam", 2),
    ]  # fmt: skip


def test_every_place_of_an_answer_is_a_line_on_one_line(made: Seeded) -> None:
    shown = of(look(q="fish", prompt="number-plain"), "default-assistant").contexts
    assert [(one.before, one.found, one.after) for one in shown] == [
        ("", "Fish", ", fish; and more fish!"), ("Fish, ", "fish", "; and more fish!"),
        ("Fish, fish; and more ", "fish", "!"),
    ]  # fmt: skip


def test_places_are_put_in_the_order_of_the_words_beside(made: Seeded) -> None:
    left = of(look(q="fish", study="first-light", by="left"), "base-raw").contexts
    assert [one.before for one in left] == ["", "a ", "a ", "the ", "the "]
    right = of(look(q="fish", study="first-light", by="right"), "base-raw").contexts
    assert [one.after for one in right] == ["", "", " once more", " swam", " swam"]


def test_a_script_from_the_right_is_told(made: Seeded) -> None:
    found = look(q="דג", prompt="number-plain", subject="reasoner")
    assert [one.rtl for one in found.sections[0].contexts] == [True, True]
    assert not look(q="fish", subject="reasoner", prompt="number-plain").sections[0].contexts[0].rtl


def test_long_texts_are_cut_around_what_was_found(database: Database) -> None:
    with database.writing() as session:
        seed.study(session, subjects=seed.SUBJECTS[:1], prompts=PROMPTS[:1], repeats=1,
                   say=lambda *_: Draw("before " * 400 + "fish " + "after " * 400))  # fmt: skip
    one = look(q="fish").sections[0].contexts[0]
    assert (len(one.before), one.found, len(one.after)) == (BESIDE, "fish", BESIDE)
    whole = look(q="/before[^!]*after/").sections[0].contexts[0]
    assert len(whole.found) == LONGEST
    assert whole.found.endswith("…")


def test_a_column_alone_goes_on_page_by_page(made: Seeded, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ALONE", 4)
    for q in ("fish", "/fi[s]h/"):
        narrowed = {"q": q, "subject": "base-raw", "prompt": "number-plain"}
        first = look(**narrowed)
        second = look(**narrowed, before=first.older)
        assert (first.newer, second.older) == ("", "")
        assert sum(one.times for one in first.sections[0].contexts) == 4
        assert sum(one.times for one in second.sections[0].contexts) == 2
        assert look(**narrowed, after=second.newer) == first
        assert counts(second) == {"base-raw": (6, 8)}


def test_where_nothing_can_be_counted_the_newest_are_shown_and_it_is_said(
    made: Seeded, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(columns, "MOST_GROUPS", 3)
    for q in ("fish", "/fi[s]h/"):
        found = look(q=q)
        assert "count" in found.why
        assert {one.column.slug for one in found.sections} == {
            "base-raw", "default-assistant", "reasoner", "pirate", "constitution",
        }  # fmt: skip
        assert all(one.contexts for one in found.sections)


def test_a_pattern_that_is_cut_gives_no_share(made: Seeded, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.reading.found.SECONDS", 0.0)
    found = look(q="/fi[s]h/")
    assert (found.cut, found.seen, found.why, found.sections) == (True, 0, "not all was read", [])


def test_runs_are_pooled_and_said_so(made: Seeded, database: Database) -> None:
    with database.writing() as session:
        seed.run(session, made, prompts=[PROMPTS[0], LADDER], repeats=1, say=say)
    found = look(q="fish", prompt="number-plain")
    assert found.pooled
    assert counts(found)["base-raw"] == (7, 9)
    assert not look(q="fish", prompt="number-plain", run=str(made.run_id)).pooled
