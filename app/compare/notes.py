"""What a page says before its columns: what the address asks for and is not here, and why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise

from app.compare.card import tag
from app.compare.cell import Cell
from app.compare.columns import Choice
from app.compare.differs import Profile, differences
from app.compare.head import name_of
from app.compare.panel import named, pivot
from app.compare.scope import Scope
from app.compare.view import Place

STATES = {
    "failed": "failed: it has no answer",
    "impossible": "is not possible here",
    "queued": "is still waiting",
    "running": "is being asked",
    "cancelled": "was cancelled",
}


@dataclass(frozen=True, slots=True)
class Note:
    """A line above the columns, with a link at its end where there is one."""

    text: str
    href: str = ""
    word: str = ""
    swap: bool = False  # whether the link leads within Compare


def notes(
    choice: Choice,
    cells: Sequence[Cell],
    profiles: Sequence[Profile | None],
    place: Place,
    scope: Scope,
    runs: Mapping[int, datetime],
) -> tuple[Note, ...]:
    """Return what must be said so that no reader takes what is shown for what was asked for."""
    hide, found = bool(place.view.hide), []
    if len(choice.picked) > len(choice.shown):
        text = f"The first {len(choice.shown)} of {len(choice.picked)} columns are shown"
        found.append(Note(text + ("." if hide else "; choose others above.")))
    if choice.gone and choice.shown:
        many = f"{len(choice.gone)} of the columns that the address names" if hide else ", ".join(choice.gone)
        found.append(Note(f"Not among this prompt's columns: {many}."))
    if place.view.diff and choice.shown and pivot(cells, place.view) is None:
        found.append(Note("Nothing is compared: the answer to compare with is not here."))
    if place.view.wave:
        text = f"Only what wave {place.view.wave} of each run asked is shown."
        found.append(Note(text, place.url(wave=0), "every wave", swap=True))
    if place.view.beside or place.view.named_runs:
        found += _of_runs(choice, profiles, place, scope, runs)
    astray = _astray(cells, place)
    return (*found, astray) if astray else tuple(found)


def _of_runs(
    choice: Choice,
    profiles: Sequence[Profile | None],
    place: Place,
    scope: Scope,
    runs: Mapping[int, datetime],
) -> list[Note]:
    """Say what runs beside one another cannot show: another text under the key, and chance between two days."""
    found = []
    others = [row for row in scope.texts if row.equal_sha256 != scope.prompt.equal_sha256]
    if others:
        href = f"/library/batteries/{scope.part.slug}"
        text = (
            "Other versions of this battery hold another text under this key; its draws are not beside these."
        )
        found.append(Note(text, href, "its versions"))
    if _over_dates(choice, profiles):
        found.append(_judged(choice, place, runs))
    return found


def _over_dates(choice: Choice, profiles: Sequence[Profile | None]) -> bool:
    """Tell whether two columns of one subject at one temperature have no day in common."""
    by_subject: dict[tuple[int, int | None], list[Profile]] = {}
    for column, profile in zip(choice.shown, profiles, strict=True):
        if profile is not None:
            by_subject.setdefault((column.subject_id, column.temperature_milli), []).append(profile)
    return any("date" in differences(a, b) for some in by_subject.values() for a, b in pairwise(some))


def _judged(choice: Choice, place: Place, runs: Mapping[int, datetime]) -> Note:
    """Name the yardstick of a change over dates: two runs of one day, where the study has them."""
    asked = choice.runs & set(runs)
    by_day: dict[date, list[int]] = {}
    for run in sorted(asked, reverse=True):
        by_day.setdefault(runs[run].date(), []).append(run)
    text = "Runs over dates are judged against two runs of one day: what differs there is chance."
    twins = next((some for some in by_day.values() if len(some) > 1), None)
    if twins is None:
        return Note(f"{text} This prompt has no two runs of one day yet.")
    a, b = twins[:2]
    href = place.url(runs=(a, b), beside=True, cols=(), wave=0, col="", repeat="")
    return Note(text, href, f"runs {b} and {a} of one day", swap=True)


def _astray(cells: Sequence[Cell], place: Place) -> Note | None:
    """Say why the repeat that the address asks for is not the one in focus."""
    view = place.view
    at = next((i for i, cell in enumerate(cells) if view.col and cell.column.token == view.col), None)
    if at is None or not view.repeat or named(cells[at], view.repeat, view.pooled):
        return None
    cell, who = cells[at], name_of(cells[at].column, at, bool(view.hide))
    row = next((one for one in cell.rows if tag(one, view.pooled) == view.repeat), None)
    if row is None:
        return Note(f"{who} has no repeat {view.repeat} here.")
    said = f"Repeat {view.repeat} of {who}"
    if row.state == "done":
        taken_in = place.url(others=True)
        return Note(f"{said} was served by another model and is left out.", taken_in, "take it in", swap=True)
    href = "" if view.hide else f"/transcripts/{row.id}"
    return Note(f"{said} {STATES[row.state]}.", href, f"transcript {row.id}" if href else "")
