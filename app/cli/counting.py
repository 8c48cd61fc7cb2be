"""A run's counts as they grow: a bar in a terminal, a line now and then elsewhere."""

import time
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from app.transcripts.queries import Counts

EVERY = 10.0  # seconds between lines where the output is no terminal


class Counting:
    """Shows a run's counts while the block runs."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._console = Console()
        self._said = time.monotonic()
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        self._bar = Progress(*columns, TextColumn("{task.fields[words]}"), console=self._console)
        self._task = self._bar.add_task(name, total=None, words="")

    def __enter__(self) -> "Counting":
        if self._console.is_terminal:
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._console.is_terminal:
            self._bar.stop()

    def show(self, counts: Counts) -> None:
        """Show these counts."""
        ended = counts.possible - counts.left
        words = f"{counts.failed} failed, {counts.queued} queued"
        self._bar.update(self._task, total=counts.possible, completed=ended, words=words)
        if not self._console.is_terminal and time.monotonic() - self._said >= EVERY:
            self._said = time.monotonic()
            print(f"{self._name}: {ended} of {counts.possible}, {words}", flush=True)
