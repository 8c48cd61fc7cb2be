"""A run seen from a terminal: the same numbers as on its page, and how often they are read for it."""

import asyncio
import contextlib
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, TextIO

from app import db
from app.db import AWAY
from app.runs.mistakes import ascii_controls
from app.settings import Settings
from app.transcripts.progress import SubjectProgress, seconds_left, subjects_of
from app.transcripts.queries import Counts, RunStatus, run_status
from app.transcripts.supervise import collect_all
from app.transcripts.tallies import tallies

REST = 20  # looking takes no more than one part in so many of the time, or it would slow what it looks at


@dataclass(frozen=True, slots=True)
class Look:
    """A run at one moment. `seconds_left` None = not to be said yet; no subjects where nobody watches."""

    status: RunStatus
    subjects: tuple[SubjectProgress, ...]
    per_second: float
    seconds_left: float | None


class Screen(Protocol):
    """Where progress is shown: every so many seconds, None = only at the end."""

    @property
    def every(self) -> float | None: ...

    def show(self, look: Look) -> None: ...

    def say(self, line: str) -> None: ...

    def close(self) -> None: ...


def look(run_id: int) -> Look:
    """Read how far a run is; raise LookupError when there is no such run."""
    with db.reading() as session:
        status = run_status(session, run_id)
        if status is None:
            raise LookupError(f"there is no run {run_id}")
        counted = tallies(session, run_id, status.counts)
        subjects = tuple(subjects_of(session, status, counted, db.now()))
    pace = sum(one.pace.per_second for one in subjects)
    return Look(status, subjects, pace, seconds_left(subjects))


def _glance(run_id: int) -> Look:
    """Read a run's counts and sums alone: its parts take a walk through all its draws."""
    with db.reading() as session:
        status = run_status(session, run_id)
    if status is None:
        raise LookupError(f"there is no run {run_id}")
    return Look(status, (), 0.0, None)


async def collect_and_show(
    settings: Settings, run_id: int, *, keys: Mapping[str, str], screen: Screen, stop: asyncio.Event
) -> Look:
    """Ask a run's draws to the end, or until `stop` is set, showing how far it is; return how it ended.

    Where another process speaks to an endpoint, it asks that endpoint's draws, and this only shows them.
    """
    collecting = asyncio.create_task(
        collect_all(settings, keys=keys, stop=stop, runs={run_id}, say=screen.say)
    )
    try:
        while screen.every is not None and not collecting.done():
            began = time.monotonic()
            with contextlib.suppress(*AWAY):  # the collector tells when it stays away
                screen.show(await asyncio.to_thread(look, run_id))
            rest = REST * (time.monotonic() - began)
            await asyncio.wait([collecting], timeout=max(screen.every, rest))
        await collecting
    finally:
        last = await asyncio.to_thread(_glance if screen.every is None else look, run_id)
        screen.show(last)
        screen.close()
    return last


class Silence:
    """Shows nothing."""

    every: float | None = None

    def show(self, look: Look) -> None:
        """Say nothing."""

    def say(self, line: str) -> None:
        """Say nothing."""

    def close(self) -> None:
        """Leave nothing."""


class PlainLines:
    """Writes a line when something has changed, at most one a second."""

    SECONDS = 1.0
    every: float | None = 0.5

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._at = float("-inf")
        self._said = Counts()
        self._last: Look | None = None

    def show(self, look: Look) -> None:
        """Write how far the run is, unless that was just said."""
        self._last = look
        moment = time.monotonic()
        if look.status.counts != self._said and moment - self._at >= self.SECONDS:
            self._at = moment
            self._write(look)

    def say(self, line: str) -> None:
        """Write a line of its own."""
        print(ascii_controls(line), file=self._stream, flush=True)

    def close(self) -> None:
        """Write how it ended, where that was not said."""
        if self._last is not None and self._last.status.counts != self._said:
            self._write(self._last)

    def _write(self, look: Look) -> None:
        self._said = look.status.counts
        self.say(line_of(look))


def line_of(look: Look) -> str:
    """Return how far a run is in one line."""
    counts = look.status.counts
    parts = [
        f"{counts.done:,} of {counts.possible:,} done",
        f"{counts.failed:,} failed",
        f"{counts.left:,} left",
    ]
    if counts.left:
        parts += [pace(look.per_second), f"{clock(look.seconds_left)} to go"]
    return " · ".join([*parts, spent(look.status.cost_micro, look.status.spent_micro)])


def pace(per_second: float) -> str:
    """Return answers a second, or a minute where they are slow."""
    if per_second >= 1:
        return f"{per_second:,.0f}/s" if per_second >= 10 else f"{per_second:.1f}/s"
    return f"{per_second * 60:.0f}/min" if per_second else "–"


def clock(seconds: float | None) -> str:
    """Return minutes and seconds, with hours from one on."""
    if seconds is None:
        return "–"
    whole = int(-(-seconds // 1))
    if whole >= 3600:
        return f"{whole // 3600}:{whole % 3600 // 60:02d}:{whole % 60:02d}"
    return f"{whole // 60}:{whole % 60:02d}"


def spent(cost_micro: int | None, known_micro: int) -> str:
    """Return dollars; at least so many where a price is unknown."""
    micro = known_micro if cost_micro is None else cost_micro
    if not micro:
        return "price unknown" if cost_micro is None else "$ 0"
    dollars = f"$ {micro / 1_000_000:,.4f}" if micro < 10_000 else f"$ {micro / 1_000_000:,.2f}"
    return dollars if cost_micro is not None else f"≥ {dollars}"
