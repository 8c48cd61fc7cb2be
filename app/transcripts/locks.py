"""Who speaks to an endpoint: one process at a time, by a lock that dies with it.

Beside an embedded database the lock is a file, on PostgreSQL an advisory lock of a session of its own.
"""

import fcntl
import os
import threading
from collections.abc import Collection
from pathlib import Path

from sqlalchemy import Connection, bindparam, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.db import Database, now
from app.transcripts.budget import Spent, purses, put_back
from app.transcripts.calls import EXCHANGES
from app.transcripts.claim import TRANSCRIPTS
from app.transcripts.models import Transcript

KIND = 0x57_59_4C  # tells these advisory locks from others in the same database


class Locks:
    """The endpoint locks that this process holds in one database. Safe from any thread."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._files: dict[int, int] = {}
        self._session: Connection | None = None
        self._held: set[int] = set()
        self._guard = threading.Lock()

    def take(self, endpoint_id: int) -> bool:
        """Take an endpoint's lock; False when another process has it."""
        with self._guard:
            taken = self._take_file(endpoint_id) if self._database.sqlite else self._take_session(endpoint_id)
            if taken:
                self._held.add(endpoint_id)
            return taken

    def release(self, endpoint_id: int) -> None:
        """Give a lock back."""
        with self._guard:
            self._held.discard(endpoint_id)
            if endpoint_id in self._files:
                os.close(self._files.pop(endpoint_id))
            elif self._session is not None:
                unlock = text("SELECT pg_advisory_unlock(:kind, :endpoint)")
                try:
                    self._session.execute(unlock, {"kind": KIND, "endpoint": endpoint_id})
                except DBAPIError:
                    self._lose_session()

    def hold(self, endpoint_ids: Collection[int]) -> bool:
        """Tell whether these locks, taken before, all hold still: on PostgreSQL they end with their session."""
        with self._guard:
            if self._session is not None and endpoint_ids:
                try:
                    self._session.execute(text("SELECT 1"))
                except DBAPIError:
                    self._lose_session()
            return self._held.issuperset(endpoint_ids)

    def close(self) -> None:
        """Give every lock back."""
        with self._guard:
            for descriptor in self._files.values():
                os.close(descriptor)
            self._files.clear()
            self._lose_session()

    def _take_file(self, endpoint_id: int) -> bool:
        if endpoint_id in self._files:
            return True
        # By whatever name each process opened it, one file has one folder of locks.
        folder = Path(self._database.engine.url.database or "data").resolve().parent / "locks"
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(
            folder / f"endpoint-{endpoint_id}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600
        )
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return False
        self._files[endpoint_id] = descriptor
        return True

    def _take_session(self, endpoint_id: int) -> bool:
        if endpoint_id in self._held:
            return True
        if self._session is None:
            # A pooled connection would keep its locks when it goes back.
            self._session = self._database.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
            self._session.detach()
        query = text("SELECT pg_try_advisory_lock(:kind, :endpoint)")
        try:
            return bool(self._session.execute(query, {"kind": KIND, "endpoint": endpoint_id}).scalar_one())
        except DBAPIError:
            self._lose_session()
            raise

    def _lose_session(self) -> None:
        self._held.clear()
        if self._session is not None:
            self._session.close()
            self._session = None


def take_over(session: Session, endpoint_id: int) -> int:
    """Queue an endpoint's running draws again (or cancel them with their run); return how many.

    The endpoint's lock must be held.
    A call that was under way is unknown: it may have been paid for, and counts at the most it can have cost.
    """
    left = session.execute(
        select(Transcript.id, Transcript.run_id)
        .where(TRANSCRIPTS.c.endpoint_id == endpoint_id, text("transcripts.state = 'running'"))
        .order_by(Transcript.id)
        .with_for_update()
    ).all()
    if not left:
        return 0
    held = purses(session, [row.run_id for row in left])
    run_of = {row.id: row.run_id for row in left}
    connection = session.connection()
    for start in range(0, len(left), 400):
        ids = [row.id for row in left[start : start + 400]]
        lost = connection.execute(
            select(
                EXCHANGES.c.id, EXCHANGES.c.transcript_id, EXCHANGES.c.cost_micro, EXCHANGES.c.tokens
            ).where(EXCHANGES.c.transcript_id.in_(ids), text("exchanges.outcome = 'sent'"))
        ).all()
        for row in lost:
            most = Spent(row.cost_micro, row.tokens, False)
            held[run_of[row.transcript_id]].settle(row.cost_micro, row.tokens or 0, most)
        if lost:
            connection.execute(_UNKNOWN, [{"of_id": row.id, "at": now()} for row in lost])
        cancelled = [number for number in ids if held[run_of[number]].wanted == "cancel"]
        for state, which in (("cancelled", cancelled), ("queued", sorted(set(ids) - set(cancelled)))):
            connection.execute(update(TRANSCRIPTS).where(TRANSCRIPTS.c.id.in_(which)).values(state=state))
    put_back(session, held.values())
    return len(left)


def take_over_left(database: Database, run_id: int) -> int:
    """Take over the endpoints that a process left while it asked this run; return how many draws were running."""
    running = select(Transcript.endpoint_id).where(
        Transcript.run_id == run_id, Transcript.state == "running", Transcript.endpoint_id.is_not(None)
    )
    with database.reading() as session:
        endpoints = [number for number in session.scalars(running.distinct()) if number is not None]
    locks = Locks(database)
    left = 0
    try:
        for endpoint_id in endpoints:
            if locks.take(endpoint_id):
                with database.writing() as session:
                    left += take_over(session, endpoint_id)
    finally:
        locks.close()
    return left


_UNKNOWN = (
    update(EXCHANGES)
    .where(EXCHANGES.c.id == bindparam("of_id"))
    .values(
        outcome="unknown",
        error="the process that made this call ended before the answer was saved",
        finished_at=bindparam("at"),
    )
)
