"""A column of the page below its head: bars, cards of same answers, and what is missing, each with its links."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from app.compare.card import Card, card, tag, tag_of, waves_of
from app.compare.cell import Cell
from app.compare.distribution import Bars, Scale, bars
from app.compare.draw import Draw
from app.compare.head import Head
from app.compare.same import Key, Stack
from app.compare.view import Place, View
from app.transcripts.faithful import controls
from app.transcripts.shares import Share

SHOWN = 3  # stacks; the rest is a link away
SINGLY = 50  # draws of a column shown one by one before "show all" is pressed
NAMED = 12  # failed draws of one reason with a link each; the rest is a link away
TOLD = 300  # characters of why draws failed; the whole stands with each of them
UNREAD = {"cut": "cut", "no": "declared no", "gate": "gated", "empty": "empty", "other": "ended otherwise"}


@dataclass(frozen=True, slots=True)
class Absent:
    """Draws that are no answers, and why. `kind` is impossible, failed, waiting or ''.

    `rest` counts the draws that are not named one by one; `run` is the run whose page has them all.
    """

    kind: str
    text: str  # markup where a provider's own words are in it
    draws: tuple[tuple[int, str], ...] = ()  # transcript, repeat
    rest: int = 0
    run: int = 0


@dataclass(slots=True)
class Panel:
    """Everything that the template prints of one column."""

    at: int
    token: str
    cell: Cell
    head: Head
    focus: bool
    wide: bool
    cards: list[Card] = field(default_factory=list)
    bars: Bars | None = None
    chosen: str = ""  # the value of the draw in focus
    firsts: dict[str, str] = field(default_factory=dict)  # value → repeat that first said it
    told: tuple[tuple[str, int], ...] = ()  # how many were read, and what became of the others
    agree: Share | None = None
    mode: Share | None = None
    distinct: str = ""
    more: str = ""
    open: bool = False
    before: str = ""  # repeats beside the one in focus
    after: str = ""
    tag: str = ""  # the repeat in focus
    place: str = ""  # its place among the column's draws
    absent: tuple[Absent, ...] = ()
    draws: str = ""  # where the draws of the column are listed
    ids: str = ""  # its transcripts, in the order in which cards name them by their places
    of_value: dict[str, tuple[str, str]] = field(default_factory=dict)  # value → same and rest, as of a card
    first: Any = None  # a first_token.FirstToken, where the address asks for it
    pinned: bool = False
    waved: bool = False  # several waves asked its draws
    run: int = 0  # the run that it holds for itself, unless hidden
    pin: str = ""  # the address that pins it, or lets it go


def heard(panel: Panel) -> str:
    """Return what a column is called where it is only heard: its name, temperature and run."""
    head = panel.head
    return ", ".join(filter(None, [head.name, head.temperature, f"run {panel.run}" if panel.run else ""]))


def focused(cells: Sequence[Cell], view: View) -> tuple[int, Draw | None]:
    """Return the column in focus and its draw: as the address says, else the first column that has an answer."""
    at = next((i for i, cell in enumerate(cells) if view.col and cell.column.token == view.col), None)
    if at is None:
        at = next((i for i, cell in enumerate(cells) if cell.draws), 0)
    if not cells or not cells[at].draws:
        return at, None
    return at, named(cells[at], view.repeat, view.pooled) or cells[at].stacks[0].draws[0]


def named(cell: Cell, tag: str, pooled: bool) -> Draw | None:
    """Return a cell's draw by the name of its repeat."""
    return next((draw for draw in cell.draws if tag and tag_of(draw, pooled) == tag), None)


def pivot(cells: Sequence[Cell], view: View) -> Draw | None:
    """Return the answer that all others are compared with, None where none is asked for."""
    token, _, repeat = view.diff.partition(":")
    cell = next((one for one in cells if token and one.column.token == token), None)
    if cell is None or not cell.draws:
        return None
    return named(cell, repeat, view.pooled) if repeat else cell.stacks[0].draws[0]


def fill_cards(panel: Panel, view: View, shown: Draw | None, against: Draw | None, shared: Any) -> None:
    """Choose which answers of a column are shown, and say what is not. `shown` is the draw in focus."""
    cell = panel.cell
    panel.open = panel.token in view.open
    for stack, draw in _visible(panel, view, shown, against):
        whole = view.align or (panel.wide and draw is shown)
        made = card(stack, draw, view, against, whole)
        made.focus = draw is shown
        made.in_words = panel.bars is not None and stack.key[0] == "text"
        made.also = _also(shared, stack.key, panel.at)
        if panel.waved:
            made.wave = waves_of([draw], view.pooled)
            made.waves = waves_of(stack.draws, view.pooled, of=len(cell.waves))
        panel.cards.append(made)
    hidden = [one for one in cell.stacks if not any(made.draw in one.draws for made in panel.cards)]
    if not view.align and not (view.all and panel.open):
        panel.more = _more(hidden, cell, view, panel)
    if shown is not None and panel.focus:
        at = cell.draws.index(shown)
        panel.tag = tag_of(shown, view.pooled)
        panel.place = f"{at + 1} of {cell.n}"
        panel.before = tag_of(cell.draws[at - 1], view.pooled) if at else ""
        panel.after = tag_of(cell.draws[at + 1], view.pooled) if at + 1 < cell.n else ""


