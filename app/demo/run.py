"""The demo's run: begun, or the newest one gone on with, and asked against the clock."""

import asyncio
import signal
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from sqlalchemy.orm import Session

from app import db
from app.demo.models import LocalModel, Say
from app.demo.queries import Asked, newest_run, queued_of
from app.runs.models import Run
from app.runs.study_file import Applied, StudyFile, apply, load
from app.settings import Settings
from app.transcripts import commands
from app.transcripts.queries import counts_of
from app.transcripts.watch import Screen, collect_and_show

STUDY = Path(__file__).with_name("study.yaml")
GUARD_SECONDS = 45.0
FULL_REPEATS = 20

Ended = Literal["finished", "guard", "interrupted"]


@dataclass(frozen=True, slots=True)
class Prepared:
    """The demo's run (None = no model, no run), whether it is new, and how many draws it is to ask."""

    run_id: int | None
    new: bool
    queued: int


def prepare(session: Session, models: Collection[LocalModel], say: Say, *, full: bool = False) -> Prepared:
    """Apply the demo study, then begin its run or go on with the newest one while versions are equal.

    Only subjects of the models that are there are asked; those of a model that comes later are added to the same
    run. `full` wants 20 repeats of every prompt.
    """
    file = load(STUDY)
    applied = apply(session, file, say=say)
    here, absent = _subjects(file, applied, models)
    repeats = FULL_REPEATS if full else file.shape.run.repeats
    newest = newest_run(session, applied.study_id)
    if newest is None or not _same(newest, applied):
        if not here:
            return Prepared(None, True, 0)
        run_id, planned = commands.start(
            session,
            study_id=applied.study_id,
            battery_version_ids=applied.battery_version_ids,
            subject_version_ids=here,
            repeats=repeats,
        )
        return Prepared(run_id, True, planned.queued)
    return Prepared(newest.run_id, False, _go_on(session, newest, here, absent, repeats, say))


def set_aside(run_id: int | None) -> None:
    """Pause a run that has draws left: its servers are about to end, and no other process could ask them."""
    if run_id is None:
        return
    with db.writing() as session:
        going = session.get_one(Run, run_id).wanted == "go"
        if going and counts_of(session, [run_id])[run_id].left:
            commands.pause(session, run_id)


async def ask(
    settings: Settings, run_id: int, screen: Screen, *, seconds: float | None, behind: bool = False
) -> Ended:
    """Ask a run's draws until none is left, `seconds` are over or Ctrl-C; what is left then is paused.

    Calls under way are finished and kept. `behind` tells that a page goes on asking once `seconds` are over.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    causes: list[Ended] = []
    pausing: list[asyncio.Future[None]] = []

    def end(cause: Ended) -> None:
        causes.append(cause)
        if cause == "interrupted" or not behind:
            pausing.append(loop.run_in_executor(None, set_aside, run_id))
        stop.set()

    loop.add_signal_handler(signal.SIGINT, end, "interrupted")
    guard = None if seconds is None else loop.call_later(seconds, end, "guard")
    try:
        last = await collect_and_show(settings, run_id, keys={}, screen=screen, stop=stop)
        await asyncio.gather(*pausing)
    finally:
        loop.remove_signal_handler(signal.SIGINT)
        if guard is not None:
            guard.cancel()
    if "interrupted" in causes:
        return "interrupted"
    return "guard" if causes and last.status.counts.left else "finished"


def _subjects(
    file: StudyFile, applied: Applied, models: Collection[LocalModel]
) -> tuple[list[int], list[int]]:
    """Return the subject versions whose model is there, and those whose model is not."""
    names = {model.name for model in models}
    pairs = list(zip(file.snapshots.values(), applied.subject_version_ids, strict=True))
    here = [version for snapshot, version in pairs if snapshot.model in names]
    return here, [version for snapshot, version in pairs if snapshot.model not in names]


def _same(newest: Asked, applied: Applied) -> bool:
    return newest.battery_version_ids == frozenset(
        applied.battery_version_ids
    ) and newest.subject_version_ids <= frozenset(applied.subject_version_ids)


def _go_on(
    session: Session, newest: Asked, here: Sequence[int], absent: Sequence[int], repeats: int, say: Say
) -> int:
    """Let the newest run ask what it lacks; return how many draws that is."""
    run_id = newest.run_id
    if newest.wanted == "cancel":
        say(f"run {run_id} was cancelled and stays so; `styloscope resume {run_id}` undoes it")
        return 0
    unreachable = queued_of(session, run_id, absent)
    if unreachable:
        say(f"run {run_id} waits: the model of {', '.join(unreachable)} is not there")
        return 0
    subjects = [*newest.subject_version_ids, *here]
    if not newest.subject_version_ids.issuperset(here) or repeats > newest.repeats:
        commands.extend(
            session,
            run_id,
            subject_version_ids=list(dict.fromkeys(subjects)),
            repeats=max(repeats, newest.repeats),
            reason="demo",
        )
    elif newest.wanted == "pause":
        commands.resume(session, run_id)
    return counts_of(session, [run_id])[run_id].left
