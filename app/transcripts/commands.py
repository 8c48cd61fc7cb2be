"""Writes that people ask for: start, pause, cancel, resume, retry and extend a run. Each is one event.

Every one of them takes effect in whichever process asks the run's endpoints: intent is a row, draws are rows.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, exists, func, select, update
from sqlalchemy.orm import Session

from app.accounts.models import LOCAL
from app.batteries.commands import put_tried
from app.batteries.shape import PromptShape
from app.live.log import record
from app.runs.applying import one_at_a_time
from app.runs.commands import Budget, add_wave, make_run, set_budget, set_wanted
from app.runs.models import SCRATCH, Run, Wave
from app.runs.queries import endpoints_of
from app.studies.models import Study
from app.transcripts.bell import ring_after
from app.transcripts.budget import priced
from app.transcripts.models import EndpointStop, RunBudget, Transcript
from app.transcripts.plan import Planned, plan


def start(
    session: Session,
    *,
    study_id: int,
    battery_version_ids: Sequence[int],
    subject_version_ids: Sequence[int],
    repeats: int,
    temperatures: Sequence[float] | None = None,
    budget: Budget | None = None,
    same_seeds: int | None = None,
    reason: str = "",
    scratch: bool = False,
    person_id: int = LOCAL,
) -> tuple[int, Planned]:
    """Make a run and plan its draws; return its id and what was planned. Collectors take it up by themselves.

    A `scratch` run only tries a text: it is counted nowhere.
    """
    run = make_run(
        session,
        study_id=study_id,
        battery_version_ids=battery_version_ids,
        subject_version_ids=subject_version_ids,
        repeats=repeats,
        temperatures=temperatures,
        budget=budget,
        same_seeds=same_seeds,
        reason=reason,
        scratch=scratch,
        person_id=person_id,
    )
    wave = session.scalars(select(Wave.id).where(Wave.run_id == run.id)).one()
    planned = plan(session, wave)
    _tell(session, run.id, "run.started", person_id, {"queued": planned.queued})
    return run.id, planned


def try_text(
    session: Session,
    study: Study,
    text: PromptShape,
    *,
    subject_version_ids: Sequence[int],
    repeats: int,
    temperatures: Sequence[float] | None = None,
    person_id: int = LOCAL,
) -> int:
    """Put a text to subjects in a scratch run of its own, planned and asked as any other; return the run's id."""
    one_at_a_time(session)
    version = put_tried(session, study.slug, text)
    run_id, _ = start(
        session, study_id=study.id, battery_version_ids=[version.id], subject_version_ids=subject_version_ids,
        repeats=repeats, temperatures=temperatures, scratch=True, person_id=person_id,
    )  # fmt: skip
    return run_id


def pause(session: Session, run_id: int, *, person_id: int = LOCAL) -> None:
    """Ask nothing more of a run; calls under way are finished and kept. Ctrl-C in `run` does the same."""
    before = set_wanted(session, run_id, "pause")
    if before != "pause":
        _tell(session, run_id, "run.paused", person_id, {"wanted": "pause"}, {"wanted": before})


def cancel(session: Session, run_id: int, *, person_id: int = LOCAL) -> int:
    """Ask nothing more of a run and set its queued draws to cancelled; return how many. `resume` undoes it.

    A run of which nothing is left to ask stays what it is.
    """
    before = set_wanted(session, run_id, "cancel")
    left = Transcript.run_id == run_id, Transcript.state.in_(("queued", "running"))
    if before != "cancel" and not session.scalar(select(exists().where(*left))):
        set_wanted(session, run_id, before)
        return 0
    cancelled = _move(session, run_id, ("queued",), "cancelled")
    if before != "cancel" or cancelled:
        _tell(session, run_id, "run.cancelled", person_id, {"draws": cancelled}, {"wanted": before})
    return cancelled