def _visible(panel: Panel, view: View, shown: Draw | None, against: Draw | None) -> list[tuple[Stack, Draw]]:
    """Return the stacks to show, each with its face. The answers in focus and compared with are never hidden."""
    cell = panel.cell
    kept = [draw for draw in (shown, against) if draw is not None and draw in cell.draws]
    if view.align:
        face = next(iter(kept), None) or (cell.stacks[0].draws[0] if cell.stacks else None)
        return [(one, face) for one in cell.stacks if face in one.draws] if face else []
    if view.all:
        some = cell.draws if panel.open else cell.draws[:SINGLY]
        some = [*some, *(draw for draw in dict.fromkeys(kept) if draw not in some)]
        return [(Stack(_stack_of(cell, draw).key, [draw], _stack_of(cell, draw).slot), draw) for draw in some]
    stacks = cell.stacks
    if not panel.open:
        to_read = [one for one in stacks if panel.bars is None or one.key[0] != "value"]
        few = len(to_read) <= SHOWN + 1
        first = to_read if few else to_read[:SHOWN]
        also = [one for one in cell.stacks if one not in first and any(draw in one.draws for draw in kept)]
        stacks = first + also
    return [(one, next((draw for draw in kept if draw in one.draws), one.draws[0])) for one in stacks]


def _stack_of(cell: Cell, draw: Draw) -> Stack:
    return next(one for one in cell.stacks if draw in one.draws)


def _also(shared: dict[Key, dict[int, int]], key: Key, at: int) -> tuple[tuple[int, int], ...]:
    return tuple((column, n) for column, n in shared.get(key, {}).items() if column != at)


def _more(hidden: Sequence[Stack], cell: Cell, view: View, panel: Panel) -> str:
    if view.all:
        return f"show all {cell.n}" if cell.n > SINGLY else ""
    n = sum(one.n for one in hidden)
    if not n or panel.open:
        return ""
    if panel.bars is not None:
        return f"show all {_texts(cell.n)}"
    if n == len(hidden):
        return f"{n} more, no two the same" if n > 1 else "1 more"
    return f"{n} more in {len(hidden)} texts" if len(hidden) > 1 else f"{n} more, all the same"


def _texts(n: int) -> str:
    return "1 text" if n == 1 else f"{n} texts"


def fill_numbers(panel: Panel, on: Scale | None, shown: Draw | None, pooled: bool) -> None:
    """Count a column: bars on the page's scale where answers are read, agreement and the commonest answer."""
    cell, by_value = panel.cell, on is not None
    if not cell.draws:
        return
    if on is not None:
        panel.bars = bars(cell.values, on)
        panel.told = _told(cell)
        for one in cell.stacks:
            if one.key[0] == "value":
                panel.firsts[one.key[1]] = tag_of(one.draws[0], pooled)
                if shown in one.draws:
                    panel.chosen = one.key[1]
    counts = cell.counted(by_value)
    if cell.replicates:
        panel.distinct = f"{len(counts)} distinct of {sum(counts)}" if counts else ""
        return
    panel.agree, panel.mode = cell.agreement(by_value), cell.mode(by_value)
    if counts and not by_value:
        n = sum(counts)  # told where it is not the head's: what a gate stopped says nothing
        panel.distinct = _texts(len(counts)) + (f" of {n}" if n != cell.n else "")


def _told(cell: Cell) -> tuple[tuple[str, int], ...]:
    unread = {"in words": 0}  # told even where none are
    for one in cell.stacks:
        if one.key[0] != "value":
            for draw in one.draws:
                word = UNREAD.get(draw.ending, "in words")
                unread[word] = unread.get(word, 0) + 1
    return (("parsed", cell.values.total()), *unread.items())


def absent(cell: Cell, place: Place) -> tuple[Absent, ...]:
    """Return what a column has no answers for: impossible, failed, waiting, left out; never like an answer."""
    if cell.column.temperature_milli is None:
        return (Absent("", "Not asked: the chosen runs did not put this prompt to this subject."),)
    states = cell.states
    found = [
        one
        for state in ("impossible", "failed")
        if state in states
        for one in _by_reason(cell, state, place.view)
    ]
    waiting = [f"{states[state]} {word}" for state, word in (("queued", "waiting"), ("running", "running"))
               if states[state]]  # fmt: skip
    if waiting:
        found.append(Absent("waiting", " · ".join(waiting)))
    if states["cancelled"]:
        found.append(Absent("", f"{states['cancelled']} cancelled"))
    if cell.unequal:
        found.append(Absent("", f"{cell.unequal} with another length limit are not pooled"))
    if cell.column.other_versions:
        found.append(
            Absent("", f"{cell.column.other_versions} of other versions of this subject are not pooled")
        )
    return tuple(found)


def _by_reason(cell: Cell, state: str, view: View) -> list[Absent]:
    """Return the draws of a cell in one state, reason by reason; with hidden names only how many they are."""
    by_reason: dict[str, list[Any]] = {}
    for row in cell.rows:
        if row.state == state:
            by_reason.setdefault("" if view.hide else row.reason or "", []).append(row)
    failed = state == "failed"
    found = []
    for reason, rows in by_reason.items():
        alone = not failed and len(rows) == len(
            cell.rows
        )  # a cell of which nothing is possible needs no number
        word = "failed" if failed else "Not possible here" if alone else "not possible here"
        why = f"{reason[:TOLD]}…" if failed and len(reason) > TOLD else reason
        said = controls(": ".join(filter(None, [word if alone else f"{len(rows)} {word}", why])))
        if failed and not view.hide:
            draws = tuple((row.id, f"repeat {tag(row, view.pooled)}") for row in rows[:NAMED])
            found.append(Absent(state, said, draws, len(rows) - len(draws), rows[-1].run_id))
        else:
            found.append(Absent(state, said))
    return found
