"""The draws behind a number of a run's page, each leading to its text."""

from dataclasses import dataclass
from typing import Any

from markupsafe import Markup
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.batteries.models import Battery, Prompt
from app.subjects.models import Subject
from app.transcripts.behind import Behind, conditions
from app.transcripts.faithful import controls
from app.transcripts.models import Message, Transcript
from app.transcripts.told import temperature_said

PAGE = 50
BEGINNING = 240  # characters of an answer that a line shows


@dataclass(frozen=True, slots=True)
class Line:
    """One draw: what it is a draw of, how it ended, how its answer begins, else why there is none."""

    id: int
    run: int
    prompt: str
    subject: str
    temperature: str
    repeat: int
    stop_class: str | None
    served_model: str | None
    said: Markup
    why: Markup


def listed(session: Session, run_id: int, wanted: Behind, limit: int = PAGE) -> list[Line]:
    """Return at most `limit` draws of a run that an address asks for, by id from its `after` on."""
    t = Transcript
    beginning = func.substr(Message.text, 1, BEGINNING + 1)
    query = (
        select(t.id, t.run_id, Battery.slug, Prompt.key, Subject.name, t.temperature_milli, t.repeat, t.stop_class,
               t.served_model, t.reason, beginning)
        .join(Prompt, Prompt.id == t.prompt_id)
        .join(Battery, Battery.id == Prompt.battery_id)
        .join(Subject, Subject.id == t.subject_id)
        .join(Message, Message.id == t.tip_id, isouter=True)
        .where(*conditions(run_id, wanted), t.id > wanted.after)
        .order_by(t.id)
        .limit(limit)
    )  # fmt: skip
    return [_line(row, wanted.answered) for row in session.execute(query)]


def how_many(session: Session, run_id: int, wanted: Behind) -> int:
    """Return the number whose draws `listed` pages through."""
    query = select(func.count()).select_from(Transcript).where(*conditions(run_id, wanted))
    return session.scalar(query.join(Subject, Subject.id == Transcript.subject_id)) or 0


def _line(row: Any, answered: bool) -> Line:
    number, run, battery, key, subject, milli, repeat, stop, served, reason, text = row
    said, why = (_cut(text or ""), "") if answered else ("", reason or "")
    return Line(number, run, f"{battery}/{key}", subject, temperature_said(milli), repeat,
                stop if answered else None, served, controls(said), controls(why))  # fmt: skip


def _cut(text: str) -> str:
    return f"{text[:BEGINNING]}…" if len(text) > BEGINNING else text
