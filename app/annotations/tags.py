"""The codebook as it stands, or stood at a revision: each tag's newest version up to it, in the tree's order."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.annotations.models import CodebookRevision, Tag, TagVersion

# What a tag is in one revision, beside the tag and the revision themselves.
FIELDS = tuple(name for name in TagVersion.__table__.columns.keys() if name not in ("tag_id", "revision"))  # noqa: SIM118


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
    """Return a study's codebook at a revision, the newest where none is named. Two statements."""
    if revision is None:
        newest = select(func.max(CodebookRevision.number)).where(CodebookRevision.study_id == study_id)
        revision = session.scalar(newest) or 0
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
    return Codebook(revision, tuple(_in_order(session.execute(query).all())))


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


def text_changed(session: Session, study_id: int) -> dict[int, int]:
    """Return by tag the revision since which its text (scope, definition, when, when not) is what it is now.

    What was coded under an earlier one predates it (evidence 20).
    """
    query = (
        select(TagVersion.tag_id, TagVersion.revision, TagVersion.text_sha256)
        .join(Tag, Tag.id == TagVersion.tag_id)
        .where(Tag.study_id == study_id)
        .order_by(TagVersion.tag_id, TagVersion.revision)
    )
    found: dict[int, tuple[int, str]] = {}
    for tag_id, revision, text in session.execute(query):
        if tag_id not in found or found[tag_id][1] != text:
            found[tag_id] = revision, text
    return {tag_id: revision for tag_id, (revision, _) in found.items()}
