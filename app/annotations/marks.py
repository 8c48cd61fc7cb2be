"""Marks as a reader may see them: those of a transcript, on its own turns or on those it shares with others."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from app.accounts.models import Person
from app.annotations import sight, tags
from app.annotations.models import Annotation, Member, Target
from app.annotations.snapshots import grouped
from app.annotations.tags import Codebook, TagNow
from app.transcripts.models import Message


@dataclass(frozen=True, slots=True)
class Mark:
    """An annotation with its tag as it stands now. `old` tells that the tag's text was changed since it was put."""

    row: Annotation
    tag: TagNow
    by: str  # the person's name
    initials: str
    mine: bool
    old: bool
    targets: tuple[Target, ...]
    members: tuple[int, ...]

    @property
    def id(self) -> int:
        return self.row.id

    def within(self, messages: Collection[int]) -> list[Target]:
        """Return its targets in these messages."""
        return [one for one in self.targets if one.message_id in messages]

    def elsewhere(self, messages: Collection[int]) -> list[Target]:
        """Return its other targets."""
        return [one for one in self.targets if one.message_id not in messages]


def of_transcript(
    session: Session, person: int, study: int, transcript: int, messages: Sequence[int],
    book: Codebook | None = None,
) -> list[Mark]:  # fmt: skip
    """Return the standing marks that a person may see on a transcript, in the order of its text, whole ones first.

    `messages` are the ids of its turns from the root down: a mark on a turn that several transcripts share is
    seen in each of them. A mark on a set is seen on each member.
    """
    here = or_(
        Annotation.transcript_id == transcript,
        Annotation.id.in_(select(Target.annotation_id).where(Target.message_id.in_(messages))),
        Annotation.id.in_(select(Member.annotation_id).where(Member.transcript_id == transcript)),
    )
    found = seen_by(session, person, study, here, book=book)
    place = {number: nth for nth, number in enumerate(messages)}
    return sorted(found, key=lambda one: _order(one, place))


def on(*transcripts: int) -> ColumnElement[bool]:
    """Return the condition under which an annotation speaks of any of these transcripts."""
    return or_(
        Annotation.transcript_id.in_(transcripts),
        Annotation.id.in_(select(Target.annotation_id).where(Target.transcript_id.in_(transcripts))),
        Annotation.id.in_(select(Member.annotation_id).where(Member.transcript_id.in_(transcripts))),
    )


def lengths(session: Session, messages: Iterable[int]) -> dict[int, int]:
    """Return the lengths of messages' texts, in code points."""
    query = select(Message.id, func.length(Message.text).label("length")).where(
        Message.id.in_(list(messages))
    )
    return {row.id: row.length for row in session.execute(query)}


def _order(mark: Mark, place: dict[int, int]) -> tuple[Any, ...]:
    inside = mark.within(place)
    first = min(((place[one.message_id], one.start, one.end) for one in inside), default=(-1, 0, 0))
    return *first, mark.id


def seen_by(
    session: Session, person: int, study: int, *where: ColumnElement[bool], book: Codebook | None = None,
    limit: int | None = None, newest: bool = False,
) -> list[Mark]:  # fmt: skip
    """Return the standing marks of a study that fit and that a person may see, by id.

    Of more than `limit` the first, or the `newest`.
    """
    query = (
        select(Annotation, Person.name, Person.initials)
        .join(Person, Person.id == Annotation.person_id)
        .where(
            Annotation.study_id == study,
            Annotation.removed_at.is_(None),
            visible(session, person, study),
            *where,
        )
        .order_by(Annotation.id.desc() if newest else Annotation.id)
        .limit(limit)
    )
    rows = session.execute(query).all()
    ids = [row.Annotation.id for row in rows]
    targets = grouped(session, select(Target).where(Target.annotation_id.in_(ids)).order_by(Target.place))
    members = grouped(session, select(Member).where(Member.annotation_id.in_(ids)))
    book = book or tags.at(session, study)
    changed = book.changed
    return [
        Mark(
            one, book.standing(one.tag_id), name, initials, one.person_id == person,
            changed.get(one.tag_id, 0) > one.revision, tuple(targets.get(one.id, ())),
            tuple(sorted(each.transcript_id for each in members.get(one.id, ()))),
        )
        for one, name, initials in rows
    ]  # fmt: skip


def visible(session: Session, person: int, study: int) -> ColumnElement[bool]:
    """Return the condition under which a person may see an annotation: their own, and others' where not hidden."""
    return or_(Annotation.person_id == person, ~sight.others_hidden(session, person, study))


def as_json(mark: Mark) -> dict[str, Any]:
    """Return a mark as the API tells it."""
    row = mark.row
    return {
        "id": row.id, "version": row.version, "kind": row.kind, "tag": mark.tag.slug, "polarity": row.polarity,
        "confidence": row.confidence, "note": row.note, "coder": mark.by, "mine": mark.mine,
        "source": row.source, "transcript": row.transcript_id, "codebook_revision": row.revision, "old": mark.old,
        "targets": [_target(one) for one in mark.targets], "members": list(mark.members),
        "blind": {"coders": row.blind_coders, "subject": row.blind_subject},
        "created_at": _moment(row.created_at), "updated_at": _moment(row.updated_at),
    }  # fmt: skip


def _target(one: Target) -> dict[str, Any]:
    return {
        "transcript": one.transcript_id, "message": one.message_id, "start": one.start, "end": one.end,
        "quote": one.quote, "prefix": one.prefix, "suffix": one.suffix,
    }  # fmt: skip


def _moment(when: datetime) -> str:
    return when.isoformat(timespec="milliseconds").replace("+00:00", "Z")
