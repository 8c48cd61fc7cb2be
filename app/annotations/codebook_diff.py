"""What changed between two revisions of a codebook, tag by tag and field by field."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app.annotations.codebook_shape import DECIDING, TagShape

# In the order in which a tag is read; `deciding` fields make earlier marks predate the tag.
WORDS = {"name": "name", "group": "group", "parent": "under", "scope": "speaks of", "definition": "means",
         "use_when": "use it when", "not_when": "not when", "example": "example", "near_miss": "near miss",
         "key": "key", "slot": "colour", "archived": "put away", "merged_into": "merged into"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Change:
    """One field of a tag, as it was and as it is; texts as they are read."""

    field: str
    before: str
    after: str
    deciding: bool


@dataclass(frozen=True, slots=True)
class TagChange:
    """A tag that is otherwise: `what` is added, changed, archived, restored or merged."""

    slug: str
    name: str
    slot: int
    what: str
    changes: tuple[Change, ...]


def between(before: Sequence[TagShape], after: Sequence[TagShape]) -> list[TagChange]:
    """Return what is otherwise in `after`, in its order; tags are never gone, so that is all."""
    old = {one.slug: one for one in before}
    found = []
    for one in after:
        was = old.get(one.slug)
        changes = tuple(_changes(was, one))
        if was is None or changes:
            found.append(TagChange(one.slug, one.name, one.slot, _what(was, one), changes))
    return found


def _what(was: TagShape | None, one: TagShape) -> str:
    if was is None:
        return "added"
    if one.merged_into and one.merged_into != was.merged_into:
        return "merged"
    if one.archived != was.archived:
        return "archived" if one.archived else "restored"
    return "changed"


def _changes(was: TagShape | None, one: TagShape) -> list[Change]:
    empty = TagShape(slug=one.slug, name="-")
    return [
        Change(
            word,
            "" if was is None else _said(getattr(was, field)),
            _said(getattr(one, field)),
            field in DECIDING,
        )
        for field, word in WORDS.items()
        if getattr(one, field) != getattr(was or empty, field) and not (was is None and field == "name")
    ]


def _said(value: Any) -> str:
    return "" if value is None else {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) \
        else str(value)  # fmt: skip
