"""What was tried in a study: the texts one after another, and one of them with its answers side by side."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.batteries.models import Battery, BatteryPrompt, Prompt
from app.compare.page import Page, build
from app.compare.scope import asked, scope
from app.compare.view import Place, View
from app.runs.models import SCRATCH, Run, Wave, WaveBattery
from app.studies.models import Study
from app.studies.queries import study
from app.transcripts.queries import Counts, counts_of
from app.transcripts.tries import tried_prompt
from app.web import NotFound

LISTED = 30
BEGINNING = 120  # characters of a text that a line shows


@dataclass(frozen=True, slots=True)
class Line:
    """A text that was tried: how it begins, and what became of its draws."""

    run_id: int
    text: str
    mode: str
    turns: int
    counts: Counts
    created_at: datetime


def study_of(session: Session, slug: str) -> Study:
    """Return a study by its slug; raise NotFound."""
    found = study(session, slug)
    if found is None:
        raise NotFound(f"There is no study {slug}.")
    return found


def is_tried(session: Session, of: Study, run_id: int) -> bool:
    """Tell whether a run only tries a text in this study; raise NotFound where the study has no such run."""
    run = session.get(Run, run_id)
    if run is None or run.study_id != of.id:
        raise NotFound(f"{of.title} has no run {run_id}.")
    return run.kind == SCRATCH


def history(session: Session, study_id: int, *, before: int | None = None, limit: int = LISTED) -> list[Line]:
    """Return at most `limit` scratch runs of a study, newest first; `before` is the last one already seen."""
    query = (
        select(Run.id, Run.created_at, Prompt.shape)
        .join(Wave, Wave.run_id == Run.id)
        .join(WaveBattery, WaveBattery.wave_id == Wave.id)
        .join(BatteryPrompt, BatteryPrompt.version_id == WaveBattery.version_id)
        .join(Prompt, Prompt.id == BatteryPrompt.prompt_id)
        .where(Run.study_id == study_id, Run.kind == SCRATCH, Wave.number == 1)
        .order_by(Run.id.desc())
        .limit(limit)
    )
    rows = session.execute(query if before is None else query.where(Run.id < before)).all()
    counts = counts_of(session, [run for run, _, _ in rows])
    return [
        Line(run, _beginning(shape), shape["mode"], len(shape["turns"]), counts[run], at)
        for run, at, shape in rows
    ]


def how_many(session: Session, study_id: int) -> int:
    """Return how many texts were tried in a study, each time counted."""
    return session.scalar(select(func.count()).where(Run.study_id == study_id, Run.kind == SCRATCH)) or 0


def answers(session: Session, study_id: int, slug: str, run_id: int) -> Page:
    """Lay out a scratch run as Compare would lay out its one prompt, every draw on a card of its own.

    Raise NoResultFound where the run asks no text.
    """
    prompt = tried_prompt(session, run_id)
    battery = session.scalars(select(Battery.slug).where(Battery.id == prompt.battery_id)).one()
    place = Place(slug, battery, prompt.key, View(runs=(run_id,), all=True))
    everything = asked(session, study_id, place.view.chosen_runs)
    found = scope(session, everything.parts, place)
    assert found is not None  # the run asks this prompt
    return build(session, study_id, place, found, everything)


def _beginning(shape: Mapping[str, Any]) -> str:
    """Return how the turn that is answered first begins; turns before it are often the same."""
    turn = shape["turns"][0 if shape["mode"] == "ladder" else -1]
    text = " ".join(next(filter(None, turn.values()), "").split())
    return f"{text[:BEGINNING]}…" if len(text) > BEGINNING else text
