"""Many rows of one statement, straight to the driver: what SQLAlchemy does for each row costs more than the row.

Values come ready for the database: moments by `at`, JSON by `js`.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import Connection, Executable, Table
from sqlalchemy.engine.interfaces import Compiled
from sqlalchemy.sql.compiler import SQLCompiler

from app.db import EPOCH

MILLISECOND = timedelta(milliseconds=1)
_compiled: dict[tuple[int, str], tuple[Executable, Compiled]] = {}


def at(moment: datetime) -> int:
    """Return a moment as its column holds it."""
    return (moment - EPOCH) // MILLISECOND


def js(value: Any) -> str | None:
    """Return a JSON value as its column holds it; None stays NULL."""
    if value is None:
        return None
    try:
        return orjson.dumps(value).decode()
    except TypeError:  # what orjson cannot write (lone surrogates, huge numbers), json can
        return json.dumps(value)


def write(connection: Connection, statement: Executable, rows: Sequence[Mapping[str, Any]]) -> None:
    """Run a statement once for each row; every row has the same names, and `statement` is a constant."""
    if not rows:
        return
    key = (id(statement), connection.dialect.name)
    if key not in _compiled:
        # The statement is kept, so that its id stays its own.
        compiled = statement.compile(dialect=connection.dialect, column_keys=list(rows[0]))  # type: ignore[attr-defined]
        _compiled[key] = (statement, compiled)
    compiled = _compiled[key][1]
    assert isinstance(compiled, SQLCompiler)
    names = compiled.positiontup
    if names is None:
        connection.exec_driver_sql(compiled.string, rows)
    else:
        connection.exec_driver_sql(compiled.string, [tuple([row[name] for name in names]) for row in rows])


def insert_new(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows that all have the same names, leaving out those that are there already.

    PostgreSQL is given whole columns: row by row takes it several times as long.
    """
    if not rows:
        return
    names = list(rows[0])
    into = f"INTO {table.name} ({', '.join(names)})"
    if connection.dialect.name == "sqlite":
        marks = ", ".join("?" * len(names))
        values = [tuple([row[name] for name in names]) for row in rows]
        connection.exec_driver_sql(f"INSERT {into} VALUES ({marks}) ON CONFLICT DO NOTHING", values)
        return
    types = [table.c[name].type.compile(connection.dialect) for name in names]
    columns = ", ".join(f"%s::{kind}[]" for kind in types)
    query = f"INSERT {into} SELECT * FROM unnest({columns}) ON CONFLICT DO NOTHING"
    connection.exec_driver_sql(query, tuple([row[name] for row in rows] for name in names))
