"""The schema: bringing a database to the newest version, with a backup before and triggers after.

An embedded database is migrated by whichever command meets it first, under a lock; PostgreSQL is migrated by
`styloscope migrate` alone.
"""

import fcntl
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import DBAPIError

from app.db import Database, open_database, said
from app.reading import fulltext
from app.settings import Settings
from app.transcripts import frozen

HEAD = "0012"
MIGRATE_LOCK = 7_301_993  # any fixed number
MIGRATIONS = Path(__file__).resolve().parent.parent / "migrations"


class SchemaError(RuntimeError):
    """The database cannot be used as it is; the message says what to do."""


def open_ready(settings: Settings) -> Database:
    """Open the database that the settings name, migrated if it is the embedded one.

    Raise SchemaError when it is newer than this program, or older and not ours to migrate.
    """
    database = open_database(settings)
    found = version(database)
    if found == HEAD:
        return database
    if settings.embedded:
        with _alone(settings.data):
            if version(database) != HEAD:
                _back_up(Path(database.engine.url.database or ""), version(database))
                migrate(database)
        return database
    state = "empty" if found is None else f"at version {found}"
    raise SchemaError(f"the database is {state}, this program needs version {HEAD}: run `styloscope migrate`")


def version(database: Database) -> str | None:
    """Return the schema's version, None for an empty database; raise SchemaError when it is newer or not there."""
    try:
        with database.engine.connect() as connection:
            if not inspect(connection).has_table("alembic_version"):
                return None
            found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    except DBAPIError as error:
        address = database.engine.url.render_as_string(hide_password=True)
        raise SchemaError(f"the database {address} cannot be opened: {said(error)}") from error
    if found is not None and found > HEAD:
        raise SchemaError(f"the database is at version {found}, newer than this program's {HEAD}")
    return found


def migrate(database: Database, target: str = "head") -> None:
    """Run the migrations to `target` on a connection of their own, then make triggers and full text anew."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    going_down = target not in {"head", HEAD}
    with database.engine.connect() as connection:
        if database.sqlite:
            # A batch migration of a table that others point to fails with foreign keys on, and the pragma is
            # without effect inside a transaction: said to the driver, since the connection begins one by itself.
            connection.connection.execute("PRAGMA foreign_keys=OFF")
            connection.info["immediate"] = True
        with connection.begin():
            if not database.sqlite:  # of two who migrate at once the second finds it done
                connection.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": MIGRATE_LOCK})
            config.attributes["connection"] = connection
            (command.downgrade if going_down else command.upgrade)(config, target)
            if not going_down:
                frozen.ensure(connection)
                fulltext.ensure(connection)
            if database.sqlite:
                _check_keys(connection)
        connection.invalidate()  # its pragma must not return to the pool


def _check_keys(connection: Connection) -> None:
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
    if broken:
        raise SchemaError(
            f"the migration left {len(broken)} rows pointing nowhere, first in table {broken[0][0]}"
        )


def _back_up(path: Path, found: str | None) -> None:
    if found is None or not path.exists():
        return
    target = path.with_name(f"{path.stem}.{found}.{datetime.now():%Y%m%d-%H%M%S}.bak")
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(target)) as copy:
        source.backup(copy)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "migrate.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
