"""Commands about runs: run, resume, cancel, retry, extend, status."""

from pathlib import Path
from typing import Annotated

import typer

from app.cli.main import command

StudyPath = Annotated[
    Path, typer.Argument(metavar="STUDY.yaml", help="A study file; see docs/study-file.md.")
]
LARGEST = 2**63 - 1
RunId = Annotated[int, typer.Argument(metavar="RUN", help="The run's number.", min=1, max=LARGEST)]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]
Batteries = Annotated[str, typer.Option("--batteries", metavar="A,B", help="Only these batteries.")]
Subjects = Annotated[str, typer.Option("--subjects", metavar="A,B", help="Only these subjects.")]
Repeats = Annotated[int | None, typer.Option("--repeats", min=1, max=100_000, help="Repeats of each cell.")]
# As far as a study file's budget goes.
MaxCalls = Annotated[
    int | None, typer.Option("--max-calls", min=1, max=10**12, help="Pause at so many calls.")
]
MaxUsd = Annotated[
    float | None, typer.Option("--max-usd", min=0.000001, max=1_000_000, help="Pause at so many US dollars.")
]


@command("run")
def run(
    study: StudyPath,
    batteries: Batteries = "",
    subjects: Subjects = "",
    repeats: Repeats = None,
    max_calls: MaxCalls = None,
    max_usd: MaxUsd = None,
    as_json: AsJson = False,
) -> None:
    """Apply a study file, plan a new run, ask it to the end and print what came of it."""
    from app.cli import running
    from app.cli.starting import start_from

    run_id = start_from(study, batteries, subjects, repeats, max_calls, max_usd)
    running.to_the_end(run_id, as_json=as_json)


@command("resume")
def resume(
    run_id: RunId, max_calls: MaxCalls = None, max_usd: MaxUsd = None, as_json: AsJson = False
) -> None:
    """Go on with what is missing of a run: queued and cancelled draws."""
    from app.cli import running
    from app.transcripts import commands

    with running.changing(run_id, keys=True) as session:
        budget = running.raised(session, run_id, max_calls, max_usd)
        commands.resume(session, run_id, budget=budget)
    running.to_the_end(run_id, as_json=as_json)


@command("cancel")
def cancel(run_id: RunId, as_json: AsJson = False) -> None:
    """Stop a run: what is queued is cancelled, what came stays. `resume` undoes it."""
    from app import db
    from app.cli import running
    from app.transcripts import commands
    from app.transcripts.locks import take_over_left

    with running.changing(run_id) as session:
        commands.cancel(session, run_id)
    take_over_left(db.current(), run_id)  # a process that was killed leaves its draws running
    running.tell(run_id, as_json=as_json)


@command("retry")
def retry(run_id: RunId, as_json: AsJson = False) -> None:
    """Ask the failed draws of a run again, each as a further attempt."""
    from app.cli import running
    from app.transcripts import commands

    with running.changing(run_id, keys=True) as session:
        commands.retry(session, run_id)
    running.to_the_end(run_id, as_json=as_json)


@command("extend")
def extend(
    run_id: RunId,
    repeats: Repeats = None,
    batteries: Batteries = "",
    subjects: Subjects = "",
    temperatures: Annotated[
        str, typer.Option("--temperatures", metavar="0,0.7", help="Further temperatures.")
    ] = "",
    max_calls: MaxCalls = None,
    max_usd: MaxUsd = None,
    reason: Annotated[str, typer.Option("--reason", help="Kept with the wave.")] = "",
    as_json: AsJson = False,
) -> None:
    """Add a wave to a run: more repeats, subjects, batteries or temperatures; only what is missing is asked."""
    from app.cli import running
    from app.cli.starting import wave_of

    with running.changing(run_id, keys=True) as session:
        wave_of(session, run_id, repeats, batteries, subjects, temperatures, max_calls, max_usd, reason)
    running.to_the_end(run_id, as_json=as_json)


@command("status")
def status(
    run_id: Annotated[
        int | None, typer.Argument(metavar="RUN", help="Only this run.", min=1, max=LARGEST)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Print the runs, or one of them, with their draws by state."""
    from app.cli import running

    running.status(run_id, as_json=as_json)
