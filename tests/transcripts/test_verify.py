"""What `verify` finds, and where; a database as the collector leaves it is clean."""

import shutil
import zlib
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Table, insert, select, text, update

from app.db import Database, now
from app.runs.models import Run
from app.transcripts.checks import Problem
from app.transcripts.locks import Locks
from app.transcripts.models import (
    Exchange,
    Maintenance,
    Message,
    MessageLogprobs,
    Rendering,
    RunBudget,
    SettingsRecord,
    Transcript,
)
from app.transcripts.verify import Report, verify, watch
from tests.cast import PROMPTS, SUBJECTS, Draw
from tests.draws import Seeded
from tests.elicitation.cases import LADDER
from tests.transcripts import sealed

ONE = SUBJECTS[1:2]


def checked(database: Database, held: bool = True) -> Report:
    with database.reading() as session:
        return verify(session, lambda _endpoint: held)


def problems(database: Database) -> list[Problem]:
    return checked(database).problems


@pytest.fixture
def made(database: Database) -> Seeded:
    """Three draws of one subject: two turns of a prompt, and a prefill."""
    with database.writing() as session:
        return sealed.study(session, subjects=ONE, repeats=1)


def change(database: Database, model: Any, number: int, **values: Any) -> None:
    """Change a row behind the triggers' back, as a bad disk or a careless hand would."""
    table: Table = model.__table__
    with database.writing() as session, sealed.opened(session):
        [key] = table.primary_key.columns
        session.execute(update(table).where(key == number).values(**values))


class TestAClean:
    def test_database_has_nothing_to_say_and_tells_how_much_was_looked_at(self, database: Database) -> None:
        with database.writing() as session:
            sealed.study(session, repeats=3)
        report = checked(database)
        assert report.problems == []
        assert report.clean
        assert report.checked["transcripts"] == 45
        assert report.checked["runs"] == 1
        assert report.document()["ok"] is True

    def test_database_may_be_empty(self, database: Database) -> None:
        assert checked(database).clean

    def test_ladder_is_checked_rung_by_rung(self, database: Database) -> None:
        rungs = Draw(("Yes.", "No.", "Five."), tokens=(10, 3))
        with database.writing() as session:
            sealed.study(session, subjects=ONE, prompts=[LADDER], repeats=2, say=lambda *_: rungs)
        assert problems(database) == []

    def test_run_without_a_row_of_sums_has_spent_nothing(self, database: Database, made: Seeded) -> None:
        with database.writing() as session:
            session.add(Run(study_id=made.study_id, seed=1))
        assert problems(database) == []


