"""Writes of styles, endpoints, subjects and their versions, as study files bring them.

Each command returns the row and, in words, what became of it; UNCHANGED when nothing did.
"""

from collections.abc import Callable
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.db import now
from app.shape import differing, fingerprint
from app.subjects.abilities import REACHED
from app.subjects.models import Endpoint, Probe, Style, Subject, SubjectVersion
from app.subjects.shape import EndpointShape, Snapshot, StyleShape, SubjectShape, origin

NEW = "new"
UNCHANGED = "unchanged"

InUse = Callable[[int], bool]


def put_style(session: Session, shape: StyleShape) -> tuple[Style, str]:
    """Register a style, or correct what is said of it."""
    row = session.scalar(select(Style).where(Style.slug == shape.slug))
    if row is None:
        row = Style(**shape.model_dump())
        session.add(row)
        session.flush()
        return row, NEW
    return row, _update(row, shape.model_dump())


def put_endpoint(session: Session, shape: EndpointShape, style: Style) -> tuple[Endpoint, str]:
    """Register an endpoint, or bring it up to date.

    The key is bound to the base URL's scheme, host and port. A shape that does not name `key_env` keeps the
    one that is there while these stay; when they change, it is cleared until it is named again.
    """
    row = session.scalar(select(Endpoint).where(Endpoint.slug == shape.slug))
    values = shape.model_dump(mode="json", exclude={"style", "key_env"}) | {"style_id": style.id}
    named = "key_env" in shape.model_fields_set
    here = origin(shape.base_url)
    key = shape.key_env if named else row.key_env if row is not None and row.key_origin == here else None
    values |= {"key_env": key, "key_origin": here if key else None}
    if row is None:
        row = Endpoint(**values)
        session.add(row)
        session.flush()
        return row, NEW
    before = (row.key_env, row.key_origin)
    told = _update(row, values)
    return row, told + _key_told(before, (row.key_env, row.key_origin))


def _update(row: Style | Endpoint, values: dict[str, Any]) -> str:
    old = {name: getattr(row, name) for name in values}
    changed = list(differing(old, values))
    for name, value in values.items():
        if old[name] != value:
            setattr(row, name, value)
    names = [name.removesuffix("_id") for name in changed if name != "key_origin"]
    return f"changed {', '.join(names)}" if changed else UNCHANGED


def _key_told(before: tuple[str | None, str | None], after: tuple[str | None, str | None]) -> str:
    """Return what a reader must know of a key that goes elsewhere, or nowhere."""
    if before[0] is None or before[1] == after[1]:
        return ""
    if after[0] is None:
        return f"; {before[0]} is no longer sent"
    return f"; {after[0]} is now sent to {after[1]}, before {before[0]} to {before[1]}"


def put_subject(
    session: Session, shape: SubjectShape, endpoint: Endpoint, snapshot: Snapshot, in_use: InUse
) -> tuple[SubjectVersion, str]:
    """Register a subject with this snapshot; `in_use` tells whether a run points to a version id."""
    row = session.scalar(select(Subject).where(Subject.slug == shape.slug))
    name = shape.name or shape.slug
    if row is None:
        row = Subject(slug=shape.slug, name=name, endpoint_id=endpoint.id)
        session.add(row)
        session.flush()
        return _new_version(session, row, 1, snapshot), NEW
    renamed = row.name != name
    row.name, row.endpoint_id = name, endpoint.id
    version, told = put_snapshot(session, row, snapshot, in_use)
    if not renamed:
        return version, told
    return version, f"named {name!r}" + (f"; {told}" if told != UNCHANGED else "")


def put_snapshot(
    session: Session, subject: Subject, snapshot: Snapshot, in_use: InUse
) -> tuple[SubjectVersion, str]:
    """Make this snapshot the subject's newest: a new version once a run points to the one before, else by
    changing that one."""
    newest = _newest(session, subject)
    sha256 = fingerprint(snapshot.identity())
    if newest.sha256 == sha256:
        return newest, UNCHANGED
    after = snapshot.model_dump(mode="json")
    changed = ", ".join(differing(newest.snapshot, after))
    if in_use(newest.id):
        version = _new_version(session, subject, newest.number + 1, snapshot)
        return (
            version,
            f"version {version.number}, since a run asked version {newest.number}; changed {changed}",
        )
    newest.snapshot, newest.sha256 = after, sha256
    return newest, f"version {newest.number} edited, since no run asked it; changed {changed}"


def _newest(session: Session, subject: Subject) -> SubjectVersion:
    # Locked on PostgreSQL, so that no run begins to point to this version between our look and our edit.
    return session.scalars(
        select(SubjectVersion)
        .where(SubjectVersion.subject_id == subject.id)
        .order_by(SubjectVersion.number.desc())
        .limit(1)
        .with_for_update()
    ).one()


def _new_version(session: Session, subject: Subject, number: int, snapshot: Snapshot) -> SubjectVersion:
    version = SubjectVersion(
        subject_id=subject.id,
        number=number,
        snapshot=snapshot.model_dump(mode="json"),
        sha256=fingerprint(snapshot.identity()),
    )
    session.add(version)
    session.flush()
    return version


CUT_OFF = "the process that asked ended before it was through"


def begin_probe(session: Session, endpoint: Endpoint, *, person_id: int = 1) -> Probe:
    """Write down that an endpoint is being probed; the endpoint's lock must be held.

    One that a process left running is broken now: nobody else could be asking.
    """
    left = update(Probe).where(Probe.endpoint_id == endpoint.id, Probe.state == "running")
    session.execute(left.values(state="broken", reason=CUT_OFF, finished_at=now()))
    reached = {name: getattr(endpoint, name) for name in REACHED}
    probe = Probe(endpoint_id=endpoint.id, person_id=person_id, **reached)
    session.add(probe)
    session.flush()
    return probe


def note_probe(session: Session, probe_id: int, **values: Any) -> None:
    """Write down what a probe has asked and heard so far, or how it ended; `values` are columns."""
    session.execute(update(Probe).where(Probe.id == probe_id).values(heard_at=now(), **values))
