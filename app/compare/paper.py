"""One prompt as it goes on paper: every text that was said, once, with how often; nothing clamped or to press."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from app.compare.card import Card, card
from app.compare.draw import Draw
from app.compare.page import Page
from app.compare.panel import Panel, pivot
from app.compare.same import Stack
from app.compare.view import View
from app.db import EPOCH
from app.elicitation.answers import fold
from app.transcripts.shares import Share, wilson

ACROSS = 3  # columns that stand side by side on a sheet; more of them stand below one another
NARROW = 6_000  # characters: a longer text takes the whole width
NAMED = 12  # repeats that say the same, named one by one


@dataclass(frozen=True, slots=True)
class Said:
    """A text of a column: its card, its share of the column's answers, the repeats that said it."""

    card: Card
    share: Share | None
    repeats: str


@dataclass(frozen=True, slots=True)
class OnPaper:
    """A column: its panel, its texts, its values (value, k, length of the bar, share), where it comes from."""

    panel: Panel
    said: tuple[Said, ...]
    values: tuple[tuple[str, int, str, Share | None], ...]
    ran: str
    long: bool


@dataclass(frozen=True, slots=True)
class Laid:
    """A prompt's sheet. `across` columns stand beside one another, 1 = below one another."""

    page: Page
    columns: tuple[OnPaper, ...]
    across: int
    url: str


def laid(page: Page, url: str) -> Laid:
    """Lay a prompt out for paper; `url` is where it stays to be read."""
    view = page.place.view
    against = pivot([panel.cell for panel in page.panels], view)
    columns = tuple(_column(panel, view, against) for panel in page.panels)
    short = all(_length(panel) <= NARROW for panel in page.panels)
    return Laid(page, columns, len(columns) if short and len(columns) <= ACROSS else 1, url)


def _length(panel: Panel) -> int:
    return max((len(text) for draw in panel.cell.draws for text in draw.answers), default=0)


def _column(panel: Panel, view: View, against: Draw | None) -> OnPaper:
    cell = panel.cell
    said = [
        Said(_card(one, view, against, panel), wilson(one.n, cell.n), _repeats(one, view))
        for one in texts(cell.stacks, cell.draws if view.all else None)
    ]
    values: tuple[tuple[str, int, str, Share | None], ...] = ()
    if panel.bars is not None:
        n = panel.bars.n
        values = tuple((value, k, length, wilson(k, n)) for value, k, length in panel.bars.rows)
    return OnPaper(panel, tuple(said), values, "" if view.hide else _ran(panel), _length(panel) > NARROW)


def _card(one: Stack, view: View, against: Draw | None, panel: Panel) -> Card:
    made = card(one, against if against in one.draws else one.draws[0], view, against)
    made.in_words = panel.bars is not None and one.key[0] == "text"
    return made


def texts(stacks: Sequence[Stack], singly: Sequence[Draw] | None) -> list[Stack]:
    """Return each text once with its draws, the most common first; `singly` = these draws one by one instead.

    Draws that are read as one value stand apart here where they said it in other words: nothing is left out.
    """
    if singly is not None:
        of = {draw: one for one in stacks for draw in one.draws}
        return [Stack(of[draw].key, [draw], of[draw].slot) for draw in singly]
    found = []
    for one in stacks:
        by_words: dict[tuple[str, ...], list[Draw]] = {}
        for draw in one.draws:
            by_words.setdefault(tuple(map(fold, draw.answers)), []).append(draw)
        found += [Stack(one.key, draws, one.slot) for draws in by_words.values()]
    return sorted(found, key=lambda one: -one.n)


def _repeats(one: Stack, view: View) -> str:
    tags = [
        f"{draw.row.run_id}.{draw.row.repeat}" if view.pooled else str(draw.row.repeat) for draw in one.draws
    ]
    rest = f" and {len(tags) - NAMED} more" if len(tags) > NAMED else ""
    return f"repeat{'s' if len(tags) > 1 else ''} {', '.join(tags[:NAMED])}{rest}"


def _ran(panel: Panel) -> str:
    """Return which runs a column's draws come from and when they were made, in words."""
    runs = panel.cell.column.runs
    if not runs:
        return ""
    told = f"run {runs[0]}" if len(runs) == 1 else f"runs {', '.join(map(str, runs))}"
    days = [row.finished_ms for row in panel.cell.rows if row.finished_ms is not None]
    if not days:
        return told
    first, last = (
        f"{EPOCH + timedelta(milliseconds=at):%d %b %Y}".lstrip("0") for at in (min(days), max(days))
    )
    return f"{told}, {first if first == last else f'{first} – {last}'}"