def resume(session: Session, run_id: int, *, budget: Budget | None = None, person_id: int = LOCAL) -> int:
    """Go on with what is missing: queued and cancelled draws, also at endpoints that were stopped.

    `budget` replaces the run's caps. Return how many draws are queued now. Failed draws stay failed: `retry` asks
    those. Raise ValueError for a cap that cannot hold.
    """
    before = set_wanted(session, run_id, "go")
    if budget is not None:
        set_budget(session, run_id, budget)
        _require_known_prices(session, run_id)
    _move(session, run_id, ("cancelled",), "queued")
    queued = _clear_the_way(session, run_id)
    _tell(session, run_id, "run.resumed", person_id, {"queued": queued}, {"wanted": before})
    return queued


def retry(session: Session, run_id: int, *, person_id: int = LOCAL) -> int:
    """Ask a run's failed draws again, each as a further attempt; return how many. Answered rungs are kept.

    A cancelled run without failed draws stays cancelled.
    """
    before = set_wanted(session, run_id, "go")
    again = _move(session, run_id, ("failed",), "queued")
    if before == "cancel" and not again:
        set_wanted(session, run_id, before)
        return 0
    _clear_the_way(session, run_id)
    _tell(session, run_id, "run.retried", person_id, {"draws": again})
    return again


def extend(
    session: Session,
    run_id: int,
    *,
    battery_version_ids: Sequence[int] | None = None,
    subject_version_ids: Sequence[int] | None = None,
    repeats: int | None = None,
    temperatures: Sequence[float] | None = None,
    keys: Sequence[str] | None = None,
    budget: Budget | None = None,
    reason: str = "",
    person_id: int = LOCAL,
) -> Planned:
    """Add a wave (`runs.commands.add_wave`) that asks only what is missing; return what it added.

    Raise ValueError for a cap that cannot hold, and for another battery in a run that only tries a text.
    """
    if battery_version_ids and session.get_one(Run, run_id).kind == SCRATCH:
        raise ValueError(f"run {run_id} only tries a text: a battery is asked by a run of its own")
    wave = add_wave(
        session,
        run_id,
        battery_version_ids=battery_version_ids,
        subject_version_ids=subject_version_ids,
        repeats=repeats,
        temperatures=temperatures,
        keys=keys,
        reason=reason,
    )
    planned = plan(session, wave.id)
    set_wanted(session, run_id, "go")
    if budget is not None:
        set_budget(session, run_id, budget)
    _require_known_prices(session, run_id)
    _clear_the_way(session, run_id)
    _tell(session, run_id, "run.extended", person_id, {"wave": wave.number, "queued": planned.queued})
    return planned


def _move(session: Session, run_id: int, states: Sequence[str], to: str) -> int:
    """Move a run's draws from these states to another; return how many moved."""
    values: dict[str, Any] = {"state": to}
    if to == "queued":
        values |= {"finished_at": None, "reason": None}
    moved = session.connection().execute(
        update(Transcript).where(Transcript.run_id == run_id, Transcript.state.in_(states)).values(values)
    )
    return moved.rowcount


def _require_known_prices(session: Session, run_id: int) -> None:
    """Raise ValueError where dollars alone cap a run and some endpoint's price is unknown."""
    run = session.get_one(Run, run_id)
    if run.budget_micro is None or run.budget_calls is not None:
        return
    asked = endpoints_of(session, run_id)
    unpriced = dict.fromkeys(one.slug for one, _ in asked if priced(one.price, 0, 0) is None)
    if unpriced:
        raise ValueError(
            f"the price of {', '.join(unpriced)} is unknown, so dollars alone cannot cap run {run_id}; "
            "expected a cap on calls beside it"
        )


def _clear_the_way(session: Session, run_id: int) -> int:
    """Lift what keeps a run's queued draws from being asked: stopped endpoints, a cap that was reached."""
    session.execute(delete(EndpointStop).where(EndpointStop.run_id == run_id))
    session.execute(update(RunBudget).where(RunBudget.run_id == run_id).values(capped=False))
    queued = select(func.count()).where(Transcript.run_id == run_id, Transcript.state == "queued")
    return session.scalar(queued) or 0


def _tell(
    session: Session,
    run_id: int,
    kind: str,
    person_id: int,
    after: dict[str, Any] | None = None,
    before: dict[str, Any] | None = None,
) -> None:
    run = session.get_one(Run, run_id)
    ring_after(session)
    record(session, kind, {"run": run_id}, study=run.study_id, actor=person_id, before=before, after=after)
