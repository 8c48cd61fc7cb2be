"""The page of one prompt, put together: one read of the database, then everything that the template prints."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.batteries.shape import Answer, PromptShape
from app.compare import cell as cells_of
from app.compare import first_token, queries
from app.compare.aside import Aside, aside
from app.compare.cell import Cell
from app.compare.columns import Choice, choose
from app.compare.differs import Profile, contrast
from app.compare.distribution import READ_AS_VALUES, Scale, scale
from app.compare.doors import draws_of
from app.compare.draw import Draw, paths
from app.compare.head import head, profile
from app.compare.moves import Moves, moves, pin_url
from app.compare.notes import Note, notes
from app.compare.of_set import Members, Told, told
from app.compare.panel import Panel, absent, fill_cards, fill_numbers, focused, heard, pivot
from app.compare.ran import ran_apart, waves
from app.compare.same import give_slots
from app.compare.scope import Asked, Scope
from app.compare.shown import tell_shown
from app.compare.template import look
from app.compare.view import Place, View
from app.transcripts.told import temperature_said

# Turns side by side are rows of one grid, of which a style sheet has to know how many (static/css/compare.css).
ROWS = ((18, "few"), (100, "many"), (600, "most"))


@dataclass(frozen=True, slots=True)
class Wording:
    """Another prompt of the family: the same in other words, or under another condition."""

    key: str
    variant: str
    condition: str
    here: bool


@dataclass(frozen=True, slots=True)
class Page:
    """Everything about one prompt that the page prints."""

    place: Place
    scope: Scope
    prompt: PromptShape
    read_as: str
    wordings: tuple[Wording, ...]
    conditions: tuple[Wording, ...]
    choice: Choice
    panels: tuple[Panel, ...]
    focus: Panel | None
    aside: Aside | None
    notes: tuple[Note, ...]
    rows: str  # how many rows aligned turns take, in a word; '' where there is nothing to align
    compared: bool
    runs: dict[int, datetime]  # all of the study, newest first
    moves: Moves | None  # of the column in focus
    waves: tuple[Any, ...]  # as ran.waves tells them, where the columns' runs have several
    only: Told | None = None  # the working set that the address narrows everything to

    @property
    def title(self) -> str:
        return self.prompt.title or self.prompt.key

    @property
    def tells_tokens(self) -> bool:
        """Whether some column was asked for log-probabilities, or the address asks for what they tell."""
        columns = [panel.cell.column for panel in self.panels]
        return self.place.view.first or any(one.snapshot.sampling.logprobs is not None for one in columns)

    @property
    def aligned(self) -> bool:
        """Whether turns stand side by side; the address may ask for it where no turns are."""
        return self.place.view.align and self.rows != ""

    @property
    def temperature(self) -> str:
        """The temperatures shown, in words."""
        chosen = self.place.view.temperatures
        return ", ".join(temperature_said(milli) for milli in chosen) if chosen else "T all"


def build(
    session: Session,
    study_id: int,
    place: Place,
    scope: Scope,
    found: Asked,
    only: Members | None = None,
) -> Page:
    """Read and lay out one prompt of a study under one view; `only` leaves the members of a working set."""
    view, prompt = place.view, PromptShape.model_validate(scope.prompt.shape)
    here = scope.prompt.id
    asked = _asked_as(session, view, scope, prompt)
    choice = choose(session, study_id, view, list(asked), here, only)
    cells, of_waves = _cells(session, study_id, list(asked), choice, place, prompt.answer, only)
    look(session, cells, prompt)
    at, shown = focused(cells, view)
    prompts = [asked.get(cell.column.prompt_id, prompt) for cell in cells]
    profiles = list(map(profile, cells, prompts))
    rows = _rows(prompt)
    panels = _panels(cells, profiles, place, prompts, prompt, at, shown, rows != "")
    if view.first:
        first_token.fill(session, panels)
    focus = panels[at] if panels else None
    _pin(panels, choice, place)
    known = None
    if focus is not None and shown is not None and not view.folded:
        known = aside(session, cells, profiles, at, next(one for one in focus.cards if one.focus))
    wordings, conditions = _family(session, scope, prompt)
    return Page(
        place, scope, prompt, read_as(prompt.answer), wordings, conditions, choice, tuple(panels), focus, known,
        notes(choice, cells, profiles, place, scope, found.runs), rows, pivot(cells, view) is not None,
        found.runs, moves(choice, place, at, heard(focus)) if focus else None, of_waves,
        told(only, found, asked, sum(len(cell.rows) for cell in cells), view) if only else None,
    )  # fmt: skip


def _asked_as(session: Session, view: View, scope: Scope, prompt: PromptShape) -> dict[int, PromptShape]:
    """Return the prompts, by id, whose draws stand on the page: this one, and those of its turns and mode.

    Pooled they are those of all batteries; where runs stand beside one another, those of this key in the versions
    that the runs asked, which may differ in what is no text (a length limit).
    """
    found = {scope.prompt.id: prompt}
    if view.pooled:
        found |= dict.fromkeys(queries.equal_prompts(session, scope.prompt.equal_sha256), prompt)
    elif view.beside or view.named_runs:
        alike = [row for row in scope.texts if row.equal_sha256 == scope.prompt.equal_sha256]
        found |= {row.id: PromptShape.model_validate(row.shape) for row in alike}
    return found


def _cells(
    session: Session,
    study_id: int,
    ids: Sequence[int],
    choice: Choice,
    place: Place,
    spec: Answer | None,
    only: Members | None,
) -> tuple[list[Cell], tuple[Any, ...]]:
    """Return the columns' cells, and the waves of their runs where there are several."""
    asked = [column for column in choice.shown if column.runs]
    versions = {column.version_id for column in asked}
    runs = {run for column in asked for run in column.runs}
    rows = queries.draws(session, study_id, ids, versions, runs) if asked else []
    rows = only.among(session, rows) if only else rows
    several = place.view.wave or len({row.wave for row in rows}) > 1
    told = waves(session, runs) if several else ()
    cells = cells_of.fill(choice.shown, rows, place.view.pooled, place.view.wave)
    draws = [[Draw(row) for row in cell.rows if row.state == "done"] for cell in cells]
    every = [draw for some in draws for draw in some]
    if every:
        paths(every, queries.messages(session, [draw.row.id for draw in every]))
    for cell, some in zip(cells, draws, strict=True):
        cells_of.count(cell, some, spec, place.view.others)
    return cells, told


