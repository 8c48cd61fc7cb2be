"""What a seeded study came to, kept and put back: most tests begin with the same few, and writing one takes longer
than most tests.

Rows are kept as the database has them, and put back with every moment moved to now. What is not the first thing in
a database, or has answers of a test's own making, is written as ever.
"""

import sqlite3
import time
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from functools import wraps
from inspect import signature as signature_of
from typing import Any, ParamSpec

import psycopg
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.db import UTC, Base
from tests.draws import Seeded

BASELINE = {"instance", "people"}  # what the migrations themselves write
INDEXED = ("messages_fts", "prompts_fts")
# A draw is frozen by its end, so what belongs to it is put back before.
OPEN = {"state": "queued", "tip_id": None}
MOST = 40
P = ParamSpec("P")


@dataclass
class Kept:
    """A study's rows by table, each with the names of its columns; on PostgreSQL its own text of them."""

    made: Seeded
    at: int
    rows: dict[str, tuple[list[str], list[Any]]] = field(default_factory=dict)
    copies: dict[str, bytes] = field(default_factory=dict)
    sequences: dict[str, int] = field(default_factory=dict)


_kept: dict[object, Kept] = {}


def kept(make: Callable[P, Seeded]) -> Callable[P, Seeded]:
    """Give what `make` writes into its `session`: put back if the same was asked for before."""
    signature = signature_of(make)

    @wraps(make)
    def again(*args: P.args, **named: P.kwargs) -> Seeded:
        asked = signature.bind(*args, **named)
        asked.apply_defaults()
        session = asked.arguments["session"]
        key = _key({name: value for name, value in asked.arguments.items() if name != "session"})
        if key is None or not _empty(session):
            return make(*args, **named)
        connection: Any = session.connection().connection.driver_connection
        found = _kept.get((type(connection), key))
        if found is None:
            found = Kept(deepcopy(make(*args, **named)), _now())  # all of its moments are before this one
            session.flush()
            (_take_sqlite if isinstance(connection, sqlite3.Connection) else _take_postgresql)(
                connection, found
            )
            if len(_kept) < MOST:
                _kept[type(connection), key] = found
        elif isinstance(connection, sqlite3.Connection):
            _put_sqlite(connection, found)
        else:
            _put_postgresql(connection, found)
        return deepcopy(found.made)

    return again


def _key(asked: dict[str, Any]) -> str | None:
    """Return what tells these arguments apart, None where a function that a test made up is among them."""
    named = {
        name: f"{one.__module__}.{one.__qualname__}" if callable(one) else one for name, one in asked.items()
    }
    return None if any(callable(one) and "<" in named[name] for name, one in asked.items()) else repr(named)


def _now() -> int:
    return round(time.time() * 1000)


def _tables() -> list[str]:
    return [table.name for table in Base.metadata.sorted_tables if table.name not in BASELINE]


def _moments(table: str) -> list[str]:
    return [column.name for column in Base.metadata.tables[table].columns if isinstance(column.type, UTC)]


def _empty(session: Session) -> bool:
    some = " OR ".join(f"EXISTS (SELECT 1 FROM {table})" for table in _tables())
    return not session.scalar(text(f"SELECT {some}"))


# ------------------------------------------------------------------ SQLite


def _take_sqlite(connection: sqlite3.Connection, kept: Kept) -> None:
    for table in _tables():
        found = connection.execute(f"SELECT * FROM {table}")
        names = [column[0] for column in found.description]
        if rows := found.fetchall():
            kept.rows[table] = names, rows


def _put_sqlite(connection: sqlite3.Connection, kept: Kept) -> None:
    later = _now() - kept.at
    connection.execute("PRAGMA defer_foreign_keys = ON")
    for table, (names, rows) in kept.rows.items():
        moments = {names.index(name) for name in _moments(table)}
        opened = {names.index(name): value for name, value in OPEN.items()} if table == "transcripts" else {}
        values = [
            [opened.get(n, one) if n in opened else one + later if one is not None and n in moments else one
             for n, one in enumerate(row)]
            for row in rows
        ]  # fmt: skip
        places = ", ".join("?" * len(names))
        connection.executemany(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({places})", values)
    names, rows = kept.rows.get("transcripts", (["state", "tip_id", "id"], []))
    ends = [[row[names.index(name)] for name in (*OPEN, "id")] for row in rows]
    connection.executemany("UPDATE transcripts SET state = ?, tip_id = ? WHERE id = ?", ends)


# ------------------------------------------------------------------ PostgreSQL


def _take_postgresql(connection: "psycopg.Connection[Any]", kept: Kept) -> None:
    for table in (*_tables(), *INDEXED):
        with connection.cursor().copy(f"COPY {table} TO STDOUT") as copy:
            if found := b"".join(copy):
                kept.copies[table] = found
    every = "SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = 'public' AND last_value > 0"
    kept.sequences = dict(connection.execute(every).fetchall())


def _put_postgresql(connection: "psycopg.Connection[Any]", kept: Kept) -> None:
    later = _now() - kept.at
    connection.execute("SET LOCAL session_replication_role = replica")  # no trigger, no foreign key
    for table, rows in kept.copies.items():
        with connection.cursor().copy(f"COPY {table} FROM STDIN") as copy:
            copy.write(rows)
        if moved := [
            f"{name} = {name} + {later}" for name in (_moments(table) if table not in INDEXED else ())
        ]:
            connection.execute(f"UPDATE {table} SET {', '.join(moved)}")
    for name, last in kept.sequences.items():
        connection.execute("SELECT setval(%s, %s)", (name, last))
    connection.execute("SET LOCAL session_replication_role = origin")
