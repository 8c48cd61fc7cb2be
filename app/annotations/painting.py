"""Marks painted into a text's markup on the server: for readers without script, for print and for export.

The text is split into runs at every boundary, so marks may overlap, and its textContent stays what is stored.
"""

import re
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
    edges = sorted({edge for one in spans for edge in (one.start, one.end)})
    out: list[str] = []
    at = 0
    for part in PART.findall(markup):
        if part.startswith("<"):
            out.append(part)
            continue
        signs = [part] if part.startswith("&") else part
        for run in _runs(signs, at, edges):
            out.append(_marked("".join(run), at, spans))
            at += len(run)
    return Markup("".join(out))


def _runs(signs: Sequence[str], at: int, edges: Sequence[int]) -> Iterator[Sequence[str]]:
    """Part signs, the first of which is code point `at`, wherever a mark begins or ends."""
    end = at + len(signs)
    begun = at
    for edge in edges:
        if begun < edge < end:
            yield signs[begun - at : edge - at]
            begun = edge
    yield signs[begun - at :]


def _marked(run: str, at: int, spans: Sequence[Painted]) -> str:
    over = [one for one in spans if one.start <= at < one.end]
    if not over:
        return run
    slots = " ".join(f"slot-{slot}" for slot in dict.fromkeys(one.slot for one in over))
    ids = " ".join(str(number) for number in dict.fromkeys(one.id for one in over))
    return f'<mark class="painted {slots}" data-marks="{ids}">{run}</mark>'
