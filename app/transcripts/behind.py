"""Which draws stand behind a number: a run's, or those of one cell that ended in one way."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import BaseModel, Field
from sqlalchemy import ColumnElement, Select, func, or_, select, tuple_
from sqlalchemy.orm import Session

from app.batteries.models import Battery, Prompt
from app.runs.models import Run
from app.subjects.models import Subject, SubjectVersion
from app.transcripts.models import Transcript
from app.transcripts.tallies import CUT, DECLARED, GATED, WHOLE
from app.transcripts.told import row_number, temperature_milli, temperature_said
from app.web import LARGEST

ENDED = {
    "whole": (WHOLE, "Answers that ended by themselves"),
    "cut": (CUT, "Answers cut by length"),
    "declared": (DECLARED, "Declared noes"),
    "gated": (GATED, "Answers that a gate stopped"),
    "empty": ({"empty"}, "Empty answers"),
}
OTHERS = {"otherwise": "Answers that ended otherwise", "other-model": "Answers of another model"}
STATES = {
    "done": "Answers",
    "impossible": "Draws that are not possible here",
    "cancelled": "Cancelled draws",
    "queued": "Draws still queued",
    "running": "Draws in flight",
    "failed": "Failed draws",
}
Ended = Literal["", "whole", "cut", "declared", "gated", "empty", "otherwise", "other-model"]
State = Literal["done", "impossible", "cancelled", "queued", "running", "failed"]
Row = Annotated[int | None, Field(ge=1, le=LARGEST)]


class Behind(BaseModel):
    """The address of a list of draws: how they ended, or else their state, and what narrows them further.

    `prompt` is `battery/key` or the number of a prompt; `v` a version of the subject; `t` a temperature as
    addresses write it; `served` leaves out what another model served; `equal` is the hash that pools equal
    prompts; `also` names further runs of the same study, by commas.
    """

    ended: Ended = ""
    state: State = "done"
    subject: str = ""
    prompt: str = ""
    v: Row = None
    t: str = ""
    wave: Row = None
    served: str = ""
    equal: str = ""
    also: str = ""
    after: Annotated[int, Field(ge=0, le=LARGEST)] = 0

    @property
    def title(self) -> str:
        """What the list holds, in words."""
        if not self.ended:
            return STATES[self.state]
        return ENDED[self.ended][1] if self.ended in ENDED else OTHERS[self.ended]

    @property
    def answered(self) -> bool:
        """Whether the draws have answers."""
        return bool(self.ended) or self.state == "done"

    @property
    def further(self) -> list[int]:
        """The runs beside the one whose page this is."""
        return [number for one in self.also.split(",") if (number := row_number(one))]

    @property
    def kept(self) -> dict[str, str]:
        """The address's query without its place in the list."""
        told = self.model_dump(exclude={"after"}, exclude_defaults=True)
        return {name: str(value) for name, value in told.items()}


@dataclass(frozen=True, slots=True)
class Narrowed:
    """What a list is narrowed to, in words: the prompt, the subject, and the rest."""

    prompt: str
    subject: str
    rest: tuple[str, ...]


def narrowed(session: Session, wanted: Behind) -> Narrowed:
    """Return in words what narrows a list of draws, as far as it is known."""
    prompt = session.execute(_named(wanted.prompt)).first() if wanted.prompt else None
    subject = session.scalar(select(Subject.name).where(Subject.slug == wanted.subject))
    milli = temperature_milli(wanted.t)
    rest = [temperature_said(milli)] if milli is not None else []
    rest += [f"version {wanted.v} of the subject"] if wanted.v else []
    rest += [f"wave {wanted.wave}"] if wanted.wave else []
    rest += [f"with run {', '.join(map(str, wanted.further))}"] if wanted.further else []
    rest += ["equal prompts"] if wanted.equal else []
    return Narrowed(f"{prompt.slug}/{prompt.key}" if prompt else "", subject or "", tuple(rest))


def conditions(run_id: int, wanted: Behind) -> list[ColumnElement[bool]]:
    """Return what holds for the draws of a list; `Subject` has to be among what is read."""
    t = Transcript
    found = [
        t.run_id.in_([run_id, *wanted.further]) if wanted.further else t.run_id == run_id,
        t.state == ("done" if wanted.ended else wanted.state),
    ]
    if wanted.further:
        found.append(t.study_id == select(Run.study_id).where(Run.id == run_id).scalar_subquery())
    if wanted.ended:
        found.append(_ended(run_id, wanted.ended))
    if wanted.subject:
        found.append(Subject.slug == wanted.subject)
    return found + _of_cell(wanted)


def _of_cell(wanted: Behind) -> list[ColumnElement[bool]]:
    t = Transcript
    found: list[ColumnElement[bool]] = []
    if wanted.prompt:
        found.append(t.prompt_id.in_(_named(wanted.prompt).with_only_columns(Prompt.id)))
    if wanted.v:
        found.append(
            t.subject_version_id.in_(select(SubjectVersion.id).where(SubjectVersion.number == wanted.v))
        )
    if wanted.t:
        found.append(t.temperature_milli == temperature_milli(wanted.t))
    if wanted.wave:
        found.append(t.wave == wanted.wave)
    if wanted.served:
        found.append(or_(t.served_model.is_(None), t.served_model == wanted.served))
    if wanted.equal:
        found.append(t.equal_sha256 == wanted.equal)
    return found


def _named(prompt: str) -> Select[int, str, str]:
    """Return the prompts that an address names, by their number or as `battery/key` in every version."""
    query = select(Prompt.id, Battery.slug, Prompt.key).join(Battery, Battery.id == Prompt.battery_id)
    battery, slash, key = prompt.partition("/")
    if slash:
        return query.where(Battery.slug == battery, Prompt.key == key)
    return query.where(Prompt.id == row_number(prompt))


def _ended(run_id: int, ended: Ended) -> ColumnElement[bool]:
    if ended in ENDED:
        return Transcript.stop_class.in_(ENDED[ended][0])
    if ended == "other-model":
        return _of_another_model(run_id)
    named: set[str] = set().union(*(classes for classes, _ in ENDED.values()))
    return or_(Transcript.stop_class.is_(None), Transcript.stop_class.not_in(named))


def _of_another_model(run_id: int) -> ColumnElement[bool]:
    """Return the condition of answers served by another model than their cell's most common one."""
    t = Transcript
    cell = (t.subject_version_id, t.temperature_milli, t.prompt_id)
    order = (func.count().desc(), func.min(t.repeat))
    ranked = (
        select(*cell, t.served_model, func.row_number().over(partition_by=cell, order_by=order).label("rank"))
        .where(t.run_id == run_id, t.state == "done", t.served_model.is_not(None))
        .group_by(*cell, t.served_model)
        .subquery()
    )
    others = select(*(ranked.c[one.key] for one in (*cell, t.served_model))).where(ranked.c.rank > 1)
    return tuple_(*cell, t.served_model).in_(others)
