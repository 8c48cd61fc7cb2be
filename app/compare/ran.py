"""Which runs and waves the draws of columns come from."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.compare.cell import Cell
from app.db import EPOCH
from app.runs.models import Wave


@dataclass(frozen=True, slots=True)
class Ran:
    """Where a column's draws come from, in words, and the moment of the first: told where columns differ in it."""

    runs: str
    waves: str
    version: str
    since: datetime | None


def ran_apart(cells: Sequence[Cell]) -> bool:
    """Tell whether the columns' draws come from other runs each, or those of one from several."""
    runs = {cell.column.runs for cell in cells if cell.column.runs}
    return len(runs) > 1 or any(len(some) > 1 for some in runs) or any(cell.column.run for cell in cells)


def ran(cell: Cell, apart: bool) -> Ran | None:
    """Return which runs and waves a column's draws come from, None where nothing sets it apart in that."""
    waves = sorted({wave for _, wave in cell.waves})
    several = len(cell.column.runs) == 1 and len(waves) > 1
    if not cell.rows or not (apart or several):
        return None
    runs = cell.column.runs
    finished = [row.finished_ms for row in cell.rows if row.finished_ms is not None]
    return Ran(
        f"run {runs[0]}" if len(runs) == 1 else f"runs {', '.join(map(str, runs))}",
        f"wave {' + '.join(map(str, waves))}" if several else "",
        f"version {cell.column.number}" if cell.column.run else "",
        EPOCH + timedelta(milliseconds=min(finished)) if finished else None,
    )


def waves(session: Session, runs: Collection[int]) -> tuple[Any, ...]:
    """Return number, reason and moment of the waves of some runs, the newest run first."""
    query = select(Wave.run_id, Wave.number, Wave.reason, Wave.created_at).where(Wave.run_id.in_(runs))
    return tuple(session.execute(query.order_by(Wave.run_id.desc(), Wave.number)))
