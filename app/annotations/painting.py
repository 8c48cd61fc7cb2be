"""Marks painted into a text's markup on the server: for readers without script, for print and for export.

The text is split into runs at every boundary, so marks may overlap, and its textContent stays what is stored.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

# Markup of `faithful()`: a tag, a reference to one character, or plain text.
PART = re.compile(r"<[^>]*>|&[^;]+;|[^<&]+")


@dataclass(frozen=True, slots=True)
class Painted:
    """A part of a text from code point `start` to `end`, to be painted in a colour slot as the mark `id`."""

    start: int
    end: int
    slot: int
    id: int


def painted(markup: str, spans: Sequence[Painted]) -> Markup:
    """Return markup with these parts of its text inside <mark>, each naming the marks that it belongs to.

    A run that several marks share is one element with a class for each of their colours, `data-marks` listing
    them. Where a part reaches over elements of the markup it is closed and opened again around them.
    """
    if not spans:
        return Markup(markup)
    over = _over(spans)
    edges = [edge for edge, _ in over]
    out: list[str] = []
    at = 0
    for part in PART.findall(markup):
        if part.startswith("<"):
            out.append(part)
            continue
        signs = [part] if part.startswith("&") else part
        for run in _runs(signs, at, edges):
            nth = bisect_right(edges, at) - 1
            out.append(_marked("".join(run), over[nth][1] if nth >= 0 else ()))
            at += len(run)
    return Markup("".join(out))


def _over(spans: Sequence[Painted]) -> list[tuple[int, tuple[Painted, ...]]]:
    """Return each place where marks begin or end, with the marks that hold from there on, in their order."""
    begin: dict[int, list[int]] = {}
    end: dict[int, list[int]] = {}
    for nth, one in enumerate(spans):
        begin.setdefault(one.start, []).append(nth)
        end.setdefault(one.end, []).append(nth)
    held: dict[int, Painted] = {}
    found = []
    for edge in sorted({*begin, *end}):
        for nth in end.get(edge, ()):
            held.pop(nth, None)
        held |= {nth: spans[nth] for nth in begin.get(edge, ()) if spans[nth].end > edge}
        found.append((edge, tuple(held[nth] for nth in sorted(held))))
    return found


def _runs(signs: Sequence[str], at: int, edges: Sequence[int]) -> Iterator[Sequence[str]]:
    """Part signs, the first of which is code point `at`, wherever a mark begins or ends."""
    end = at + len(signs)
    begun = at
    for edge in edges[bisect_right(edges, at) :]:
        if edge >= end:
            break
        yield signs[begun - at : edge - at]
        begun = edge
    yield signs[begun - at :]


def _marked(run: str, over: Sequence[Painted]) -> str:
    if not over:
        return run
    slots = " ".join(f"slot-{slot}" for slot in dict.fromkeys(one.slot for one in over))
    ids = " ".join(str(number) for number in dict.fromkeys(one.id for one in over))
    return f'<mark class="painted {slots}" data-marks="{ids}">{run}</mark>'
