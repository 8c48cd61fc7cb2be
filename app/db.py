"""The database: engines for SQLite and PostgreSQL, and the two doors, `reading()` and `writing()`.

Routes come through the first by `web.ReadDep` (there, since a command should not wait for FastAPI to load).
Nothing else in the product opens a session or commits (a test holds that). A dependency never writes: one
that did would hold the write lock between itself and its route, and two waiting requests would stand still.
"""

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC as UTC_ZONE
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    Connection,
    Engine,
    Integer,
    MetaData,
    create_engine,
    event,
    text,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import InterfaceError, OperationalError, TimeoutError
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.pool import StaticPool
from sqlalchemy.types import JSON, TypeDecorator

from app.settings import Settings, SettingsError

EPOCH = datetime(1970, 1, 1, tzinfo=UTC_ZONE)
BUSY_SECONDS = 30
BUSY_AGAIN = 0.01  # seconds
IDLE_SECONDS = 60


# The database is away, or busy beyond its time-out: nothing is wrong with the rows.
AWAY = (OperationalError, InterfaceError, TimeoutError)


class UTC(TypeDecorator[datetime]):
    """A moment, stored as whole milliseconds since 1970-01-01Z: alike, ordered and zone-proof everywhere."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        return None if value is None else (value - EPOCH) // timedelta(milliseconds=1)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        return None if value is None else EPOCH + timedelta(milliseconds=value)


# SQLite only numbers rows by itself where the key's type is exactly INTEGER.
BigKey = BigInteger().with_variant(Integer, "sqlite")


class Base(DeclarativeBase):
    """The parent of every table."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: UTC, dict[str, Any]: JSON, list[Any]: JSON}


def now() -> datetime:
    """Return this moment in UTC."""
    return datetime.now(UTC_ZONE)


def said(error: BaseException) -> str:
    """Return what an error of the database says, in one line."""
    return " ".join(str(getattr(error, "orig", None) or error).split())


class Database:
    """An engine and its write lock. One is in use per process (`use`)."""

    def __init__(self, url: str, *, sqlite_sync: str = "normal") -> None:
        self.sqlite = url.startswith("sqlite")
        # SQLite lets one connection write at a time; queueing threads here costs less than its busy loop.
        self.writers = threading.Lock()
        self._watch: sqlite3.Connection | None = None
        self._personal: Engine | None = None  # over that same connection
        self._watching = threading.RLock()
        self._sync = sqlite_sync
        if self.sqlite:
            # The connection used last is used again: the pages that another one holds went stale with its commit.
            self.engine = create_engine(
                url,
                connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False},
                pool_use_lifo=True,
            )
            _prepare_sqlite(self.engine, sqlite_sync)
        else:
            self.engine = create_engine(url, pool_pre_ping=True, pool_size=8, max_overflow=16)
            _prepare_postgresql(self.engine)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Open a session that reads (deferred BEGIN) and never commits."""
        with Session(self.engine, autoflush=False, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def writing(self, *, personal: bool = False) -> Iterator[Session]:
        """Open a session that writes: commits when the block ends, rolls back when it raises.

        What is `personal` is shown to the person who writes it and stands in nothing that is kept printed: its
        commit leaves `version()` as it is. Such a block is short, since who asks for the version waits for it.
        """
        if personal and self.sqlite:
            with self.writers, self._watched() as session:
                yield session
            return
        lock = self.writers if self.sqlite else threading.Lock()
        with lock, self.engine.connect() as connection:
            if self.sqlite:
                connection.info["immediate"] = True
            with _session(connection) as session, session.begin():
                if self.sqlite:
                    session.connection()  # BEGIN now: a block that says nothing must not leave it to the next
                yield session

    @contextmanager
    def _watched(self) -> Iterator[Session]:
        """Write on the connection that watches, of whose commits it does not hear.

        While another process writes it is not held: a page that asks for the version never waits for that one.
        """
        until = time.monotonic() + BUSY_SECONDS
        while True:
            with self._watching, self._watcher().connect() as connection:
                connection.info["immediate"] = True
                with _session(connection) as session, session.begin():
                    if self._begun(session, last=time.monotonic() > until):
                        yield session
                        return
            time.sleep(BUSY_AGAIN)

    def _begun(self, session: Session, *, last: bool) -> bool:
        """Begin to write without waiting; False where another process writes now, which raises in the last try."""
        assert self._watch is not None
        self._watch.execute("PRAGMA busy_timeout=0")
        try:
            session.connection()
        except OperationalError:
            if last:
                raise
            return False
        finally:
            self._watch.execute(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}")
        return True

    def version(self) -> int | None:
        """Return a number that changes with every commit but personal ones; None where there is none (PostgreSQL).

        SQLite tells each connection of the commits of all others, whoever made them. A few microseconds.
        """
        if not self.sqlite:
            return None
        with self._watching:
            if self._watch is None:
                self._watch = sqlite3.connect(self.engine.url.database or "", check_same_thread=False)
            return int(self._watch.execute("PRAGMA data_version").fetchone()[0])

    def _watcher(self) -> Engine:
        """Return an engine over the connection that watches."""
        self.version()
        if self._personal is None:
            self._personal = create_engine("sqlite://", creator=lambda: self._watch, poolclass=StaticPool)
            _prepare_sqlite(self._personal, self._sync)
        return self._personal

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()
        with self._watching:
            if self._personal is not None:
                self._personal.dispose()
            elif self._watch is not None:
                self._watch.close()
            self._personal = self._watch = None


def _session(connection: Connection) -> Session:
    return Session(connection, autoflush=False, expire_on_commit=False)


def _prepare_sqlite(engine: Engine, sync: str) -> None:
    """Set the pragmas of each connection and make BEGIN explicit (deferred to read, IMMEDIATE to write)."""

    @event.listens_for(engine, "connect")
    def pragmas(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # the driver opens no transaction of its own
        for pragma in (
            "journal_mode=WAL",
            f"synchronous={sync}",
            "foreign_keys=ON",
            "recursive_triggers=ON",
            f"busy_timeout={BUSY_SECONDS * 1000}",
            "temp_store=MEMORY",
            "cache_size=-16000",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.info.pop("immediate", False) else "BEGIN")


def _prepare_postgresql(engine: Engine) -> None:
    """Let no process that sleeps or is cut off inside a transaction keep the rows that it locked for ever."""

    @event.listens_for(engine, "connect")
    def limits(connection: Any, _record: object) -> None:
        connection.execute(f"SET idle_in_transaction_session_timeout = '{IDLE_SECONDS}s'")
        connection.commit()


_current: Database | None = None


def use(database: Database | None) -> Database | None:
    """Make this the process's database and return the one before (tests put it back)."""
    global _current
    before, _current = _current, database
    return before


