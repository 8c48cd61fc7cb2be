"""The demo's run: begun, or the newest one gone on with, and asked against the clock."""

import asyncio
import signal
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from sqlalchemy.orm import Session

from app import db
from app.demo.models import LocalModel, Say
from app.demo.queries import Asked, newest_run, queued_of
from app.runs.study_file import Applied, StudyFile, apply, load
from app.settings import Settings
from app.transcripts import commands
from app.transcripts.queries import Counts, counts_of
from app.transcripts.supervise import collect_all

STUDY = Path(__file__).with_name("study.yaml")
GUARD_SECONDS = 75.0
FULL_REPEATS = 20
TICK = 0.5

Ended = Literal["finished", "guard", "interrupted"]
Tell = Callable[[Counts], None]


@dataclass(frozen=True, slots=True)
class Prepared:
    """The demo's run, whether it was just begun, and how many draws it still asks."""

    run_id: int
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
        run_id, planned = commands.start(
            session,
            study_id=applied.study_id,
            battery_version_ids=applied.battery_version_ids,
            subject_version_ids=here,
            repeats=repeats,
        )
        return Prepared(run_id, True, planned.queued)
    return Prepared(newest.run_id, False, _go_on(session, newest, here, absent, repeats, say))


def set_aside(run_id: int) -> None:
    """Pause a run that has draws left: its servers are about to end, and no other process could ask them."""
    with db.writing() as session:
        if counts_of(session, [run_id])[run_id].left:
            commands.pause(session, run_id)


def progress(run_id: int) -> Counts:
    """Return a run's draws by state."""
    with db.reading() as session:
        return counts_of(session, [run_id])[run_id]


async def ask(settings: Settings, run_id: int, tell: Tell, say: Say, *, seconds: float | None) -> Ended:
    """Ask a run's draws until none is left, `seconds` are over or Ctrl-C; what is left then is paused.

    Calls under way are finished and kept. `tell` hears the counts twice a second.
    """
    stop, interrupted = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGINT, interrupted.set)
    deadline = None if seconds is None else time.monotonic() + seconds
    asking = asyncio.create_task(collect_all(settings, keys={}, stop=stop, runs=[run_id], say=say))
    try:
        while not asking.done():
            await asyncio.wait([asking], timeout=TICK)
            tell(await asyncio.to_thread(progress, run_id))
            if not stop.is_set() and (
                interrupted.is_set() or (deadline is not None and time.monotonic() > deadline)
            ):
                await asyncio.to_thread(set_aside, run_id)
                stop.set()
        await asking
    finally:
        loop.remove_signal_handler(signal.SIGINT)
    if interrupted.is_set():
        return "interrupted"
    return "guard" if stop.is_set() and (await asyncio.to_thread(progress, run_id)).left else "finished"


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
