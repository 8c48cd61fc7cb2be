"""The codebook as it stands, or stood at a revision: each tag's newest version up to it, in the tree's order."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from app.annotations.models import CodebookRevision, Tag, TagVersion

# What a tag is in one revision, beside the tag and the revision themselves.
FIELDS = tuple(name for name in TagVersion.__table__.columns.keys() if name not in ("tag_id", "revision"))  # noqa: SIM118

WRITTEN = "a codebook was written"  # in a session's own notes
MOST_KEPT = 200  # codebooks of a database

# By database, study and revision.
_kept: WeakKeyDictionary[Engine, dict[tuple[int, int], "Codebook"]] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True)
class TagNow:
    """A tag with all that one revision says of it (see `TagVersion`). `depth` is how deep it stands in the tree."""

    tag_id: int
    slug: str
    revision: int  # of the version, the newest up to the codebook's
    depth: int
    parent_id: int | None
    grouping: str
    position: int
    name: str
    scope: str
    slot: int
    key: str
    definition: str
    use_when: str
    not_when: str
    example: str
    example_place: Mapping[str, Any] | None
    near_miss: str
    near_miss_place: Mapping[str, Any] | None
    archived: bool
    merged_into_id: int | None
    text_sha256: str

    def __hash__(self) -> int:
        return hash((self.tag_id, self.revision))


@dataclass(frozen=True)
class Codebook:
    """A study's tags at one revision, archived and merged ones too; `revision` 0 = none yet."""

    revision: int
    tags: tuple[TagNow, ...]
    changed: Mapping[int, int] = field(
        default_factory=dict
    )  # by tag, since which revision its text is as it is

    @cached_property
    def by_id(self) -> dict[int, TagNow]:
        return {one.tag_id: one for one in self.tags}

    @cached_property
    def by_slug(self) -> dict[str, TagNow]:
        return {one.slug: one for one in self.tags}

    def live(self) -> tuple[TagNow, ...]:
        """Return the tags that can be put."""
        return tuple(one for one in self.tags if not one.archived and one.merged_into_id is None)

    def standing(self, tag_id: int) -> TagNow:
        """Return the tag that stands for this one: itself, or what it was merged into, and that into."""
        found = self.by_id[tag_id]
        for _ in self.tags:  # a ring, which no command makes, ends too
            if found.merged_into_id is None:
                break
            found = self.by_id[found.merged_into_id]
        return found


def at(session: Session, study_id: int, revision: int | None = None) -> Codebook:
    """Return a study's codebook at a revision, the newest where none is named.

    A revision never changes, so each is read once for a database and then kept: one statement, or none.
    """
    if revision is None:
        newest = select(func.max(CodebookRevision.number)).where(CodebookRevision.study_id == study_id)
        revision = session.scalar(newest) or 0
    kept = _kept.setdefault(session.get_bind().engine, {})
    found = kept.get((study_id, revision))
    if found is None:
        found = _read(session, study_id, revision)
        if WRITTEN not in session.info:  # what is not committed yet may never be
            if len(kept) >= MOST_KEPT:
                kept.clear()
            kept[study_id, revision] = found
    return found


def forget() -> None:
    """Forget the codebooks that are kept, where one was changed otherwise than by a revision."""
    _kept.clear()


def _read(session: Session, study_id: int, revision: int) -> Codebook:
    last = (
        select(TagVersion.tag_id, func.max(TagVersion.revision).label("revision"))
        .join(Tag, Tag.id == TagVersion.tag_id)
        .where(Tag.study_id == study_id, TagVersion.revision <= revision)
        .group_by(TagVersion.tag_id)
        .subquery()
    )
    query = (
        select(Tag.slug, TagVersion)
        .join(Tag, Tag.id == TagVersion.tag_id)
        .join(last, (last.c.tag_id == TagVersion.tag_id) & (last.c.revision == TagVersion.revision))
    )
    rows = session.execute(query).all()
    return Codebook(revision, tuple(_in_order(rows)), _changed(session, study_id, revision))


def text_changed(session: Session, study_id: int) -> Mapping[int, int]:
    """Return by tag the revision since which its text (scope, definition, when, when not) is what it is now.

    What was coded under an earlier one predates it (evidence 20).
    """
    return at(session, study_id).changed


def _changed(session: Session, study_id: int, revision: int) -> dict[int, int]:
    query = (
        select(TagVersion.tag_id, TagVersion.revision, TagVersion.text_sha256)
        .join(Tag, Tag.id == TagVersion.tag_id)
        .where(Tag.study_id == study_id, TagVersion.revision <= revision)
        .order_by(TagVersion.tag_id, TagVersion.revision)
    )
    found: dict[int, tuple[int, str]] = {}
    for tag_id, number, text in session.execute(query):
        if tag_id not in found or found[tag_id][1] != text:
            found[tag_id] = number, text
    return {tag_id: number for tag_id, (number, _) in found.items()}


def stood(session: Session, study_id: int, revision: int | None = None) -> Codebook | None:
    """Return a study's codebook at a revision, None where it has no such one (nor any, where none is named)."""
    if revision is not None and revision > at(session, study_id).revision:
        return None
    found = at(session, study_id, revision)
    return found if found.tags else None


def _in_order(rows: Sequence[Any]) -> Iterator[TagNow]:
    """Give tags as the tree is read: groups by their first tag's place, in each children under their parents."""
    by_place = sorted(rows, key=lambda row: (row.TagVersion.position, row.TagVersion.tag_id))
    known = {row.TagVersion.tag_id for row in rows}
    groups: dict[str, None] = dict.fromkeys(row.TagVersion.grouping for row in by_place)
    under: dict[Any, list[Any]] = {}
    for row in by_place:
        parent = row.TagVersion.parent_id
        under.setdefault(parent if parent in known else row.TagVersion.grouping, []).append(row)
    for group in groups:
        yield from _below(under, group, 0)


def _below(under: Mapping[Any, Sequence[Any]], parent: Any, depth: int) -> Iterator[TagNow]:
    for row in under.get(parent, ()):
        version = row.TagVersion
        yield TagNow(tag_id=version.tag_id, slug=row.slug, revision=version.revision, depth=depth,
                     **{name: getattr(version, name) for name in FIELDS})  # fmt: skip
        yield from _below(under, version.tag_id, depth + 1)
