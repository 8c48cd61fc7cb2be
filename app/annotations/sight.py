"""What a coder is blind to: other coders' marks, and the names of what is studied.

A study may hide others' marks on a transcript until one's own pass over it stands. A first pass made so is blind to
other coders; one that is submitted again, after theirs could be seen, is not.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, CompoundSelect, and_, exists, false, or_, select
from sqlalchemy.orm import Session, aliased

from app.annotations.models import Annotation, CodingRule, Member, Pass, PassSame, Target
from app.transcripts.models import Transcript


@dataclass(frozen=True, slots=True)
class Blindness:
    """Whether somebody codes a transcript without seeing others' marks, and without knowing the subject."""

    coders: bool = False
    subject: bool = False


OPEN = Blindness()


def hides(session: Session, study_id: int) -> bool:
    """Tell whether a study hides others' marks until one's own pass."""
    return bool(session.scalar(select(CodingRule.others_hidden).where(CodingRule.study_id == study_id)))


def blindness(session: Session, person_id: int, transcript_ids: Sequence[int]) -> dict[int, Blindness]:
    """Return how blind a person codes each of these transcripts now; who is not told of sees everything."""
    if not transcript_ids:
        return {}
    found = session.execute(_ruled(transcript_ids)).all()
    if not any(hidden for _, hidden in found):
        return {}
    passed = set(session.scalars(passed_by(person_id, transcript_ids)))
    return {number: Blindness(coders=True) for number, hidden in found if hidden and number not in passed}


def _ruled(transcripts: Sequence[int]) -> Any:
    return (
        select(Transcript.id, CodingRule.others_hidden)
        .join(CodingRule, CodingRule.study_id == Transcript.study_id)
        .where(Transcript.id.in_(transcripts))
    )


def passed_by(person_id: int, among: Sequence[int] | None = None) -> CompoundSelect[Any]:
    """Return the select of the transcripts that a person ever passed, those with the same words too."""
    # Under names of their own: whoever asks may ask of passes and targets too.
    one, of, alike = aliased(Pass), aliased(Pass), aliased(PassSame)
    direct = select(one.transcript_id).where(one.person_id == person_id)
    same = select(alike.transcript_id).join(of, of.id == alike.pass_id).where(of.person_id == person_id)
    if among is not None:
        direct = direct.where(one.transcript_id.in_(among))
        same = same.where(alike.transcript_id.in_(among))
    return direct.union(same)


def others_hidden(session: Session, person_id: int, study_id: int) -> ColumnElement[bool]:
    """Return the condition, on `annotations`, under which another person's mark is hidden from this one.

    A mark on several transcripts is hidden until all of them are passed.
    """
    if not hides(session, study_id):
        return false()
    passed = passed_by(person_id)
    apart = Annotation.transcript_id.is_(None)
    target, member = aliased(Target), aliased(Member)
    unread_target = exists().where(target.annotation_id == Annotation.id, target.transcript_id.not_in(passed))
    unread_member = exists().where(member.annotation_id == Annotation.id, member.transcript_id.not_in(passed))
    return or_(
        and_(~apart, Annotation.transcript_id.not_in(passed)), and_(apart, or_(unread_target, unread_member))
    )
