"""What a page says before its columns: what the address asks for and is not here, and why."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.compare.card import tag
from app.compare.cell import Cell
from app.compare.columns import Choice
from app.compare.head import name_of
from app.compare.panel import named, pivot
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


def notes(choice: Choice, cells: Sequence[Cell], place: Place) -> tuple[Note, ...]:
    """Return what must be said so that no reader takes what is shown for what was asked for."""
    hide, found = bool(place.view.hide), []
    if choice.picked > len(choice.shown):
        text = f"The first {len(choice.shown)} of {choice.picked} columns are shown"
        found.append(Note(text + ("." if hide else "; choose others above.")))
    if choice.gone and choice.shown:
        many = f"{len(choice.gone)} of the columns that the address names" if hide else ", ".join(choice.gone)
        found.append(Note(f"Not among this prompt's columns: {many}."))
    if place.view.diff and choice.shown and pivot(cells, place.view) is None:
        found.append(Note("Nothing is compared: the answer to compare with is not here."))
    astray = _astray(cells, place)
    return (*found, astray) if astray else tuple(found)


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
