"""Passes: what somebody looked for in a transcript, and that they have finished. Evidence 6, 7, 9, 10.

While a pass is open its state is nothing but the person's own marks; submitting writes all of it in one act.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import insert, or_, select, update
from sqlalchemy.orm import Session

from app.annotations import sight, tags
from app.annotations.acts import Hand
from app.annotations.models import Annotation, Pass, PassSame, PassTag, Target
from app.annotations.tags import Codebook, TagNow
from app.db import now
from app.live import log
from app.reading.alike import alike
from app.transcripts.models import Transcript
from app.web import Invalid

KIND = "pass"
CUT = {"length", "context_overflow"}  # stop classes of an answer of which a part was never seen
State = Literal["present", "absent", "open"]
Via = Literal["queue", "browse"]


@dataclass(frozen=True, slots=True)
class Looked:
    """A tag that is looked for, and what one's own marks say of it so far; `marks` counts them."""

    tag: TagNow
    state: State
    marks: int = 0


def looked_for(book: Codebook, named: Sequence[str], watch_for: Sequence[str]) -> tuple[TagNow, ...]:
    """Return the tags of a browse pass: those named, else those that the prompt watches for, else those with keys.

    Tags of a set are not looked for in one transcript. A name that the codebook does not have is left out.
    """
    for names in (named, watch_for):
        known = [book.standing(book.by_slug[one].tag_id) for one in names if one in book.by_slug]
        if found := tuple(dict.fromkeys(one for one in known if not one.archived and one.scope != "set")):
            return found
    return tuple(
        sorted((one for one in book.live() if one.key and one.scope != "set"), key=lambda one: one.key)
    )


def states(
    session: Session, person: int, transcript: int, looked: Sequence[TagNow], book: Codebook
) -> tuple[Looked, ...]:
    """Return what a person's own marks on a transcript say of each tag."""
    here = select(Target.annotation_id).where(Target.transcript_id == transcript)
    query = select(Annotation.tag_id, Annotation.polarity).where(
        Annotation.person_id == person,
        Annotation.removed_at.is_(None),
        Annotation.kind != "set",
        or_(Annotation.transcript_id == transcript, Annotation.id.in_(here)),
    )
    said: dict[int, list[str]] = {}
    for tag_id, polarity in session.execute(query):
        if tag_id in book.by_id:
            said.setdefault(book.standing(tag_id).tag_id, []).append(polarity)
    return tuple(_looked(one, said.get(one.tag_id, [])) for one in looked)


def _looked(tag: TagNow, said: Sequence[str]) -> Looked:
    marks = said.count("present")
    return Looked(tag, "present" if marks else "absent" if said else "open", marks)


@dataclass(frozen=True, slots=True)
class Submitted:
    """What a pass said: counts of tags, how many of the absent were open before, and the draws it speaks of."""

    id: int
    present: int
    absent: int
    opened: int
    transcripts: tuple[int, ...]


def submit(
    session: Session,
    hand: Hand,
    transcript: int,
    look: Sequence[str],
    *,
    via: Via = "browse",
    guess: str | None = None,
) -> Submitted:
    """Finish a pass over a transcript: every tag looked for that has no mark is absent.

    It speaks of all draws of the cell with the same words too. A pass that the person submitted before in the same
    way stays, replaced. Raise Invalid.
    """
    row = session.get(Transcript, transcript)
    if row is None or row.study_id != hand.study or row.state != "done":
        raise Invalid(f"transcript: found {transcript}, which is no finished transcript of this study")
    book = tags.at(session, hand.study)
    looked = states(session, hand.person, transcript, _named(book, look), book)
    blind = sight.blindness(session, hand.person, [transcript]).get(transcript, sight.OPEN)
    replaced(session, hand.person, transcript, via)
    one = Pass(study_id=hand.study, transcript_id=transcript, person_id=hand.person, via=via,
               revision=book.revision, blind_coders=blind.coders, blind_subject=blind.subject,
               guess=guess)  # fmt: skip
    session.add(one)
    session.flush()
    same = [number for number in alike(session, transcript) if number != transcript]
    _write(session, one.id, looked, same, cut=row.stop_class in CUT)
    told = {"transcripts": [transcript, *same], "client": hand.client}
    log.record(session, KIND, told, study=hand.study, actor=hand.person, after={"pass": one.id})
    present = sum(each.state == "present" for each in looked)
    opened = sum(each.state == "open" for each in looked)
    return Submitted(one.id, present, len(looked) - present, opened, (transcript, *same))


def _named(book: Codebook, look: Sequence[str]) -> tuple[TagNow, ...]:
    for slug in look:
        if slug not in book.by_slug:
            raise Invalid(f"look: found {slug!r}, which the codebook of this study does not have")
    found = looked_for(book, look, ())
    if not look or not found:
        raise Invalid("look: found no tag, expected at least one that is looked for in a transcript")
    return found


def replaced(session: Session, person: int, transcript: int, via: str) -> None:
    """Date the standing pass of a person over a transcript as replaced, where there is one."""
    session.execute(
        update(Pass)
        .where(
            Pass.transcript_id == transcript,
            Pass.person_id == person,
            Pass.via == via,
            Pass.replaced_at.is_(None),
        )
        .values(replaced_at=now())
    )


def _write(
    session: Session, number: int, looked: Sequence[Looked], same: Sequence[int], *, cut: bool
) -> None:
    """Write what a pass says. Absent in an answer that was cut is absent in the part seen (evidence 7)."""
    absent = "unseen_part" if cut else "absent"
    rows = [
        {
            "pass_id": number,
            "tag_id": each.tag.tag_id,
            "state": "present" if each.state == "present" else absent,
        }
        for each in looked
    ]
    session.execute(insert(PassTag), rows)
    if same:
        session.execute(insert(PassSame), [{"pass_id": number, "transcript_id": one} for one in same])


@dataclass(frozen=True, slots=True)
class Standing:
    """A pass that stands, with what it said of each tag by the tag's id."""

    row: Pass
    said: Mapping[int, str]


def standing(session: Session, person: int, transcript: int, via: Via = "browse") -> Standing | None:
    """Return a person's standing pass over a transcript, or over a draw with the same words; None if none."""
    same = select(PassSame.pass_id).where(PassSame.transcript_id == transcript)
    query = (
        select(Pass)
        .where(Pass.person_id == person, Pass.via == via, Pass.replaced_at.is_(None),
               or_(Pass.transcript_id == transcript, Pass.id.in_(same)))
        .order_by(Pass.id.desc())
        .limit(1)
    )  # fmt: skip
    row = session.scalars(query).first()
    if row is None:
        return None
    said = session.execute(select(PassTag.tag_id, PassTag.state).where(PassTag.pass_id == row.id)).all()
    return Standing(row, {each.tag_id: each.state for each in said})


def passed(session: Session, person: int, transcripts: Sequence[int], via: Via = "browse") -> set[int]:
    """Return which of these transcripts a person's standing passes speak of."""
    own = (Pass.person_id == person, Pass.via == via, Pass.replaced_at.is_(None))
    direct = select(Pass.transcript_id).where(*own, Pass.transcript_id.in_(transcripts))
    same = select(PassSame.transcript_id).join(Pass, Pass.id == PassSame.pass_id)
    both = direct.union(same.where(*own, PassSame.transcript_id.in_(transcripts)))
    return set(session.scalars(both))
