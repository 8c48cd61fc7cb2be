"""What coding adds to every filter: a tag that the reader sees marked, or said to be absent, and who has coded.

Search, working sets and exports take it by name like everything else. What is hidden from a reader narrows nothing
for them: a live set with such a filter may differ between two readers.
"""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import Session

from app.accounts.models import Person
from app.annotations import marks, sight, tags
from app.annotations.models import Annotation, Member, Pass, PassSame, PassTag, Tag, Target
from app.reading.filters import BadFilter, Further, register
from app.transcripts.models import Transcript

ABSENT = ":absent"
NAMED = 12  # of what there is, where something that there is not was asked for


def _tagged(session: Session, person: int, values: tuple[str, ...]) -> ColumnElement[bool]:
    return or_(*(_with(session, person, value) for value in values))


def _with(session: Session, person: int, value: str) -> ColumnElement[bool]:
    slug, absent = value.removesuffix(ABSENT), value.endswith(ABSENT)
    studies = session.scalars(select(Tag.study_id).where(Tag.slug == slug)).all()
    if not studies:
        raise BadFilter(f"tag: found {slug!r}, which no codebook has{_there_are(session)}")
    found = [_in_study(session, person, study, slug, absent) for study in studies]
    return or_(*found)


def _there_are(session: Session) -> str:
    names = session.scalars(select(Tag.slug).distinct().order_by(Tag.slug).limit(NAMED)).all()
    return f"; there are {', '.join(names)}" if names else ""


def _in_study(session: Session, person: int, study: int, slug: str, absent: bool) -> ColumnElement[bool]:
    book = tags.at(session, study)
    heir = book.standing(book.by_slug[slug].tag_id).tag_id
    same = [one.tag_id for one in book.tags if book.standing(one.tag_id).tag_id == heir]
    here = (
        Annotation.study_id == study, Annotation.tag_id.in_(same), Annotation.removed_at.is_(None),
        marks.visible(session, person, study),
    )  # fmt: skip
    if not absent:
        return and_(Transcript.study_id == study, _about(*here, Annotation.polarity == "present"))
    said = _about(*here, Annotation.polarity == "absent")
    return and_(Transcript.study_id == study, or_(said, _passed(session, person, study, same)))


def _about(*where: ColumnElement[bool]) -> ColumnElement[bool]:
    """Return the condition that some mark which fits speaks of the transcript."""
    direct = exists().where(Annotation.transcript_id == Transcript.id, *where)
    targets = exists().where(
        Target.transcript_id == Transcript.id, Target.annotation_id == Annotation.id, *where
    )
    members = exists().where(
        Member.transcript_id == Transcript.id, Member.annotation_id == Annotation.id, *where
    )
    return or_(direct, targets, members)


def _passed(session: Session, person: int, study: int, same: Sequence[int]) -> ColumnElement[bool]:
    """Return the condition that a standing pass which the reader may see says that the tag is not there."""
    says = exists().where(PassTag.pass_id == Pass.id, PassTag.tag_id.in_(same), PassTag.state != "present")
    return _by_pass(says, _seen(session, person, study))


def _by_pass(*where: ColumnElement[bool]) -> ColumnElement[bool]:
    standing = (Pass.replaced_at.is_(None), *where)
    direct = exists().where(Pass.transcript_id == Transcript.id, *standing)
    alike = exists().where(PassSame.transcript_id == Transcript.id, PassSame.pass_id == Pass.id, *standing)
    return or_(direct, alike)


def _seen(session: Session, person: int, study: int) -> ColumnElement[bool]:
    """Return the condition, on passes, under which this reader may know of one."""
    if not sight.hides(session, study):
        return Pass.study_id == study
    own = or_(Pass.person_id == person, Pass.transcript_id.in_(sight.passed_by(person)))
    return and_(Pass.study_id == study, own)


def _coded(session: Session, person: int, values: tuple[str, ...]) -> ColumnElement[bool]:
    return or_(*(_by(session, person, value) for value in values))


def _by(session: Session, person: int, name: str) -> ColumnElement[bool]:
    coder = session.scalar(select(Person.id).where(Person.name == name))
    if coder is None:
        raise BadFilter(f"coder: found {name!r}, expected the name of somebody who codes here")
    studies = session.scalars(select(Pass.study_id).where(Pass.person_id == coder).distinct()).all()
    return or_(*(_by_pass(_seen(session, person, study), Pass.person_id == coder) for study in studies),
               Transcript.id == 0)  # fmt: skip


def _tags(session: Session, person: int, study: int | None) -> Sequence[tuple[str, str]]:
    if study is None:
        return ()
    live = tags.at(session, study).live()
    return [(one.slug, one.name) for one in live] + [
        (f"{one.slug}{ABSENT}", f"{one.name}, looked for and not there") for one in live if one.scope != "set"
    ]


def _coders(session: Session, person: int, study: int | None) -> Sequence[tuple[str, str]]:
    query = select(Person.name).join(Pass, Pass.person_id == Person.id).distinct().order_by(Person.name)
    if study is not None:
        query = query.where(Pass.study_id == study, _seen(session, person, study))
    return [(name, name) for name in session.scalars(query)]


def _said(values: tuple[str, ...]) -> str:
    words = [
        f"without {one.removesuffix(ABSENT)}" if one.endswith(ABSENT) else f"tagged {one}" for one in values
    ]
    return " or ".join(words)


register(Further("tag", "Tag", _said, _tagged, _tags))
register(Further("coder", "Passed by", lambda values: f"passed by {' or '.join(values)}", _coded, _coders))
