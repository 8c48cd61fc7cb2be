"""Same answers: equal parsed answer, else equal text after folding. Nothing here is fuzzy."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import starmap

from app.batteries.shape import Answer
from app.compare.draw import Draw
from app.elicitation import answers

SLOTS = 8  # hues of stacks; a ninth stack goes without
KEPT_LENGTH = 4_000

Key = tuple[str, str]  # what kind of sameness, and the value under it


@dataclass(slots=True, eq=False)
class Stack:
    """Draws of one cell with the same answer; `slot` is the stack's hue over all columns, 0 = none."""

    key: Key
    draws: list[Draw]
    slot: int = 0

    @property
    def n(self) -> int:
        return len(self.draws)


def key_of(draw: Draw, spec: Answer | None) -> Key:
    """Return what a draw shares with those that say the same.

    A draw without a word is the same as others that ended in the same way: a gate's no is no empty answer. In a
    ladder every answer counts, unless the last one can be read.
    """
    if spec is not None:
        value = answers.read_answer(spec, draw.text)
        if value is not None:
            return ("value", value)
    said = draw.answers
    if not any(said):
        return ("ended", draw.row.stop_class or "empty")
    return ("text", "\n\n".join(_folded(text) for text in said) if len(said) > 1 else _folded(said[0]))


def _folded(text: str) -> str:
    return _fold_kept(text) if len(text) <= KEPT_LENGTH else answers.fold(text)


_fold_kept = lru_cache(maxsize=4096)(answers.fold)


def stack(draws: Iterable[Draw], key: Callable[[Draw], Key]) -> list[Stack]:
    """Put the same answers on one stack each, the most common first, then the one drawn first."""
    found: dict[Key, list[Draw]] = {}
    for draw in draws:
        found.setdefault(key(draw), []).append(draw)
    return sorted(starmap(Stack, found.items()), key=lambda one: -len(one.draws))


def give_slots(columns: Sequence[Sequence[Stack]]) -> dict[Key, dict[int, int]]:
    """Give what more than one column says a hue, the same in each, the most common first.

    Return for each such answer its count by column.
    """
    said: dict[Key, dict[int, int]] = {}
    for at, stacks in enumerate(columns):
        for one in stacks:
            if one.key[0] != "ended":
                said.setdefault(one.key, {})[at] = one.n
    shared = {key: by_column for key, by_column in said.items() if len(by_column) > 1}
    order = sorted(shared, key=lambda key: -sum(shared[key].values()))[:SLOTS]
    slots = {key: slot for slot, key in enumerate(order, start=1)}
    for stacks in columns:
        for one in stacks:
            one.slot = slots.get(one.key, 0)
    return shared


def in_same_words(one: Stack, face: Draw) -> list[Draw]:
    """Return the draws of a stack that say the very text of one of them, folded: not all that read as the same."""
    if one.key[0] != "value":
        return one.draws
    words = list(map(_folded, face.answers))
    return [draw for draw in one.draws if draw is face or list(map(_folded, draw.answers)) == words]
