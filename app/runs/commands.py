"""Writes of runs: what is wanted, and the waves that want more."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import __version__
from app.accounts.models import LOCAL
from app.runs.models import SCRATCH, Run, Wave, WaveBattery, WaveSubject

Wanted = Literal["go", "pause", "cancel"]


@dataclass(frozen=True, slots=True)
class Budget:
    """The caps of a run: whole micro-dollars, calls, tokens; None = no cap."""

    micro: int | None = None
    calls: int | None = None
    tokens: int | None = None


def make_run(
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
) -> Run:
    """Make a run with its first wave; `transcripts.plan` then writes its draws.

    `temperatures` replaces every subject's own (None = its own). `same_seeds` names the run whose seeds are
    sent again. A `scratch` run only tries a text. Raise ValueError when nothing would be asked.
    """
    if not battery_version_ids or not subject_version_ids:
        raise ValueError("a run needs at least one battery and one subject")
    budget = budget or Budget()
    run = Run(
        study_id=study_id,
        kind=SCRATCH if scratch else "asked",
        seed=secrets.randbits(62),
        same_seeds=same_seeds,
        budget_micro=budget.micro,
        budget_calls=budget.calls,
        budget_tokens=budget.tokens,
        person_id=person_id,
    )
    session.add(run)
    session.flush()
    _write_wave(
        session, run, 1, battery_version_ids, subject_version_ids, repeats, temperatures, None, reason
    )
    return run


def add_wave(
    session: Session,
    run_id: int,
    *,
    battery_version_ids: Sequence[int] | None = None,
    subject_version_ids: Sequence[int] | None = None,
    repeats: int | None = None,
    temperatures: Sequence[float] | None = None,
    keys: Sequence[str] | None = None,
    reason: str = "",
) -> Wave:
    """Add a wave to a run. What is None stays as it was: every battery and subject so far, the highest repeats,
    each subject's temperatures (`queries.temperatures_of`).

    `repeats` is the highest repeat wanted of each cell, `temperatures` are further ones, `keys` narrows the wave
    to some prompts. Raise LookupError when there is no such run.
    """
    run = _held(session, run_id)
    last = session.scalars(select(Wave).where(Wave.run_id == run_id).order_by(Wave.number.desc())).first()
    if last is None:
        raise LookupError(f"run {run_id} has no wave to extend")
    return _write_wave(
        session,
        run,
        last.number + 1,
        battery_version_ids or _so_far(session, run_id, WaveBattery),
        subject_version_ids or _so_far(session, run_id, WaveSubject),
        _highest(session, run_id) if repeats is None else repeats,
        temperatures,
        keys,
        reason,
    )


def set_wanted(session: Session, run_id: int, wanted: Wanted) -> Wanted:
    """Store what is wanted of a run; return what was wanted before. Raise LookupError when there is no such run."""
    run = _held(session, run_id)
    before: Wanted = run.wanted  # type: ignore[assignment]
    run.wanted = wanted
    session.flush()
    return before


def set_budget(session: Session, run_id: int, budget: Budget) -> None:
    """Replace a run's caps. Raise LookupError when there is no such run."""
    run = _held(session, run_id)
    run.budget_micro, run.budget_calls, run.budget_tokens = budget.micro, budget.calls, budget.tokens
    session.flush()


def _held(session: Session, run_id: int) -> Run:
    """Return a run locked until the transaction ends, so that nobody claims under what is being changed."""
    run = session.get(Run, run_id, with_for_update={"key_share": True})
    if run is None:
        raise LookupError(f"there is no run {run_id}")
    return run


def _write_wave(
    session: Session,
    run: Run,
    number: int,
    batteries: Sequence[int],
    subjects: Sequence[int],
    repeats: int,
    temperatures: Sequence[float] | None,
    keys: Sequence[str] | None,
    reason: str,
) -> Wave:
    if repeats < 1:
        raise ValueError(f"repeats: found {repeats}, expected at least 1")
    wave = Wave(
        run_id=run.id,
        number=number,
        repeats=repeats,
        temperatures=None if temperatures is None else list(temperatures),
        reason=reason,
        planned_with=__version__,
    )
    session.add(wave)
    session.flush()
    narrowed = None if keys is None else list(keys)
    for position, version in enumerate(dict.fromkeys(batteries)):
        session.add(WaveBattery(wave_id=wave.id, version_id=version, position=position, keys=narrowed))
    for position, version in enumerate(dict.fromkeys(subjects)):
        session.add(WaveSubject(wave_id=wave.id, version_id=version, position=position))
    session.flush()
    return wave


def _so_far(session: Session, run_id: int, table: type[WaveBattery] | type[WaveSubject]) -> Sequence[int]:
    """Return the versions that a run's waves ask, in the order in which they came."""
    rows = session.scalars(
        select(table.version_id)
        .join(Wave, Wave.id == table.wave_id)
        .where(Wave.run_id == run_id)
        .order_by(Wave.number, table.position)
    )
    return list(dict.fromkeys(rows))


def _highest(session: Session, run_id: int) -> int:
    return session.scalar(select(func.max(Wave.repeats)).where(Wave.run_id == run_id)) or 1
