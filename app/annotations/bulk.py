"""Tagging many answers in one act: what a search or a working set finds, seen beforehand, undone in one step."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.annotations import putting
from app.annotations.acts import Hand
from app.annotations.models import Annotation
from app.annotations.tags import TagNow
from app.annotations.wanted import MOST_AT_ONCE, Wanted
from app.reading.asking import conditions
from app.reading.filters import Filter
from app.transcripts.models import Transcript
from app.web import Invalid


@dataclass(frozen=True, slots=True)
class Outlook:
    """What tagging would come to: the answers that would get the tag, and those left alone, with why."""

    fresh: tuple[int, ...]
    already: int  # tagged as a whole by the reader
    denied: int  # of which the reader said that the tag is not there: it would be taken back

    @property
    def too_many(self) -> bool:
        return len(self.fresh) > MOST_AT_ONCE


def found(
    session: Session, study: int, wanted: Filter, person: int, members: Sequence[int] | None = None
) -> list[int]:
    """Return the finished answers that a filter finds, one more than can be tagged; `members` if read for."""
    where = conditions(session, wanted, person) if members is None else [Transcript.id.in_(members)]
    query = select(Transcript.id).where(Transcript.study_id == study, Transcript.state == "done", *where)
    return list(session.scalars(query.order_by(Transcript.id).limit(MOST_AT_ONCE + 1)))


def outlook(session: Session, person: int, tag: TagNow, answers: Sequence[int]) -> Outlook:
    """Return what tagging these answers would come to."""
    query = select(Annotation.transcript_id, Annotation.polarity).where(
        Annotation.person_id == person, Annotation.tag_id == tag.tag_id, Annotation.kind == "transcript",
        Annotation.removed_at.is_(None), Annotation.transcript_id.in_(answers),
    )  # fmt: skip
    said = {row.transcript_id: row.polarity for row in session.execute(query)}
    fresh = tuple(one for one in answers if said.get(one) != "present")
    return Outlook(fresh, len(answers) - len(fresh), sum(said.get(one) == "absent" for one in fresh))


def put(session: Session, hand: Hand, tag: TagNow, outlook: Outlook, note: str = "") -> int:
    """Tag the answers as a whole in one act; return how many. Raise Invalid."""
    if not outlook.fresh:
        raise Invalid("Nothing would be tagged: you have tagged each of these answers already.")
    if outlook.too_many:
        raise Invalid(
            f"More than {MOST_AT_ONCE:,} answers are found; narrow the search, and tag them part by part."
        )
    wanted = [
        Wanted.model_validate({"tag": tag.slug, "kind": "transcript", "transcript": one, "note": note})
        for one in outlook.fresh
    ]
    return len(putting.put(session, hand, wanted))
