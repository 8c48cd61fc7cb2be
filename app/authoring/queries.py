"""Reads of drafts, and of what a draft begins from."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.authoring.checking import StudyPlan
from app.authoring.models import Draft
from app.authoring.prompts import draft_of
from app.batteries import queries as batteries
from app.batteries.models import Battery, Prompt
from app.runs import whole
from app.shape import Shape, fingerprint
from app.studies import queries as studies
from app.studies.models import Study
from app.studies.shape import StudyHead
from app.subjects import queries as subjects
from app.transcripts.models import Message, Transcript


def draft(session: Session, number: int) -> Draft | None:
    """Return a draft by its number."""
    return session.get(Draft, number)


def drafts(session: Session) -> Sequence[Draft]:
    """Return all drafts, the one that was changed last first."""
    return session.scalars(select(Draft).order_by(Draft.changed_at.desc(), Draft.id.desc())).all()


def draft_about(session: Session, kind: str, slug: str) -> Draft | None:
    """Return the draft that changes a thing, if there is one."""
    return session.scalar(select(Draft).where(Draft.kind == kind, Draft.of == slug))


def copies(session: Session, kind: str) -> set[str]:
    """Return the slugs that drafts of new things of a kind are to get."""
    return {
        slug_in(row) for row in session.scalars(select(Draft).where(Draft.kind == kind, Draft.of.is_(None)))
    }


def published(session: Session, kind: str, slug: str) -> Shape | None:
    """Return a thing as it is registered now, in the shape that a file or a study's page would give it."""
    match kind:
        case "battery":
            battery = batteries.battery(session, slug)
            return None if battery is None else whole.battery_shape(session, battery)
        case "style":
            style = subjects.style(session, slug)
            return None if style is None else whole.style_shape(style)
        case "endpoint":
            endpoint = subjects.endpoint(session, slug)
            return None if endpoint is None else whole.endpoint_shape(endpoint)
        case "subject":
            subject = subjects.subject(session, slug)
            newest = None if subject is None else subjects.versions(session, subject.id)[0]
            return None if subject is None or newest is None else whole.subject_shape(subject, newest)
        case _:
            return _study(session, slug)


def newest_version(session: Session, kind: str, slug: str) -> int | None:
    """Return the number of the newest version of a thing, None for what has no versions."""
    if kind == "battery":
        battery = batteries.battery(session, slug)
        return None if battery is None else batteries.versions(session, battery.id)[0].number
    subject = subjects.subject(session, slug) if kind == "subject" else None
    return None if subject is None else subjects.versions(session, subject.id)[0].number


def _study(session: Session, slug: str) -> StudyPlan | None:
    study = studies.study(session, slug)
    if study is None:
        return None
    wanted = studies.wanted(study)
    head = StudyHead(slug=study.slug, title=study.title, question=study.question)
    # A study may have been registered with nothing yet: then its draft says that it needs some.
    return StudyPlan.model_construct(
        study=head, subjects=wanted.subjects, batteries=wanted.batteries, run=wanted.run
    )


def ground_of(shape: Shape | None) -> str:
    """Return the fingerprint of what a draft begins from, '' for nothing."""
    return "" if shape is None else fingerprint(shape.model_dump(mode="json"))


def data_of(kind: str, shape: Any) -> dict[str, Any]:
    """Return a thing as a draft keeps it: plain data, without what a file need not say."""
    if kind == "battery":
        head = shape.battery.model_dump(mode="json", exclude_defaults=True)
        return draft_of(head, shape.prompts)
    found: dict[str, Any] = shape.model_dump(mode="json", exclude_defaults=True)
    return found


def slug_in(row: Draft) -> str:
    """Return the slug of what a draft is of, or is to become: the one that is written, else one of its title."""
    own = itself(row)
    return row.of or str(own.get("slug") or "") or slug_of(title_in(row))


def title_in(row: Draft) -> str:
    """Return what a draft's thing is called, '' while it has no name."""
    own = itself(row)
    return str(own.get("title") or own.get("name") or "")


def itself(row: Draft) -> Mapping[str, Any]:
    """Return a draft's data of the thing itself: the head of a battery or a study, else all of it."""
    found = row.data.get(row.kind, {}) if row.kind in ("battery", "study") else row.data
    return found if isinstance(found, dict) else {}


def slug_of(title: str) -> str:
    """Return a slug made of a title, '' where it has no letter of one."""
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:64].strip("-")


def blank(kind: str) -> dict[str, Any]:
    """Return the data of a draft that begins with nothing."""
    return draft_of({}, ()) if kind == "battery" else {}


def past_answers(session: Session, battery: str, key: str, limit: int) -> list[str]:
    """Return what was last answered to a prompt of a battery under this key, newest first, as it is read."""
    named = select(Prompt.id).join(Battery, Battery.id == Prompt.battery_id)
    rows = session.scalars(
        select(Message.text)
        .join(Transcript, Transcript.tip_id == Message.id)
        .where(
            Transcript.study_id.in_(select(Study.id)),  # the index of cells begins with it
            Transcript.prompt_id.in_(named.where(Battery.slug == battery, Prompt.key == key)),
            Transcript.state == "done",
        )
        .order_by(Transcript.id.desc())
        .limit(limit)
    )
    return list(rows)
