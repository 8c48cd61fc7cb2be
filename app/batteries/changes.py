"""Where two prompts differ: the stretches of words that one has in place of the other's."""

import re
from collections.abc import Iterable, Sequence

from rapidfuzz.distance import Indel

from app.batteries.shape import Turn

TOKEN = re.compile(r"\w+(?:['’]\w+)*|\s+|[^\w\s]")
JOINED = 3  # words: two changes with fewer between them are one
TURN = "\0"


def changed_places(before: Sequence[Turn], after: Sequence[Turn]) -> list[tuple[str, str]]:
    """Return (words before, words after) of each place that differs, each pair once, in reading order.

    The same replacement made in several places is one; a turn more or less is one, however long it is.
    """
    a, b = _tokens(before), _tokens(after)
    ids: dict[str, int] = {}
    numbered = [[ids.setdefault(token.casefold(), len(ids)) for token in tokens] for tokens in (a, b)]
    found: list[tuple[int, int, int, int]] = []
    for code in Indel.opcodes(*numbered):
        if code.tag == "equal":
            continue
        if found and _few(a[found[-1][1] : code.src_start]):
            found[-1] = (found[-1][0], code.src_end, found[-1][2], code.dest_end)
        else:
            found.append((code.src_start, code.src_end, code.dest_start, code.dest_end))
    pairs = [(_shown(a[one:two]), _shown(b[three:four])) for one, two, three, four in found]
    return [pair for pair in dict.fromkeys(pairs) if pair[0].casefold() != pair[1].casefold()]


def _tokens(turns: Iterable[Turn]) -> list[str]:
    return [token for turn in turns for token in (f"{TURN}{turn.role}", *TOKEN.findall(turn.words))]


def _few(tokens: Iterable[str]) -> bool:
    return sum(token[0].isalnum() for token in tokens) < JOINED


def _shown(tokens: Iterable[str]) -> str:
    """Return tokens as words, without what only tells the turns apart."""
    return " ".join("".join(token if token[0] != TURN else " " for token in tokens).split())
