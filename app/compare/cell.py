"""A cell as a distribution: which draws count, what they said, how they ended, and what is missing."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from app.batteries.shape import Answer
from app.compare.columns import Column
from app.compare.distribution import READ_AS_VALUES, agree
from app.compare.draw import Draw
from app.compare.same import Stack, key_of, stack
from app.elicitation.inserted import Inserted
from app.transcripts.shares import Share, wilson
from app.transcripts.told import CONTEXTS


@dataclass(slots=True)
class Cell:
    """The draws of one column. `draws` count; `apart` are done but served by another model, so left out."""

    column: Column
    rows: list[Any] = field(default_factory=list)  # every transcript of the cell, whatever its state
    draws: list[Draw] = field(default_factory=list)
    apart: list[Draw] = field(default_factory=list)
    stacks: list[Stack] = field(default_factory=list)
    values: Counter[str] = field(default_factory=Counter)
    served: str | None = None
    states: Counter[str] = field(default_factory=Counter)
    endings: Counter[str] = field(default_factory=Counter)
    waves: frozenset[tuple[int, int]] = frozenset()  # run and wave of each draw
    inserted: Inserted | None = None  # what a server's chat template put in that nobody sent
    unequal: int = 0  # draws whose prompt has another effective max_tokens, left out of a pool

    @property
    def n(self) -> int:
        return len(self.draws)

    @property
    def wanted(self) -> int:
        return len(self.rows) - self.states["impossible"]

    @property
    def contexts(self) -> str:
        """How far the context of the answers is known, in words; several where draws are not alike."""
        known = {row.context for row in self.rows if row.context}
        return ", ".join(word for context, word in CONTEXTS.items() if context in known)

    @property
    def replicates(self) -> bool:
        """At temperature 0 repeats are no draws of a distribution."""
        return self.column.temperature_milli == 0

    def said(self) -> list[int]:
        """Return the size of each stack of answers, without those that a gate stopped."""
        return [one.n for one in self.stacks if one.key[0] != "ended" or one.key[1] == "empty"]

    def counted(self, by_value: bool) -> list[int]:
        """Return the sizes that statistics are made of: of parsed answers where they are read, else of stacks."""
        return list(self.values.values()) if by_value else self.said()

    def agreement(self, by_value: bool) -> Share | None:
        return agree(self.counted(by_value))

    def mode(self, by_value: bool) -> Share | None:
        counts = self.counted(by_value)
        return wilson(max(counts), sum(counts)) if counts else None


def fill(columns: Sequence[Column], rows: Sequence[Any], pooled: bool, wave: int = 0) -> list[Cell]:
    """Sort transcripts into their columns' cells; those of one wave alone where it is asked for (0 = all)."""
    cells = [Cell(column) for column in columns]
    by_cell: dict[tuple[int, int | None, int], list[Cell]] = {}
    for cell in cells:
        for run in cell.column.runs:
            key = (cell.column.version_id, cell.column.temperature_milli, run)
            by_cell.setdefault(key, []).append(cell)
    for row in rows:
        if wave in (0, row.wave):
            for cell in by_cell.get((row.subject_version_id, row.temperature_milli, row.run_id), ()):
                cell.rows.append(row)
    for cell in cells:
        if pooled:
            _keep_equal(cell)
        cell.waves = frozenset([(row.run_id, row.wave) for row in cell.rows])
    return cells


def _keep_equal(cell: Cell) -> None:
    """Pool only draws of equal prompts: turns, mode and effective max_tokens as in the newest run's."""
    if not cell.rows:
        return
    equal = cell.rows[0].equal_sha256
    kept = [row for row in cell.rows if row.equal_sha256 == equal]
    cell.unequal = len(cell.rows) - len(kept)
    cell.rows = kept


def count(cell: Cell, draws: Sequence[Draw], spec: Answer | None, others: bool) -> None:
    """Count a cell's finished draws: leave out those of another model (unless asked for), stack the same ones."""
    cell.states = Counter([row.state for row in cell.rows])
    served = Counter([draw.row.served_model for draw in draws if draw.row.served_model])
    cell.served = served.most_common(1)[0][0] if served else None
    for draw in draws:
        draw.other_model = draw.row.served_model not in (None, cell.served)
    cell.draws = [draw for draw in draws if others or not draw.other_model]
    cell.apart = [draw for draw in draws if not others and draw.other_model]
    cell.endings = Counter([draw.ending for draw in cell.draws])
    cell.stacks = stack(cell.draws, partial(key_of, spec=spec))
    if spec is not None and spec.kind in READ_AS_VALUES:
        cell.values = Counter({one.key[1]: one.n for one in cell.stacks if one.key[0] == "value"})
