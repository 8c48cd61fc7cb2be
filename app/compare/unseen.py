"""What a reader has not seen yet of the answers that Compare shows: prompt by prompt, as the columns of a view are.

None of it is printed with a page, which all readers share: pages ask for it and show it by script.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqlalchemy.orm import Session

from app.compare import of_set, queries
from app.compare.columns import picked
from app.compare.scope import Part
from app.compare.view import View
from app.reading import seen
from app.reading.bookmarks import of_prompts
from app.reading.seen import CellCount

FEW = 40  # prompts looked at first
MANY = 1000  # and then at a time

Cell = tuple[int, int, int]  # subject version, temperature, run


@dataclass(frozen=True)
class Reading:
    """One reader before the columns of one study under one view."""

    session: Session
    person_id: int
    study_id: int
    view: View

    @cached_property
    def only(self) -> of_set.Members | None:
        """The working set that the view is narrowed to."""
        return of_set.members(self.session, self.study_id, self.view)

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """The batteries of the scope that rail and pager share."""
        return of_set.asked(self.session, self.study_id, self.view, self.only).parts

    def counts(self, prompt_ids: Collection[int]) -> dict[int, int]:
        """Return how many answers of each prompt the view would show and the reader has not seen."""
        alike = self._alike(prompt_ids)
        every = {one for group in alike.values() for one in group}
        found = defaultdict(list)
        of = self.only.conditions if self.only else ()
        for cell in seen.cells(self.session, self.person_id, self.study_id, every, of):
            found[cell.prompt_id].append(cell)
        named = of_set.named_runs(self.view, self.only)
        subjects = queries.subjects_asked(self.session, self.study_id, named)
        columns = _Columns(subjects, self.view)
        return {
            prompt: columns.unseen([cell for one in group for cell in found[one]])
            for prompt, group in alike.items()
        }

    def seen(self, prompt_ids: Collection[int]) -> set[int]:
        """Return the answers to these prompts that the reader has seen."""
        every = {one for group in self._alike(prompt_ids).values() for one in group}
        return seen.seen_of(self.session, self.person_id, self.study_id, every)

    def kept(self, prompt_ids: Collection[int]) -> list[dict[str, Any]]:
        """Return the reader's bookmarks in the answers to these prompts."""
        every = {one for group in self._alike(prompt_ids).values() for one in group}
        return of_prompts(self.session, self.person_id, self.study_id, every)

    def _alike(self, prompt_ids: Collection[int]) -> Mapping[int, Collection[int]]:
        """Return for each prompt those whose draws stand on its page: itself, pooled also those equal to it."""
        if not self.view.pooled:
            return {one: (one,) for one in prompt_ids}
        return queries.pools(self.session, prompt_ids)


class _Columns:
    """Which cells stand on a page, found once for all prompts that were asked of the same cells."""

    def __init__(self, subjects: Sequence[Any], view: View) -> None:
        self.subjects, self.view = subjects, view
        self.kept: dict[frozenset[Cell], frozenset[Cell]] = {}

    def unseen(self, cells: Sequence[CellCount]) -> int:
        """Return how many answers of a prompt's shown cells were not seen."""
        chosen, named = self.view.chosen_runs, self.view.named_runs
        cells = [one for one in cells if not chosen or one.run_id in chosen | named]
        shown = self.shown(cells)
        return sum(one.done - one.seen for one in self.equal(cells) if _cell(one) in shown)

    def shown(self, cells: Sequence[CellCount]) -> frozenset[Cell]:
        key = frozenset(map(_cell, cells))
        if key not in self.kept:
            self.kept[key] = frozenset(
                (column.version_id, column.temperature_milli, run)
                for column in picked(self.subjects, cells, self.view)
                if column.temperature_milli is not None
                for run in column.runs
            )
        return self.kept[key]

    def equal(self, cells: Sequence[CellCount]) -> Sequence[CellCount]:
        """Leave out what pooling leaves out: draws under another length limit than the newest run's."""
        if not self.view.pooled:
            return cells
        newest: dict[tuple[int, int], CellCount] = {}
        for one in sorted(cells, key=lambda cell: cell.run_id):
            newest[one.subject_version_id, one.temperature_milli] = one
        return [
            one
            for one in cells
            if one.equal_sha256 == newest[one.subject_version_id, one.temperature_milli].equal_sha256
        ]


def _cell(one: CellCount) -> Cell:
    return (one.subject_version_id, one.temperature_milli, one.run_id)


@dataclass(frozen=True, slots=True)
class Next:
    """The next prompt with something unseen: its battery and key, how much, and whether it comes before."""

    battery: str
    key: str
    unseen: int
    wrapped: bool


def next_unseen(reading: Reading, battery: str, key: str) -> Next | None:
    """Return the next prompt of the whole scope, after this one and then from the beginning, that has some.

    The one that is read comes last. None where everything that the view shows is seen.
    """
    rows = [(part.slug, row.id, row.key) for part in reading.parts for row in _listed(reading.session, part)]
    at = next((at for at, (slug, _, one) in enumerate(rows) if (slug, one) == (battery, key)), -1)
    order = [*((row, False) for row in rows[at + 1 :]), *((row, True) for row in rows[: at + 1])]
    for some in _chunks(order):
        wanted = seen.with_unseen(
            reading.session, reading.person_id, reading.study_id, [row[1] for row, _ in some]
        )
        likely = [one for one in some if reading.view.pooled or one[0][1] in wanted]
        for few in (likely[start : start + FEW] for start in range(0, len(likely), FEW)):
            counts = reading.counts([number for (_, number, _), _ in few])
            for (slug, number, one), wrapped in few:
                if counts[number]:
                    return Next(slug, one, counts[number], wrapped)
    return None


def _chunks(order: Sequence[Any]) -> Iterator[Sequence[Any]]:
    yield order[:FEW]
    yield from (order[start : start + MANY] for start in range(FEW, len(order), MANY))


def _listed(session: Session, part: Part) -> Sequence[Any]:
    """Return the prompts of a battery that the scope holds, in their order."""
    rows = queries.prompts_of(session, [part.version_id])
    return [row for row in rows if part.keys is None or row.key in part.keys]


def numbers_of(reading: Reading, names: Sequence[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """Return the prompts of the scope that are named by battery and key."""
    found: dict[tuple[str, str], int] = {}
    for part in reading.parts:
        keys = [key for battery, key in names if battery == part.slug]
        if keys:
            versions = [part.version_id, *part.older]
            for row in queries.prompts_by_key(reading.session, part.battery_id, keys, versions):
                found.setdefault((part.slug, row.key), row.id)
    return found
