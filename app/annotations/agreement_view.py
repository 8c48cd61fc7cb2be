"""The agreement pages' contents: rows of numbers, and the texts on which coders differ, side by side."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from app.annotations import adjudicating, judgements, marks, reliability, sight
from app.annotations.acts import Hand
from app.annotations.adjudicating import Decided, Settled
from app.annotations.coefficients import Coefficient
from app.annotations.judgements import Judgement, Sample
from app.annotations.marks import Mark
from app.annotations.models import Annotation
from app.annotations.reliability import By, More, Row
from app.annotations.spans import alpha_u as alpha_u_of
from app.annotations.spans import exact_f1, laid_end_to_end, partial_f1
from app.annotations.tags import TagNow
from app.transcripts.models import Transcript
from app.transcripts.whole import Reader, Whole

AT_ONCE = 20  # texts on a page of disagreements


@dataclass(frozen=True, slots=True)
class Word:
    """What one coder said of the tag in a text, and their marks of it there."""

    person: int
    name: str
    present: bool
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class Differing:
    """A text on which coders differ: its turns, their words side by side, and what was decided."""

    whole: Whole
    words: tuple[Word, ...]
    decided: Decided | None
    settled: Settled
    subject: str


@dataclass(frozen=True, slots=True)
class Where:
    """Agreement on where a tag stands, between two coders over the texts in which both looked for it."""

    exact: Coefficient
    partial: Coefficient
    alpha_u: Coefficient


def sample(session: Session, hand: Hand, via: str, *, revisions: bool = False) -> Sample:
    """Read the judgements that a reader may see: an admin all, others those of texts that they passed."""
    readable: Collection[int] | None = None
    if not hand.admin and sight.hides(session, hand.study):
        readable = set(session.scalars(sight.passed_by(hand.person)))
    return judgements.load(session, hand.study, via, readable=readable, revisions=revisions)


def more(found: Sample, row: Row, by: By) -> More:
    """Return the other coefficients of a row."""
    return reliability.more(reliability.narrowed(found.of(row.tag), by, row.part))


def where(session: Session, hand: Hand, found: Sample, tag: int, pair: Sequence[int]) -> Where:
    """Return how two coders agree on where a tag stands, over the texts that both passed."""
    units = reliability.by_unit(one for one in found.of(tag) if one.person in pair)
    both = {unit: said for unit, said in units.items() if len(said) == 2}
    spans = _spans(session, hand, found, tag, both)
    texts = _texts(session, spans)
    laid, length = laid_end_to_end(texts, list(pair))
    return Where(exact_f1(*laid), partial_f1(*laid), alpha_u_of(laid, length).alpha)


Spans = dict[int, dict[int, list[tuple[int, int]]]]  # by message, by coder


def _spans(
    session: Session, hand: Hand, found: Sample, tag: int, both: Mapping[int, Mapping[int, Judgement]]
) -> Spans:
    """Return two coders' spans by turn, over every turn of the texts that both passed."""
    transcripts = {one.transcript: unit for unit, said in both.items() for one in said.values()}
    spans: Spans = {}
    for whole in _wholes(session, both):
        for message in whole.messages:
            spans[message["id"]] = {person: [] for person in both[whole.row["id"]]}
    for mark in _marks(session, hand, transcripts, tag, found):
        for one in mark.targets:
            if mark.row.person_id in spans.get(one.message_id, ()):
                spans[one.message_id][mark.row.person_id].append((one.start, one.end))
    return spans


def _texts(session: Session, spans: Spans) -> list[tuple[int, dict[int, list[tuple[int, int]]]]]:
    lengths = marks.lengths(session, spans)
    return [(lengths[message], by_person) for message, by_person in sorted(spans.items())]


def _wholes(session: Session, transcripts: Collection[int]) -> list[Whole]:
    return list(Reader(session).all(Transcript.id.in_(sorted(transcripts))))


def _marks(session: Session, hand: Hand, transcripts: Collection[int], tag: int, found: Sample) -> list[Mark]:
    here = (Annotation.kind == "span", marks.on(*transcripts))
    seen = marks.seen_by(session, hand.person, hand.study, *here, book=found.book)
    return [one for one in seen if one.tag.tag_id == tag]


def differing(
    session: Session, hand: Hand, found: Sample, tag: TagNow, by: By, part: str, after: int = 0
) -> tuple[list[Differing], int, int]:
    """Return the texts that a row's disagreements are, some at once: those after a text, how many there are, and
    the text to go on after (0 = none)."""
    every = reliability.differing(reliability.narrowed(found.of(tag.tag_id), by, part))
    left = [said for said in every if next(iter(said.values())).unit > after]
    shown = left[:AT_ONCE]
    on = next(iter(shown[-1].values())).unit if len(left) > AT_ONCE else 0
    return _shown(session, hand, found, tag, shown), len(every), on


def _shown(
    session: Session, hand: Hand, found: Sample, tag: TagNow, said: Sequence[Mapping[int, Judgement]]
) -> list[Differing]:
    read = {one.transcript for words in said for one in words.values()}
    wholes = {one.row["id"]: one for one in _wholes(session, read)}
    of: dict[tuple[int, int], list[Mark]] = {}
    for mark in _marks(session, hand, read, tag.tag_id, found):
        for number in {one.transcript_id for one in mark.targets}:
            of.setdefault((number, mark.row.person_id), []).append(mark)
    decided = adjudicating.decisions(session, hand.study, tag.tag_id)
    return [_one(found, tag, words, wholes, of, decided) for words in said]


def _one(
    found: Sample, tag: TagNow, words: Mapping[int, Judgement], wholes: Mapping[int, Whole],
    of: Mapping[tuple[int, int], list[Mark]], decided: Mapping[tuple[int, int], Decided],
) -> Differing:  # fmt: skip
    first = min(words.values(), key=lambda one: one.transcript)
    decision = adjudicating.of_transcripts(decided, {one.transcript for one in words.values()}, tag.tag_id)
    state: Any = decision.row.state if decision else None
    told = tuple(
        Word(person, found.people[person], one.present, tuple(of.get((one.transcript, person), ())))
        for person, one in sorted(words.items())
    )
    return Differing(wholes[first.transcript], told, decision,
                     adjudicating.settled((one.present for one in words.values()), state),
                     found.subjects.get(first.subject, ""))  # fmt: skip
