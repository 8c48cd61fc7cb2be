"""Changing a codebook: each change is a numbered revision with its why. Tags are archived or merged, never gone."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from app.annotations import codebook_checks, tags
from app.annotations.acts import Hand, Stale
from app.annotations.codebook_shape import TagShape
from app.annotations.models import CodebookRevision, Tag, TagVersion
from app.annotations.tags import Codebook, TagNow
from app.live import log
from app.web import Invalid

KIND = "codebook"
Fields = dict[str, Any]  # of TagVersion, without tag and revision


def fields_of(shape: TagShape, position: int, ids: Mapping[str, int]) -> Fields:
    """Return a shape as a version's fields; `ids` are the tags' by slug. Raise Invalid where one is not there."""
    said = shape.model_dump(mode="json", exclude={"slug", "group", "parent", "merged_into"})
    for field in ("parent", "merged_into"):
        name = getattr(shape, field)
        if name is not None and name not in ids:
            raise Invalid(f"{shape.slug}.{field}: found {name!r}, expected a tag of this codebook")
    return said | {"grouping": shape.group, "parent_id": ids.get(shape.parent or ""), "position": position,
                   "merged_into_id": ids.get(shape.merged_into or ""),
                   "text_sha256": shape.text_sha256()}  # fmt: skip


def shape_of(tag: TagNow, book: Codebook) -> TagShape:
    """Return a tag as a file says it."""
    named = {number: one.slug for number, one in book.by_id.items()}
    own = {name: getattr(tag, name) for name in TagShape.model_fields if hasattr(tag, name)}
    return TagShape.model_validate(
        own | {"group": tag.grouping, "parent": named.get(tag.parent_id or 0),
               "merged_into": named.get(tag.merged_into_id or 0)}
    )  # fmt: skip


def shapes_of(book: Codebook) -> list[TagShape]:
    """Return a codebook as a file says it."""
    return [shape_of(one, book) for one in book.tags]


def revise(
    session: Session, hand: Hand, wanted: Sequence[TagShape], why: str, *, seen: int | None = None
) -> int:
    """Make these tags, in this order, the whole codebook; what is missing is archived. Return the revision.

    Nothing changed makes no revision. Raise Stale where somebody revised it since `seen`, Invalid where the tags
    cannot stand so.
    """
    book = tags.at(session, hand.study)
    if seen is not None and seen != book.revision:
        raise Stale(
            f"The codebook was changed since you saw it: you saw revision {seen}, it is now {book.revision}."
        )
    named = {one.slug for one in wanted}
    left = [shape_of(one, book).model_copy(update={"archived": True, "key": ""})
            for one in book.tags if one.slug not in named]  # fmt: skip
    every = [*wanted, *left]
    codebook_checks.check(session, hand.study, every)
    ids = _ids(session, hand.study, every)
    changed = [
        (ids[shape.slug], fields)
        for position, shape in enumerate(every)
        for fields in [fields_of(shape, position, ids)]
        if not _same(book.by_slug.get(shape.slug), fields)
    ]
    return _write(session, hand, book.revision, changed, why) if changed else book.revision


def _same(tag: TagNow | None, fields: Fields) -> bool:
    return tag is not None and all(_plain(getattr(tag, name)) == value for name, value in fields.items())


def _plain(value: Any) -> Any:
    return dict(value) if isinstance(value, Mapping) else value


def _ids(session: Session, study: int, every: Sequence[TagShape]) -> dict[str, int]:
    """Return the tags' ids by slug, making those that are new."""
    known = {
        row.slug: row.id for row in session.execute(select(Tag.slug, Tag.id).where(Tag.study_id == study))
    }
    for one in every:
        if one.slug not in known:
            row = Tag(study_id=study, slug=one.slug)
            session.add(row)
            session.flush()
            known[one.slug] = row.id
    return known


