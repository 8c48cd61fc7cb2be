"""How far runs are: states, counts and sums, read from their transcripts each time and stored nowhere."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, literal_column, select
from sqlalchemy.orm import Session

from app.runs.models import SCRATCH, Run
from app.runs.queries import COUNTED
from app.studies.models import Study
from app.transcripts.models import RunBudget, Transcript

PAGE = 25
# Written out: SQLite takes a partial index only where the query says what the index says, not through a parameter.
DONE = Transcript.state == literal_column("'done'")


@dataclass(frozen=True, slots=True)
class Counts:
    """Draws by state."""

    queued: int = 0
    running: int = 0
    done: int = 0
    failed: int = 0
    cancelled: int = 0
    impossible: int = 0

    @property
    def total(self) -> int:
        """All draws that were planned."""
        return self.possible + self.impossible

    @property
    def possible(self) -> int:
        """All draws that can be asked: what a share is taken of."""
        return self.queued + self.running + self.done + self.failed + self.cancelled

    @property
    def left(self) -> int:
        """Draws still to be answered."""
        return self.queued + self.running

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(*(getattr(self, name) + getattr(other, name) for name in self.__slots__))


@dataclass(frozen=True, slots=True)
class RunStatus:
    """A run as `status` and the pages tell it. Money is whole micro-dollars.

    `spent_micro` is what is known to be spent; `cost_micro` is the same, or None where some answer came at an
    unknown price.
    """

    id: int
    study_slug: str
    study_title: str
    kind: str
    wanted: str
    state: str
    counts: Counts
    calls: int
    tokens: int
    spent_micro: int
    cost_micro: int | None
    budget_micro: int | None
    budget_calls: int | None
    budget_tokens: int | None
    person_id: int
    created_at: datetime


def derived_state(counts: Counts, *, wanted: str, capped: bool) -> str:
    """Return a run's state: running, cancelled, budget, paused, queued, failed or done, the first that holds."""
    if counts.running:
        return "running"
    if wanted == "cancel":
        return "cancelled"
    if counts.queued and capped:
        return "budget"
    if counts.queued and wanted == "pause":
        return "paused"
    if counts.queued:
        return "queued"
    return "failed" if counts.failed else "done"


def run_status(session: Session, run_id: int) -> RunStatus | None:
    """Return how far a run is, or None when there is no such run."""
    return next(iter(_statuses(session, Run.id == run_id, 1)), None)


def runs_status(
    session: Session, *, before: int | None = None, study_id: int | None = None, limit: int = PAGE
) -> Sequence[RunStatus]:
    """Return how far at most `limit` runs are, newest first; `before` is the id of the last one already seen.

    Runs that only try a text are left out.
    """
    wanted = COUNTED if before is None else COUNTED & (Run.id < before)
    if study_id is not None:
        wanted = wanted & (Run.study_id == study_id)
    return _statuses(session, wanted, limit)


def address_of(session: Session, run_id: int) -> str:
    """Return where a run is read: its own page, or the page of the text that it only tries."""
    row = session.execute(
        select(Study.slug, Run.kind).join(Study, Study.id == Run.study_id).where(Run.id == run_id)
    ).one()
    return f"/studies/{row.slug}/try/{run_id}" if row.kind == SCRATCH else f"/runs/{run_id}"


def status_json(status: RunStatus) -> dict[str, Any]:
    """Return what `status --json` prints of one run; `cost_usd` is null where a price is unknown."""
    counts = status.counts
    return {
        "id": status.id,
        "study": status.study_slug,
        "state": status.state,
        "queued": counts.queued,
        "running": counts.running,
        "done": counts.done,
        "failed": counts.failed,
        "cancelled": counts.cancelled,
        "impossible": counts.impossible,
        "calls": status.calls,
        "cost_usd": None if status.cost_micro is None else status.cost_micro / 1_000_000,
        "created_at": status.created_at.strftime("%Y-%m-%dT%H:%M:%S.")
        + f"{status.created_at.microsecond // 1000:03d}Z",
    }


def counts_of(session: Session, run_ids: Iterable[int]) -> Mapping[int, Counts]:
    """Return the draws by state of each of these runs."""
    found: dict[int, dict[str, int]] = {run_id: {} for run_id in run_ids}
    rows = session.execute(
        select(Transcript.run_id, Transcript.state, func.count())
        .where(Transcript.run_id.in_(found))
        .group_by(Transcript.run_id, Transcript.state)
    )
    for run_id, state, number in rows:
        found[run_id][state] = number
    return {run_id: Counts(**counts) for run_id, counts in found.items()}


def _statuses(session: Session, wanted: Any, limit: int) -> Sequence[RunStatus]:
    rows = session.execute(
        select(Run, Study.slug, Study.title, RunBudget)
        .join(Study, Study.id == Run.study_id)
        .outerjoin(RunBudget, RunBudget.run_id == Run.id)
        .where(wanted)
        .order_by(Run.id.desc())
        .limit(limit)
    ).all()  # fmt: skip
    ids = [row[0].id for row in rows]
    counts, unpriced = counts_of(session, ids), _unpriced(session, ids)
    return [
        _status(run, slug, title, counts[run.id], budget or RunBudget(run_id=run.id), run.id in unpriced)
        for run, slug, title, budget in rows
    ]


def _unpriced(session: Session, run_ids: Sequence[int]) -> set[int]:
    """Return the runs of which some answer came at an unknown price (a partial index holds exactly those)."""
    return {
        run_id
        for run_id in run_ids
        if session.scalar(
            select(Transcript.id)
            .where(Transcript.run_id == run_id, DONE, Transcript.cost_micro.is_(None))
            .limit(1)
        )
    }


def _status(run: Run, slug: str, title: str, counts: Counts, budget: RunBudget, unpriced: bool) -> RunStatus:
    spent = budget.spent_micro or 0  # a run whose first call was never made has no row, so no sums
    return RunStatus(
        id=run.id,
        study_slug=slug,
        study_title=title,
        kind=run.kind,
        wanted=run.wanted,
        state=derived_state(counts, wanted=run.wanted, capped=bool(budget.capped)),
        counts=counts,
        calls=budget.calls or 0,
        tokens=budget.tokens or 0,
        spent_micro=spent,
        cost_micro=None if unpriced else spent,
        budget_micro=run.budget_micro,
        budget_calls=run.budget_calls,
        budget_tokens=run.budget_tokens,
        person_id=run.person_id,
        created_at=run.created_at,
    )
