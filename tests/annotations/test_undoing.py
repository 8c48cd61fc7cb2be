"""Undo and redo: one's own acts in a study, one by one, after a reload too, and never over what came since."""

import pytest

from app import db
from app.accounts.models import LOCAL
from app.annotations import changing, undoing
from app.annotations.wanted import Changes
from app.db import Database
from app.web import Invalid
from tests.annotations import coded
from tests.annotations.coded import Coded, one, put
from tests.annotations.test_changing import change, places, remove
from tests.reading.people import second


@pytest.fixture
def study(database: Database) -> Coded:
    with database.writing() as session:
        return coded.study(session, repeats=2)


def undo(study: Coded, person: int = LOCAL) -> bool:
    with db.writing() as session:
        return undoing.undo(session, study.hand(person)) is not None


def redo(study: Coded, person: int = LOCAL) -> bool:
    with db.writing() as session:
        return undoing.redo(session, study.hand(person)) is not None


def stands(number: int) -> bool:
    return one(number).removed_at is None


def test_where_nothing_was_done_nothing_is_undone(study: Coded) -> None:
    assert not undo(study)
    assert not redo(study)


def test_a_mark_is_taken_back_and_put_again(study: Coded) -> None:
    (mark,) = put(study, study.span(0, 7, "I think"))
    assert undo(study)
    assert not stands(mark)
    assert redo(study)
    assert stands(mark)
    assert places(mark) == [(0, 7, "I think")]
    assert not redo(study)


def test_a_removed_mark_comes_back_as_it_was(study: Coded) -> None:
    (mark,) = put(study, study.span(0, 7, "I think", note="kept"))
    remove(study.hand(), mark, 1)
    assert undo(study)
    assert stands(mark)
    assert one(mark).note == "kept"
    assert places(mark) == [(0, 7, "I think")]


def test_a_moved_and_re_tagged_mark_goes_back(study: Coded) -> None:
    (mark,) = put(study, study.span(0, 7, "I think"))
    target = {"message": study.answers[0][1], "start": 2, "end": 14, "quote": "think it may"}
    change(study.hand(), mark, 1, tag="persona", targets=[target])
    assert undo(study)
    assert (one(mark).tag_id, places(mark)) == (study.tags["hedging"], [(0, 7, "I think")])
    assert redo(study)
    assert (one(mark).tag_id, places(mark)) == (study.tags["persona"], [(2, 14, "think it may")])


def test_acts_are_undone_from_the_newest_back(study: Coded) -> None:
    first, second_one = (put(study, study.whole(tag))[0] for tag in ("hedging", "refusal"))
    assert undo(study)
    assert (stands(first), stands(second_one)) == (True, False)
    assert undo(study)
    assert (stands(first), stands(second_one)) == (False, False)
    assert redo(study)
    assert (stands(first), stands(second_one)) == (True, False)
    assert redo(study)
    assert (stands(first), stands(second_one)) == (True, True)


def test_a_new_act_ends_what_could_be_done_again(study: Coded) -> None:
    put(study, study.whole("hedging"))
    undo(study)
    put(study, study.whole("refusal"))
    assert not redo(study)
    assert undo(study)
    assert not undo(study)


def test_a_bulk_act_is_one_step(study: Coded) -> None:
    made = put(study, *[study.whole(tag, nth) for tag in coded.TAGS for nth in (0, 1)])
    assert undo(study)
    assert not any(map(stands, made))
    assert redo(study)
    assert all(map(stands, made))


def test_an_absence_taken_back_by_a_mark_comes_back_with_its_undo(study: Coded) -> None:
    (absent,) = put(study, study.whole(polarity="absent"))
    (mark,) = put(study, study.span(0, 7, "I think"))
    assert (stands(absent), stands(mark)) == (False, True)
    undo(study)
    assert (stands(absent), stands(mark)) == (True, False)


def test_each_undoes_their_own(study: Coded) -> None:
    with db.writing() as session:
        ana = second(session)
    (mine,) = put(study, study.whole())
    (hers,) = put(study, study.whole(), hand=study.hand(ana))
    assert undo(study)
    assert (stands(mine), stands(hers)) == (False, True)
    assert not undo(study)
    assert undo(study, ana)
    assert not stands(hers)


def test_in_another_study_nothing_is_undone(study: Coded, database: Database) -> None:
    with database.writing() as session:
        other = coded.other_study(session)
    (mark,) = put(study, study.whole())
    assert not undo(other)
    assert stands(mark)


def test_what_somebody_changed_since_is_not_undone_over_them(study: Coded) -> None:
    """An admin set the note right: the author's undo would take that away without anybody seeing it."""
    (mark,) = put(study, study.whole(note="first"))
    with db.writing() as session:
        ana = second(session)
    with db.writing() as session:
        changing.change(session, study.hand(ana, admin=True), mark, 1, Changes(note="set right"))
    with pytest.raises(Invalid, match="cannot be undone: what it made was changed since"):
        undo(study)
    assert one(mark).note == "set right"


def test_versions_only_go_up(study: Coded) -> None:
    """Whoever saw it before the undo is told, whatever it says again."""
    (mark,) = put(study, study.whole())
    undo(study)
    redo(study)
    assert one(mark).version == 3
