"""The two doors: what is written is there, what fails leaves nothing, and nobody stands in another's way."""

import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import OperationalError, ProgrammingError, SQLAlchemyError

from app import db
from app.accounts.models import Person
from app.db import Database
from app.settings import Settings, SettingsError
from app.transcripts.whole import steady

WRITER = """
import sys, threading
from app import db
from app.accounts.models import Person
db.use(db.Database(sys.argv[1]))
def write(n):
    for k in range(4):
        with db.writing() as session:
            session.add(Person(name=f"{sys.argv[2]}-{n}-{k}", initials="X"))
threads = [threading.Thread(target=write, args=(n,)) for n in range(25)]
print("ready", flush=True)
sys.stdin.readline()
[thread.start() for thread in threads]
[thread.join() for thread in threads]
"""


def people() -> int:
    with db.reading() as session:
        return session.scalar(select(func.count()).select_from(Person)) or 0


def test_what_is_written_is_there_when_the_block_ends(database: Database) -> None:
    with db.writing() as session:
        session.add(Person(name="ana", initials="A"))
    assert people() == 2  # and `local`


def test_a_block_that_wrote_nothing_leaves_the_write_lock_free(sqlite: Database) -> None:
    with db.writing():
        pass
    with db.reading() as session:
        session.execute(text("SELECT 1"))
        with closing(sqlite3.connect(sqlite.engine.url.database or "", timeout=0)) as other:
            other.execute("BEGIN IMMEDIATE")
            other.rollback()


def test_a_block_that_fails_leaves_nothing(database: Database) -> None:
    def fail_half_way() -> None:
        with db.writing() as session:
            session.add(Person(name="ana", initials="A"))
            session.flush()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_half_way()
    assert people() == 1


def test_a_reader_sees_the_state_before_an_unfinished_write(database: Database) -> None:
    with db.writing() as session:
        session.add(Person(name="ana", initials="A"))
        session.flush()
        assert people() == 1
    assert people() == 2


def test_fifty_writers_in_two_processes_lose_nothing(database: Database, database_url: str) -> None:
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, database_url, name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for name in ("one", "two")
    ]
    for writer in writers:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write("go\n")
        writer.stdin.flush()
    for writer in writers:
        _, errors = writer.communicate(timeout=60)
        assert errors == ""
        assert writer.returncode == 0
    with db.reading() as session:
        kept = set(session.scalars(select(Person.name).where(Person.initials == "X")))
    assert kept == {f"{name}-{n}-{k}" for name in ("one", "two") for n in range(25) for k in range(4)}