def _panels(
    cells: Sequence[Cell],
    profiles: Sequence[Profile | None],
    place: Place,
    prompts: Sequence[PromptShape],
    prompt: PromptShape,
    at: int,
    shown: Draw | None,
    turns: bool,
) -> list[Panel]:
    view, hide = place.view if turns else replace(place.view, align=False), bool(place.view.hide)
    shared = give_slots([cell.stacks for cell in cells])
    on = _scale(cells, prompt.answer)
    against = pivot(cells, view)
    told = not hide and ran_apart(cells)
    panels = []
    for index, cell in enumerate(cells):
        apart = None if hide else contrast(profiles, index)
        token = cell.column.token
        of_head = head(cells, index, prompts[index], apart, hide, told)
        panel = Panel(index, token, cell, of_head, index == at, token == view.wide)
        panel.pinned, panel.waved = cell.column.pinned, len(cell.waves) > 1
        panel.run = 0 if hide else cell.column.run
        here = shown if index == at else None
        fill_numbers(panel, on, here, view.pooled)
        fill_cards(panel, view, here, against, shared)
        panel.absent = absent(cell, place)
        panel.draws = draws_of(cell, view)
        tell_shown(panel)
        panels.append(panel)
    return panels


def _pin(panels: Sequence[Panel], choice: Choice, place: Place) -> None:
    """Give each column the address that pins it, or lets it go; none while columns are shuffled."""
    if place.view.hide == "shuffled":
        return
    before, after = place.around("pin")
    pinned = [one.token for one in choice.picked if one.pinned]
    for panel in panels:
        if panel.pinned:
            panel.pin = pin_url(choice, place, panel.cell.column)
        else:
            panel.pin = f"{before}{','.join([*pinned, panel.token])}{after}"


def _rows(prompt: PromptShape) -> str:
    if prompt.mode != "ladder":
        return ""
    return next((word for most, word in ROWS if len(prompt.turns) <= most), "")


def _scale(cells: Sequence[Cell], spec: Answer | None) -> Scale | None:
    if spec is None or spec.kind not in READ_AS_VALUES:
        return None
    return scale([cell.values for cell in cells], spec)


def read_as(spec: Answer | None) -> str:
    """Return how answers are read, in words: `integer 0–100`; '' where they are only read by people."""
    if spec is None:
        return ""
    if spec.kind == "choice":
        return f"one of {', '.join(spec.of)}"
    bounds = ""
    if spec.min is not None and spec.max is not None:
        bounds = f" {spec.min}–{spec.max}"
    elif spec.min is not None or spec.max is not None:
        bounds = f" ≥ {spec.min}" if spec.min is not None else f" ≤ {spec.max}"
    kind = "yes or no" if spec.kind == "yesno" else spec.kind
    return f"{kind}{bounds}" + (" (the first in the answer)" if spec.where == "first" else "")


def _family(
    session: Session, scope: Scope, prompt: PromptShape
) -> tuple[tuple[Wording, ...], tuple[Wording, ...]]:
    """Return the family's wordings under this condition, and this wording's other conditions."""
    rows = queries.wordings(session, scope.prompt.battery_id, prompt.family, scope.prompt.version_id)
    same: list[Wording] = []
    other: list[Wording] = []
    for row in rows:
        made = Wording(row.key, row.variant, _condition(row.shape), row.id == scope.prompt.id)
        if row.shape.get("condition", {}) == prompt.condition:
            same.append(made)
        elif row.variant == prompt.variant:
            other.append(made)
    return tuple(same), tuple(other)


def _condition(shape: dict[str, Any]) -> str:
    return ", ".join(f"{factor}: {level}" for factor, level in shape.get("condition", {}).items())