class TestAFlippedByte:
    def test_in_an_answer_is_found_in_the_message_and_in_its_transcript(
        self, database: Database, made: Seeded
    ) -> None:
        number = made.transcripts["who-plain", "default-assistant", 1]
        with database.reading() as session:
            tip = session.get_one(Transcript, number).tip_id
            assert tip is not None
            words = session.get_one(Message, tip).text
        change(database, Message, tip, text=words[:-1] + chr(ord(words[-1]) ^ 1))
        assert [(one.what, one.where) for one in problems(database)] == [
            ("hash", f"message {tip}"),
            ("hash", f"transcript {number}"),
        ]

    def test_in_a_shared_turn_is_found_as_text_and_path_and_in_every_draw_of_it(
        self, database: Database, made: Seeded
    ) -> None:
        root = root_of(database, made.transcripts["number-plain", "default-assistant", 1])
        change(database, Message, root, text="Pick any whole number from 0 to 101.")
        found = problems(database)
        assert [one.where for one in found] == [f"message {root}", f"message {root}", "transcript 1"]
        assert [one.found.split()[0] for one in found] == ["text", "path", "sha256"]

    @pytest.mark.parametrize(
        "values", [{"stop_raw": "x"}, {"stop_class": "length"}, {"seed": 5}, {"parts": [{}]}]
    )
    def test_in_what_else_the_hash_covers_is_found(
        self, database: Database, made: Seeded, values: dict[str, Any]
    ) -> None:
        with database.reading() as session:
            tip = session.get_one(Transcript, 1).tip_id
        change(database, Message, tip or 0, **values)
        assert {one.where for one in problems(database)} == {"transcript 1"}

    @pytest.mark.parametrize("values", [{"stop_class": "length"}, {"served_model": "m-2"}])
    def test_in_what_a_transcript_keeps_of_its_answer_is_found(
        self, database: Database, made: Seeded, values: dict[str, Any]
    ) -> None:
        change(database, Transcript, 1, **values)
        [found] = problems(database)
        [(name, value)] = values.items()
        assert (found.what, found.where) == ("state", "transcript 1")
        assert found.found.startswith(f"{name} {value}, expected ")

    @pytest.mark.parametrize("kept", [b"\x78\x9cnot zlib", zlib.compress(b"[{")])
    def test_in_log_probabilities_is_found(self, database: Database, made: Seeded, kept: bytes) -> None:
        with database.writing() as session:
            tip = session.get_one(Transcript, 1).tip_id
            session.execute(insert(MessageLogprobs).values(message_id=tip, tokens=zlib.compress(b"[]")))
        assert problems(database) == []
        change(database, MessageLogprobs, tip or 0, tokens=kept)
        [found] = problems(database)
        assert (found.what, found.where) == ("hash", f"message {tip}")
        assert found.found.startswith("log-probabilities that do not unpack")

    def test_in_settings_is_found_there_and_in_their_transcripts(
        self, database: Database, made: Seeded
    ) -> None:
        change(database, SettingsRecord, 1, effective={"temperature": 2})
        found = {one.where for one in problems(database)}
        assert found == {"settings 1", "transcript 1", "transcript 2", "transcript 3"}

    def test_in_a_kept_reply_is_found(self, database: Database, made: Seeded) -> None:
        change(database, Exchange, 1, reply=zlib.compress(b"something else"))
        [found] = problems(database)
        assert (found.what, found.where) == ("hash", "transcript 1, turn 1, call 1")

    def test_that_breaks_a_packed_body_is_found(self, database: Database, made: Seeded) -> None:
        change(database, Exchange, 1, reply=b"\x78\x9cnot zlib")
        [found] = problems(database)
        assert found.found.startswith("a body that does not unpack")

    def test_in_a_rendering_is_found(self, database: Database) -> None:
        with database.writing() as session:
            session.execute(insert(Rendering).values(sha256="0" * 64, text="Human: Hi"))
        [found] = problems(database)
        assert found.where == f"rendering {'0' * 64}"

    def test_that_leaves_no_text_or_no_json_is_found_and_the_rest_is_still_checked(
        self, sqlite: Database
    ) -> None:
        with sqlite.writing() as session:
            sealed.study(session, subjects=ONE, repeats=1)
            tips = session.scalars(select(Transcript.tip_id).order_by(Transcript.id)).all()
        with sqlite.writing() as session, sealed.opened(session):
            session.execute(
                text("UPDATE messages SET text = CAST(x'ff41' AS TEXT) WHERE id = :n"), {"n": tips[0]}
            )
            session.execute(text("UPDATE messages SET parts = '[{' WHERE id = :n"), {"n": tips[1]})
            session.execute(text("UPDATE exchanges SET reply = x'00' WHERE id = 3"))
        found = problems(sqlite)
        assert [(one.what, one.where) for one in found] == [
            ("unreadable", f"message {tips[0]}"),
            ("unreadable", f"message {tips[1]}"),
            ("unreadable", "transcript 1"),
            ("unreadable", "transcript 2"),
            ("call", "transcript 3, turn 1, call 1"),
        ]
        assert "Could not decode to UTF-8" in found[0].found


def root_of(database: Database, number: int) -> int:
    with database.reading() as session:
        return session.get_one(Transcript, number).root_id or 0


class TestAState:
    def test_done_without_an_answer_is_found(self, database: Database, made: Seeded) -> None:
        change(database, Transcript, 1, tip_id=None)
        assert problems(database) == [
            Problem("state", "transcript 1", "done, and its path ends in no answer")
        ]
        change(database, Transcript, 1, tip_id=root_of(database, 1))
        assert problems(database) == [
            Problem("state", "transcript 1", "done, and its path ends in no answer")
        ]

    def test_done_without_a_stop_class_is_found(self, database: Database, made: Seeded) -> None:
        change(database, Transcript, 1, stop_class=None)
        [found] = problems(database)
        told = "stop_class None, expected natural as its answer says"
        assert found == Problem("state", "transcript 1", told)

    def test_a_hash_on_an_unfinished_draw_is_found(self, database: Database, made: Seeded) -> None:
        change(database, Transcript, 1, state="failed")
        [found] = problems(database)
        assert found.found == "failed, and yet it has the hash of a finished one"

    def test_running_draws_are_right_only_while_somebody_holds_their_endpoint(
        self, database: Database
    ) -> None:
        with database.writing() as session:
            sealed.study(session, subjects=ONE, repeats=1, say=lambda *_: Draw(state="queued"))
            session.execute(update(Transcript).where(Transcript.id == 1).values(state="running"))
        assert checked(database, held=True).problems == []
        assert checked(database, held=False).problems == [
            Problem("left running", "transcript 1", "running, and nobody holds its endpoint's lock")
        ]

    def test_a_call_in_flight_of_a_draw_that_is_over_is_found(self, database: Database, made: Seeded) -> None:
        change(database, Exchange, 1, outcome="sent")
        found = problems(database)
        assert found[0] == Problem(
            "call", "transcript 1, turn 1, call 1", "still in flight, and its transcript is done"
        )
        assert {one.where for one in found[1:]} == {"run 1"}  # the sums say that it was spent