def test_threads_of_one_process_queue_for_the_write_lock(sqlite: Database) -> None:
    def write(number: int) -> None:
        with db.writing() as session:
            session.add(Person(name=str(number), initials="X"))

    threads = [threading.Thread(target=write, args=(n,)) for n in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert people() == 31


def test_a_bad_row_takes_its_whole_batch_back(database: Database) -> None:
    rows = [{"name": name, "initials": "X", "created_at": db.now()} for name in ("a", "b", "local")]
    with pytest.raises(SQLAlchemyError), db.writing() as session:
        session.execute(Person.__table__.insert(), rows)  # type: ignore[attr-defined]
    assert people() == 1


def test_moments_come_back_in_utc_to_the_millisecond(database: Database) -> None:
    there = datetime(2026, 3, 1, 12, 0, 0, 123_456, tzinfo=timezone(timedelta(hours=9)))
    with db.writing() as session:
        session.add(Person(name="ana", initials="A", created_at=there))
    with db.reading() as session:
        kept = session.scalars(select(Person).where(Person.name == "ana")).one().created_at
    assert kept == datetime(2026, 3, 1, 3, 0, 0, 123_000, tzinfo=UTC)


def test_sqlite_is_opened_as_decided(sqlite: Database) -> None:
    with db.reading() as session:
        found = {
            name: session.execute(text(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "recursive_triggers", "busy_timeout")
        }
    assert found == {
        "journal_mode": "wal",
        "synchronous": 1,
        "foreign_keys": 1,
        "recursive_triggers": 1,
        "busy_timeout": 30_000,
    }


def test_postgresql_ends_a_transaction_that_is_left_open_but_not_a_steady_reader(database: Database) -> None:
    if database.sqlite:
        pytest.skip("a transaction there ends with its process")
    shown = text("SHOW idle_in_transaction_session_timeout")
    with db.writing() as session:
        assert session.scalar(shown) == "1min"
    with db.reading() as session:
        steady(session)
        assert session.scalar(shown) == "0"
    with db.reading() as session:
        assert session.scalar(shown) == "1min"


def test_full_sync_closes_the_gap_of_a_power_cut(tmp_path: object) -> None:
    opened = Database(f"sqlite:///{tmp_path}/full.db", sqlite_sync="full")
    with opened.reading() as session:
        assert session.execute(text("PRAGMA synchronous")).scalar() == 2
    opened.close()


def test_a_data_folder_that_cannot_be_made_is_a_setting_to_correct(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(
        SettingsError, match=r"^STYLOSCOPE_DATA: found '.*/file/data', which cannot be made \("
    ):
        db.open_database(Settings(data=tmp_path / "file" / "data"))


def test_no_database_open_is_said_plainly() -> None:
    before = db.use(None)
    with pytest.raises(RuntimeError, match="no database is open"):
        db.current()
    db.use(before)


def test_a_read_is_stopped_at_its_time_limit_and_the_next_one_is_not(database: Database) -> None:
    endless = (
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
        if database.sqlite
        else "SELECT pg_sleep(60)"
    )
    began = time.monotonic()
    with database.reading() as session, pytest.raises(db.TooSlow), db.within(session, 0.05):
        session.execute(text(endless))
    assert time.monotonic() - began < 10
    with database.reading() as session, db.within(session, 30):
        assert session.scalar(text("SELECT 1")) == 1
    with (
        database.reading() as session,
        pytest.raises(OperationalError if database.sqlite else ProgrammingError),
        db.within(session, 30),
    ):
        session.execute(text("SELECT 1 FROM nowhere"))


def test_what_is_personal_leaves_the_version_and_what_is_not_changes_it(database: Database) -> None:
    before = database.version()
    with db.writing(personal=True) as session:
        session.add(Person(name="ana", initials="A"))
    assert people() == 2
    assert database.version() == before
    with db.writing() as session:
        session.add(Person(name="ben", initials="B"))
    assert (database.version() != before) == database.sqlite
    with pytest.raises(SQLAlchemyError), db.writing(personal=True) as session:
        session.add_all([Person(name="eve", initials="E"), Person(name="ana", initials="A")])
    assert people() == 3


def test_a_commit_of_another_process_is_heard_right_after_a_personal_one(sqlite: Database) -> None:
    with closing(sqlite3.connect(sqlite.engine.url.database or "")) as other:
        for name in ("ana", "ben"):
            before = sqlite.version()
            with db.writing(personal=True) as session:
                session.execute(text("UPDATE people SET initials = 'X'"))
                assert sqlite.version() == before
            other.execute("INSERT INTO people (name, initials, created_at) VALUES (?, 'A', 0)", [name])
            other.commit()
            assert sqlite.version() != before


def test_what_is_personal_waits_for_another_process_and_keeps_no_page_waiting(sqlite: Database) -> None:
    written = threading.Event()

    def write() -> None:
        with db.writing(personal=True) as session:
            session.add(Person(name="ana", initials="A"))
        written.set()

    with closing(sqlite3.connect(sqlite.engine.url.database or "", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        thread = threading.Thread(target=write)
        thread.start()
        assert not written.wait(0.1)
        began = time.monotonic()
        for _ in range(20):
            sqlite.version()
        assert time.monotonic() - began < 1
        other.execute("COMMIT")
    assert written.wait(10)
    thread.join()
    assert people() == 2


def test_what_is_personal_gives_up_where_another_process_never_ends(
    sqlite: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(db, "BUSY_SECONDS", 0)
    with closing(sqlite3.connect(sqlite.engine.url.database or "", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(OperationalError, match="locked"), db.writing(personal=True):
            pass
        other.execute("ROLLBACK")
    monkeypatch.undo()
    with db.writing(personal=True) as session:
        session.add(Person(name="ana", initials="A"))
    assert people() == 2
