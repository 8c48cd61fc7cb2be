"""Checking that everything is as it was written: `styloscope verify`."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.db import Database
from app.transcripts import checks, frozen
from app.transcripts.checks import Held, Problem
from app.transcripts.locks import Locks
from app.transcripts.models import Transcript
from app.transcripts.whole import steady

SHOWN = 1000

__all__ = ["Problem", "Report", "triggers", "verify", "watch"]


@dataclass(slots=True)
class Report:
    """How many rows were checked, and what was found; of very many problems the first are kept."""

    checked: Counter[str] = field(default_factory=Counter)
    problems: list[Problem] = field(default_factory=list)
    found: int = 0

    @property
    def clean(self) -> bool:
        return not self.found

    def counter(self, table: str) -> Callable[[int], None]:
        """Return what counts the checked rows of a table."""
        self.checked[table] += 0

        def count(rows: int) -> None:
            self.checked[table] += rows

        return count

    def take(self, name: str, problems: Iterable[Problem]) -> None:
        """Take problems in; a check that cannot go on is one, and the others still follow."""
        try:
            for problem in problems:
                self._add(problem)
        except checks.UNREADABLE as error:
            self._add(checks.unreadable(name, error))

    def _add(self, problem: Problem) -> None:
        self.found += 1
        if len(self.problems) < SHOWN:
            self.problems.append(problem)

    def document(self) -> dict[str, Any]:
        """Return the report as `verify --json` prints it."""
        shown = [{"what": one.what, "where": one.where, "found": one.found} for one in self.problems]
        return {"ok": self.clean, "checked": dict(self.checked), "found": self.found, "problems": shown}


def verify(session: Session, held: Held) -> Report:
    """Check the whole database through a fresh session, in constant memory; change nothing.

    `held(endpoint_id)` tells whether some process holds that endpoint's lock, so may have draws running.
    """
    steady(session)
    report = Report()
    report.take("the database file", _system(session))
    report.take("triggers", _triggers(session))
    for name, check in (
        ("settings and renderings", checks.shared),
        ("messages", checks.messages),
        ("transcripts", partial(checks.transcripts, held=held)),
        ("exchanges", checks.exchanges),
        ("runs", checks.budgets),
    ):
        report.take(name, check(session, count=report.counter(name)))
    return report


def _system(session: Session) -> Iterator[Problem]:
    """Let SQLite look at its own file; PostgreSQL keeps its pages and foreign keys by itself."""
    if session.get_bind().dialect.name != "sqlite":
        return
    for (line,) in session.execute(text("PRAGMA quick_check")):
        if line != "ok":
            yield Problem("file", "the database file", str(line))
    for table, row, parent, _key in session.execute(text("PRAGMA foreign_key_check")):
        yield Problem("file", f"{table} {row}", f"points to a row of {parent} that is not there")


def _triggers(session: Session) -> Iterator[Problem]:
    """Check that what keeps finished transcripts from being changed is in place, and no door stands open."""
    for name in sorted(frozen.names() - triggers(session)):
        yield Problem("trigger", name, "is missing: finished transcripts could be changed")
    if session.scalar(text("SELECT count(*) FROM maintenance")):
        yield Problem("trigger", "maintenance", "a door to change finished transcripts was left open")


def triggers(session: Session) -> set[str]:
    """Return the names of the triggers that the database has."""
    sqlite = session.get_bind().dialect.name == "sqlite"
    query = (
        "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        if sqlite
        else "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D'"
    )
    return set(session.scalars(text(query)))


def watch(database: Database) -> Held:
    """Return what tells, now, whether a process holds an endpoint's lock or has nothing running there any more."""

    def held(endpoint_id: int) -> bool:
        locks = Locks(database)
        try:
            if not locks.take(endpoint_id):
                return True
        finally:
            locks.close()
        # Its draws may have ended since the state under verification.
        left = select(Transcript.id).where(
            Transcript.endpoint_id == endpoint_id, Transcript.state == "running"
        )
        with database.reading() as fresh:
            return fresh.scalar(left.limit(1)) is None

    return held
