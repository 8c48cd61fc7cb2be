"""A text against a pivot, word by word: what it adds and what it lacks."""

import re
from dataclasses import dataclass
from typing import Literal

from rapidfuzz.distance import Indel

TOKEN = re.compile(r"\w+|\s+|[^\w\s]")
SENTENCE = re.compile(r"[^\n.!?]*[\n.!?]+\s*|[^\n.!?]+")
WORD = re.compile(r"\w+")
BY_WORDS = (
    60_000  # characters: longer texts are compared by lines and sentences, or a page would take minutes
)
SHORT = (
    3  # words: a shared run between two changes that is shorter is taken as changed, or all turns to confetti
)
LITTLE = 0.35  # share of words in common below which a diff tells nothing
PHRASES = 4

Kind = Literal["same", "ins", "del"]


@dataclass(frozen=True, slots=True)
class Diff:
    """Pieces of pivot and text in reading order; `shared` is the share of words in common, 0 to 1.

    Where it is small, `phrases` holds the longest runs of words that both have, and `pieces` is empty.
    """

    pieces: tuple[tuple[Kind, str], ...]
    shared: float
    phrases: tuple[str, ...] = ()

    @property
    def little(self) -> bool:
        return self.shared < LITTLE


def diff(pivot: str, text: str) -> Diff:
    """Compare two texts. `same` and `ins` pieces joined give the text, `same` and `del` pieces the pivot."""
    part = TOKEN if max(len(pivot), len(text)) <= BY_WORDS else SENTENCE
    a, b = part.findall(pivot), part.findall(text)
    blocks = _blocks(a, b)
    shared = sum([_words(a[start:end]) for start, end, _ in blocks])
    total = _words(a) + _words(b)
    share = 2 * shared / total if total else float(pivot == text)
    if share < LITTLE:
        return Diff((), share, _phrases(a, blocks))
    return Diff(_pieces(a, b, _joined(a, blocks)), share)


Block = tuple[int, int, int]  # start and end in the pivot, start in the text


def _blocks(a: list[str], b: list[str]) -> list[Block]:
    ids: dict[str, int] = {}
    numbered = [[ids.setdefault(token, len(ids)) for token in tokens] for tokens in (a, b)]
    return [
        (code.src_start, code.src_end, code.dest_start)
        for code in Indel.opcodes(*numbered)
        if code.tag == "equal"
    ]


def _words(tokens: list[str]) -> int:
    return len(WORD.findall("".join(tokens)))


def _joined(a: list[str], blocks: list[Block]) -> list[Block]:
    """Leave out shared runs of few words that stand between two changes."""
    last = len(blocks) - 1
    return [
        block
        for index, block in enumerate(blocks)
        if _words(a[block[0] : block[1]]) >= SHORT or index in (0, last)
    ]


def _pieces(a: list[str], b: list[str], blocks: list[Block]) -> tuple[tuple[Kind, str], ...]:
    out: list[tuple[Kind, str]] = []
    at_a = at_b = 0
    for start, end, there in [*blocks, (len(a), len(a), len(b))]:
        if at_a < start:
            out.append(("del", "".join(a[at_a:start])))
        if at_b < there:
            out.append(("ins", "".join(b[at_b:there])))
        if start < end:
            out.append(("same", "".join(a[start:end])))
        at_a, at_b = end, there + end - start
    return tuple(out)


def _phrases(a: list[str], blocks: list[Block]) -> tuple[str, ...]:
    runs = [a[start:end] for start, end, _ in blocks]
    long = sorted((run for run in runs if _words(run) >= SHORT), key=_words, reverse=True)
    return tuple(dict.fromkeys("".join(run).strip() for run in long[:PHRASES]))
