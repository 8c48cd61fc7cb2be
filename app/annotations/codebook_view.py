"""The codebook as its pages show it: tags with how often they stand, revisions, and marks that predate a change."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.accounts.models import Person
from app.annotations import codebook_diff, marks, tags
from app.annotations.codebook_commands import shapes_of
from app.annotations.codebook_diff import TagChange
from app.annotations.marks import Mark
from app.annotations.models import Annotation, CodebookRevision
from app.annotations.tags import Codebook, TagNow

PAGE = 100


@dataclass(frozen=True, slots=True)
class Line:
    """A tag with how many marks the reader sees of it, those of tags merged into it among them."""

    tag: TagNow
    count: int


@dataclass(frozen=True, slots=True)
class Revision:
    """A revision as the list shows it."""

    number: int
    why: str
    by: str
    at: datetime


def counts(session: Session, person: int, study: int, book: Codebook) -> dict[int, int]:
    """Return how many standing marks a reader sees of each tag, by the tag that stands for it."""
    query = (
        select(Annotation.tag_id, func.count())
        .where(
            Annotation.study_id == study,
            Annotation.removed_at.is_(None),
            marks.visible(session, person, study),
        )
        .group_by(Annotation.tag_id)
    )
    found: dict[int, int] = {}
    for tag_id, count in session.execute(query):
        standing = book.standing(tag_id).tag_id
        found[standing] = found.get(standing, 0) + count
    return found


def groups(session: Session, person: int, study: int, book: Codebook) -> list[tuple[str, list[Line]]]:
    """Return the tags in use by their groups, in order."""
    known = counts(session, person, study, book)
    found: dict[str, list[Line]] = {}
    for tag in book.live():
        found.setdefault(tag.grouping, []).append(Line(tag, known.get(tag.tag_id, 0)))
    return list(found.items())


def revisions(session: Session, study: int) -> list[Revision]:
    """Return every revision of a study's codebook, newest first."""
    query = (
        select(CodebookRevision, Person.name)
        .join(Person, Person.id == CodebookRevision.person_id)
        .where(CodebookRevision.study_id == study)
        .order_by(CodebookRevision.number.desc())
    )
    return [Revision(row.number, row.why, name, row.at) for row, name in session.execute(query)]


def changed(session: Session, study: int, number: int, since: int | None = None) -> list[TagChange]:
    """Return what a revision changed of the one before it, or of `since`."""
    before = tags.at(session, study, number - 1 if since is None else since)
    return codebook_diff.between(shapes_of(before), shapes_of(tags.at(session, study, number)))


def predating(session: Session, person: int, study: int, tag: TagNow) -> Sequence[Mark]:
    """Return the marks of a tag, as far as the reader sees them, that were put before its text was as it is."""
    since = tags.text_changed(session, study).get(tag.tag_id, 0)
    where = (Annotation.tag_id == tag.tag_id, Annotation.revision < since)
    return marks.seen_by(session, person, study, *where, limit=PAGE)


def of_tag(session: Session, person: int, study: int, tag: TagNow) -> Sequence[Mark]:
    """Return the newest marks of a tag that the reader sees, the newest first."""
    newest = marks.seen_by(session, person, study, Annotation.tag_id == tag.tag_id, limit=PAGE, newest=True)
    return sorted(newest, key=lambda one: -one.id)
