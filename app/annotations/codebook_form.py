"""The form of one tag as it was sent, made a shape or told field by field what is wrong."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app.annotations.codebook_shape import TagShape
from app.runs.mistakes import place
from app.runs.shaping import fitted

TEXTS = (
    "slug",
    "name",
    "group",
    "scope",
    "key",
    "definition",
    "use_when",
    "not_when",
    "example",
    "near_miss",
)
EMPTY: dict[str, Any] = {
    **TagShape(slug="x", name="x").model_dump(mode="json"),
    "slug": "",
    "name": "",
}
PLACE = ("transcript", "message", "start", "end")


@dataclass(slots=True)
class TagForm:
    """A form as it stands: values by field, what is wrong by field, the revision that its writer saw."""

    values: dict[str, Any]
    wrong: dict[str, str] = field(default_factory=dict)
    seen: int = 0
    why: str = ""
    new: bool = True


def shaped(sent: Mapping[str, str], form: TagForm) -> TagShape | None:
    """Return the tag that was sent, or None with what is wrong in the form."""
    said: dict[str, Any] = {name: _lines(sent.get(name, "")) for name in TEXTS}
    said |= {name: text.strip() for name, text in said.items() if name not in ("example", "near_miss")}
    said["slot"] = int(sent["slot"]) if sent.get("slot", "").isdecimal() else 0
    said["parent"] = sent.get("parent") or None
    for name in ("example", "near_miss"):
        said[f"{name}_place"] = _place(sent.get(f"{name}_place", "")) if said[name] else None
    form.values, form.why = EMPTY | said, sent.get("why", "")
    shape, mistakes = fitted(form.values, TagShape)
    form.wrong = {place(one.loc): one.text for one in mistakes}
    if not form.why.strip():
        form.wrong["why"] = "found nothing, expected a line that says why the codebook changes"
    return None if form.wrong else shape


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _place(text: str) -> dict[str, int] | None:
    """Return a place as the form carries it, `transcript message start end`."""
    parts = text.split()
    if len(parts) != len(PLACE) or not all(part.isdecimal() and len(part) < 19 for part in parts):
        return None
    return dict(zip(PLACE, map(int, parts), strict=True))
