"""Recording shared changes, and looking at what came after."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import event, func, select, text
from sqlalchemy.orm import Session

from app.db import now
from app.live import hub
from app.live.models import Event

# Any fixed number: the advisory lock that lets ids of events become visible in their order.
ORDER_LOCK = 7_301_991


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
    """Append an event; call it as the transaction's last statement.

    On PostgreSQL two transactions could commit ids 7 and 6 in that order and a reader that saw 7 would never
    see 6; the lock, held from here to the commit, rules that out. SQLite has one writer anyway.
    """
    session.flush()
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": ORDER_LOCK})
    session.execute(
        Event.__table__.insert(),  # type: ignore[attr-defined]
        {
            "kind": kind,
            "ids": ids,
            "study": study,
            "actor": actor,
            "before": before,
            "after": after,
            "at": now(),
        },
    )
    event.listen(session, "after_commit", lambda _session: hub.wake(), once=True)


def newest(session: Session) -> int:
    """Return the id of the last event, 0 when there is none."""
    return session.scalar(select(func.max(Event.id))) or 0


def after(session: Session, last: int, limit: int) -> Sequence[tuple[int, str, dict[str, Any]]]:
    """Return (id, kind, ids) of at most `limit` events after `last`, oldest first."""
    rows = session.execute(
        select(Event.id, Event.kind, Event.ids).where(Event.id > last).order_by(Event.id).limit(limit)
    )
    return [(row.id, row.kind, row.ids) for row in rows]
