"""An annotation is changed by who put it, against the version that they saw: nobody's words are lost unseen."""

import threading

import pytest
from sqlalchemy import select

from app import db
from app.accounts.models import LOCAL
from app.annotations import acts, changing
from app.annotations.acts import Hand, Stale
from app.annotations.changing import NotYours
from app.annotations.models import Target
from app.annotations.wanted import Changes
from app.db import Database
from app.live.models import Event
from app.web import Invalid, NotFound
from tests.annotations import coded
from tests.annotations.coded import Coded, one, put
from tests.reading.people import second


@pytest.fixture
def study(database: Database) -> Coded:
    with database.writing() as session:
        return coded.study(session, repeats=2)


@pytest.fixture
def mark(study: Coded) -> int:
    return put(study, study.span(0, 7, "I think", note="first"))[0]


def change(hand: Hand, number: int, version: int, **changes: object) -> int:
    with db.writing() as session:
        return changing.change(session, hand, number, version, Changes.model_validate(changes))


def remove(hand: Hand, number: int, version: int) -> None:
    with db.writing() as session:
        changing.remove(session, hand, number, version)


def places(number: int) -> list[tuple[int, int, str]]:
    with db.reading() as session:
        query = select(Target).where(Target.annotation_id == number).order_by(Target.place)
        return [(row.start, row.end, row.quote) for row in session.scalars(query)]


def test_what_is_named_changes_and_the_rest_stays(study: Coded, mark: int) -> None:
    assert change(study.hand(), mark, 1, note="better", confidence=3) == 2
    row = one(mark)
    assert (row.note, row.confidence, row.version, row.tag_id) == ("better", 3, 2, study.tags["hedging"])
    assert places(mark) == [(0, 7, "I think")]
    assert change(study.hand(), mark, 2, confidence=None) == 3
    assert (one(mark).confidence, one(mark).note) == (None, "better")


def test_it_is_tagged_anew(study: Coded, mark: int) -> None:
    change(study.hand(), mark, 1, tag="persona")
    assert one(mark).tag_id == study.tags["persona"]
    assert places(mark) == [(0, 7, "I think")]


def test_its_boundaries_are_moved_and_its_quote_with_them(study: Coded, mark: int) -> None:
    message = study.answers[0][1]
    change(
        study.hand(), mark, 1, targets=[{"message": message, "start": 2, "end": 14, "quote": "think it may"}]
    )
    assert places(mark) == [(2, 14, "think it may")]


def test_a_moved_mark_keeps_to_its_text(study: Coded, mark: int) -> None:
    message = study.answers[0][1]
    with pytest.raises(Invalid, match="targets.0: found the quote 'we think'"):
        change(
            study.hand(), mark, 1, targets=[{"message": message, "start": 0, "end": 8, "quote": "we think"}]
        )
    assert one(mark).version == 1


def test_it_cannot_become_a_mark_that_stands_already(study: Coded, mark: int) -> None:
    put(study, study.span(0, 7, "I think", "persona"))
    with pytest.raises(Invalid, match="you have put 'persona' there already"):
        change(study.hand(), mark, 1, tag="persona")


def test_it_does_not_contradict_what_its_author_says_of_the_whole(study: Coded, mark: int) -> None:
    put(study, study.whole("persona", polarity="absent"))
    with pytest.raises(Invalid, match="you have said that 'persona' is absent there"):
        change(study.hand(), mark, 1, tag="persona")


def test_a_mark_of_an_archived_tag_can_be_moved(study: Coded, mark: int) -> None:
    with db.writing() as session:
        coded.revised(session, study.made.study_id, study.tags["hedging"], 2, archived=True)
    message = study.answers[0][1]
    change(study.hand(), mark, 1, targets=[{"message": message, "start": 2, "end": 7, "quote": "think"}])
    assert places(mark) == [(2, 7, "think")]
    with pytest.raises(Invalid, match="is archived"):
        change(study.hand(), mark, 2, tag="hedging")


def test_saying_what_is_so_already_is_no_act(study: Coded, mark: int) -> None:
    assert change(study.hand(), mark, 1, note="first") == 1
    with db.reading() as session:
        assert len(session.scalars(select(Event).where(Event.kind == acts.KIND)).all()) == 1


def test_it_keeps_the_revision_that_it_was_made_under(study: Coded, mark: int) -> None:
    with db.writing() as session:
        coded.revised(session, study.made.study_id, study.tags["hedging"], 2, definition="other")
    change(study.hand(), mark, 1, note="later")
    assert one(mark).revision == 1


def test_that_it_still_holds_is_said_of_a_newer_revision(study: Coded, mark: int) -> None:
    with db.writing() as session:
        coded.revised(session, study.made.study_id, study.tags["hedging"], 2, definition="other")
    with db.writing() as session:
        changing.confirm(session, study.hand(), mark, 1, 2)
    assert (one(mark).revision, one(mark).version) == (2, 2)


def test_removed_it_stands_no_more_and_is_not_lost(study: Coded, mark: int) -> None:
    remove(study.hand(), mark, 1)
    assert one(mark).removed_at is not None
    assert one(mark).note == "first"
    with pytest.raises(NotFound):
        remove(study.hand(), mark, 2)


# ------------------------------------------------------------------ whose it is


def test_only_its_author_and_an_admin_change_it(study: Coded, mark: int) -> None:
    with db.writing() as session:
        ana = second(session)
    with pytest.raises(NotYours):
        change(study.hand(ana), mark, 1, note="mine now")
    with pytest.raises(NotYours):
        remove(study.hand(ana), mark, 1)
    change(study.hand(ana, admin=True), mark, 1, note="set right")
    assert (one(mark).note, one(mark).person_id) == ("set right", LOCAL)
    with db.reading() as session:
        newest = session.scalars(select(Event).order_by(Event.id.desc())).first()
    assert newest is not None
    assert newest.actor == ana, "the log tells who did it"


def test_in_another_study_it_is_not_there(study: Coded, mark: int) -> None:
    with pytest.raises(NotFound):
        change(Hand(LOCAL, study.made.study_id + 1), mark, 1, note="x")
    with pytest.raises(NotFound):
        change(study.hand(), 999_999, 1, note="x")


# ------------------------------------------------------------------ two at once


def test_of_two_who_saw_the_same_version_the_second_is_told(study: Coded, mark: int) -> None:
    change(study.hand(), mark, 1, note="one wins")
    with pytest.raises(Stale, match="found version 1, it is now 2"):
        change(study.hand(), mark, 1, note="the other")
    with pytest.raises(Stale):
        remove(study.hand(), mark, 1)
    assert one(mark).note == "one wins"


def test_of_many_at_the_same_moment_one_wins(study: Coded, mark: int) -> None:
    """No update is lost: each of eight saw version 1, and seven are told so."""
    told: list[str] = []
    ready = threading.Barrier(8)

    def write(nth: int) -> None:
        ready.wait()
        try:
            change(study.hand(), mark, 1, note=f"writer {nth}")
            told.append("won")
        except Stale:
            told.append("stale")

    threads = [threading.Thread(target=write, args=(nth,)) for nth in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told) == ["stale"] * 7 + ["won"]
    assert one(mark).version == 2
