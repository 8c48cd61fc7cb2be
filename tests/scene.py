"""A small study ready to be asked: endpoints at a fault box, subjects, prompts, and a planned run."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import func, select

from app import db
from app.batteries.commands import put_battery
from app.batteries.shape import BatteryHead, BatteryShape, PromptShape, Turn
from app.runs.commands import Budget, make_run
from app.runs.models import Wave
from app.settings import Settings
from app.studies.commands import put_study
from app.studies.shape import StudyHead, Wanted
from app.subjects.commands import put_endpoint, put_style, put_subject
from app.subjects.shape import EndpointShape, StyleShape, SubjectShape, snapshot_of
from app.transcripts import supervise
from app.transcripts.models import Exchange, Transcript
from app.transcripts.plan import plan

STYLE = StyleShape(slug="plain", name="Plain")


def never(_version_id: int) -> bool:
    return False


def endpoint(url: str, slug: str = "box", **values: Any) -> EndpointShape:
    """An OpenAI chat endpoint at this base URL."""
    return EndpointShape.model_validate(
        {"slug": slug, "wire": "openai-chat", "base_url": url, "model": "m", "style": "plain"} | values
    )


def subject(slug: str = "default", endpoint: str = "box", **values: Any) -> SubjectShape:
    """A chat subject at temperature 1."""
    sampling = {"temperature": 1, "max_tokens": 50} | values.pop("sampling", {})
    return SubjectShape.model_validate(
        {"slug": slug, "endpoint": endpoint, "mode": "chat", "sampling": sampling} | values
    )


def chat(key: str, text: str = "", **values: Any) -> PromptShape:
    """A prompt of one user turn."""
    return PromptShape(key=key, family=key, turns=(Turn(user=text or f"say {key}"),), **values)


def ladder(key: str, *texts: str, **values: Any) -> PromptShape:
    """A prompt of user turns asked one after another."""
    return PromptShape(
        key=key, family=key, mode="ladder", turns=tuple(Turn(user=text) for text in texts), **values
    )


def planned(
    endpoints: Sequence[EndpointShape] | EndpointShape,
    subjects: Sequence[SubjectShape] | None = None,
    prompts: Sequence[PromptShape] | None = None,
    *,
    repeats: int = 1,
    temperatures: Sequence[float] | None = None,
    budget: Budget | None = None,
    same_seeds: int | None = None,
    battery: str = "b",
) -> int:
    """Register it all, make a run and plan it; return the run's id."""
    endpoints = [endpoints] if isinstance(endpoints, EndpointShape) else endpoints
    subjects = [subject(endpoint=endpoints[0].slug)] if subjects is None else subjects
    shape = BatteryShape(
        styloscope=1, battery=BatteryHead(slug=battery, title="B"), prompts=tuple(prompts or [chat("one")])
    )
    with db.writing() as session:
        style, _ = put_style(session, STYLE)
        rows = {one.slug: put_endpoint(session, one, style)[0] for one in endpoints}
        shapes = {one.slug: one for one in endpoints}
        versions = [
            put_subject(session, one, rows[one.endpoint], snapshot_of(shapes[one.endpoint], one), never)[0].id
            for one in subjects
        ]
        asked, _ = put_battery(session, shape, never)
        wanted = Wanted(subjects=tuple(one.slug for one in subjects), batteries=(battery,))
        study, _ = put_study(session, StudyHead(slug="s", title="S"), wanted)
        run = make_run(
            session, study_id=study.id, battery_version_ids=[asked.id], subject_version_ids=versions,
            repeats=repeats, temperatures=temperatures, budget=budget, same_seeds=same_seeds,
        )  # fmt: skip
        plan(session, session.scalars(select(Wave.id).where(Wave.run_id == run.id)).one())
        return run.id


async def collecting(*runs: int, keys: Mapping[str, str] = {}, seconds: float = 30, grace: float = 5) -> None:
    """Collect until these runs have ended; fail after so many seconds."""
    await asyncio.wait_for(
        supervise.collect_all(Settings(), keys=keys, stop=asyncio.Event(), runs=set(runs), grace=grace),
        seconds,
    )


def collect_runs(*runs: int, keys: Mapping[str, str] = {}, seconds: float = 30) -> None:
    """Collect until these runs have ended."""
    asyncio.run(collecting(*runs, keys=keys, seconds=seconds))


def states(run: int) -> dict[str, int]:
    """Count a run's draws by state."""
    with db.reading() as session:
        rows = session.execute(
            select(Transcript.state, func.count()).where(Transcript.run_id == run).group_by(Transcript.state)
        )
        return dict(rows.all())


def transcripts(run: int) -> list[Transcript]:
    """Return a run's transcripts in the order in which they are asked."""
    with db.reading() as session:
        return list(
            session.scalars(select(Transcript).where(Transcript.run_id == run).order_by(Transcript.id))
        )


def exchanges(run: int) -> list[Exchange]:
    """Return a run's exchanges in the order in which they were made."""
    with db.reading() as session:
        query = (
            select(Exchange)
            .join(Transcript, Transcript.id == Exchange.transcript_id)
            .where(Transcript.run_id == run)
            .order_by(Exchange.id)
        )
        return list(session.scalars(query))