def _write(session: Session, hand: Hand, newest: int, changed: Sequence[tuple[int, Fields]], why: str) -> int:
    number, said = newest + 1, _said(why)
    session.info[tags.WRITTEN] = True
    session.add(CodebookRevision(study_id=hand.study, number=number, why=said, person_id=hand.person))
    session.flush()
    session.execute(
        insert(TagVersion), [{"tag_id": tag, "revision": number, **fields} for tag, fields in changed]
    )
    log.record(session, KIND, {"study": hand.study, "revision": number, "client": hand.client}, study=hand.study,
               actor=hand.person, after={"revision": number})  # fmt: skip
    return number


def _said(why: str) -> str:
    said = " ".join(why.split())
    if not said:
        raise Invalid("why: found nothing, expected a line that says why the codebook changes")
    if len(said) > 300:
        raise Invalid(f"why: found {len(said)} characters, expected at most 300")
    return said


# ------------------------------------------------------------------ single acts


def put_tag(session: Session, hand: Hand, shape: TagShape, why: str, *, seen: int) -> int:
    """Add a tag at the end, or give one of this slug these words; raise as `revise` does."""
    book = tags.at(session, hand.study)
    shapes = shapes_of(book)
    known = [one.slug for one in shapes]
    if shape.slug in known:
        shapes[known.index(shape.slug)] = shape
    else:
        shapes.append(shape)
    return revise(session, hand, shapes, why, seen=seen)


def archive(session: Session, hand: Hand, slug: str, why: str, *, seen: int, back: bool = False) -> int:
    """Put a tag away, or take it back into use; its marks stay as they are."""
    shape = _tag(session, hand.study, slug)
    return put_tag(session, hand, shape.model_copy(update={"archived": not back, "merged_into": None, "key": ""}),
                   why, seen=seen)  # fmt: skip


def merge(session: Session, hand: Hand, slug: str, into: str, why: str, *, seen: int) -> int:
    """Let another tag stand for this one from now on: its marks are shown and counted as that one's."""
    shape, heir = _tag(session, hand.study, slug), _tag(session, hand.study, into)
    if heir.archived or heir.merged_into:
        raise Invalid(f"into: found {into!r}, expected a tag in use")
    if slug == into:
        raise Invalid(f"into: found {into!r} itself, expected another tag")
    return put_tag(session, hand, shape.model_copy(update={"merged_into": into, "key": ""}), why, seen=seen)


def split(session: Session, hand: Hand, slug: str, parts: Sequence[TagShape], why: str, *, seen: int) -> int:
    """Put new tags under one that held too much: it stays as their parent, and its marks wait to be re-tagged."""
    book = tags.at(session, hand.study)
    whole = _tag(session, hand.study, slug)
    if len(parts) < 2:
        raise Invalid(f"parts: found {len(parts)}, expected at least two tags")
    for one in parts:
        if one.slug in book.by_slug:
            raise Invalid(f"parts: found {one.slug!r}, which the codebook has already")
    shapes = shapes_of(book)
    at = [one.slug for one in shapes].index(slug)
    under = [one.model_copy(update={"parent": slug, "group": whole.group}) for one in parts]
    shapes[at : at + 1] = [whole.model_copy(update={"key": ""}), *under]
    return revise(session, hand, shapes, why, seen=seen)


def restore(session: Session, hand: Hand, revision: int, why: str, *, seen: int) -> int:
    """Make the codebook what it was at a revision, as a new one; tags that came later are archived."""
    old = tags.stood(session, hand.study, revision)
    if old is None:
        raise Invalid(f"revision: found {revision}, which this codebook does not have")
    return revise(session, hand, shapes_of(old), why, seen=seen)


def _tag(session: Session, study: int, slug: str) -> TagShape:
    book = tags.at(session, study)
    if slug not in book.by_slug:
        raise Invalid(f"tag: found {slug!r}, which the codebook of this study does not have")
    return shape_of(book.by_slug[slug], book)
