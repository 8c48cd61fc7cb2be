"""The rail at the right: everything known about the answer in focus, and what its column differs in from others."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from app.compare import queries
from app.compare.card import Card
from app.compare.cell import Cell
from app.compare.differs import Profile, differences
from app.transcripts.told import CONTEXTS, Setting, settings_of, usage_words


@dataclass(frozen=True, slots=True)
class Aside:
    """What is known of one draw, ready to print."""

    id: int
    column: int
    repeat: int
    n: int
    same: int
    stop_class: str | None
    stop_raw: str
    reason: str | None
    settings: tuple[Setting, ...]
    system: str | None
    template: str | None
    seed: int | None
    asked_model: str
    served_model: str | None
    usage: str
    latency_ms: int | None
    cost_micro: int | None
    context: str
    run: int
    wave: int
    attempt: int
    version: int
    sha256: str
    finished_at: datetime | None
    others: tuple[tuple[int, tuple[str, ...]], ...]  # column, what it differs in


def aside(
    session: Session,
    cells: Sequence[Cell],
    profiles: Sequence[Profile | None],
    at: int,
    card: Card,
) -> Aside:
    """Gather what is known of the answer in focus."""
    cell, row = cells[at], card.draw.row
    tip = card.draw.path[-1] if card.draw.path else None
    told = queries.known(session, row.id)
    taken = cell.column.snapshot
    template = taken.template
    return Aside(
        id=row.id, column=at, repeat=row.repeat, n=cell.n, same=card.n, stop_class=row.stop_class,
        stop_raw=(tip.stop_raw if tip is not None else None) or "", reason=row.reason,
        settings=settings_of(told) if told.asked is not None else (), system=taken.system,
        template=template if isinstance(template, str | None) else "one for turns", seed=told.seed,
        asked_model=taken.asked_model, served_model=row.served_model, usage=usage_words(told.usage),
        latency_ms=told.latency_ms, cost_micro=told.cost_micro, context=CONTEXTS.get(row.context or "", ""),
        run=row.run_id, wave=row.wave, attempt=told.attempt, version=cell.column.number, sha256=told.sha256 or "",
        finished_at=told.finished_at, others=_others(profiles, at),
    )  # fmt: skip


def _others(profiles: Sequence[Profile | None], at: int) -> tuple[tuple[int, tuple[str, ...]], ...]:
    here = profiles[at]
    if here is None:
        return ()
    return tuple(
        (index, differences(here, other))
        for index, other in enumerate(profiles)
        if other is not None and index != at
    )
