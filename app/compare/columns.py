"""Which columns stand side by side: subjects at temperatures, each with the run or runs its draws come from."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy.orm import Session

from app.compare import queries
from app.compare.of_set import Members, named_runs
from app.compare.view import View
from app.subjects.shape import Snapshot
from app.transcripts.told import column_token, temperature_said

MOST = 10
STAGES = ("base", "sft", "preference", "constitutional", "character", "reasoning", "other")


@dataclass(slots=True)
class Column:
    """A subject at a temperature; `temperature_milli` is None where none of the chosen runs asked it this prompt.

    `run` is the one run that it holds for itself, 0 where it takes its newest or pools. `prompt_id` is the prompt
    as its newest run asked it. `other_versions` counts the draws of its other versions that are left out.
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
    run: int = 0
    prompt_id: int = 0
    pinned: bool = False
    _snapshot: Snapshot | None = field(default=None)

    @property
    def temperature(self) -> str:
        """Its temperature in words, '' where it was not asked."""
        return "" if self.temperature_milli is None else temperature_said(self.temperature_milli)

    @property
    def snapshot(self) -> Snapshot:
        assert self._snapshot is not None
        return self._snapshot

    def bears(self, name: str) -> bool:
        """Tell whether an address means it by this name: its token, that without its run, or its subject."""
        return name in (self.token, self.slug) or (self.run > 0 and name == self.token.rpartition("@")[0])


def meant(columns: Sequence[Column], name: str) -> list[Column]:
    """Return the column of exactly this name, else all that bear it."""
    return [one for one in columns if one.token == name] or [one for one in columns if one.bears(name)]


@dataclass(frozen=True, slots=True)
class Choice:
    """The columns shown, and all that could be: for the picker and the menu of temperatures.

    `picked` are those that the address asks for in their order, more than are shown where they are too many; `gone`
    are the names in it that no column of this prompt bears.
    """

    shown: tuple[Column, ...]
    all: tuple[Column, ...]
    temperatures: tuple[tuple[int, str], ...]  # each in words
    picked: tuple[Column, ...]
    gone: tuple[str, ...]
    runs: frozenset[int]  # all that asked this prompt, chosen or not


def choose(
    session: Session,
    study_id: int,
    view: View,
    prompt_ids: Sequence[int],
    here: int,
    only: Members | None = None,
) -> Choice:
    """Choose the columns for a prompt; `here` is its id, `prompt_ids` those it is pooled with.

    Order: that of `cols` in the address, else the newest run's; by style first where asked for; pinned ones first.
    Where a page is narrowed, subjects of which nothing is left have no column.
    """
    asked = queries.subjects_asked(session, study_id, named_runs(view, only))
    cells = (only or queries).cells(session, study_id, prompt_ids)
    if only:
        held = {cell.subject_version_id for cell in cells}
        subjects = {row.id for row in asked if row.version_id in held}
        asked = [row for row in asked if row.id in subjects]
    every = _every(asked, cells, view)
    _describe(session, every, {row.version_id: row for row in asked})
    temperatures = sorted({one.temperature_milli for one in every if one.temperature_milli is not None})
    picked = _ordered(_picked(every, view), view, here)
    return Choice(
        tuple(picked[:MOST]),
        tuple(every),
        tuple((milli, temperature_said(milli)) for milli in temperatures),
        tuple(picked),
        tuple(name for name in view.cols if not any(one.bears(name) for one in every)),
        frozenset([cell.run_id for cell in cells]),
    )


def picked(asked: Sequence[Any], cells: Sequence[Any], view: View) -> list[Column]:
    """Return the columns that a page would show of these subjects and cells, not described and in no order."""
    return _picked(_every(asked, cells, view), view)


def _every(asked: Sequence[Any], cells: Sequence[Any], view: View) -> list[Column]:
    """Return all columns that could be, and those further ones of one run each that the address names."""
    chosen = view.chosen_runs
    taken = [row for row in asked if row.run in chosen] if chosen else asked
    found = [cell for cell in cells if cell.run_id in chosen] if chosen else cells
    every = _columns(taken, found, view)
    if view.named_runs and not view.beside:
        alone = [cell for cell in cells if cell.run_id in view.named_runs]
        apart = _columns(asked, alone, replace(view, beside=True))
        every += [one for one in apart if one.run and one.token in view.cols]
    return every


def _columns(asked: Sequence[Any], cells: Sequence[Any], view: View) -> list[Column]:
    subjects: dict[int, Any] = {}  # by id, in the order of the newest run that asks them
    subject_of: dict[int, int] = {}
    for row in asked:
        subjects.setdefault(row.id, row)
        subject_of[row.version_id] = row.id
    found: dict[tuple[int, int, int], list[Any]] = {}  # by subject, temperature, run (0 = any)
    for cell in cells:
        subject = subject_of.get(cell.subject_version_id)
        if subject is not None:
            run = cell.run_id if view.beside else 0
            found.setdefault((subject, cell.temperature_milli, run), []).append(cell)
    columns = []
    for subject, row in subjects.items():
        mine = sorted(key for key in found if key[0] == subject)
        columns += [_column(row, found[key], view.pooled, key[2]) for key in mine] or [
            Column(row.slug, row.id, row.slug, row.name or row.slug, row.version_id, None)
        ]
    return columns


def _column(row: Any, cells: Sequence[Any], pooled: bool, run: int) -> Column:
    newest = max(cells, key=lambda cell: (cell.run_id, cell.subject_version_id))
    version = newest.subject_version_id
    taken = [
        cell
        for cell in cells
        if cell.subject_version_id == version and (pooled or cell.run_id == newest.run_id)
    ]
    others = sum(cell.n for cell in cells if cell.subject_version_id != version) if pooled or run else 0
    milli = newest.temperature_milli
    token = column_token(row.slug, milli)
    return Column(
        f"{token}@{run}" if run else token, row.id, row.slug, row.name or row.slug, version, milli,
        tuple(sorted({cell.run_id for cell in taken}, reverse=True)), others, run=run, prompt_id=newest.prompt_id,
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
    picked = [one for name in view.cols for one in meant(at_temperature, name)]
    return list({one.token: one for one in picked}.values())


def _ordered(picked: list[Column], view: View, here: int) -> list[Column]:
    """Put columns in their order. Where they are shuffled nothing is pinned: its place would tell its name."""
    if view.group:
        picked.sort(key=lambda one: (STAGES.index(one.snapshot.stage), one.snapshot.style))
    if view.hide == "shuffled":
        picked.sort(key=lambda one: hashlib.sha256(f"{here} {one.token}".encode()).digest())
    elif view.pin:
        first = [one for name in view.pin for one in meant(picked, name)]
        pinned = {one.token: one for one in first}
        for one in pinned.values():
            one.pinned = True
        picked = [*pinned.values(), *(one for one in picked if one.token not in pinned)]
    return picked


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
