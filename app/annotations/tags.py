"""The codebook as it stands, or stood at a revision."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.annotations.models import CodebookRevision, Tag, TagVersion


@dataclass(frozen=True, slots=True)
class TagNow:
    tag_id: int
    slug: str
    revision: int
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
    example_place: dict[str, Any] | None
    near_miss: str
    near_miss_place: dict[str, Any] | None
    archived: bool
    merged_into_id: int | None
    text_sha256: str
    depth: int = 0


@dataclass(frozen=True)
class Codebook:
    revision: int
    tags: tuple[TagNow, ...]

    @cached_property
    def by_id(self) -> dict[int, TagNow]:
        return {one.tag_id: one for one in self.tags}

    @cached_property
    def by_slug(self) -> dict[str, TagNow]:
        return {one.slug: one for one in self.tags}

    def live(self) -> tuple[TagNow, ...]:
        return tuple(one for one in self.tags if not one.archived and one.merged_into_id is None)

    def standing(self, tag_id: int) -> TagNow:
        one = self.by_id[tag_id]
        while one.merged_into_id is not None:
            one = self.by_id[one.merged_into_id]
        return one


def at(session: Session, study_id: int, revision: int | None = None) -> Codebook:
    if revision is None:
        revision = (
            session.scalar(
                select(func.max(CodebookRevision.number)).where(CodebookRevision.study_id == study_id)
            )
            or 0
        )
    newest = (
        select(TagVersion.tag_id, func.max(TagVersion.revision).label("r"))
        .where(TagVersion.revision <= revision)
        .group_by(TagVersion.tag_id)
    ).subquery()
    rows = session.execute(
        select(Tag.slug, TagVersion)
        .join(TagVersion, TagVersion.tag_id == Tag.id)
        .join(newest, (newest.c.tag_id == TagVersion.tag_id) & (newest.c.r == TagVersion.revision))
        .where(Tag.study_id == study_id)
        .order_by(TagVersion.grouping, TagVersion.position, Tag.id)
    )
    names = [c.name for c in TagVersion.__table__.columns]
    return Codebook(
        revision, tuple(TagNow(slug=slug, **{n: getattr(v, n) for n in names}) for slug, v in rows)
    )
