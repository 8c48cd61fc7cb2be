"""A run seen from a terminal: the same numbers as on its page, as a table that moves or as plain lines."""

import asyncio
import contextlib
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, TextIO

from rich.console import Console
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from app import db
from app.db import AWAY
from app.runs.mistakes import ascii_controls
from app.settings import Settings
from app.transcripts.progress import SubjectProgress, seconds_left, subjects_of
from app.transcripts.queries import Counts, RunStatus, run_status
from app.transcripts.supervise import collect_all
from app.transcripts.tallies import tallies

EVERY = 0.5  # seconds between two looks


@dataclass(frozen=True, slots=True)
class Look:
    """A run at one moment. `seconds_left` None = not to be said yet."""

    status: RunStatus
    subjects: tuple[SubjectProgress, ...]
    per_second: float
    seconds_left: float | None


class Screen(Protocol):
    """Where progress is shown."""

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
        while not collecting.done():
            with contextlib.suppress(*AWAY):  # the collector tells when it stays away
                screen.show(await asyncio.to_thread(look, run_id))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(asyncio.shield(collecting), EVERY)
        await collecting
    finally:
        last = await asyncio.to_thread(look, run_id)
        screen.show(last)
        screen.close()
    return last


def screen_for(stream: TextIO, *, silent: bool = False) -> Screen:
    """Return a moving table on a terminal, plain lines elsewhere, nothing where silence is asked for."""
    if silent and not stream.isatty():
        return Silence()
    return MovingTable(stream) if stream.isatty() else PlainLines(stream)


class Silence:
    """Shows nothing."""

    def show(self, look: Look) -> None:
        """Say nothing."""

    def say(self, line: str) -> None:
        """Say nothing."""

    def close(self) -> None:
        """Leave nothing."""


class PlainLines:
    """Writes a line when something has changed, at most one a second."""

    SECONDS = 1.0

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


class MovingTable:
    """A table of subjects that is drawn anew in place."""

    def __init__(self, stream: TextIO) -> None:
        self._console = Console(file=stream, highlight=False, markup=False, emoji=False)
        self._live = Live(console=self._console, auto_refresh=False, transient=False)
        self._live.start()

    def show(self, look: Look) -> None:
        """Draw the table."""
        self._live.update(table_of(look), refresh=True)

    def say(self, line: str) -> None:
        """Write a line above the table."""
        self._console.print(ascii_controls(line), soft_wrap=True)

    def close(self) -> None:
        """Leave the last table standing."""
        self._live.stop()


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


def table_of(look: Look) -> Table:
    """Return the run as a table: a line for each subject and one for all."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_edge=False)
    table.add_column("subject", overflow="ellipsis", max_width=36, no_wrap=True)
    table.add_column("", width=24)
    for name in ("done", "failed", "left", "pace", "to go", "spent"):
        table.add_column(name, justify="right", no_wrap=True)
    for one in look.subjects:
        money = spent(one.spent_micro, 0)
        table.add_row(
            Text(ascii_controls(one.name)), *_cells(one.counts, one.pace.per_second, _alone(one), money)
        )
    status = look.status
    money = spent(status.cost_micro, status.spent_micro)
    if status.budget_micro is not None:
        money += f" of $ {status.budget_micro / 1_000_000:,.2f}"
    table.add_row(
        Text(f"run {status.id}", "bold"), *_cells(status.counts, look.per_second, look.seconds_left, money)
    )
    return table


def _cells(
    counts: Counts, per_second: float, left: float | None, money: str
) -> tuple[ProgressBar | Text, str, Text, str, str, str, str]:
    bar: ProgressBar | Text = Text(f"{counts.impossible:,} not possible here", "dim", overflow="ellipsis")
    if counts.possible:
        bar = ProgressBar(total=counts.possible, completed=counts.done + counts.failed, width=24)
    moving = bool(counts.left)
    return (
        bar,
        f"{counts.done:,}",
        Text(f"{counts.failed:,}", "red" if counts.failed else ""),
        f"{counts.left:,}",
        pace(per_second) if moving else "",
        clock(left) if moving else "",
        money,
    )


def _alone(one: SubjectProgress) -> float | None:
    return one.counts.left / one.pace.per_second if one.pace.per_second else None


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
