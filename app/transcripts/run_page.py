"""What the page of a run shows: made afresh for the whole page and for each live update of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import Person
from app.db import now
from app.transcripts.added import WaveLine, once, prompts_by_wave, waves_of
from app.transcripts.failures import Cause, causes_of
from app.transcripts.matrix import AskedPrompt, Matrix, matrix
from app.transcripts.progress import SubjectProgress, last_finished, seconds_left, subjects_of
from app.transcripts.queries import RunStatus, run_status
from app.transcripts.tallies import Tallies, tallies

ACTIVE = {"running", "queued"}


@dataclass(frozen=True, slots=True)
class Limit:
    """What an endpoint takes at this moment: calls at once; a word on why it is less than asked for, if it is."""

    allowed: int
    note: str = ""
    detail: str = ""


class Standing(Protocol):
    """How an endpoint stands in the process that asks it (`desk.Live`)."""

    @property
    def allowed(self) -> int: ...
    @property
    def concurrency(self) -> int: ...
    @property
    def breaker(self) -> str: ...
    @property
    def again_in(self) -> float | None: ...


@dataclass(frozen=True, slots=True)
class Collecting:
    """What this process knows of the endpoints: how those stand that it asks, and why it does not ask others."""

    limits: Mapping[int, Limit] = field(default_factory=dict)
    withheld: Mapping[int, str] = field(default_factory=dict)


def collecting(live: Mapping[int, Standing], withheld: Mapping[int, str]) -> Collecting:
    """Return what a page shows of this process's collectors."""
    return Collecting({number: _limit(one) for number, one in live.items()}, dict(withheld))


def _limit(one: Standing) -> Limit:
    again = "" if one.again_in is None else f"tries again in {max(one.again_in, 1):.0f} s"
    if one.breaker != "closed":
        return Limit(one.allowed, "breaker open", again or "one call is on trial")
    if again:
        return Limit(one.allowed, "waits", again)
    if one.allowed < one.concurrency:
        return Limit(one.allowed, "↓ after 429", f"asked for {one.concurrency} calls at once")
    return Limit(one.allowed)


@dataclass(frozen=True, slots=True)
class RunPage:
    """Everything on the page. `seconds_left` None = not to be said yet; `per_second` counts draws that ended."""

    status: RunStatus
    started_by: str
    subjects: tuple[SubjectProgress, ...]
    tallies: Tallies
    causes: tuple[Cause, ...]
    waves: tuple[WaveLine, ...]
    prompts: tuple[AskedPrompt, ...]
    matrix: Matrix
    per_second: float
    seconds_left: float | None
    took: float | None
    again_micro: int | None
    collecting: Collecting

    @property
    def active(self) -> bool:
        """Whether draws are being asked, or would be if somebody collected them."""
        return self.status.state in ACTIVE

    @property
    def repeats(self) -> tuple[int, int]:
        """The fewest and the most draws of a cell: a prompt's own number stands in place of the run's."""
        found = {counts.total for column in self.tallies.cells.values() for counts in column.values()}
        return min(found, default=0), max(found, default=0)

    @property
    def stops(self) -> list[tuple[str, str]]:
        """The endpoints that were stopped for this run while draws are queued for them, and why."""
        left = {one.endpoint: one.stopped for one in self.subjects if one.stopped and one.counts.left}
        return list(left.items())

    @property
    def limits(self) -> Mapping[int, Limit]:
        """What endpoints take now, by id, of those that this process asks."""
        return self.collecting.limits

    @property
    def limits_note(self) -> str:
        """Where the numbers of calls at once come from."""
        mine = {one.endpoint_id for one in self.subjects if one.counts.left}
        if not self.active or not mine:
            return ""
        if mine & set(self.limits):
            return "limits as the endpoint allows them now"
        elsewhere = any("another process" in self.collecting.withheld.get(one, "") for one in mine)
        return "collected by another process; limits as configured" if elsewhere else "limits as configured"

    @property
    def withheld(self) -> list[tuple[str, str]]:
        """The endpoints that nobody asks for want of a key while draws are queued for them, and why."""
        why = {one.endpoint: self.collecting.withheld.get(one.endpoint_id, "")
               for one in self.subjects if one.counts.left}  # fmt: skip
        return [(endpoint, reason) for endpoint, reason in why.items() if reason.startswith("no key")]


def run_page(
    session: Session, run_id: int, moment: datetime, collecting: Collecting | None = None
) -> RunPage | None:
    """Return what the page of a run shows at this moment, or None when there is no such run."""
    status = run_status(session, run_id)
    if status is None:
        return None
    counted = tallies(session, run_id, status.counts)
    subjects = subjects_of(session, status, counted, moment)
    by_wave = prompts_by_wave(session, run_id)
    prompts = once(by_wave)
    newest = last_finished(session, run_id)
    return RunPage(
        status=status,
        started_by=session.scalar(select(Person.name).where(Person.id == status.person_id)) or "",
        subjects=tuple(subjects),
        tallies=counted,
        causes=tuple(causes_of(session, run_id)) if status.counts.failed else (),
        waves=tuple(waves_of(session, run_id, by_wave, counted.waves)),
        prompts=tuple(prompts),
        matrix=matrix(status, subjects, prompts, counted.cells),
        per_second=sum(one.pace.per_second for one in subjects),
        seconds_left=seconds_left(subjects),
        took=(newest - status.created_at).total_seconds() if newest else None,
        again_micro=_again(subjects),
        collecting=collecting or Collecting(),
    )


def run_page_now(session: Session, run_id: int, supervise: Any) -> RunPage | None:
    """Return the page of a run as this process sees it: by its module `supervise`, None until it collects."""
    known = collecting(supervise.live(), supervise.withheld()) if supervise else None
    return run_page(session, run_id, now(), known)


def _again(subjects: Sequence[SubjectProgress]) -> int | None:
    """Return what asking the failed draws again may cost: each at its subject's mean so far; None = unknown."""
    total = 0
    for one in subjects:
        if one.counts.failed:
            if one.spent_micro is None or not one.counts.done:
                return None
            total += round(one.spent_micro / one.counts.done * one.counts.failed)
    return total
