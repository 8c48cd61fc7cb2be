"""Joining what a form brought into a draft that may have changed since the form was shown."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from app.authoring.units import Texts, Unit, mark, put


@dataclass(slots=True)
class Merged:
    """A draft's data with what a form changed.

    `clashes` are units that somebody else changed as well, `stale` those that only somebody else did.
    """

    data: dict[str, Any]
    changed: list[str] = field(default_factory=list)
    stale: list[str] = field(default_factory=list)
    clashes: dict[str, Texts] = field(default_factory=dict)


def merge(units: Iterable[Unit], data: Mapping[str, Any], fields: Mapping[str, str]) -> Merged:
    """Join a form's fields into a draft's data, unit by unit.

    A unit that the form did not change is left alone, whatever it is by now; one that nobody else changed takes
    what the form brought; one that both changed keeps what it has, and what the form brought is a clash. The form
    tells by `was.<unit>`, the mark of what it was shown with, which of these holds.
    """
    merged = Merged(dict(data))
    for unit in units:
        posted = unit.posted(fields)
        if posted is None:
            continue
        was, now, new = fields[f"was.{unit.name}"], mark(unit.shown(merged.data)), mark(posted)
        if new in (was, now):
            merged.stale += [unit.name] if new != now else []
        elif now == was:
            merged.data = put(merged.data, unit.name, unit.value(posted))
            merged.changed.append(unit.name)
        else:
            merged.clashes[unit.name] = posted
    return merged


def take(unit: Unit, data: Mapping[str, Any], texts: Texts) -> dict[str, Any]:
    """Return the data with these texts in a unit, in place of what it has."""
    return put(data, unit.name, unit.value(texts))
