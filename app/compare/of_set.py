"""Compare narrowed to a working set: its prompts in the rail, its transcripts in the cells, and nothing else."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from app.accounts.models import LOCAL
from app.compare import queries
from app.compare.scope import Asked, Part
from app.compare.scope import asked as asked_by
from app.compare.view import Place, View
from app.reading import sets
from app.reading.filters import BadFilter
from app.reading.models import WorkingSet
from app.studies.models import Study
from app.transcripts.models import Transcript
from app.transcripts.told import row_number
from app.web import Invalid, NotFound

CELL = (Transcript.prompt_id, Transcript.subject_version_id, Transcript.temperature_milli, Transcript.run_id)
Conditions = Sequence[ColumnElement[bool]]


@dataclass(frozen=True, slots=True)
class Members:
    """A set as Compare shows it. `counts` are its transcripts by run and prompt, whatever became of them.

    `name` and, in a sentence, `label` are what a page calls it: its number while names are hidden, since what
    people call it may tell a subject.
    """

    set: WorkingSet
    name: str
    label: str
    conditions: Conditions
    counts: Mapping[tuple[int, int | None], int]

    @property
    def size(self) -> int:
        return sum(self.counts.values())

    @property
    def runs(self) -> frozenset[int]:
        return frozenset(run for run, _ in self.counts)

    def cells(self, session: Session, study_id: int, prompt_ids: Collection[int]) -> Sequence[Any]:
        """Return the cells of some prompts with the number of their draws that are members."""
        of = (Transcript.study_id == study_id, Transcript.prompt_id.in_(prompt_ids), *self.conditions)
        return session.execute(select(*CELL, func.count().label("n")).where(*of).group_by(*CELL)).all()

    def among(self, session: Session, rows: Sequence[Any]) -> list[Any]:
        """Return those of these draws that are members."""
        kept = sets.among(session, self.conditions, (row.id for row in rows))
        return [row for row in rows if row.id in kept]

    def counted(self, prompt_ids: Collection[int], chosen: Collection[int]) -> int:
        """Return how many members answer some prompts in the chosen runs (none chosen = all)."""
        rows = self.counts.items()
        return sum(n for (run, prompt), n in rows if prompt in prompt_ids and (not chosen or run in chosen))


def members(session: Session, study_id: int, view: View) -> Members | None:
    """Return the set that an address names, None where it names none.

    Raise NotFound where this study has no such set, and Invalid where its filter cannot be asked any more.
    What is kept printed belongs to nobody, and so does a set: one that differs from person to person is frozen.
    """
    if not view.set:
        return None
    one = _named(session, study_id, view.set)
    name = str(one.id) if view.hide else f"“{one.name}”"
    label = f"working set {name}" if view.hide else f"the set {name}"
    try:
        of = sets.conditions(session, one, LOCAL)
    except BadFilter as error:
        why = "it names what there is no more" if view.hide else str(error)
        raise Invalid(f"The filter of {label} cannot be asked any more: {why}.") from error
    counted = select(Transcript.run_id, Transcript.prompt_id, func.count())
    counted = counted.where(Transcript.study_id == study_id, *of)
    rows = session.execute(counted.group_by(Transcript.run_id, Transcript.prompt_id))
    return Members(one, name, label, of, {(run, prompt): n for run, prompt, n in rows})


def named_runs(view: View, only: Members | None) -> frozenset[int]:
    """Return the runs that an address names, by itself or by its set."""
    return view.chosen_runs | view.named_runs | (only.runs if only else frozenset())


def _named(session: Session, study_id: int, word: str) -> WorkingSet:
    number = row_number(word)
    if not number:
        raise Invalid(f"set: found {word[:80]!r}, expected the number of a working set.")
    one = session.get(WorkingSet, number)
    if one is None:
        raise NotFound(f"There is no working set {number}.")
    if one.study_id != study_id:
        title = session.get_one(Study, one.study_id).title
        raise NotFound(f"Working set {number} is one of another study, {title}.")
    return one


def asked(session: Session, study_id: int, view: View, only: Members | None) -> Asked:
    """Return what the chosen runs ask; with a set only prompts that it holds answers to, as its runs ask them."""
    if only is None:
        return asked_by(session, study_id, view.chosen_runs)
    of_runs = only.runs & view.chosen_runs if view.chosen_runs else only.runs
    if not of_runs:
        return Asked((), asked_by(session, study_id, view.chosen_runs).runs)
    everything = asked_by(session, study_id, of_runs)
    answered = frozenset(prompt for run, prompt in only.counts if run in of_runs)
    held: dict[int, dict[str, int]] = {part.version_id: {} for part in everything.parts}
    for row in queries.prompts_of(session, held):
        if row.id in answered:
            held[row.version_id][row.key] = row.id
    parts = tuple(part for one in everything.parts if (part := _narrowed(one, held[one.version_id])).keys)
    listed = frozenset(held[part.version_id][key] for part in parts for key in part.keys or ())
    return Asked(parts, everything.runs, listed)


def _narrowed(part: Part, keys: Collection[str]) -> Part:
    return replace(part, keys=frozenset(keys) if part.keys is None else part.keys.intersection(keys))


def beside(session: Session, study_id: int, narrowed: Asked, place: Place) -> tuple[Part, ...]:
    """Return the parts with that of a page's battery among them, empty where the set holds nothing of it.

    A link to another wording, or a live set that changed, may lead to a prompt that the set has no answer to.
    """
    if any(part.slug == place.battery for part in narrowed.parts):
        return narrowed.parts
    every = asked_by(session, study_id, place.view.chosen_runs).parts
    here = (replace(part, keys=frozenset()) for part in every if part.slug == place.battery)
    return (*narrowed.parts, *here)


@dataclass(frozen=True, slots=True)
class Told:
    """What a page says of the set that it is narrowed to.

    `here` counts its transcripts to this prompt, `apart` those of them in no column shown; `unlisted` those that
    no page of the rail holds, and `run` is the run that most of them are of, 0 where they answer no prompt.
    """

    name: str
    label: str
    number: int
    kind: str
    sha256: str
    away: bool
    size: int
    here: int
    apart: int
    unlisted: int
    run: int


def told(only: Members, found: Asked, prompt_ids: Collection[int], shown: int, view: View) -> Told:
    """Say what of a set stands on a page that shows `prompt_ids` and, in its columns, `shown` draws."""
    one, here = only.set, only.counted(prompt_ids, view.chosen_runs)
    elsewhere = Counter[int]()
    for (run, prompt), n in only.counts.items():
        if prompt not in found.listed and prompt not in prompt_ids:
            elsewhere[run if prompt is not None else 0] += n
    run = elsewhere.most_common(1)[0][0] if elsewhere else 0
    return Told(only.name, only.label, one.id, one.kind, one.sha256 or "", one.archived_at is not None, only.size,
                here, max(0, here - shown), elsewhere.total(), run)  # fmt: skip
