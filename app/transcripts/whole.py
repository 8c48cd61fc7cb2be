"""Whole transcripts, read in batches: each with its messages from root to tip and its settings, by keyset and in
memory that does not grow with their number."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Table, select, text
from sqlalchemy.orm import Session

from app.transcripts.models import Message, SettingsRecord, Transcript

MESSAGES: Table = Message.__table__  # type: ignore[assignment]
TRANSCRIPTS: Table = Transcript.__table__  # type: ignore[assignment]
SETTINGS: Table = SettingsRecord.__table__  # type: ignore[assignment]

BATCH = 200
KEPT = 1000  # shared turns and settings remembered from batch to batch

Columns = Mapping[str, Any]  # a row by its column names


@dataclass(frozen=True, slots=True)
class Whole:
    """A transcript's row, its messages from the root down, and its settings (None before any were written).

    The messages end at the tip; where there is none yet, at the prompt's last shared turn.
    """

    row: Columns
    messages: tuple[Columns, ...]
    settings: Columns | None


class BrokenPath(ValueError):
    """A path that cannot be walked from its end to a root."""


@dataclass(slots=True)
class Reader:
    """Reads whole transcripts over one session, and remembers the turns and settings that many share."""

    session: Session
    shared: dict[int, Columns] = field(default_factory=dict)
    settings: dict[int, Columns] = field(default_factory=dict)

    def all(self, *where: ColumnElement[bool], after: int = 0, limit: int | None = None) -> Iterator[Whole]:
        """Yield the transcripts that fit, by id, from the one after `after` on."""
        for rows in self.rows(*where, after=after, limit=limit):
            yield from self.whole(rows)

    def rows(
        self, *where: ColumnElement[bool], after: int = 0, limit: int | None = None
    ) -> Iterator[list[Columns]]:
        """Yield the rows that fit in batches, by id; `limit` is that of rows in all."""
        left = limit
        while left is None or left > 0:
            size = BATCH if left is None else min(BATCH, left)
            query = select(TRANSCRIPTS).where(TRANSCRIPTS.c.id > after, *where)
            found = self.session.execute(query.order_by(TRANSCRIPTS.c.id).limit(size)).mappings().all()
            if found:
                yield [dict(row) for row in found]
            if len(found) < size:
                return
            after = found[-1]["id"]
            left = None if left is None else left - size

    def whole(self, rows: Sequence[Columns]) -> list[Whole]:
        """Return these rows with their messages and settings; raise BrokenPath."""
        ends = {row["id"]: row["tip_id"] or row["root_id"] for row in rows}
        known = self._messages(ends)
        self._settings({row["settings_id"] for row in rows if row["settings_id"]})
        return [
            Whole(row, path_to(ends[row["id"]], known), self.settings.get(row["settings_id"])) for row in rows
        ]

    def _messages(self, ends: Mapping[int, int | None]) -> Mapping[int, Columns]:
        """Return every message on the way from these ends up, by id."""
        if len(self.shared) > KEPT:
            self.shared.clear()
        own = self._fetch(MESSAGES, MESSAGES.c.made_by, ends)
        known = {row["id"]: row for row in own}
        wanted = {end for end in ends.values() if end} | {row["parent_id"] for row in own}
        while missing := wanted - known.keys() - self.shared.keys() - {None}:
            found = self._fetch(MESSAGES, MESSAGES.c.id, missing)
            self.shared |= {row["id"]: row for row in found}
            wanted = {row["parent_id"] for row in found}
            if not found:
                break
        return self.shared | known

    def _settings(self, ids: set[int]) -> None:
        if len(self.settings) > KEPT:
            self.settings.clear()
        missing = ids - self.settings.keys()
        self.settings |= {row["id"]: row for row in self._fetch(SETTINGS, SETTINGS.c.id, missing)}

    def _fetch(self, table: Table, column: ColumnElement[Any], values: Iterable[int | None]) -> list[Columns]:
        wanted = sorted(value for value in values if value is not None)
        found: list[Columns] = []
        for start in range(0, len(wanted), BATCH):
            query = select(table).where(column.in_(wanted[start : start + BATCH]))
            found += [dict(row) for row in self.session.execute(query).mappings()]
        return found


def path_to(end: int | None, known: Mapping[int, Columns]) -> tuple[Columns, ...]:
    """Return the messages from the root to this one; raise BrokenPath where one is missing or comes twice."""
    path: list[Columns] = []
    seen: set[int] = set()
    while end is not None:
        if end in seen or end not in known:
            raise BrokenPath(f"message {end} {'is its own ancestor' if end in seen else 'is missing'}")
        seen.add(end)
        path.append(known[end])
        end = known[end]["parent_id"]
    return tuple(reversed(path))


def steady(session: Session) -> None:
    """Let a fresh session see one state of the database to its end, as SQLite's do anyway."""
    if session.get_bind().dialect.name == "postgresql":
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        # Who reads may be stopped and go on tomorrow; it keeps nobody waiting.
        session.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
