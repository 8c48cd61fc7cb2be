"""`verify`, `migrate` and `doctor` as they are typed: what they print, and how they end."""

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text, update

from app import schema
from app.cli import doctor_report
from app.db import Database
from app.settings import Settings, settings
from app.transcripts.locks import Locks
from app.transcripts.models import Message, Transcript
from tests.cast import SUBJECTS, Draw
from tests.transcripts import sealed
from tests.typed import typed

SECRET = "sk-never-to-be-seen"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STYLOSCOPE_DATA", str(tmp_path))
    monkeypatch.delenv("STYLOSCOPE_DATABASE_URL", raising=False)
    monkeypatch.setenv("TWO_API_KEY", SECRET)
    monkeypatch.delenv("THREE_API_KEY", raising=False)
    settings.cache_clear()
    yield tmp_path
    settings.cache_clear()


@pytest.fixture
def kept(sqlite: Database) -> Database:
    """A sealed study in the data folder."""
    with sqlite.writing() as session:
        sealed.study(session, subjects=SUBJECTS[:3], repeats=1)
    return sqlite


def told(*words: str) -> dict[str, str]:
    """Return what doctor found, by the name of what it looked at."""
    return {
        line["name"]: line["found"] for line in json.loads(typed("doctor", "--json", *words).stdout)["lines"]
    }


class TestVerify:
    def test_of_a_sound_database_says_how_much_was_checked(self, kept: Database) -> None:
        result = typed("verify")
        assert (result.exit_code, result.stdout) == (
            0,
            "checked 3 settings and renderings, 13 messages, 9 transcripts, 9 exchanges, 1 runs: "
            "all as it was written\n",
        )

    def test_names_each_problem_and_its_place_and_ends_with_3(self, kept: Database) -> None:
        with kept.writing() as session, sealed.opened(session):
            session.execute(update(Message).where(Message.id == 9).values(text="altered"))
        result = typed("verify")
        assert result.exit_code == 3
        first, second, summary = result.stdout.splitlines()
        assert first.startswith("message 9: text of sha256 ")
        assert second.startswith("transcript ")
        assert summary.endswith(": 2 problems")

    def test_with_json_is_one_document(self, kept: Database) -> None:
        document = json.loads(typed("verify", "--json").stdout)
        assert document == {
            "ok": True,
            "checked": {
                "settings and renderings": 3,
                "messages": 13,
                "transcripts": 9,
                "exchanges": 9,
                "runs": 1,
            },
            "found": 0,
            "problems": [],
        }

    def test_of_a_file_that_is_no_database_is_one_message(self, here: Path) -> None:
        (here / "styloscope.db").write_text("no database at all, and long enough to be seen as none")
        result = typed("verify")
        assert result.exit_code == 2
        assert result.stderr.endswith("styloscope.db cannot be opened: file is not a database\n")

    def test_finds_draws_that_a_dead_process_left_running(self, sqlite: Database) -> None:
        with sqlite.writing() as session:
            sealed.study(session, subjects=SUBJECTS[:1], repeats=1, say=lambda *_: Draw(state="queued"))
            session.execute(update(Transcript).where(Transcript.id == 1).values(state="running"))
        assert "transcript 1: running, and nobody holds its endpoint's lock" in typed("verify").stdout
        locks = Locks(sqlite)
        with sqlite.reading() as session:
            assert locks.take(session.get_one(Transcript, 1).endpoint_id or 0)
        result = typed("verify")
        locks.close()
        assert result.exit_code == 0


