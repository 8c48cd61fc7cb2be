"""Settling what coders differ on: a decision, else the strict majority, else unresolved (evidence 6)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Select, insert, select, update
from sqlalchemy.orm import Session

from app.annotations import marks, tags
from app.annotations.acts import Hand
from app.annotations.models import Annotation, Decision, DecisionMark
from app.db import now
from app.live import log
from app.transcripts.models import Transcript
from app.web import Invalid, PageError

KIND = "decision"
LONGEST = 1000
State = Literal["present", "absent"]
Settled = Literal["present", "absent", "unresolved"]


class Admins(PageError):
    """Only an admin may."""

    status = 403


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision that stands, with the annotations that were taken into the agreed layer."""

    row: Decision
    marks: tuple[int, ...]


def decide(
    session: Session,
    hand: Hand,
    transcript: int,
    slug: str,
    state: State,
    taken: Sequence[int] = (),
    why: str = "",
) -> int:
    """Decide whether a tag is in a transcript, and which marks show it; raise Invalid. The earlier word stays."""
    row, tag = session.get(Transcript, transcript), tags.at(session, hand.study).by_slug.get(slug)
    if row is None or row.study_id != hand.study or row.state != "done":
        raise Invalid(f"transcript: found {transcript}, which is no finished transcript of this study")
    if tag is None:
        raise Invalid(f"tag: found {slug!r}, which the codebook of this study does not have")
    if not hand.admin:
        raise Admins("Disagreements are settled by an admin.")
    if len(why) > LONGEST:
        raise Invalid(f"why: found {len(why)} characters, expected at most {LONGEST}")
    _fit(session, hand, transcript, tag.tag_id, state, taken)
    withdraw(session, hand, transcript, tag.tag_id, told=False)
    one = Decision(study_id=hand.study, transcript_id=transcript, tag_id=tag.tag_id, person_id=hand.person,
                   state=state, why=why, revision=tags.at(session, hand.study).revision)  # fmt: skip
    session.add(one)
    session.flush()
    if taken:
        rows = [{"decision_id": one.id, "annotation_id": number} for number in sorted(set(taken))]
        session.execute(insert(DecisionMark), rows)
    _tell(session, hand, transcript, one.id)
    return one.id


def _fit(session: Session, hand: Hand, transcript: int, tag: int, state: State, taken: Sequence[int]) -> None:
    """Hold the marks that are taken against what is decided."""
    if taken and state == "absent":
        raise Invalid("marks: found some with absent, expected none")
    book = tags.at(session, hand.study)
    query = select(Annotation.id, Annotation.tag_id).where(
        Annotation.id.in_(taken), Annotation.study_id == hand.study, Annotation.removed_at.is_(None),
        Annotation.polarity == "present", marks.on(transcript),
    )  # fmt: skip
    fitting = {row.id for row in session.execute(query) if book.standing(row.tag_id).tag_id == tag}
    for number in taken:
        if number not in fitting:
            raise Invalid(f"marks: found {number}, which is no mark of this tag on transcript {transcript}")


def withdraw(session: Session, hand: Hand, transcript: int, tag: int, *, told: bool = True) -> bool:
    """Take a decision back, so that the majority holds again; False where there is none."""
    if not hand.admin:
        raise Admins("Disagreements are settled by an admin.")
    found = session.scalars(_standing(hand.study).where(
        Decision.transcript_id == transcript, Decision.tag_id == tag)).first()  # fmt: skip
    if found is None:
        return False
    session.execute(update(Decision).where(Decision.id == found.id).values(replaced_at=now()))
    session.flush()
    if told:
        _tell(session, hand, transcript, found.id)
    return True


def _tell(session: Session, hand: Hand, transcript: int, decision: int) -> None:
    log.record(session, KIND, {"transcripts": [transcript], "client": hand.client}, study=hand.study,
               actor=hand.person, after={"decision": decision})  # fmt: skip


def _standing(study: int) -> Select[Decision]:
    return select(Decision).where(Decision.study_id == study, Decision.replaced_at.is_(None))


def decisions(session: Session, study: int, tag: int | None = None) -> dict[tuple[int, int], Decided]:
    """Return the decisions of a study that stand, by transcript and tag."""
    query = _standing(study) if tag is None else _standing(study).where(Decision.tag_id == tag)
    found = session.scalars(query).all()
    taken: dict[int, list[int]] = {}
    links = select(DecisionMark).where(DecisionMark.decision_id.in_([one.id for one in found]))
    for link in session.scalars(links):
        taken.setdefault(link.decision_id, []).append(link.annotation_id)
    return {
        (one.transcript_id, one.tag_id): Decided(one, tuple(sorted(taken.get(one.id, ())))) for one in found
    }


def settled(said: Iterable[bool], decided: State | None = None) -> Settled:
    """Return what holds of a tag in a text: what was decided, else the strict majority, else "unresolved"."""
    if decided:
        return decided
    words = list(said)
    if 2 * sum(words) > len(words):
        return "present"
    return "absent" if 2 * sum(words) < len(words) else "unresolved"


def of_transcripts(
    decided: Mapping[tuple[int, int], Decided], transcripts: Iterable[int], tag: int
) -> Decided | None:
    """Return the newest decision on a tag in any of the draws that say the same text."""
    found = [decided[number, tag] for number in transcripts if (number, tag) in decided]
    return max(found, key=lambda one: one.row.id, default=None)