def open_database(settings: Settings) -> Database:
    """Open the database that the settings name and make it the process's own.

    Raise SettingsError where its folder cannot be made.
    """
    if settings.embedded:
        try:
            settings.data.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            told = f"found {str(settings.data)!r}, which cannot be made ({error.strerror})"
            raise SettingsError(f"STYLOSCOPE_DATA: {told}, expected a folder that can be written") from None
    database = Database(settings.url, sqlite_sync=settings.sqlite_sync)
    use(database)
    return database


def current() -> Database:
    """Return the database in use; raise RuntimeError when none was opened."""
    if _current is None:
        raise RuntimeError("no database is open in this process")
    return _current


@contextmanager
def writing(*, personal: bool = False) -> Iterator[Session]:
    """The writing door: open it inside a route function or a worker thread, never in a dependency."""
    with current().writing(personal=personal) as session:
        yield session


@contextmanager
def reading() -> Iterator[Session]:
    """The reading door: a session that never writes. Pages come through `web.ReadDep`."""
    with current().reading() as session:
        yield session


class TooSlow(Exception):
    """A read was stopped at its time limit. Its session can be asked no more."""


@contextmanager
def within(session: Session, seconds: float) -> Iterator[None]:
    """Stop what is read inside at a time limit: raise TooSlow from whatever statement is under way then."""
    connection = session.connection()
    stop = _Stop(connection, seconds)
    try:
        yield
    except OperationalError as error:
        if stop.told(said(error)):
            raise TooSlow from error
        raise
    finally:
        stop.leave()


class _Stop:
    """A timer that interrupts SQLite from outside, or PostgreSQL's own."""

    def __init__(self, connection: Connection, seconds: float) -> None:
        self._lock, self._left = threading.Lock(), False
        self._timer: threading.Timer | None = None
        if connection.dialect.name == "sqlite":
            self._raw: Any = connection.connection.driver_connection
            self._timer = threading.Timer(seconds, self._interrupt)
            self._timer.daemon = True
            self._timer.start()
        else:
            connection.execute(text(f"SET LOCAL statement_timeout = {round(seconds * 1000)}"))

    def _interrupt(self) -> None:
        with self._lock:  # never when the connection may be somebody else's already
            if not self._left:
                self._raw.interrupt()

    def told(self, words: str) -> bool:
        return ("interrupted" if self._timer else "statement timeout") in words

    def leave(self) -> None:
        with self._lock:
            self._left = True
        if self._timer:
            self._timer.cancel()


def ping() -> bool:
    """Tell whether the database answers, without writing."""
    with current().engine.connect() as connection:
        return bool(connection.execute(text("SELECT 1")).scalar_one())
