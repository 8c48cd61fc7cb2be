"""Writes of drafts: begin one, count its changes, publish it, discard it."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.authoring.checking import Checked, StudyPlan, check
from app.authoring.models import Draft
from app.authoring.prompts import free
from app.authoring.queries import blank, copies, data_of, draft_about, ground_of, published, slug_in
from app.authoring.reference import outside
from app.authoring.saving import slug_unit, title_unit
from app.authoring.units import at, put
from app.batteries.commands import put_battery
from app.batteries.queries import battery
from app.batteries.shape import BatteryShape
from app.db import now
from app.live.log import record
from app.runs.applying import follow, one_at_a_time
from app.runs.handing_on import come_with_it
from app.runs.queries import battery_version_in_use, subject_version_in_use
from app.runs.whole import endpoint_shape
from app.studies.commands import put_study
from app.studies.shape import Wanted
from app.subjects import queries as subjects
from app.subjects.commands import put_endpoint, put_style, put_subject
from app.subjects.shape import EndpointShape, StyleShape, SubjectShape, snapshot_of


class Stale(Exception):
    """What was to be published is not what the person looked at, or is not sound (any more)."""


def begin(
    session: Session, kind: str, slug: str | None, *, person_id: int, copy: bool = False
) -> Draft | None:
    """Begin a draft of a thing (or of a copy of it, or of a new one where no slug is given), or return its draft.

    Return None when there is no such thing. Of two who begin one at once, the later is given the earlier's.
    """
    one_at_a_time(session)
    if slug is not None and not copy:
        there = draft_about(session, kind, slug)
        if there is not None:
            return there
    shape = None if slug is None else published(session, kind, slug)
    if slug is not None and shape is None:
        return None
    data = blank(kind) if shape is None else data_of(kind, shape)
    row = Draft(
        kind=kind,
        of=None if copy else slug,
        data=_copied(session, kind, data) if copy else data,
        ground="" if copy else ground_of(shape),
        person_id=person_id,
    )
    session.add(row)
    session.flush()
    record(session, "draft.begun", {"draft": row.id}, actor=person_id)
    return row


def _copied(session: Session, kind: str, data: Mapping[str, Any]) -> dict[str, Any]:
    """Return data under a free slug and a title that say that it is a copy; a key's name is not copied with it."""
    inside = "battery." if kind == "battery" else ""
    slug, title = inside + slug_unit(kind), inside + title_unit(kind)
    taken = copies(session, kind)
    wanted = f"{at(data, slug)[:55]}-copy"
    while wanted in taken or published(session, kind, wanted) is not None:
        taken.add(wanted)
        wanted = free(wanted, taken, "-")
    new = put(data, slug, wanted)
    if kind == "endpoint":
        return put(new, "key_env", None)
    name = at(data, title)
    return put(new, title, f"{name}, copy") if name else new


def held(session: Session, number: int) -> Draft | None:
    """Return a draft, locked until the transaction ends, so that two saves join one after the other."""
    return session.scalar(select(Draft).where(Draft.id == number).with_for_update())


def touched(row: Draft) -> None:
    """Count a change of a draft."""
    row.number += 1
    row.changed_at = now()


def tell(session: Session, row: Draft, *, person_id: int, client: str = "") -> None:
    """Tell the other windows that show a draft that it has changed."""
    record(session, "draft.changed", {"draft": row.id, "client": client}, actor=person_id)


def discard(session: Session, row: Draft, *, person_id: int) -> None:
    """Throw a draft away."""
    record(session, "draft.gone", {"draft": row.id}, actor=person_id)
    session.delete(row)


def checked(session: Session, row: Draft) -> Checked:
    """Check a draft, also against what is registered."""
    found = check(row.kind, _with_slug(row))
    wrong = (*found.wrong, *outside(session, row, found))
    return Checked(None if wrong else found.shape, wrong, found.sound)


def _with_slug(row: Draft) -> dict[str, Any]:
    """Return a draft's data with the slug that it would get."""
    path = f"battery.{slug_unit(row.kind)}" if row.kind == "battery" else slug_unit(row.kind)
    return put(row.data, path, slug_in(row) or None)


# ------------------------------------------------------------------ publishing


def publish(session: Session, row: Draft, *, seen: int, ground: str, person_id: int) -> str:
    """Make a draft what is asked from now on, as applying a file would; return the slug of what was published.

    `seen` is the number of the draft that the person looked at, `ground` the fingerprint of the thing that it
    would change. Raise Stale when either is another one by now, or when the draft is not sound.
    """
    one_at_a_time(session)
    before = published(session, row.kind, row.of) if row.of else None
    if seen != row.number or ground != ground_of(before):
        raise Stale
    found = checked(session, row)
    if found.shape is None:
        raise Stale
    told = _put(session, found.shape)
    slug = slug_in(row)
    ids = {"draft": row.id, "kind": row.kind, "slug": slug, "told": told}
    record(session, "library.published", ids, actor=person_id)
    session.delete(row)
    return slug


def _put(session: Session, shape: Any) -> str:
    match shape:
        case BatteryShape():
            return put_battery(session, shape, partial(battery_version_in_use, session))[1]
        case StyleShape():
            return put_style(session, shape)[1]
        case EndpointShape():
            return _put_endpoint(session, shape)
        case SubjectShape():
            return _put_subject(session, shape)
        case StudyPlan():
            return _put_study(session, shape)
    raise TypeError(type(shape).__name__)


def _put_endpoint(session: Session, shape: EndpointShape) -> str:
    style = subjects.style(session, shape.style)
    assert style is not None  # `outside` has seen it
    # A form always says which key is meant, also when it is none.
    named = shape.model_copy(update={"key_env": shape.key_env})
    row, told = put_endpoint(session, named, style)
    followed = follow(session, row, shape.style)
    return "; ".join([told, *(f"subject {slug}: {what}" for slug, what in followed if what != "unchanged")])


def _put_subject(session: Session, shape: SubjectShape) -> str:
    endpoint = subjects.endpoint(session, shape.endpoint)
    assert endpoint is not None
    snapshot = snapshot_of(endpoint_shape(endpoint), shape)
    return put_subject(session, shape, endpoint, snapshot, partial(subject_version_in_use, session))[1]


def take_in(session: Session, slug: str) -> bool:
    """Register a battery that comes with the program, unless one of its slug is there; False for no such one."""
    shape = come_with_it().get(slug)
    if shape is not None and battery(session, slug) is None:
        one_at_a_time(session)
        put_battery(session, shape, partial(battery_version_in_use, session))
    return shape is not None


def _put_study(session: Session, plan: StudyPlan) -> str:
    """Register a study, and with it the batteries that it names of those that come with the program."""
    for slug in plan.batteries:
        take_in(session, slug)
    wanted = Wanted(subjects=plan.subjects, batteries=plan.batteries, run=plan.run)
    return put_study(session, plan.study, wanted)[1]
