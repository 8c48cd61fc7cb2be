"""Agreement on where a tag stands: F1 over spans, α over characters, and Krippendorff's α_u over a continuum.

Source of α_u: Krippendorff (1995), On the reliability of unitizing continuous data; Content Analysis (2004) p. 254.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations

from app.annotations.coefficients import NO_PAIR, Coefficient

Span = tuple[int, int]  # start and end in code points
EMPTY = "nobody marked anything"


def merged(spans: Sequence[Span]) -> list[Span]:
    """Return one coder's spans of one tag without overlaps, in order."""
    found: list[Span] = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found


def exact_f1(first: Sequence[Span], second: Sequence[Span]) -> Coefficient:
    """Return 2·matches/(|A| + |B|), a match having equal start and end."""
    if not first and not second:
        return Coefficient(None, EMPTY)
    return Coefficient(2 * len(set(first) & set(second)) / (len(set(first)) + len(set(second))))


def partial_f1(first: Sequence[Span], second: Sequence[Span]) -> Coefficient:
    """Return the share of both coders' spans that overlap one of the other's by any length."""
    if not first and not second:
        return Coefficient(None, EMPTY)
    met = sum(_meets(one, second) for one in first) + sum(_meets(one, first) for one in second)
    return Coefficient(met / (len(first) + len(second)))


def threshold_f1(first: Sequence[Span], second: Sequence[Span], least: float = 0.9) -> Coefficient:
    """Return F1, a match sharing at least this part of the two spans' union; each span is matched once."""
    if not first and not second:
        return Coefficient(None, EMPTY)
    left, matches = list(second), 0
    for one in first:
        near = max(left, key=lambda other: _shared(one, other), default=None)
        if near is not None and _shared(one, near) >= least:
            left.remove(near)
            matches += 1
    return Coefficient(2 * matches / (len(first) + len(second)))


def _meets(one: Span, others: Sequence[Span]) -> bool:
    return any(start < one[1] and one[0] < end for start, end in others)


def _shared(one: Span, other: Span) -> float:
    inside = min(one[1], other[1]) - max(one[0], other[0])
    return max(inside, 0) / (max(one[1], other[1]) - min(one[0], other[0]))


# ------------------------------------------------------------------ alpha_u


@dataclass(frozen=True, slots=True)
class Unitized:
    """α_u of one tag, with the observed and the expected disagreement that it comes from."""

    alpha: Coefficient
    observed: float
    expected: float


def alpha_u(raters: Sequence[Sequence[Span]], length: int) -> Unitized:
    """Return α_u of one tag: each rater's spans over a continuum of `length`, from 0.

    D_o = Σ δ²/(m(m − 1)L²) over ordered pairs of raters and pairs of segments: (Δstart)² + (Δend)² for two
    spans that intersect, l² for a span wholly inside the other's gap. D_e from the spans' and gaps' lengths.
    """
    if length <= 0:
        return Unitized(Coefficient(None, "there is no text"), 0, 0)
    if len(raters) < 2:
        return Unitized(Coefficient(None, NO_PAIR), 0, 0)
    units = [merged(spans) for spans in raters]
    observed = sum(_apart(a, b, length) for a, b in permutations(units, 2)) / (
        len(units) * (len(units) - 1) * length**2
    )
    expected = _expected(units, length)
    if expected == 0:
        return Unitized(Coefficient(None, EMPTY), observed, expected)
    return Unitized(Coefficient(1 - observed / expected), observed, expected)


def joint(found: Sequence[Unitized]) -> Coefficient:
    """Return α_u over several tags: 1 − ΣD_o/ΣD_e."""
    expected = sum(one.expected for one in found)
    if expected == 0:
        return Coefficient(None, EMPTY)
    return Coefficient(1 - sum(one.observed for one in found) / expected)


def _gaps(spans: Sequence[Span], length: int) -> list[Span]:
    edges = [0, *(edge for span in spans for edge in span), length]
    return [(edges[at], edges[at + 1]) for at in range(0, len(edges), 2) if edges[at] < edges[at + 1]]


def _apart(first: Sequence[Span], second: Sequence[Span], length: int) -> int:
    """Return Σδ² of one rater's segments against another's, in this direction."""
    total = 0
    gaps = _gaps(second, length)
    for start, end in first:
        for other, till in second:
            if start < till and other < end:
                total += (start - other) ** 2 + (end - till) ** 2
        if any(start >= begin and end <= stop for begin, stop in gaps):
            total += (end - start) ** 2
    for start, end in _gaps(first, length):
        total += sum((till - other) ** 2 for other, till in second if other >= start and till <= end)
    return total


def _expected(units: Sequence[Sequence[Span]], length: int) -> float:
    raters = len(units)
    lengths = [end - start for spans in units for start, end in spans]
    gaps = [end - start for spans in units for start, end in _gaps(spans, length)]
    total = 0.0
    for one in lengths:
        among = (len(lengths) - 1) / 3 * (2 * one**3 - 3 * one**2 + one)
        total += among + one**2 * sum(gap - one + 1 for gap in gaps if gap >= one)
    whole = raters * length * (raters * length - 1) - sum(one * (one - 1) for one in lengths)
    return 2 / length * total / whole if whole > 0 else 0.0


def laid_end_to_end(texts: Sequence[tuple[int, Mapping[int, Sequence[Span]]]], raters: Sequence[int]) -> tuple[
    list[list[Span]], int
]:  # fmt: skip
    """Return each rater's spans over texts one after another, and their whole length.

    `texts` are (length, spans by rater); a text that one of the raters did not finish (no entry) is left out, since
    it would count as agreement on nothing.
    """
    found: list[list[Span]] = [[] for _ in raters]
    at = 0
    for length, by_rater in texts:
        if any(rater not in by_rater for rater in raters):
            continue
        for place, rater in enumerate(raters):
            found[place] += [(start + at, end + at) for start, end in merged(by_rater[rater])]
        at += length
    return found, at
