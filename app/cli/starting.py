"""What a run is made of: a study file, or a run that is there, with what the command line narrows and caps."""

import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from sqlalchemy.orm import Session

from app import db
from app.batteries import queries as batteries
from app.cli.local import local_settings
from app.cli.main import fail
from app.runs.commands import Budget
from app.runs.mistakes import ascii_controls, one_of, shown
from app.runs.models import Run
from app.runs.queries import endpoints_of
from app.runs.study_file import StudyFile, apply, load
from app.schema import open_ready
from app.studies.shape import MICRO
from app.subjects import queries as subjects
from app.transcripts import commands
from app.transcripts.wish import temperatures_of

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Caps:
    """The caps that the command line gives; None = not given."""

    calls: int | None
    usd: float | None

    def over(self, budget: Budget) -> Budget:
        """Return a budget with the caps given in place of its own."""
        if self.calls is not None:
            budget = replace(budget, calls=self.calls)
        if self.usd is not None:
            budget = replace(budget, micro=round(self.usd * MICRO))
        return budget


def start_from(
    path: Path,
    only_batteries: str,
    only_subjects: str,
    repeats: int | None,
    max_calls: int | None,
    max_usd: float | None,
) -> int:
    """Apply a study file and start a run of it; return its id. Nothing is written where something is wrong."""
    file = load(path)
    names = [battery.battery.slug for battery in file.batteries]
    wanted_batteries = _chosen("--batteries", only_batteries, names)
    wanted_subjects = _chosen("--subjects", only_subjects, [one.slug for one in file.shape.subjects])
    block = file.shape.run
    asked = block.budget
    budget = Caps(max_calls, max_usd).over(Budget(asked.micro, asked.calls, asked.tokens))
    _check(file, wanted_subjects, budget)
    open_ready(local_settings())
    with db.writing() as session:
        if block.same_seeds is not None and session.get(Run, block.same_seeds) is None:
            told = f"found {block.same_seeds}, and there is no such run; `styloscope status` lists them"
            fail(f"{path}: run.same_seeds: {told}")
        applied = apply(session, file)
        run_id, _ = commands.start(
            session,
            study_id=applied.study_id,
            battery_version_ids=_of(wanted_batteries, names, applied.battery_version_ids),
            subject_version_ids=_of(
                wanted_subjects, [one.slug for one in file.shape.subjects], applied.subject_version_ids
            ),
            repeats=repeats or block.repeats,
            temperatures=block.temperatures,
            budget=budget,
            same_seeds=block.same_seeds,
        )
    for line in applied.corrections:  # a file may have moved an endpoint, and its key with it
        print(ascii_controls(line), file=sys.stderr)
    return run_id


def wave_of(
    session: Session,
    run_id: int,
    repeats: int | None,
    only_batteries: str,
    only_subjects: str,
    temperatures: str,
    max_calls: int | None,
    max_usd: float | None,
    reason: str,
) -> None:
    """Add a wave to a run; batteries and subjects are named by slug and taken in their newest version."""
    if not any((repeats, only_batteries, only_subjects, temperatures)):
        fail("extend: found nothing to add, expected --repeats, --batteries, --subjects or --temperatures")
    run = session.get_one(Run, run_id)
    budget = Caps(max_calls, max_usd).over(Budget(run.budget_micro, run.budget_calls, run.budget_tokens))
    newest_batteries, newest_subjects = batteries.newest_versions(session), subjects.newest_versions(session)
    known_batteries = {row.slug: newest_batteries[row.id].id for row in batteries.batteries(session)}
    known_subjects = {row.slug: newest_subjects[row.id].id for row in subjects.subjects(session)}
    commands.extend(
        session,
        run_id,
        battery_version_ids=_ids("--batteries", only_batteries, known_batteries),
        subject_version_ids=_ids("--subjects", only_subjects, known_subjects),
        repeats=repeats,
        temperatures=temperatures_of(temperatures),
        budget=budget,
        reason=reason,
    )


def missing_keys(session: Session, run_id: int, environ: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return the names of keys that a run's endpoints need and the environment lacks, with the endpoints."""
    named = {
        (subjects.key_name(endpoint, snapshot["base_url"]), endpoint.slug)
        for endpoint, snapshot in endpoints_of(session, run_id)
    }
    return sorted((name, slug) for name, slug in named if name and not environ.get(name))


def _check(file: StudyFile, wanted: Sequence[str], budget: Budget) -> None:
    """Fail where a key is missing, or where a dollar cap alone stands over an unknown price."""
    used = {one.endpoint for one in file.shape.subjects if one.slug in wanted}
    endpoints = [one for one in file.shape.endpoints if one.slug in used]
    missing = [
        f"{one.key_env}: not set, expected the key of endpoint {one.slug}"
        for one in endpoints
        if one.key_env and not os.environ.get(one.key_env)
    ]
    if missing:
        fail("\n".join(missing))
    unpriced = [
        one.slug for one in endpoints if None in (one.price.input_per_mtok, one.price.output_per_mtok)
    ]
    if budget.micro is not None and budget.calls is None and unpriced:
        fail(
            f"--max-usd: the price of {', '.join(unpriced)} is unknown, so dollars cannot be capped; "
            "expected --max-calls beside it"
        )


def _chosen(option: str, given: str, known: Sequence[str]) -> list[str]:
    """Return the slugs that an option names, all where it is not given; fail on one that is not known."""
    if not given:
        return list(known)
    names = [name.strip() for name in given.split(",")]
    for name in names:
        if name not in known:
            fail(f"{option}: found {shown(name)}, expected {one_of(name, known, 'some of')}")
    return names


def _ids(option: str, given: str, known: Mapping[str, int]) -> list[int] | None:
    return [known[name] for name in _chosen(option, given, list(known))] if given else None


def _of(wanted: Iterable[str], names: Sequence[str], ids: Sequence[T]) -> list[T]:
    place = dict(zip(names, ids, strict=True))
    return [place[name] for name in wanted]
