"""Runs as a table, for `status`. Rich is loaded with it, and only then."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from app.transcripts.queries import RunStatus
from app.transcripts.watch import spent


def show(runs: Sequence[RunStatus]) -> None:
    """Print a table with a line for each run."""
    console = Console(highlight=False, markup=False, emoji=False)
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    names = ("queued", "running", "done", "failed", "cancelled", "impossible", "calls", "spent")
    for name in ("run", "study", "state"):
        table.add_column(name, no_wrap=True)
    for name in names:
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("begun", no_wrap=True)
    for one in runs:
        numbers = [getattr(one.counts, name) for name in names[:6]] + [one.calls]
        table.add_row(
            str(one.id), one.study_slug, one.state, *(f"{number:,}" for number in numbers),
            spent(one.cost_micro, one.spent_micro), f"{one.created_at:%Y-%m-%d %H:%M}Z",
        )  # fmt: skip
    (console if console.is_terminal else Console(highlight=False, markup=False, width=200)).print(table)
