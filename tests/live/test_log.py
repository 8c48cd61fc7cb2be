"""Events: appended in the change's own transaction, visible in the order of their ids, never altered."""

import threading

import pytest
from sqlalchemy import text
from sqlalchemy.event import listen
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from app import db
from app.db import Database
from app.live import log


def kinds_after(last: int) -> list[tuple[int, str]]:
    with db.reading() as session:
        return [(number, kind) for number, kind, _ in log.after(session, last, 100)]


def test_events_come_back_in_order_with_their_ids(database: Database) -> None:
    with db.writing() as session:
        log.record(session, "run", {"run": 3}, study=1, actor=1)
        log.record(session, "run", {"run": 4}, study=1, actor=1)
    with db.reading() as session:
        assert log.after(session, 0, 10) == [(1, "run", {"run": 3}), (2, "run", {"run": 4})]
        assert log.after(session, 1, 10) == [(2, "run", {"run": 4})]
        assert log.newest(session) == 2


def test_an_event_of_a_change_that_failed_never_was(database: Database) -> None:
    def fail() -> None:
        with db.writing() as session:
            log.record(session, "run", {"run": 3})
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert kinds_after(0) == []


@pytest.mark.parametrize("statement", ["UPDATE events SET kind = 'x'", "DELETE FROM events"])
def test_events_are_never_altered(database: Database, statement: str) -> None:
    with db.writing() as session:
        log.record(session, "run", {"run": 3})

    def alter() -> None:
        with db.writing() as session:
            session.execute(text(statement))

    with pytest.raises(DatabaseError, match="events are frozen"):
        alter()
    assert kinds_after(0) == [(1, "run")]


def test_a_later_id_never_becomes_visible_before_an_earlier_one(database: Database) -> None:
    """The first writer stops between its event and its commit; the second must come after it."""
    recorded, release = threading.Event(), threading.Event()

    def hold(_session: Session) -> None:
        recorded.set()
        release.wait(10)

    def first() -> None:
        with db.writing() as session:
            log.record(session, "first", {})
            listen(session, "before_commit", hold)

    def second() -> None:
        with db.writing() as session:
            log.record(session, "second", {})

    one, two = threading.Thread(target=first), threading.Thread(target=second)
    one.start()
    assert recorded.wait(10)
    two.start()
    two.join(0.2)
    assert kinds_after(0) == []
    assert two.is_alive()
    release.set()
    one.join()
    two.join()
    assert [kind for _, kind in kinds_after(0)] == ["first", "second"]


def test_a_reader_that_asks_for_what_came_after_misses_nothing(database: Database) -> None:
    """Eight writers at once; the reader never looks back, as no stream does."""

    def write(name: str) -> None:
        for number in range(10):
            with db.writing() as session:
                log.record(session, f"{name}{number}", {})

    writers = [threading.Thread(target=write, args=(name,)) for name in "abcdefgh"]
    for writer in writers:
        writer.start()
    seen: list[tuple[int, str]] = []
    working = True
    while working:
        working = any(
            writer.is_alive() for writer in writers
        )  # before the look, so that the last one is whole
        seen += kinds_after(seen[-1][0] if seen else 0)
    assert sorted(kind for _, kind in seen) == [f"{name}{n}" for name in "abcdefgh" for n in range(10)]


def test_a_change_that_goes_on_after_its_event_keeps_nobody_from_committing(database: Database) -> None:
    if database.sqlite:
        pytest.skip("SQLite has one writer")
    with db.writing() as session:
        log.record(session, "first", {})
        session.execute(text("SELECT count(*) FROM events"))
        with db.writing() as other:
            log.record(other, "second", {})
        assert [kind for _, kind in kinds_after(0)] == ["second"]
    assert [kind for _, kind in kinds_after(0)] == ["second", "first"]
