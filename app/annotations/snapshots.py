"""An annotation's state as plain data, taken before and after each act so that the act can be undone.

Quotes are left out: they follow from the place, and a text that is withdrawn must not live on in the log.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from app.annotations import places
from app.annotations.models import Annotation, Member, Target
from app.db import now
from app.transcripts.models import Message

# The state of an annotation; None is one that was removed, or not yet there.
Snapshot = Mapping[str, Any] | None
FIELDS = ("tag_id", "kind", "polarity", "confidence", "note", "transcript_id")


def of(session: Session, ids: Iterable[int], *, locked: bool = False) -> dict[str, Snapshot]:
    """Return the states of these annotations, by id as text (as JSON keeps keys).

    With `locked` nobody else changes them until the transaction ends.
    """
    wanted = list(ids)
    query = select(Annotation).where(Annotation.id.in_(wanted)).order_by(Annotation.id)
    rows = session.scalars(query.with_for_update() if locked else query).all()
    targets = grouped(session, select(Target).where(Target.annotation_id.in_(wanted)).order_by(Target.place))
    members = grouped(session, select(Member).where(Member.annotation_id.in_(wanted)))
    return {
        str(row.id): None if row.removed_at else {
            **{name: getattr(row, name) for name in FIELDS},
            "targets": [[one.transcript_id, one.message_id, one.start, one.end] for one in targets.get(row.id, [])],
            "members": sorted(one.transcript_id for one in members.get(row.id, [])),
        }
        for row in rows
    }  # fmt: skip


def grouped(session: Session, query: Any) -> dict[int, list[Any]]:
    """Return rows of a table that belongs to annotations, by the annotation."""
    found: dict[int, list[Any]] = {}
    for row in session.scalars(query):
        found.setdefault(row.annotation_id, []).append(row)
    return found


def lay(session: Session, number: int, state: Snapshot) -> None:
    """Give an annotation this state; its version goes up by one."""
    row = session.get_one(Annotation, number)
    row.version, row.updated_at = row.version + 1, now()
    row.removed_at = row.updated_at if state is None else None
    if state is None:
        return
    for name in FIELDS:
        setattr(row, name, state[name])
    replace(session, number, state["targets"], state["members"])


def replace(session: Session, number: int, targets: Sequence[Sequence[int]], members: Sequence[int]) -> None:
    """Give an annotation these places ([transcript, message, start, end]) and members instead of its own."""
    for table in (Target, Member):
        session.execute(delete(table).where(table.annotation_id == number))
    texts = texts_of(session, {message for _, message, _, _ in targets})
    rows = [
        {"annotation_id": number, "place": nth, "transcript_id": transcript, "message_id": message,
         **_columns(places.at(texts[message], start, end))}
        for nth, (transcript, message, start, end) in enumerate(targets)
    ]  # fmt: skip
    if rows:
        session.execute(insert(Target), rows)
    if members:
        session.execute(insert(Member), [{"annotation_id": number, "transcript_id": one} for one in members])


def texts_of(session: Session, messages: Iterable[int]) -> dict[int, str]:
    """Return the stored texts of messages."""
    found = session.execute(select(Message.id, Message.text).where(Message.id.in_(list(messages))))
    return {row.id: row.text for row in found}


def _columns(place: places.Place) -> dict[str, Any]:
    return {name: getattr(place, name) for name in ("start", "end", "quote", "prefix", "suffix")}
