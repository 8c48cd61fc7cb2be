"""The schema: made by the migrations alone, the same as the models say, guarded by triggers at head."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text
from sqlalchemy.exc import IntegrityError

from app import db, schema
from app.db import Base, Database
from app.reading import fulltext
from app.settings import Settings
from app.transcripts import frozen
from tests import seed
from tests.cast import PROMPTS, SUBJECTS
from tests.tries import tried


def triggers(database: Database) -> set[str]:
    query = (
        "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        if database.sqlite
        else "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal"
    )
    with database.engine.connect() as connection:
        return set(connection.scalars(text(query)))


def test_models_and_head_agree(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        different = [
            change
            for change in compare_metadata(context, Base.metadata)
            if "made_by" not in repr(change) and "_fts" not in repr(change)
        ]
    assert different == []


def test_head_constant_is_the_newest_migration() -> None:
    assert ScriptDirectory(str(schema.MIGRATIONS)).get_current_head() == schema.HEAD


def test_every_trigger_is_there_at_head(database: Database) -> None:
    assert triggers(database) == frozen.names() | fulltext.names()


def test_down_and_up_again_leaves_the_same_tables_and_triggers(database: Database) -> None:
    before = set(inspect(database.engine).get_table_names())
    schema.migrate(database, "base")
    assert set(inspect(database.engine).get_table_names()) == {"alembic_version"}
    schema.migrate(database)
    assert set(inspect(database.engine).get_table_names()) == before
    assert triggers(database) == frozen.names() | fulltext.names()


def test_a_table_that_others_point_to_is_made_anew_with_all_its_rows(database: Database) -> None:
    with database.writing() as session:
        made = seed.study(session, subjects=SUBJECTS[:1], prompts=PROMPTS[:1], repeats=2)
        tried(session, made, subjects=SUBJECTS[:1])
    schema.migrate(database, "0005")
    with database.reading() as session:
        assert session.scalars(text("SELECT kind FROM runs ORDER BY id")).all() == ["asked", "asked"]
    schema.migrate(database)
    with database.reading() as session:
        assert session.scalar(text("SELECT count(*) FROM transcripts JOIN runs ON runs.id = run_id")) == 4
    with database.writing() as session, pytest.raises(IntegrityError):
        session.execute(text("UPDATE runs SET kind = 'other'"))


def test_an_embedded_database_is_made_by_the_first_command_that_needs_it(settings: Settings) -> None:
    before = db.use(None)
    database = schema.open_ready(settings)
    assert schema.version(database) == schema.HEAD
    database.close()
    db.use(before)


def test_a_newer_database_is_refused(sqlite: Database) -> None:
    with sqlite.writing() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(schema.SchemaError, match="newer than this program's"):
        schema.version(sqlite)
