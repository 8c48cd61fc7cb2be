"""Reads of styles, endpoints, subjects and their versions."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from app.subjects.models import Endpoint, Probe, Style, Subject, SubjectVersion
from app.subjects.shape import Snapshot, origin


def styles(session: Session) -> Sequence[Style]:
    """Return every style in the order it came."""
    return session.scalars(select(Style).order_by(Style.id)).all()


# The kind of alignment decides hue and glyph, so that ▲ is constitutional in every study; the name says whose.
SLOTS = {
    "base": 1,
    "preference": 2,
    "constitutional": 3,
    "character": 4,
    "reasoning": 5,
    "other": 6,
    "sft": 7,
}


def slots(session: Session) -> dict[str, int]:
    """Return each style's slot of hue and glyph by its slug: that of its first endpoint's stage, else "other"."""
    rows = session.execute(
        select(Style.slug, Endpoint.stage)
        .outerjoin(Endpoint, Endpoint.style_id == Style.id)
        .order_by(Endpoint.id.desc())
    )
    return {slug: SLOTS.get(stage or "other", SLOTS["other"]) for slug, stage in rows}


def style(session: Session, slug: str) -> Style | None:
    """Return a style by its slug."""
    return session.scalar(select(Style).where(Style.slug == slug))


def endpoints(session: Session, *, style_id: int | None = None) -> Sequence[Endpoint]:
    """Return endpoints with their styles, by slug; of one style when it is given."""
    query = select(Endpoint).options(joinedload(Endpoint.style)).order_by(Endpoint.slug)
    return session.scalars(query if style_id is None else query.where(Endpoint.style_id == style_id)).all()


def endpoint(session: Session, slug: str) -> Endpoint | None:
    """Return an endpoint with its style."""
    return session.scalar(select(Endpoint).options(joinedload(Endpoint.style)).where(Endpoint.slug == slug))


def subjects(session: Session, *, endpoint_id: int | None = None) -> Sequence[Subject]:
    """Return subjects with endpoint and style, in the order they came; of one endpoint when it is given."""
    query = (
        select(Subject).options(joinedload(Subject.endpoint).joinedload(Endpoint.style)).order_by(Subject.id)
    )
    return session.scalars(
        query if endpoint_id is None else query.where(Subject.endpoint_id == endpoint_id)
    ).all()


def subject(session: Session, slug: str) -> Subject | None:
    """Return a subject with endpoint and style."""
    return session.scalar(
        select(Subject)
        .options(joinedload(Subject.endpoint).joinedload(Endpoint.style))
        .where(Subject.slug == slug)
    )


def versions(session: Session, subject_id: int) -> Sequence[SubjectVersion]:
    """Return a subject's versions, newest first."""
    return session.scalars(
        select(SubjectVersion)
        .where(SubjectVersion.subject_id == subject_id)
        .order_by(SubjectVersion.number.desc())
    ).all()


def newest_versions(session: Session) -> dict[int, SubjectVersion]:
    """Return the newest version of every subject, by subject id."""
    rows = session.scalars(select(SubjectVersion).order_by(SubjectVersion.number))
    return {row.subject_id: row for row in rows}


def snapshot(session: Session, version_id: int) -> Snapshot:
    """Return what a subject version froze; raise NoResultFound when there is no such version."""
    found = session.scalars(select(SubjectVersion.snapshot).where(SubjectVersion.id == version_id)).one()
    return Snapshot.model_validate(found)


def key_name(endpoint: Endpoint, base_url: str) -> str | None:
    """Return the environment variable whose key may be sent to this address, None for no key.

    A version may have been frozen with another base URL than its endpoint has now: the key stays with the
    scheme, host and port that it was named for.
    """
    return endpoint.key_env if endpoint.key_env and endpoint.key_origin == origin(base_url) else None


def probes(
    session: Session,
    endpoint_id: int,
    *,
    state: str | None = None,
    since: datetime | None = None,
    limit: int | None = None,
) -> Sequence[Probe]:
    """Return an endpoint's probes, newest first; those in one state, or heard since a moment, where it is given."""
    query = select(Probe).where(Probe.endpoint_id == endpoint_id).order_by(Probe.id.desc()).limit(limit)
    query = query if state is None else query.where(Probe.state == state)
    return session.scalars(query if since is None else query.where(Probe.heard_at >= since)).all()


def done_probes(session: Session, endpoint_ids: Collection[int]) -> dict[int, list[Probe]]:
    """Return the probes that were carried through, newest first, by endpoint."""
    found: dict[int, list[Probe]] = {}
    query = select(Probe).where(Probe.endpoint_id.in_(endpoint_ids), Probe.state == "done")
    for row in session.scalars(query.order_by(Probe.id.desc())):
        found.setdefault(row.endpoint_id, []).append(row)
    return found


def probed_at(session: Session) -> dict[int, datetime]:
    """Return when each endpoint was last probed to the end; those never probed are left out."""
    rows = session.execute(
        select(Probe.endpoint_id, func.max(Probe.finished_at))
        .where(Probe.state == "done", Probe.finished_at.is_not(None))
        .group_by(Probe.endpoint_id)
    )
    return {number: at for number, at in rows if at is not None}
