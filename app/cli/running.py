"""A run asked from the shell: to the end, or to Ctrl-C; what came of it; the exit code that says so."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import typer
import uvloop
from sqlalchemy.orm import Session

from app import db
from app.cli.local import local_settings
from app.cli.main import AT_BUDGET, FAILED, INTERRUPTED, SOME_FAILED, fail
from app.cli.screens import screen_for
from app.cli.starting import Caps, missing_keys
from app.runs.commands import Budget
from app.runs.mistakes import ascii_controls
from app.runs.models import Run
from app.schema import open_ready
from app.settings import settings
from app.transcripts import commands
from app.transcripts.failures import causes_of
from app.transcripts.queries import RunStatus, run_status, runs_status, status_json
from app.transcripts.watch import Look, Screen, collect_and_show, spent

CAUSES = 8
STATES = {"budget": "stopped at its budget", "failed": "ended with failures"}


@contextmanager
def changing(run_id: int, *, keys: bool = False) -> Iterator[Session]:
    """Open the database and its writing door for a run; with `keys`, its endpoints' keys must be set here.

    A run that is not there, or a value that cannot be, ends the command with one message and exit 2.
    """
    open_ready(local_settings())
    try:
        with db.writing() as session:
            if session.get(Run, run_id) is None:
                fail(f"RUN: found {run_id}, and there is no such run; `styloscope status` lists them")
            if keys:
                _require_keys(session, run_id)
            yield session
            if keys:
                _require_keys(session, run_id)  # a wave may have brought further endpoints
    except ValueError as error:
        fail(str(error))


def raised(session: Session, run_id: int, max_calls: int | None, max_usd: float | None) -> Budget | None:
    """Return a run's caps with those given in place of its own, None where none is given."""
    given = Caps(max_calls, max_usd)
    if given == Caps(None, None):
        return None
    run = session.get_one(Run, run_id)
    return given.over(Budget(run.budget_micro, run.budget_calls, run.budget_tokens))


def to_the_end(run_id: int, *, as_json: bool) -> None:
    """Ask a run's draws to the end with progress, print what came of it, and exit with what that means."""
    screen = screen_for(sys.stderr if as_json else sys.stdout, silent=as_json)
    try:
        ended = uvloop.run(_ask(run_id, screen))  # a tenth less work a call than asyncio's own loop
    except db.AWAY as error:
        fail(
            f"run {run_id}: the database cannot be used any more: {db.said(error)}\n"
            f"What came is kept; go on with: styloscope resume {run_id}",
            FAILED,
        )
    if as_json:
        print(json.dumps(status_json(ended.status), ensure_ascii=False))
    else:
        _summary(ended)
    code = exit_code(ended.status)
    if code:
        raise typer.Exit(code)


def exit_code(status: RunStatus) -> int:
    """Return 0 all done or impossible, 4 at the budget, 3 some draws failed or cannot be asked, 130 paused."""
    if status.state == "budget":
        return AT_BUDGET
    if status.state == "paused":
        return INTERRUPTED
    counts = status.counts
    return SOME_FAILED if counts.failed or counts.left or counts.cancelled else 0


def tell(run_id: int, *, as_json: bool) -> None:
    """Print how a run stands."""
    with db.reading() as session:
        found = run_status(session, run_id)
    assert found is not None
    if as_json:
        print(json.dumps(status_json(found), ensure_ascii=False))
    else:
        print(_line(found))


def status(run_id: int | None, *, as_json: bool) -> None:
    """Print the runs, newest first, or one."""
    open_ready(settings())
    with db.reading() as session:
        found = _every(session) if run_id is None else [run_status(session, run_id)]
    runs = [one for one in found if one is not None]
    if run_id is not None and not runs:
        fail(f"RUN: found {run_id}, and there is no such run; `styloscope status` lists them")
    if as_json:
        print(json.dumps({"runs": [status_json(one) for one in runs]}, ensure_ascii=False))
    elif runs:
        from app.cli import status_table

        status_table.show(runs)
    else:
        print("No runs yet: `styloscope run STUDY.yaml` makes one.")


def _every(session: Session) -> list[RunStatus]:
    found: list[RunStatus] = []
    while page := runs_status(session, before=found[-1].id if found else None, limit=100):
        found += page
    return found


async def _ask(run_id: int, screen: Screen) -> Look:
    """Ask to the end. The first Ctrl-C pauses the run, the second ends this process as it is."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    pausing: list[asyncio.Future[None]] = []

    def interrupted() -> None:
        if pausing:
            screen.close()
            os._exit(INTERRUPTED)  # draws under way are queued again by the next who asks
        screen.say("Pausing: calls under way have a few seconds to come back; Ctrl-C again leaves them.")
        pausing.append(loop.run_in_executor(None, _pause, run_id))
        stop.set()

    loop.add_signal_handler(signal.SIGINT, interrupted)
    ended = await collect_and_show(settings(), run_id, keys=os.environ, screen=screen, stop=stop)
    await asyncio.gather(*pausing)
    return ended


def _pause(run_id: int) -> None:
    with db.writing() as session:
        commands.pause(session, run_id)


def _require_keys(session: Session, run_id: int) -> None:
    missing = missing_keys(session, run_id, os.environ)
    if missing:
        fail("\n".join(f"{name}: not set, expected the key of endpoint {slug}" for name, slug in missing))


# ------------------------------------------------------------------ what is printed


def _summary(ended: Look) -> None:
    status = ended.status
    print(f"\n{_line(status)}")
    for one in ended.subjects:
        if one.counts.impossible:
            print(
                f"  {one.counts.impossible:,} not possible with {ascii_controls(one.name)}: {one.impossible}"
            )
    stopped = {one.endpoint: one.stopped for one in ended.subjects if one.stopped and one.counts.left}
    for endpoint, reason in stopped.items():
        print(ascii_controls(f"  {endpoint} was stopped, its draws left: {reason}"))
    if status.counts.failed:
        with db.reading() as session:
            causes = causes_of(session, status.id)
        for cause in causes[:CAUSES]:
            where = f"{cause.endpoint} · {cause.subject}"
            print(ascii_controls(f"  {cause.count:,} failed: {cause.reason} ({where})"))
    for line in _next(status):
        print(line)


def _next(status: RunStatus) -> Iterator[str]:
    """Yield what can be done now."""
    if status.counts.done:
        yield f"Compare: /studies/{status.study_slug}/compare?run={status.id} (styloscope serve)"
    if status.state == "budget":
        yield f"Go on with a higher cap: styloscope resume {status.id} --max-usd … --max-calls …"
    elif status.counts.left or status.counts.cancelled:
        yield f"Go on: styloscope resume {status.id}"
    if status.counts.failed:
        yield f"Ask the failed ones again: styloscope retry {status.id}"


def _line(status: RunStatus) -> str:
    counts = status.counts
    parts = [f"{counts.done:,} of {counts.possible:,} done"]
    named = [(counts.failed, "failed"), (counts.left, "left"), (counts.cancelled, "cancelled")]
    parts += [f"{number:,} {word}" for number, word in named if number]
    if counts.impossible:
        parts.append(f"{counts.impossible:,} not possible here")
    money = spent(status.cost_micro, status.spent_micro)
    state = STATES.get(status.state, status.state)
    told = " · ".join([*parts, f"{status.calls:,} calls", money])
    return f"Run {status.id} of {status.study_slug}, {state}: {told}"
