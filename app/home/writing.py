"""Fields of a draft in every state, as the page that shows every part of the interface needs them."""

from collections.abc import Iterator
from typing import Any

from app.authoring import sheets
from app.authoring.form import Row
from app.authoring.units import mark

LATER = {"id": "0", "at": "2026-03-01T10:12:00Z"}
STATES: tuple[tuple[str, Any, dict[str, Any]], ...] = (
    ("title", "A number from 1 to 10", {}),
    ("key", "Number One", {"wrong": ("found 'Number One', expected 1 to 64 of a-z, 0-9, dot and dash",)}),
    ("mode", "prefill", {}),
    ("condition", {"stakes": "high"}, {}),
    (
        "note",
        "Saved first.",
        {"asides": ({**LATER, "texts": {"note": "Written at once, in another window."}},)},
    ),
    ("turns", [{"user": "Pick a number."}, {"assistant": "I pick"}], {}),
    ("answer", {"kind": "integer", "min": 1, "max": 10}, {}),
)


def rows(hostile: str) -> Iterator[Row]:
    """Yield a field of each look; one is wrong, one was written in two windows, one holds hostile text."""
    fields = {field.name: field for field in sheets.fields(sheets.PROMPT)}
    for name, value, more in (*STATES, ("source", hostile, {})):
        texts = fields[name].unit.shown({name: value})
        values = {"wrong": (), "asides": (), "options": fields[name].options} | more
        yield Row(field=fields[name], texts=texts, was=mark(texts), **values)
