"""Where a column can go: left, right, to be pinned, out; each as the address of the page that comes of it."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.compare.columns import Choice, Column
from app.compare.view import Place


@dataclass(frozen=True, slots=True)
class Move:
    """One thing to do with the column in focus: its address, and what a listener hears of it; '' = not possible."""

    url: str = ""
    said: str = ""


@dataclass(frozen=True, slots=True)
class Moves:
    """What can be done with the column in focus. `runs` shows its runs beside one another.

    `order` is the page with all columns named in their order: what a column that is dragged changes.
    """

    left: Move
    right: Move
    first: Move
    pin: Move
    out: Move
    runs: str
    order: str


NOWHERE = Move()


def moves(choice: Choice, place: Place, at: int, name: str) -> Moves:
    """Return what can be done with the shown column at a place; `name` is what it is called on the page."""
    here = choice.picked[at]
    order = _Order(choice, place)
    shuffled = place.view.hide == "shuffled"
    left, right, first = (
        NOWHERE if shuffled else order.moved(here, to, name) for to in (at - 1, at + 1, order.edge(here))
    )
    pinned = f"{name} {'no longer pinned' if here.pinned else 'pinned at the left'}"
    pin = NOWHERE if shuffled else Move(pin_url(choice, place, here), pinned)
    rest = tuple(one.token for one in choice.picked if one is not here)
    kept = tuple(one.token for one in choice.picked if one.pinned and one is not here)
    out = Move(place.url(cols=rest, pin=kept, col="", repeat=""), f"{name} taken out") if rest else NOWHERE
    return Moves(left, right, first, pin, out, _runs(choice, place, here), "" if shuffled else order.url)


def pin_url(choice: Choice, place: Place, column: Column) -> str:
    """Return the address with one column pinned, or no longer where it is."""
    pinned = [one.token for one in choice.picked if one.pinned and one is not column]
    return place.url(pin=tuple(pinned if column.pinned else [*pinned, column.token]))


def _runs(choice: Choice, place: Place, column: Column) -> str:
    """Return the address that shows each run of a column's subject by itself; '' where there is but one."""
    if column.temperature_milli is None or len(choice.runs) < 2:
        return ""
    token = column.token.rpartition("@")[0] if column.run else column.token
    return place.url(cols=(token,), pin=(), runs=(), beside=True, col="", repeat="", diff="")


class _Order:
    """The columns of the address in their order: those pinned, then the others."""

    def __init__(self, choice: Choice, place: Place) -> None:
        self.place = place
        self.columns: Sequence[Column] = choice.picked
        self.shown = len(choice.shown)
        self.pinned = sum(one.pinned for one in choice.picked)

    @property
    def url(self) -> str:
        """The page with its columns in the order that they have."""
        pins = tuple(one.token for one in self.columns if one.pinned)
        return self.place.url(cols=tuple(one.token for one in self.columns), pin=pins, group=False)

    def edge(self, column: Column) -> int:
        """Return the first place that a column can take."""
        return 0 if column.pinned else self.pinned

    def moved(self, column: Column, to: int, name: str) -> Move:
        """Return what puts a column to another place among its like (pinned or not)."""
        at = self.columns.index(column)
        inside = range(self.pinned) if column.pinned else range(self.pinned, self.shown)
        if to not in inside or to == at:
            return NOWHERE
        order = [one for one in self.columns if one is not column]
        order.insert(to, column)
        pins, cols = ([one.token for one in order if one.pinned is pinned] for pinned in (True, False))
        said = f"{name} moved to place {to + 1} of {self.shown}"
        return Move(self.place.url(cols=(*pins, *cols), pin=tuple(pins), group=False), said)
