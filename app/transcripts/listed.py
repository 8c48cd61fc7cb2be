"""The draws behind a number of a run's page, each leading to its text."""

from dataclasses import dataclass
from typing import Any, Literal

from markupsafe import Markup
from sqlalchemy import ColumnElement, func, or_, select, tuple_
from sqlalchemy.orm import Session

from app.batteries.models import Battery, Prompt
from app.subjects.models import Subject
from app.transcripts.faithful import controls
from app.transcripts.models import Message, Transcript
from app.transcripts.tallies import CUT, DECLARED, GATED, WHOLE
from app.transcripts.told import temperature_said

PAGE = 50
BEGINNING = 240  # characters of an answer that a line shows
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


@dataclass(frozen=True, slots=True)
class Line:
    """One draw: what it is a draw of, how it ended, how its answer begins, else why there is none."""

    id: int
    prompt: str
    subject: str
    temperature: str
    repeat: int
    stop_class: str | None
    served_model: str | None
    said: Markup
    why: Markup


def title_of(ended: Ended, state: State) -> str:
    """Return what a list of draws holds, in words."""
    return (ENDED[ended][1] if ended in ENDED else OTHERS[ended]) if ended else STATES[state]


def listed(
    session: Session, run_id: int, *, ended: Ended, state: State, subject: str, after: int, limit: int = PAGE
) -> list[Line]:
    """Return at most `limit` draws of a run, by id from `after` on; `ended` narrows the finished ones."""
    t = Transcript
    beginning = func.substr(Message.text, 1, BEGINNING + 1)
    of = _behind(run_id, ended, state, subject)
    query = (
        select(t.id, Battery.slug, Prompt.key, Subject.name, t.temperature_milli, t.repeat, t.stop_class,
               t.served_model, t.reason, beginning)
        .join(Prompt, Prompt.id == t.prompt_id)
        .join(Battery, Battery.id == Prompt.battery_id)
        .join(Subject, Subject.id == t.subject_id)
        .join(Message, Message.id == t.tip_id, isouter=True)
        .where(*of, t.id > after)
        .order_by(t.id)
        .limit(limit)
    )  # fmt: skip
    answered = bool(ended) or state == "done"
    return [_line(row, answered) for row in session.execute(query)]


def how_many(session: Session, run_id: int, *, ended: Ended, state: State, subject: str) -> int:
    """Return the number whose draws `listed` pages through."""
    of = _behind(run_id, ended, state, subject)
    query = select(func.count()).select_from(Transcript).where(*of)
    return session.scalar(query.join(Subject, Subject.id == Transcript.subject_id)) or 0


def _behind(run_id: int, ended: Ended, state: State, subject: str) -> list[ColumnElement[bool]]:
    found = [Transcript.run_id == run_id, Transcript.state == ("done" if ended else state)]
    if ended:
        found.append(_ended(run_id, ended))
    if subject:
        found.append(Subject.slug == subject)
    return found


def _line(row: Any, answered: bool) -> Line:
    number, battery, key, subject, milli, repeat, stop, served, reason, text = row
    said, why = (_cut(text or ""), "") if answered else ("", reason or "")
    return Line(number, f"{battery}/{key}", subject, temperature_said(milli), repeat, stop if answered else None,
                served, controls(said), controls(why))  # fmt: skip


def _cut(text: str) -> str:
    return f"{text[:BEGINNING]}…" if len(text) > BEGINNING else text


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
