"""What there is to ask: endpoints with queued draws, runs that have ended, what the last minute used."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, exists, literal_column, select
from sqlalchemy.orm import Session

from app.db import now
from app.runs.models import Run
from app.subjects.models import Endpoint as EndpointRow
from app.subjects.models import Probe
from app.subjects.queries import probes
from app.subjects.shape import Limits
from app.transcripts.calls import EXCHANGES
from app.transcripts.claim import TRANSCRIPTS, runs_waiting
from app.transcripts.desk import Endpoint
from app.transcripts.models import EndpointStop, RunBudget

RUNNING = TRANSCRIPTS.c.state == literal_column("'running'")
PAGE = 500


@dataclass(frozen=True, slots=True)
class Work:
    """An endpoint and the runs that have draws to ask of it."""

    endpoint: Endpoint
    runs: frozenset[int]


def work(session: Session) -> list[Work]:
    """Return the endpoints that some run wants to ask now, or that a process left while asking, with those runs."""
    found = []
    capped = set(session.scalars(select(RunBudget.run_id).where(RunBudget.capped)))
    for row in session.scalars(select(EndpointRow).order_by(EndpointRow.id)):
        under_way = session.scalars(_running_at(row.id))
        runs = frozenset(runs_waiting(session, row.id)) - capped | frozenset(under_way)
        if runs:
            found.append(Work(endpoint_of(row, probes(session, row.id, state="done", limit=1)), runs))
    return found


def _running_at(endpoint_id: int) -> Select[int]:
    return select(TRANSCRIPTS.c.run_id).where(TRANSCRIPTS.c.endpoint_id == endpoint_id, RUNNING).distinct()


def endpoint_of(row: EndpointRow, probed: Sequence[Probe] = ()) -> Endpoint:
    """Return what of an endpoint is live; `probed` are its probes, newest first."""
    limits = Limits.model_validate(row.limits)
    return Endpoint(
        row.id, row.slug, limits.concurrency, limits.requests_per_minute, limits.tokens_per_minute, dict(row.price),
        row.key_env, row.key_origin, next(iter(probed), None),
    )  # fmt: skip


def halted(session: Session, endpoint_id: int) -> set[int]:
    """Return the runs with running draws at an endpoint that are paused, cancelled or stopped there."""
    running = _running_at(endpoint_id)
    unwanted = select(Run.id).where(Run.wanted != "go", Run.id.in_(running))
    stopped = select(EndpointStop.run_id).where(
        EndpointStop.endpoint_id == endpoint_id, EndpointStop.run_id.in_(running)
    )
    return set(session.scalars(unwanted)) | set(session.scalars(stopped))


def all_ended(
    session: Session, runs: Collection[int], waiting: Sequence[Work], out_of_reach: Collection[int]
) -> bool:
    """Tell whether these runs have ended for this process: nothing runs, and nothing is left that it may ask.

    `waiting` is the work there is; endpoints `out_of_reach` (no key here) do not keep a run going.
    """
    reachable = {run for one in waiting if one.endpoint.id not in out_of_reach for run in one.runs}
    if reachable & set(runs):
        return False
    return not any(
        session.scalar(select(exists().where(TRANSCRIPTS.c.run_id == run, RUNNING))) for run in runs
    )


def last_minute(session: Session, endpoint_id: int) -> list[tuple[float, int]]:
    """Return the calls of the last minute, oldest first, each as (seconds ago, tokens)."""
    moment = now()
    calls = _probed(session, endpoint_id, moment)
    before = None
    while True:
        query = (
            select(EXCHANGES.c.id, EXCHANGES.c.started_at, EXCHANGES.c.tokens, TRANSCRIPTS.c.endpoint_id)
            .join(TRANSCRIPTS, TRANSCRIPTS.c.id == EXCHANGES.c.transcript_id)
            .order_by(EXCHANGES.c.id.desc())
            .limit(PAGE)
        )
        rows = session.execute(query if before is None else query.where(EXCHANGES.c.id < before)).all()
        recent = [row for row in rows if moment - row.started_at < timedelta(minutes=1)]
        calls += [
            ((moment - row.started_at).total_seconds(), row.tokens or 0)
            for row in recent
            if row.endpoint_id == endpoint_id
        ]
        if len(recent) < PAGE:
            return sorted(calls, reverse=True)
        before = rows[-1].id


def _probed(session: Session, endpoint_id: int, moment: datetime) -> list[tuple[float, int]]:
    """Return the calls of probes that were at work in the last minute, each as if it were the probe's last one."""
    calls = []
    for probe in probes(session, endpoint_id, since=moment - timedelta(minutes=1)):
        each = ((probe.input_tokens or 0) + (probe.output_tokens or 0)) // max(probe.calls, 1)
        calls += [((moment - probe.heard_at).total_seconds(), each)] * probe.calls
    return calls
