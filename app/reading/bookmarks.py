"""Bookmarks: answers and paths that a person keeps for themselves, each with a note if they like."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.batteries.models import Battery, Prompt
from app.db import now
from app.reading.models import Bookmark
from app.studies.models import Study
from app.subjects.models import Subject
from app.transcripts.models import Message, Transcript
from app.transcripts.told import column_token, draw_address, temperature_said
from app.transcripts.whole import Reader

PAGE = 50
NOTE = 2000  # characters
SHOWN = 240


class NoBookmark(ValueError):
    """What cannot be kept; the message tells why."""


def keep(
    session: Session, person_id: int, transcript_id: int, message_id: int | None, note: str | None, hide: str
) -> Bookmark:
    """Keep an answer (`message_id` None) or a path; one that is kept already takes the note, None leaves its own.

    Raise NoBookmark where there is no such transcript, or the message is not on its path.
    """
    whole = next(Reader(session).all(Transcript.id == transcript_id), None)
    if whole is None:
        raise NoBookmark(f"transcript: there is no transcript {transcript_id}")
    if message_id is not None and message_id not in {one["id"] for one in whole.messages}:
        raise NoBookmark(f"message: found {message_id}, expected a message of transcript {transcript_id}")
    same = (Bookmark.person_id == person_id, Bookmark.transcript_id == transcript_id)
    kept = session.scalars(
        select(Bookmark).where(*same, Bookmark.message_id.is_not_distinct_from(message_id))
    ).first()
    if kept is None:
        kept = Bookmark(person_id=person_id, study_id=whole.row["study_id"], transcript_id=transcript_id,
                        message_id=message_id, note="", hide=hide)  # fmt: skip
        session.add(kept)
    elif kept.removed_at is not None:
        kept.removed_at, kept.created_at, kept.note, kept.hide = None, now(), "", hide
    if note is not None:
        kept.note = note.strip()[:NOTE]
    session.flush()
    return kept


def remove(session: Session, person_id: int, number: int, *, back: bool = False) -> bool:
    """Take a person's bookmark away, or put it back as it was; False where they have no such one."""
    kept = session.get(Bookmark, number)
    if kept is None or kept.person_id != person_id:
        return False
    kept.removed_at = None if back else kept.removed_at or now()
    session.flush()
    return True


def annotate(session: Session, person_id: int, number: int, note: str) -> bool:
    """Write the note of a person's bookmark; False where they have no such one."""
    kept = session.get(Bookmark, number)
    if kept is None or kept.person_id != person_id:
        return False
    kept.note = note.strip()[:NOTE]
    session.flush()
    return True


def of_transcripts(session: Session, person_id: int, transcript_ids: Collection[int]) -> list[dict[str, Any]]:
    """Return a person's bookmarks in some transcripts: id, transcript, message, note."""
    return _brief(session, person_id, Bookmark.transcript_id.in_(transcript_ids))


def of_prompts(
    session: Session, person_id: int, study_id: int, prompt_ids: Collection[int]
) -> list[dict[str, Any]]:
    """Return a person's bookmarks in the answers to some prompts of a study."""
    there = select(Transcript.id).where(
        Transcript.id == Bookmark.transcript_id, Transcript.prompt_id.in_(prompt_ids)
    )
    return _brief(session, person_id, Bookmark.study_id == study_id, there.exists())


def counted(session: Session, person_id: int, study: str) -> int:
    """Return how many bookmarks a person has in a study."""
    query = select(func.count()).select_from(Bookmark).join(Study, Study.id == Bookmark.study_id)
    mine = (Bookmark.person_id == person_id, Bookmark.removed_at.is_(None), Study.slug == study)
    return session.scalar(query.where(*mine)) or 0


def _brief(session: Session, person_id: int, *of: Any) -> list[dict[str, Any]]:
    query = select(Bookmark.id, Bookmark.transcript_id, Bookmark.message_id, Bookmark.note)
    mine = (Bookmark.person_id == person_id, Bookmark.removed_at.is_(None), *of)
    rows = session.execute(query.where(*mine).order_by(Bookmark.id))
    return [
        {"id": row.id, "transcript": row.transcript_id, "message": row.message_id, "note": row.note}
        for row in rows
    ]


# ------------------------------------------------------------------ the list


@dataclass(frozen=True, slots=True)
class Line:
    """A bookmark as its list shows it. `subject` is '' where names were hidden; `beside` leads to Compare."""

    id: int
    study: str
    study_title: str
    note: str
    said: str
    path: bool
    prompt: str
    subject: str
    repeat: int
    url: str
    beside: str
    at: datetime


def lines(
    session: Session, person_id: int, *, study: str = "", before: int | None = None, limit: int = PAGE,
    noted: bool = False,
) -> list[Line]:  # fmt: skip
    """Return a person's bookmarks, newest first, by keyset; of one study, or only those with a note."""
    query = _lines().where(Bookmark.person_id == person_id, Bookmark.removed_at.is_(None))
    if study:
        query = query.where(Study.slug == study)
    if before is not None:
        query = query.where(Bookmark.id < before)
    if noted:
        query = query.where(Bookmark.note != "")
    return [_line(row) for row in session.execute(query.order_by(Bookmark.id.desc()).limit(limit))]


def _lines() -> Any:
    shown = func.coalesce(Bookmark.message_id, Transcript.tip_id, Transcript.root_id)
    return (
        select(Bookmark, Study.slug, Study.title, Transcript.repeat, Transcript.run_id,
               Transcript.temperature_milli, Prompt.key, Prompt.title.label("prompt"),
               Battery.slug.label("battery"), Subject.slug.label("subject"), Subject.name,
               func.substr(Message.text, 1, SHOWN + 1).label("said"))
        .join(Study, Study.id == Bookmark.study_id)
        .join(Transcript, Transcript.id == Bookmark.transcript_id)
        .outerjoin(Prompt, Prompt.id == Transcript.prompt_id)
        .outerjoin(Battery, Battery.id == Prompt.battery_id)
        .outerjoin(Subject, Subject.id == Transcript.subject_id)
        .outerjoin(Message, Message.id == shown)
    )  # fmt: skip


def _line(row: Any) -> Line:
    kept: Bookmark = row.Bookmark
    hidden = f"?hide={kept.hide}" if kept.hide else ""
    place = f"#m{kept.message_id}" if kept.message_id is not None else ""
    said = row.said or ""
    subject = row.name or row.subject or ""
    told = f"{subject}, {temperature_said(row.temperature_milli)}" if subject and not kept.hide else ""
    return Line(
        kept.id, row.slug, row.title, kept.note, said[:SHOWN] + "…" * (len(said) > SHOWN),
        kept.message_id is not None, row.prompt or row.key or "", told, row.repeat,
        f"/transcripts/{kept.transcript_id}{hidden}{place}", _beside(row, kept.hide), kept.created_at,
    )  # fmt: skip


def _beside(row: Any, hide: str) -> str:
    if row.key is None or row.subject is None:
        return ""
    prompt = f"{row.battery}/{row.key}"
    if hide:
        return f"/studies/{row.slug}/compare/{prompt}?hide={hide}"
    column = column_token(row.subject, row.temperature_milli)
    return draw_address(row.slug, prompt, column, row.run_id, row.repeat)


def by_study(found: Sequence[Line]) -> list[tuple[str, str, list[Line]]]:
    """Group lines by their study (slug, title), that of the newest line first."""
    groups: dict[tuple[str, str], list[Line]] = {}
    for line in found:
        groups.setdefault((line.study, line.study_title), []).append(line)
    return [(slug, title, some) for (slug, title), some in groups.items()]
