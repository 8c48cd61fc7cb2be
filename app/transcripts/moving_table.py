"""A run as a table that moves: a line for each subject, for a terminal. Rich is loaded with it, and only then."""

from typing import TextIO

from rich.console import Console
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from app.runs.mistakes import ascii_controls
from app.transcripts.progress import SubjectProgress
from app.transcripts.queries import Counts
from app.transcripts.watch import Look, clock, pace, spent


class MovingTable:
    """A table of subjects that is drawn anew in place."""

    every: float | None = 0.5

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
