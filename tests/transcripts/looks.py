"""Looks at a run that never was, for tests of what they are shown as."""

import io
from datetime import UTC, datetime

from app.transcripts.progress import Pace, SubjectProgress
from app.transcripts.queries import Counts, RunStatus
from app.transcripts.watch import Look


def part(name: str, counts: Counts, per_second: float = 0.0, spent_micro: int | None = 0) -> SubjectProgress:
    return SubjectProgress(
        version_id=1, number=1, slug="a", name=name, style="s", slot=1, endpoint_id=1, endpoint="e", concurrency=4,
        tokens_limit=None, counts=counts, pace=Pace(per_second), spent_micro=spent_micro,
        impossible=None, stopped=None,
    )  # fmt: skip


def at(counts: Counts, *subjects: SubjectProgress, left: float | None = None, **values: object) -> Look:
    status = RunStatus(**{
        "id": 7, "study_slug": "s", "study_title": "S", "kind": "asked", "wanted": "go", "state": "running",
        "counts": counts, "calls": 0, "tokens": 0, "spent_micro": 0, "cost_micro": 0, "budget_micro": None,
        "budget_calls": None, "budget_tokens": None, "person_id": 1, "created_at": datetime(2026, 1, 1, tzinfo=UTC),
        **values,
    })  # type: ignore[arg-type]  # fmt: skip
    return Look(status, subjects, sum(one.pace.per_second for one in subjects), left)


class Terminal(io.StringIO):
    """A stream that is a terminal."""

    def isatty(self) -> bool:
        return True