class TestMigrate:
    def test_makes_a_new_database(self, here: Path) -> None:
        result = typed("migrate")
        assert result.stdout == f"the database is now at version {schema.HEAD} (was empty)\n"
        assert (here / "styloscope.db").exists()

    def test_at_head_has_nothing_to_do(self, kept: Database) -> None:
        assert typed("migrate").stdout == f"the database is at version {schema.HEAD}: nothing to do\n"

    def test_keeps_the_older_database_and_names_the_copy(self, sqlite: Database, here: Path) -> None:
        schema.migrate(sqlite, "base")
        with sqlite.engine.connect() as connection:
            connection.execute(text("INSERT INTO alembic_version VALUES ('0000')"))
            connection.commit()
        sqlite.close()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(schema, "migrate", lambda _database: None)
            result = typed("migrate")
        [backup] = here.glob("*.bak")
        assert str(backup) in result.stdout
        with sqlite3.connect(backup) as copy:
            assert copy.execute("SELECT version_num FROM alembic_version").fetchall() == [("0000",)]
        copy.close()

    def test_twice_at_once_is_done_once(self, database_url: str, here: Path) -> None:
        opened = Database(database_url)
        schema.migrate(opened, "base")
        opened.close()
        both = [
            subprocess.Popen(
                [sys.executable, "-m", "app.cli", "migrate"], cwd=schema.MIGRATIONS.parent, text=True,
                env=os.environ | {"STYLOSCOPE_DATABASE_URL": database_url}, stderr=subprocess.PIPE,
            )
            for _ in range(2)
        ]  # fmt: skip
        for one in both:
            assert one.communicate(timeout=60)[1] == ""
            assert one.returncode == 0
        opened = Database(database_url)
        assert schema.version(opened) == schema.HEAD
        opened.close()

    def test_of_a_newer_database_is_refused(self, kept: Database) -> None:
        with kept.engine.connect() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
            connection.commit()
        result = typed("migrate")
        assert result.exit_code == 2
        assert "newer than this program's" in result.stderr

    def test_brings_postgresql_to_head(self, database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
        opened = Database(database_url)
        schema.migrate(opened, "base")
        opened.close()
        monkeypatch.setenv("STYLOSCOPE_DATABASE_URL", database_url)
        assert "is now at version" in typed("migrate").stdout
        opened = Database(database_url)
        assert schema.version(opened) == schema.HEAD
        opened.close()


class TestDoctor:
    def test_of_a_sound_installation_says_so_and_ends_with_0(self, kept: Database) -> None:
        result = typed("doctor")
        assert (result.exit_code, result.stdout.splitlines()[-1]) == (0, "all well")

    def test_tells_of_the_database_what_keeps_it_sound(self, kept: Database) -> None:
        found = told()
        assert found["version"] == f"{schema.HEAD}, this program's is {schema.HEAD}"
        assert (found["journal_mode"], found["foreign_keys"], found["recursive_triggers"]) == (
            "wal",
            "1",
            "1",
        )
        assert (found["synchronous"], found["triggers"]) == ("normal", "all there")
        assert found["static/vendor/htmx-2.min.js"] == "as pinned"

    def test_names_each_key_and_never_shows_one(self, kept: Database) -> None:
        result = typed("doctor")
        assert "TWO_API_KEY: set\n" in result.stdout
        assert "THREE_API_KEY: not set in this environment\n" in result.stdout
        assert SECRET not in result.output

    def test_hides_the_password_of_an_address(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("STYLOSCOPE_DATABASE_URL", f"postgresql+psycopg://lab:{SECRET}@127.0.0.1:1/none")
        monkeypatch.setenv("STYLOSCOPE_PROXY", f"http://me:{SECRET}@proxy.example:3128")
        result = typed("doctor")
        assert result.exit_code == 3
        assert SECRET not in result.output
        assert "address: postgresql+psycopg://lab:***@127.0.0.1:1/none" in result.stdout
        assert "STYLOSCOPE_PROXY: http://me:***@proxy.example:3128" in result.stdout
        assert "!! connection: the database " in result.stdout

    def test_before_there_is_a_database_makes_none(self, here: Path) -> None:
        assert told()["file"] == "not there yet: the first command makes it"
        assert list(here.iterdir()) == []

    def test_tells_who_speaks_to_an_endpoint_and_what_waits_there(self, sqlite: Database) -> None:
        with sqlite.writing() as session:
            made = sealed.study(
                session, subjects=SUBJECTS[:1], repeats=2, say=lambda *_: Draw(state="queued")
            )
        locks = Locks(sqlite)
        assert locks.take(made.endpoints["local-base"])
        held = typed("doctor").stdout
        locks.close()
        assert "ok lock: held by a process that speaks to it; 0 running, 6 queued" in held
        assert "ok lock: free; 0 running, 6 queued" in typed("doctor").stdout

    def test_points_at_draws_that_a_dead_process_left(self, sqlite: Database) -> None:
        with sqlite.writing() as session:
            sealed.study(session, subjects=SUBJECTS[:1], repeats=1, say=lambda *_: Draw(state="queued"))
            session.execute(update(Transcript).where(Transcript.id == 1).values(state="running"))
        result = typed("doctor")
        assert result.exit_code == 3
        assert "!! lock: free; 1 running, 2 queued: `resume` continues them" in result.stdout

    def test_points_at_a_missing_trigger_and_ends_with_3(self, kept: Database) -> None:
        with kept.writing() as session:
            session.execute(text("DROP TRIGGER frozen_messages_delete"))
        result = typed("doctor")
        assert result.exit_code == 3
        assert "!! triggers: missing: frozen_messages_delete" in result.stdout
        assert result.stdout.endswith("lines marked !! need a look\n")

    def test_points_at_an_older_database_and_leaves_it_as_it_is(self, kept: Database) -> None:
        with kept.engine.connect() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = '0000'"))
            connection.commit()
        assert f"!! version: 0000, this program's is {schema.HEAD}" in typed("doctor").stdout
        assert schema.version(kept) == "0000"

    def test_points_at_a_full_disk_and_at_a_file_that_is_not_the_pinned_one(
        self, here: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(doctor_report, "LEAST_FREE", 10**18)
        monkeypatch.setattr(doctor_report.vendor, "TARGET", here)
        assert told()["static/vendor/htmx-2.min.js"] == "missing: run `make setup`"
        (here / "htmx-2.min.js").write_text("other")
        lines = list(doctor_report.lines(Settings(data=here), {}))
        assert [line.name for line in lines if line.well is False] == [
            str(here),
            "static/vendor/htmx-2.min.js",
        ]

    def test_on_postgresql_tells_the_server_instead(self, database: Database, database_url: str) -> None:
        found = {
            line.name: line.found for line in doctor_report.lines(Settings(database_url=database_url), {})
        }
        assert found["triggers"] == "all there"
        assert ("server" in found) == (not database.sqlite)
