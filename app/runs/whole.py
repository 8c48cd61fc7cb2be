"""The shapes of what is registered, as files write them: what `apply` would read back and change nothing by."""

from collections.abc import Iterable

from sqlalchemy.orm import Session

from app.batteries import queries as batteries
from app.batteries.models import Battery, BatteryVersion
from app.batteries.shape import BatteryHead, BatteryShape, PromptShape
from app.subjects.models import Endpoint, Style, Subject, SubjectVersion
from app.subjects.queries import key_name
from app.subjects.shape import EndpointShape, Snapshot, StyleShape, SubjectShape


def head_of(battery: Battery) -> BatteryHead:
    """Return what a battery says of itself."""
    return BatteryHead(**{name: getattr(battery, name) for name in BatteryHead.model_fields})


def prompts_of(session: Session, version: BatteryVersion) -> tuple[PromptShape, ...]:
    """Return the prompts of a version in their order."""
    rows = batteries.prompts_of(session, version.id)
    return tuple(PromptShape.model_validate(row.shape) for row in rows)


def battery_shape(session: Session, battery: Battery) -> BatteryShape:
    """Return a battery with the prompts of its newest version."""
    newest = batteries.versions(session, battery.id)[0]
    return BatteryShape(styloscope=1, battery=head_of(battery), prompts=prompts_of(session, newest))


def style_shape(row: Style) -> StyleShape:
    """Return a style."""
    return StyleShape(**{name: getattr(row, name) for name in StyleShape.model_fields})


def endpoint_shape(row: Endpoint) -> EndpointShape:
    """Return an endpoint, which names its key only where it holds for the address."""
    names = set(EndpointShape.model_fields) - {"style", "key_env"}
    values = {name: getattr(row, name) for name in names}
    return EndpointShape.model_validate(
        {**values, "style": row.style.slug, "key_env": key_name(row, row.base_url)}
    )


def subject_shape(row: Subject, version: SubjectVersion) -> SubjectShape:
    """Return a subject as one of its versions froze it."""
    snapshot = Snapshot.model_validate(version.snapshot)
    own = {name: getattr(snapshot, name) for name in ("mode", "induced_by", "system", "template", "sampling")}
    name = "" if row.name == row.slug else row.name
    return SubjectShape(slug=row.slug, name=name, endpoint=row.endpoint.slug, **own)


def endpoint_shapes(rows: Iterable[Endpoint]) -> dict[str, EndpointShape]:
    """Return endpoints by slug."""
    return {row.slug: endpoint_shape(row) for row in rows}