class TestAPath:
    def test_through_anothers_message_is_found(self, database: Database, made: Seeded) -> None:
        with database.reading() as session:
            other = session.get_one(Transcript, 2).tip_id
        change(database, Transcript, 1, tip_id=other)
        assert problems(database)[0] == Problem(
            "path", "transcript 1", "its path goes through a message that another transcript made"
        )

    def test_from_another_prompt_is_found(self, database: Database, made: Seeded) -> None:
        change(database, Transcript, 1, root_id=root_of(database, 2))
        assert problems(database) == [
            Problem(
                "path",
                "transcript 1",
                f"its path does not come from its prompt (message {root_of(database, 2)})",
            )
        ]

    def test_with_another_number_of_answers_is_found(self, database: Database, made: Seeded) -> None:
        change(database, Transcript, 1, answered=2)
        assert problems(database) == [Problem("path", "transcript 1", "1 answers on its path, expected 2")]

    def test_that_bites_its_own_tail_is_found_and_the_others_are_still_checked(
        self, database: Database, made: Seeded
    ) -> None:
        root = root_of(database, 1)
        with database.reading() as session:
            tip = session.get_one(Transcript, 1).tip_id
        change(database, Message, root, parent_id=tip)
        change(database, Transcript, 2, stop_class=None)
        found = [one for one in problems(database) if one.what != "hash"]
        assert [(one.what, one.where) for one in found] == [
            ("path", "transcript 1"),
            ("state", "transcript 2"),
        ]
        assert found[0].found.endswith("is its own ancestor")


class TestABudget:
    @pytest.mark.parametrize("name", ["spent_micro", "calls", "tokens", "reserved_micro", "reserved_calls"])
    def test_that_is_not_the_sum_of_its_calls_is_found(
        self, database: Database, made: Seeded, name: str
    ) -> None:
        with database.writing() as session:
            row = session.scalars(select(RunBudget)).one()
            right = getattr(row, name)
            setattr(row, name, right + 7)
        assert problems(database) == [
            Problem("budget", "run 1", f"{name} {right + 7}, expected {right} by its calls")
        ]


class TestTriggers:
    def test_a_missing_one_is_found(self, database: Database) -> None:
        drop = "DROP TRIGGER frozen_messages_update" + ("" if database.sqlite else " ON messages")
        with database.writing() as session:
            session.execute(text(drop))
        assert problems(database) == [
            Problem("trigger", "frozen_messages_update", "is missing: finished transcripts could be changed")
        ]

    def test_a_door_left_open_is_found(self, database: Database) -> None:
        with database.writing() as session:
            session.add(Maintenance(kind="withdrawal", reason="forgotten", person_id=1, opened_at=now()))
        [found] = problems(database)
        assert (found.what, found.where) == ("trigger", "maintenance")


def test_of_very_many_problems_all_are_counted_and_the_first_are_kept(
    database: Database, made: Seeded, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.transcripts.verify.SHOWN", 2)
    change(database, SettingsRecord, 1, sent={})
    document = checked(database).document()
    assert (document["found"], len(document["problems"])) == (4, 2)
    assert document["ok"] is False
    assert document["problems"][0]["what"] == "hash"


def test_a_damaged_file_is_found(sqlite: Database, tmp_path: Path) -> None:
    with sqlite.writing() as session:
        sealed.study(session, subjects=ONE, prompts=PROMPTS, repeats=20)
    with sqlite.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.rollback()
        root = connection.exec_driver_sql(
            "SELECT rootpage FROM sqlite_master WHERE name = 'ix_transcripts_state'"
        ).scalar_one()
        size = connection.exec_driver_sql("PRAGMA page_size").scalar_one()
    damaged = tmp_path / "damaged.db"
    shutil.copy(tmp_path / "styloscope.db", damaged)
    with damaged.open("r+b") as file:  # cells of an index page swapped for nothing
        file.seek((root - 1) * size + 3)
        file.write(b"\x00\x01")
    broken = Database(f"sqlite:///{damaged}")
    found = checked(broken).problems
    broken.close()
    assert "file" in {one.what for one in found}


class TestWatch:
    """Whether an endpoint's running draws are somebody's."""

    @pytest.fixture
    def running(self, database: Database) -> int:
        with database.writing() as session:
            made = sealed.study(session, subjects=ONE, repeats=1, say=lambda *_: Draw(state="queued"))
            session.execute(update(Transcript).where(Transcript.id == 1).values(state="running"))
        return made.endpoints[ONE[0].endpoint]

    def test_not_when_nobody_holds_the_lock(self, database: Database, running: int) -> None:
        assert not watch(database)(running)
        assert not watch(database)(running)  # looking does not keep it

    def test_while_somebody_holds_it(self, database: Database, running: int) -> None:
        locks = Locks(database)
        assert locks.take(running)
        assert watch(database)(running)
        locks.close()

    def test_when_they_ended_meanwhile_there_is_nothing_left_to_hold(
        self, database: Database, running: int
    ) -> None:
        with database.writing() as session:
            session.execute(update(Transcript).where(Transcript.id == 1).values(state="failed"))
        assert watch(database)(running)
