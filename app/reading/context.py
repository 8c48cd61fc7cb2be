"""A place in a text with what stands at its left and at its right, for a concordance."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace

from markupsafe import Markup

from app.reading.lines import Line
from app.reading.terms import words_of
from app.transcripts.faithful import controls

BESIDE = 110  # characters at either side, of which a page shows what fits
LONGEST = 120  # of what was found: a pattern may find a whole text
EACH = 5  # places shown of one answer
SORTED_BY = 6  # words beside a place that its order goes by
GAP = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Context:
    """One place: what was found between what stands beside it; `times` answers have the same text."""

    line: Line
    before: str
    found: str
    after: str
    rtl: bool
    left: tuple[str, ...]
    right: tuple[str, ...]
    times: int = 1

    @property
    def shown(self) -> tuple[Markup, Markup, Markup]:
        """What stands before, what was found and what stands after, as markup."""
        return controls(self.before), controls(self.found), controls(self.after)


def contexts(line: Line) -> list[Context]:
    """Return the first places in an answer."""
    return [_context(line, start, end) for start, end in line.spans[:EACH]]


def stacked(some: Iterable[Line]) -> list[Context]:
    """Return the places of these answers in their order; answers of one prompt with the same text stand once."""
    kept: dict[tuple[str, str], list[Context]] = {}
    for line in some:
        key = (line.prompt, line.text_sha256)
        if key in kept:
            kept[key] = [replace(one, times=one.times + 1) for one in kept[key]]
        else:
            kept[key] = contexts(line)
    return [one for here in kept.values() for one in here]


def ordered(some: list[Context], by: str) -> list[Context]:
    """Return places in the order of the words at their left (the nearest first) or right, or as they are."""
    if by == "left":
        return sorted(some, key=lambda one: (one.left, one.right))
    return sorted(some, key=lambda one: (one.right, one.left)) if by == "right" else some


def _context(line: Line, start: int, end: int) -> Context:
    text = line.text
    before, after = text[max(0, start - 2 * BESIDE) : start], text[end : end + 2 * BESIDE]
    found = text[start:end]
    left, right = words_of(before[-BESIDE:]), words_of(found + after[:BESIDE])
    short = found if len(found) <= LONGEST else f"{found[: LONGEST - 1]}…"
    return Context(
        line, _one_line(before, -BESIDE), _one_line(short), _one_line(after, BESIDE), _is_rtl(found or before),
        left[: -SORTED_BY - 1 : -1], right[: SORTED_BY],
    )  # fmt: skip


def _one_line(text: str, most: int = 0) -> str:
    """Return a text on one line, at most so many characters of it: from its beginning, or (negative) to its end."""
    flat = GAP.sub(" ", text)
    return flat[most:] if most < 0 else flat[:most] if most else flat


def _is_rtl(text: str) -> bool:
    """Tell whether a text begins in a script that is written from the right."""
    strong = (unicodedata.bidirectional(sign) for sign in text)
    return next((kind for kind in strong if kind in ("L", "R", "AL")), "L") != "L"
