"""What the page says before its columns, so that what is shown is not taken for what was asked for."""

import pytest

from app.batteries.shape import PromptShape
from app.db import Database
from app.subjects.shape import SubjectShape
from tests import seed
from tests.cast import Draw
from tests.compare import cast
from tests.compare.reading import laid_out, panel

MANY = [cast.SUBJECTS[1].model_copy(update={"slug": f"s-{n}", "name": f"Subject {n}"}) for n in range(12)]


@pytest.fixture
def seeded(sqlite: Database) -> Database:
    with sqlite.writing() as session:
        seed.study(session, subjects=cast.SUBJECTS, prompts=cast.PROMPTS, say=cast.say)
    return sqlite


def said(database: Database, address: str) -> list[str]:
    with database.reading() as session:
        return [note.text for note in laid_out(session, address).notes]


def test_a_page_that_shows_all_that_was_asked_for_says_nothing(seeded: Database) -> None:
    assert said(seeded, "habits-plain") == []
    assert said(seeded, "habits-plain?cols=default@1,base-raw&t=1&col=default@1&repeat=2") == []


@pytest.mark.parametrize("picked", ["", "?cols=" + ",".join(one.slug for one in MANY), "?t=1"])
def test_more_than_ten_columns_are_never_dropped_without_a_word(sqlite: Database, picked: str) -> None:
    with sqlite.writing() as session:
        seed.study(session, subjects=MANY, prompts=[cast.HABITS], say=lambda *_: Draw("I."), repeats=1)
    assert said(sqlite, f"habits-plain{picked}") == [
        "The first 10 of 12 columns are shown; choose others above."
    ]


def test_a_column_that_the_address_names_and_nobody_asked_is_told(seeded: Database) -> None:
    address = "habits-plain?cols=default@1,gone@1,default@0.2"
    assert said(seeded, address) == ["Not among this prompt's columns: gone@1, default@0.2."]
    assert said(seeded, f"{address}&hide=kept") == [
        "Not among this prompt's columns: 2 of the columns that the address names."
    ]


def test_a_repeat_that_has_no_answer_is_told_with_its_transcript(seeded: Database) -> None:
    with seeded.reading() as session:
        page = laid_out(session, "habits-plain?col=reasoner@none&repeat=7")
        (note,) = page.notes
        row = next(row for row in panel(page, "reasoner").cell.rows if row.repeat == 7)
    assert note.text == "Repeat 7 of Reasoning, medium failed: it has no answer."
    assert (note.href, note.word) == (f"/transcripts/{row.id}", f"transcript {row.id}")


def test_a_repeat_of_another_model_is_told_and_can_be_taken_in(seeded: Database) -> None:
    address = "habits-plain?col=reasoner@none&repeat=3"
    with seeded.reading() as session:
        (note,) = laid_out(session, address).notes
        taken = laid_out(session, f"{address}&others=1")
    assert note.text == "Repeat 3 of Reasoning, medium was served by another model and is left out."
    assert note.href.endswith("?others=1&col=reasoner@none&repeat=3")
    assert taken.notes == ()
    assert taken.aside is not None
    assert taken.aside.repeat == 3


def test_a_repeat_that_nobody_asked_for_is_told(seeded: Database) -> None:
    assert said(seeded, "habits-plain?col=default@1&repeat=99") == [
        "Default assistant has no repeat 99 here."
    ]
    assert said(seeded, "habits-plain?col=default@1&repeat=99&hide=kept") == ["B has no repeat 99 here."]


def test_an_answer_to_compare_with_that_is_gone_is_not_replaced_by_another(seeded: Database) -> None:
    with seeded.reading() as session:
        page = laid_out(session, "habits-plain?diff=default@1:99")
    assert [note.text for note in page.notes] == [
        "Nothing is compared: the answer to compare with is not here."
    ]
    assert not page.compared


def one_by_one(_prompt: PromptShape, subject: SubjectShape, repeat: int) -> Draw:
    return Draw(f"Answer {repeat}, of {subject.slug}.")


def test_the_answer_compared_with_is_shown_also_while_another_is_in_focus(sqlite: Database) -> None:
    with sqlite.writing() as session:
        seed.study(session, subjects=cast.SUBJECTS[:2], prompts=[cast.HABITS], say=one_by_one, repeats=9)
    for view in ("", "&all=1", "&open=default@1"):
        with sqlite.reading() as session:
            page = laid_out(session, f"habits-plain?diff=default@1:8&col=base-raw@1{view}")
        assert [card.tag for card in panel(page, "default").cards if card.pivot] == ["8"]
