"""What coders said of each tag in each text, as agreement counts it: independent passes, each text once.

Evidence 9 (draws with the same words are one text), 10 (queue and browse never pool), 19 (independent passes, both
having looked for the tag), 20 (no codebook example; revisions pooled only where the tag's text is unchanged).
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import Person
from app.annotations import tags
from app.annotations.models import Pass, PassSame, PassTag
from app.annotations.tags import Codebook
from app.batteries.models import Prompt
from app.subjects.models import Subject
from app.transcripts.models import Transcript


@dataclass(frozen=True, slots=True)
class Judgement:
    """One coder's word on one tag in one text; `transcript` is the draw that they read, `unit` the text's own."""

    unit: int
    transcript: int
    person: int
    tag: int
    present: bool
    subject: str
    family: str
    revision: int


@dataclass(slots=True)
class Sample:
    """Judgements of a study, and what was left out of them: counts of (pass, tag)."""

    book: Codebook
    judged: list[Judgement] = field(default_factory=list)
    people: dict[int, str] = field(default_factory=dict)
    subjects: dict[str, str] = field(default_factory=dict)
    dependent: int = 0  # passes made when others' marks could be seen
    predating: dict[int, int] = field(default_factory=dict)  # by tag
    examples: dict[int, int] = field(default_factory=dict)  # by tag
    coded: dict[int, int] = field(default_factory=dict)  # texts with a pass that looked for the tag, by tag

    def of(self, tag: int) -> list[Judgement]:
        return [one for one in self.judged if one.tag == tag]


def load(
    session: Session, study: int, via: str = "browse", *, readable: Collection[int] | None = None,
    revisions: bool = False,
) -> Sample:  # fmt: skip
    """Read a study's judgements; `readable` are the transcripts whose passes the reader may see (None = all).

    With `revisions` those of a tag's earlier text are kept too, to be looked at apart.
    """
    book = tags.at(session, study)
    rows = session.execute(_passes(study, via)).all()
    sample = Sample(book)
    same = _same(session, study)
    newest: dict[tuple[int, int], Any] = {}
    for row in rows:
        if row.Pass.blind_coders and (readable is None or row.Pass.transcript_id in readable):
            newest[row.Pass.person_id, _unit(row.Pass, same)] = row
    sample.dependent = sum(
        not row.Pass.blind_coders
        and row.Pass.replaced_at is None
        and (row.Pass.person_id, _unit(row.Pass, same)) not in newest
        for row in rows
    )
    sample.people = {row.Pass.person_id: row.coder for row in newest.values()}
    sample.subjects = {row.slug: row.subject or row.slug for row in newest.values() if row.slug}
    _gather(session, study, sample, newest, revisions)
    return sample


def _passes(study: int, via: str) -> Any:
    return (
        select(Pass, Person.name.label("coder"), Subject.slug, Subject.name.label("subject"), Prompt.family)
        .join(Person, Person.id == Pass.person_id)
        .join(Transcript, Transcript.id == Pass.transcript_id)
        .outerjoin(Subject, Subject.id == Transcript.subject_id)
        .outerjoin(Prompt, Prompt.id == Transcript.prompt_id)
        .where(Pass.study_id == study, Pass.via == via)
        .order_by(Pass.id)
    )


def _same(session: Session, study: int) -> dict[int, list[int]]:
    query = select(PassSame).join(Pass, Pass.id == PassSame.pass_id).where(Pass.study_id == study)
    found: dict[int, list[int]] = {}
    for one in session.scalars(query):
        found.setdefault(one.pass_id, []).append(one.transcript_id)
    return found


def _unit(row: Pass, same: Mapping[int, Sequence[int]]) -> int:
    """Return the number of a text: the least of the draws that say it."""
    return min([row.transcript_id, *same.get(row.id, ())])


def _gather(
    session: Session, study: int, sample: Sample, newest: Mapping[tuple[int, int], Any], revisions: bool
) -> None:
    units = {row.Pass.id: unit for (_, unit), row in newest.items()}
    rows = {row.Pass.id: row for row in newest.values()}
    since, examples = tags.text_changed(session, study), _examples(sample.book)
    coded: dict[int, set[int]] = {}
    for one in _said(session, units):
        tag = sample.book.standing(one.tag_id).tag_id
        row, unit = rows[one.pass_id], units[one.pass_id]
        if row.Pass.transcript_id in examples.get(tag, ()) or unit in examples.get(tag, ()):
            sample.examples[tag] = sample.examples.get(tag, 0) + 1
            continue
        if row.Pass.revision < since.get(one.tag_id, 0):
            sample.predating[tag] = sample.predating.get(tag, 0) + 1
            if not revisions:
                continue
        coded.setdefault(tag, set()).add(unit)
        sample.judged.append(
            Judgement(unit, row.Pass.transcript_id, row.Pass.person_id, tag, one.state == "present",
                      row.slug or "", row.family or "", row.Pass.revision)
        )  # fmt: skip
    sample.judged = list(_once(sample.judged))
    sample.coded = {tag: len(found) for tag, found in coded.items()}


def _once(judged: Iterable[Judgement]) -> Iterable[Judgement]:
    """Leave one word of a coder on a tag in a text: of tags that were merged, that it is there."""
    found: dict[tuple[int, int, int], Judgement] = {}
    for one in judged:
        key = one.unit, one.person, one.tag
        if key not in found or one.present:
            found[key] = one
    return found.values()


def _said(session: Session, passes: Iterable[int]) -> Iterable[Any]:
    wanted = sorted(passes)
    for start in range(0, len(wanted), 500):
        yield from session.scalars(select(PassTag).where(PassTag.pass_id.in_(wanted[start : start + 500])))


def _examples(book: Codebook) -> dict[int, set[int]]:
    """Return the transcripts that a tag takes its example or near miss from, by tag (evidence 20)."""
    return {
        one.tag_id: {int(place["transcript"]) for place in (one.example_place, one.near_miss_place) if place}
        for one in book.tags
        if one.example_place or one.near_miss_place
    }
