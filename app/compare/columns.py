"""Which columns stand side by side: subjects at temperatures, each with the run or runs its draws come from."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

from app.compare import queries
from app.compare.view import View
from app.subjects.shape import Snapshot
from app.transcripts.told import column_token, temperature_said

MOST = 10
STAGES = ("base", "sft", "preference", "constitutional", "character", "reasoning", "other")


@dataclass(slots=True)
class Column:
    """A subject at a temperature; `temperature_milli` is None where none of the chosen runs asked it this prompt.

    `other_versions` counts the draws of its other versions that pooling leaves out.
    """

    token: str
    subject_id: int
    slug: str
    name: str
    version_id: int
    temperature_milli: int | None
    runs: tuple[int, ...] = ()
    other_versions: int = 0
    number: int = 1
    style: str = ""
    _snapshot: Snapshot | None = field(default=None)

    @property
    def temperature(self) -> str:
        """Its temperature in words, '' where it was not asked."""
        return "" if self.temperature_milli is None else temperature_said(self.temperature_milli)

    @property
    def snapshot(self) -> Snapshot:
        assert self._snapshot is not None
        return self._snapshot


@dataclass(frozen=True, slots=True)
class Choice:
    """The columns shown, and all that could be: for the picker and the menu of temperatures.

    `picked` counts those that the address asks for, more than are shown where they are too many; `gone` are the
    names in it that no column of this prompt bears.
    """

    shown: tuple[Column, ...]
    all: tuple[Column, ...]
    temperatures: tuple[tuple[int, str], ...]  # each in words
    picked: int
    gone: tuple[str, ...]


def choose(session: Session, study_id: int, view: View, prompt_ids: Sequence[int], here: int) -> Choice:
    """Choose the columns for a prompt; `here` is its id, `prompt_ids` those it is pooled with.

    Order: that of `cols` in the address, else the newest run's; by style first where asked for.
    """
    chosen = view.chosen_runs
    asked = [
        row for row in queries.subjects_asked(session, study_id, chosen) if not chosen or row.run in chosen
    ]
    cells = [
        cell for cell in queries.cells(session, study_id, prompt_ids) if not chosen or cell.run_id in chosen
    ]
    every = _columns(asked, cells, view.pooled)
    _describe(session, every, {row.version_id: row for row in asked})
    temperatures = sorted({one.temperature_milli for one in every if one.temperature_milli is not None})
    picked = _picked(every, view)
    if view.group:
        picked.sort(key=lambda one: (STAGES.index(one.snapshot.stage), one.snapshot.style))
    if view.hide == "shuffled":
        picked.sort(key=lambda one: hashlib.sha256(f"{here} {one.token}".encode()).digest())
    known = {name for one in every for name in (one.token, one.slug)}
    return Choice(
        tuple(picked[:MOST]),
        tuple(every),
        tuple((milli, temperature_said(milli)) for milli in temperatures),
        len(picked),
        tuple(name for name in view.cols if name not in known),
    )


def picked(asked: Sequence[Any], cells: Sequence[Any], view: View) -> list[Column]:
    """Return the columns that a page would show of these subjects and cells, not described and in no order."""
    return _picked(_columns(asked, cells, view.pooled), view)


def _columns(asked: Sequence[Any], cells: Sequence[Any], pooled: bool) -> list[Column]:
    subjects: dict[int, Any] = {}  # by id, in the order of the newest run that asks them
    subject_of: dict[int, int] = {}
    for row in asked:
        subjects.setdefault(row.id, row)
        subject_of[row.version_id] = row.id
    found: dict[tuple[int, int], list[Any]] = {}
    for cell in cells:
        subject = subject_of.get(cell.subject_version_id)
        if subject is not None:
            found.setdefault((subject, cell.temperature_milli), []).append(cell)
    columns = []
    for subject, row in subjects.items():
        temperatures = sorted(milli for one, milli in found if one == subject)
        columns += [_column(row, found[subject, milli], pooled) for milli in temperatures] or [
            Column(row.slug, row.id, row.slug, row.name or row.slug, row.version_id, None)
        ]
    return columns


def _column(row: Any, cells: Sequence[Any], pooled: bool) -> Column:
    newest = max(cells, key=lambda cell: (cell.run_id, cell.subject_version_id))
    version = newest.subject_version_id
    taken = [
        cell
        for cell in cells
        if cell.subject_version_id == version and (pooled or cell.run_id == newest.run_id)
    ]
    others = sum(cell.n for cell in cells if cell.subject_version_id != version) if pooled else 0
    milli = newest.temperature_milli
    return Column(
        column_token(row.slug, milli), row.id, row.slug, row.name or row.slug, version, milli,
        tuple(sorted({cell.run_id for cell in taken}, reverse=True)), others,
    )  # fmt: skip


def _picked(every: Sequence[Column], view: View) -> list[Column]:
    at_temperature = [
        one
        for one in every
        if not view.temperatures
        or one.temperature_milli is None
        or one.temperature_milli in view.temperatures
    ]
    if not view.cols:
        return at_temperature
    picked = [one for name in view.cols for one in at_temperature if name in (one.token, one.slug)]
    return list({one.token: one for one in picked}.values())


def _describe(session: Session, columns: Sequence[Column], rows: Mapping[int, Any]) -> None:
    missing = [one.version_id for one in columns if rows[one.version_id].sha256 not in _kept]
    if missing:
        _read_snapshots(session, missing)
    for one in columns:
        row = rows[one.version_id]
        one.number = row.number
        one._snapshot = _kept[row.sha256]
        one.style = row.style_name if row.style == one._snapshot.style else one._snapshot.style


_kept: dict[str, Snapshot] = {}  # by hash, which is a snapshot's identity: each is read once


def _read_snapshots(session: Session, version_ids: Sequence[int]) -> None:
    for row in queries.snapshots(session, version_ids):
        _kept[row.sha256] = Snapshot.model_validate(row.snapshot)
