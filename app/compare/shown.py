"""Which answers a column shows in full, for the page to tell when they were seen: by their places in the column.

The page is printed once for all readers, so it names what it shows; what of it a reader has seen comes by script.
"""

from collections.abc import Mapping, Sequence

from app.compare.card import Card
from app.compare.draw import Draw
from app.compare.panel import Panel
from app.compare.same import Stack, in_same_words

Places = Mapping[Draw, int]


def tell_shown(panel: Panel) -> None:
    """Let a column name its transcripts, and each card and bar which of them it shows."""
    draws = panel.cell.draws
    places = {draw: at for at, draw in enumerate(draws)}
    stack_of = {draw: one for one in panel.cell.stacks for draw in one.draws}
    panel.ids = " ".join([str(draw.row.id) for draw in draws])
    for card in panel.cards:
        card.same, card.rest = _of_card(card, stack_of[card.draw], places)
    if panel.bars is not None:
        for one in panel.cell.stacks:
            if one.key[0] == "value":
                panel.of_value[one.key[1]] = _of_bar(one, places)


def _of_card(card: Card, stack: Stack, places: Places) -> tuple[str, str]:
    if card.n == 1:
        return _written([card.draw], places), ""
    return _parted(stack, in_same_words(stack, card.draw), places)


def _of_bar(one: Stack, places: Places) -> tuple[str, str]:
    """A bar shows an answer in full where its value is all that was said."""
    bare = next((draw for draw in one.draws if draw.answers == (one.key[1],)), None)
    return _parted(one, in_same_words(one, bare) if bare is not None else [], places)


def _parted(one: Stack, same: Sequence[Draw], places: Places) -> tuple[str, str]:
    if len(same) == len(one.draws):
        return _written(same, places), ""
    return _written(same, places), _written([draw for draw in one.draws if draw not in same], places)


def _written(draws: Sequence[Draw], places: Places) -> str:
    return " ".join([str(places[draw]) for draw in draws])
