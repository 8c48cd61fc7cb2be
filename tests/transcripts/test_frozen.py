"""What a model said is never changed: both databases refuse it, whoever asks and by whatever words."""

from contextlib import suppress

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from app import db
from app.db import Database
from app.transcripts import frozen
from tests.faultbox import FaultBox
from tests.scene import chat, collect_runs, endpoint, planned

KEPT = ("transcripts", "messages", "exchanges", "settings", "renderings", "message_logprobs")


@pytest.fixture
def kept(database: Database) -> Database:
    ask()
    return database


def ask() -> None:
    """Ask two draws, of which one is done and one failed, each with its call."""
    with FaultBox() as box:
        box.fault = lambda seen: "404" if seen.prompt == "fail" else None
        run = planned(endpoint(box.url), prompts=[chat("a", "say"), chat("b", "fail")])
        collect_runs(run)
    with db.writing() as session:
        session.execute(text("INSERT INTO renderings (sha256, text) VALUES ('ab', 'Human: say')"))
        session.execute(
            text("INSERT INTO message_logprobs (message_id, side, tokens) VALUES (1, 'before', 'x')")
        )


def rows(table: str) -> list[tuple[object, ...]]:
    with db.reading() as session:
        return sorted(tuple(row) for row in session.execute(text(f"SELECT * FROM {table}")))


def refused(statement: str, table: str) -> None:
    """Ask for a change; it must be refused by name and leave every table as it was."""
    before = {name: rows(name) for name in KEPT}
    with pytest.raises(DatabaseError, match=f"{table} are frozen"), db.writing() as session:
        session.execute(text(statement))
    assert {name: rows(name) for name in KEPT} == before


@pytest.mark.parametrize(("statement", "table"), [
    ("UPDATE transcripts SET stop_class = 'length' WHERE state = 'done'", "transcripts"),
    ("UPDATE transcripts SET state = 'queued' WHERE state = 'done'", "transcripts"),
    ("UPDATE transcripts SET reason = reason WHERE state = 'done'", "transcripts"),
    ("UPDATE transcripts SET reason = 'all of them'", "transcripts"),
    ("DELETE FROM transcripts WHERE state = 'done'", "transcripts"),
    ("UPDATE messages SET text = 'other' WHERE origin = 'model'", "messages"),
    ("UPDATE messages SET text = 'other' WHERE made_by IS NULL", "messages"),
    ("DELETE FROM messages WHERE origin = 'model'", "messages"),
    ("UPDATE exchanges SET status = 500 WHERE outcome = 'answer'", "exchanges"),
    ("DELETE FROM exchanges WHERE outcome = 'answer'", "exchanges"),
    ("UPDATE settings SET asked = '{}'", "settings"),
    ("DELETE FROM settings", "settings"),
    ("UPDATE renderings SET text = 'other'", "renderings"),
    ("DELETE FROM renderings", "renderings"),
    ("UPDATE message_logprobs SET side = 'after'", "message_logprobs"),
    ("DELETE FROM message_logprobs", "message_logprobs"),
])  # fmt: skip
def test_what_is_done_refuses_change(kept: Database, statement: str, table: str) -> None:
    refused(statement, table)


def test_a_finished_draw_gets_no_further_call(kept: Database) -> None:
    done, failed = (
        f"(SELECT min(id) FROM transcripts WHERE state = '{state}')" for state in ("done", "failed")
    )
    refused(
        "INSERT INTO exchanges (id, transcript_id, turn, n, attempt, outcome, url, request, started_at) "
        f"SELECT 99, {done}, 1, 9, 1, outcome, url, request, started_at FROM exchanges WHERE id = 1",
        "exchanges",
    )
    refused(
        f"UPDATE exchanges SET transcript_id = {done}, n = 9 WHERE transcript_id = {failed}",
        "exchanges",
    )


@pytest.mark.parametrize(("statement", "table"), [
    ("INSERT OR REPLACE INTO transcripts SELECT * FROM transcripts WHERE state = 'done'", "transcripts"),
    ("INSERT OR REPLACE INTO transcripts (id, run_id, study_id, prompt_id, subject_version_id, temperature_milli, "
     "repeat, wave, state, attempt, answered, created_at) SELECT 99, run_id, study_id, prompt_id, "
     "subject_version_id, temperature_milli, repeat, 1, 'queued', 0, 0, 0 FROM transcripts WHERE state = 'done'",
     "transcripts"),
    ("UPDATE OR REPLACE transcripts SET id = (SELECT id FROM transcripts WHERE state = 'done') "
     "WHERE state = 'failed'", "transcripts"),
    ("INSERT OR REPLACE INTO messages SELECT * FROM messages WHERE origin = 'model'", "messages"),
    ("INSERT OR REPLACE INTO settings SELECT * FROM settings", "settings"),
    ("INSERT OR REPLACE INTO renderings VALUES ('ab', 'other')", "renderings"),
])  # fmt: skip
def test_a_replacing_insert_slips_past_nothing(sqlite: Database, statement: str, table: str) -> None:
    ask()
    refused(statement, table)


def test_an_upsert_slips_past_nothing(kept: Database) -> None:
    refused(
        "INSERT INTO renderings (sha256, text) VALUES ('ab', 'other') "
        "ON CONFLICT (sha256) DO UPDATE SET text = excluded.text",
        "renderings",
    )


def test_what_is_not_done_may_still_move(kept: Database) -> None:
    with db.writing() as session:
        moved = session.connection().execute(
            text("UPDATE transcripts SET state = 'queued' WHERE state = 'failed'")
        )
        assert moved.rowcount == 1
        session.execute(text("UPDATE exchanges SET error = 'x' WHERE outcome = 'failed'"))


def test_a_door_opens_it_inside_its_own_transaction_alone(kept: Database) -> None:
    with suppress(ZeroDivisionError), db.writing() as session:
        session.execute(
            text("INSERT INTO maintenance (kind, reason, person_id, opened_at) VALUES ('t', 't', 1, 0)")
        )
        session.execute(text("UPDATE messages SET text = 'withdrawn' WHERE origin = 'model'"))
        if not kept.sqlite:  # SQLite has one writer
            with pytest.raises(DatabaseError, match="are frozen"), db.writing() as other:
                other.execute(text("DELETE FROM settings"))
        raise ZeroDivisionError
    refused("UPDATE messages SET text = 'withdrawn' WHERE origin = 'model'", "messages")


def test_the_triggers_are_made_anew_as_often_as_wanted(kept: Database) -> None:
    with kept.engine.begin() as connection:
        frozen.ensure(connection)
        frozen.ensure(connection)
    refused("DELETE FROM settings", "settings")
