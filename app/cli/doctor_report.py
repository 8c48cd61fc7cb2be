"""What `doctor` looks at: versions, settings, database, disk, files, and for each endpoint its key and its lock.

It changes nothing, and a key is told by its name alone.
"""

import hashlib
import os
import platform
import shutil
import sqlite3
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import version as version_of
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app import __version__, schema
from app.cli import vendor
from app.db import Database, said
from app.settings import Settings
from app.subjects.models import Endpoint
from app.transcripts import frozen
from app.transcripts.locks import Locks
from app.transcripts.models import Transcript
from app.transcripts.verify import triggers

LEAST_FREE = 500_000_000  # bytes
PACKAGES = ("sqlalchemy", "alembic", "fastapi", "uvicorn", "httpx", "pydantic", "psycopg")
PRAGMAS = {"journal_mode": "wal", "foreign_keys": "1", "recursive_triggers": "1", "synchronous": None}
SYNCHRONOUS = {"0": "off", "1": "normal", "2": "full", "3": "extra"}


@dataclass(frozen=True, slots=True)
class Line:
    """One thing looked at: is it well (None = nothing to judge), and what was found."""

    about: str
    name: str
    well: bool | None
    found: str


def lines(settings: Settings, environ: Mapping[str, str]) -> Iterator[Line]:
    """Yield everything there is to tell, the database last since it may not be there."""
    yield from _versions()
    yield from _settings(settings)
    yield _disk(settings)
    yield from _vendor_files()
    yield from _database(settings, environ)


def document(found: list[Line]) -> dict[str, Any]:
    """Return the report as `doctor --json` prints it."""
    return {"ok": all(line.well is not False for line in found), "lines": [asdict(line) for line in found]}


def _versions() -> Iterator[Line]:
    yield Line("versions", "styloscope", None, __version__)
    yield Line("versions", "python", sys.version_info >= (3, 11), platform.python_version())
    yield Line("versions", "system", None, platform.platform())
    yield Line("versions", "sqlite", None, sqlite3.sqlite_version)
    for package in PACKAGES:
        yield Line("versions", package, None, version_of(package))


def _settings(settings: Settings) -> Iterator[Line]:
    for name in Settings.__dataclass_fields__:
        value = getattr(settings, name)
        shown = ", ".join(value) if isinstance(value, tuple) else str(value)
        yield Line("settings", f"STYLOSCOPE_{name.upper()}", None, without_password(shown) or "(not set)")


def without_password(address: str) -> str:
    """Return an address with its password, if it has one, as ***."""
    try:
        parts = urlsplit(address)
        if parts.password is None:
            return address
    except ValueError:
        return "(not shown: no address that can be read)"
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{parts.username or ''}:***@{host}"))


def _disk(settings: Settings) -> Line:
    folder = settings.data.absolute()
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    return Line("disk", str(settings.data.absolute()), free >= LEAST_FREE, f"{free / 1e9:.1f} GB free")


def _vendor_files() -> Iterator[Line]:
    for files in vendor.FILES.values():
        for name, sha in files.values():
            path = vendor.TARGET / name
            if not path.is_file():
                yield Line("files", f"static/vendor/{name}", False, "missing: run `make setup`")
            else:
                right = hashlib.sha256(path.read_bytes()).hexdigest() == sha
                yield Line("files", f"static/vendor/{name}", right, "as pinned" if right else "not as pinned")


def _database(settings: Settings, environ: Mapping[str, str]) -> Iterator[Line]:
    yield Line("database", "address", None, without_password(settings.url))
    if settings.embedded and not _file(settings).exists():
        yield Line("database", "file", None, "not there yet: the first command makes it")
        return
    database = Database(settings.url, sqlite_sync=settings.sqlite_sync)
    try:
        found = schema.version(database)
        head = found == schema.HEAD
        yield Line("database", "version", head, f"{found or 'empty'}, this program's is {schema.HEAD}")
        if head:
            with database.reading() as session:
                yield from _pragmas(session)
                yield _triggers(session)
                yield from _endpoints(session, Locks(database), environ)
    except (DBAPIError, schema.SchemaError) as error:
        yield Line("database", "connection", False, said(error))
    finally:
        database.close()


def _file(settings: Settings) -> Path:
    return Path(settings.url.removeprefix("sqlite:///"))


def _pragmas(session: Session) -> Iterator[Line]:
    if session.get_bind().dialect.name != "sqlite":
        yield Line("database", "server", None, str(session.scalar(text("SHOW server_version"))))
        return
    for name, expected in PRAGMAS.items():
        found = str(session.scalar(text(f"PRAGMA {name}")))
        shown = SYNCHRONOUS.get(found, found) if name == "synchronous" else found
        yield Line("database", name, None if expected is None else found == expected, shown)


def _triggers(session: Session) -> Line:
    missing = sorted(frozen.names() - triggers(session))
    return Line(
        "database", "triggers", not missing, f"missing: {', '.join(missing)}" if missing else "all there"
    )


def _endpoints(session: Session, locks: Locks, environ: Mapping[str, str]) -> Iterator[Line]:
    """Tell of each endpoint whether its key is set here, who may speak to it, and how many draws wait for it."""
    counts: dict[tuple[int | None, str], int] = {
        (row[0], row[1]): row[2]
        for row in session.execute(
            select(Transcript.endpoint_id, Transcript.state, func.count())
            .where(Transcript.state.in_(("queued", "running")))
            .group_by(Transcript.endpoint_id, Transcript.state)
        )
    }
    try:
        for endpoint in session.scalars(select(Endpoint).order_by(Endpoint.slug)):
            about = f"endpoint {endpoint.slug}"
            if endpoint.key_env:
                there = bool(environ.get(endpoint.key_env))
                # Not every process needs every key, so a missing one is told and not judged.
                yield Line(about, endpoint.key_env, None, "set" if there else "not set in this environment")
            free = locks.take(endpoint.id)
            locks.release(endpoint.id)
            running, queued = (counts.get((endpoint.id, state), 0) for state in ("running", "queued"))
            held = "free" if free else "held by a process that speaks to it"
            left = free and running > 0
            told = f"{held}; {running} running, {queued} queued" + (
                ": `resume` continues them" if left else ""
            )
            yield Line(about, "lock", not left, told)
    finally:
        locks.close()


def environment() -> Mapping[str, str]:
    """Return this process's environment."""
    return os.environ
