"""Recording shared changes, and looking at what came after."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.event import listen
from sqlalchemy.orm import Session

from app.db import now
from app.live import hub
from app.live.models import Event

# Any fixed number: the advisory lock that lets ids of events become visible in their order.
ORDER_LOCK = 7_301_991
WAITING = "events to record"  # in a session's own notes


def record(
    session: Session,
    kind: str,
    ids: dict[str, Any],
    *,
    study: int | None = None,
    actor: int | None = None,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    """Append an event to the change that this session makes: it is the transaction's last statement.

    On PostgreSQL two transactions could commit ids 7 and 6 in that order and a reader that saw 7 would never
    see 6; a lock, held from the insert to the commit, rules that out. It is taken no earlier, since a transaction
    that went on to wait for rows under it would keep everybody else from committing. SQLite has one writer anyway.
    """
    waiting = session.info.setdefault(WAITING, [])
    if not waiting:
        listen(session, "before_commit", _write, once=True)
        listen(session, "after_commit", lambda _session: hub.wake(), once=True)
    told = {"kind": kind, "ids": ids, "study": study, "actor": actor, "before": before, "after": after}
    waiting.append(told | {"at": now()})


def _write(session: Session) -> None:
    session.flush()
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": ORDER_LOCK})
    session.execute(Event.__table__.insert(), session.info.pop(WAITING))  # type: ignore[attr-defined]


def newest(session: Session) -> int:
    """Return the id of the last event, 0 when there is none."""
    return session.scalar(select(func.max(Event.id))) or 0


def after(session: Session, last: int, limit: int) -> Sequence[tuple[int, str, dict[str, Any]]]:
    """Return (id, kind, ids) of at most `limit` events after `last`, oldest first."""
    rows = session.execute(
        select(Event.id, Event.kind, Event.ids).where(Event.id > last).order_by(Event.id).limit(limit)
    )
    return [(row.id, row.kind, row.ids) for row in rows]
