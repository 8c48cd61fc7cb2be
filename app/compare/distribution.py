"""Numbers about one cell: the chance that two draws agree, the share of the commonest answer, values as bars."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log, log2, sqrt

from app.batteries.shape import Answer
from app.transcripts.shares import Z95, Share, interval

ROWS = 10  # values with a row of their own
READ_AS_VALUES = {"integer", "word", "choice", "yesno"}  # a line is read, not counted


def agree(counts: Sequence[int]) -> Share | None:
    """Return the chance that two draws agree, Σc(c−1)/(n(n−1)): unbiased, n ≥ 2, else None.

    The interval is the jackknife's (delete one draw, normal, 95 %). Where that has no width (all alike, no two
    alike, all equally common, n = 2) it is Wilson's over the n // 2 disjoint pairs, which are independent trials.
    """
    n = sum(counts)
    if n < 2:
        return None
    pairs = sum(c * (c - 1) for c in counts)
    value = pairs / (n * (n - 1))
    if n < 3:
        return _over_pairs(value, n)
    without = [((pairs - 2 * (c - 1)) / ((n - 1) * (n - 2)), c) for c in counts if c]
    mean = sum(one * c for one, c in without) / n
    error = sqrt((n - 1) / n * sum(c * (one - mean) ** 2 for one, c in without))
    if error < 1e-12:
        return _over_pairs(value, n)
    return Share(value, n, max(0.0, value - Z95 * error), min(1.0, value + Z95 * error))


def entropy(counts: Sequence[int]) -> float | None:
    """Return the entropy in bits of what so many draws show, with the correction of Miller and Madow (1955) for the
    kinds that too few draws miss: −Σ p·log2 p + (K − 1)/(2n·ln 2), K kinds, n draws. None without draws."""
    n = sum(counts)
    if not n:
        return None
    kinds = [c for c in counts if c]
    plain = -sum(c / n * log2(c / n) for c in kinds)
    return plain + (len(kinds) - 1) / (2 * n * log(2))


def _over_pairs(value: float, n: int) -> Share:
    return Share(value, n, *interval(value, n // 2))


@dataclass(frozen=True, slots=True)
class Scale:
    """What the bars of all columns have in common: the rows in their order, and the share of the longest bar."""

    values: tuple[str, ...]
    longest: float


def scale(columns: Sequence[Mapping[str, int]], spec: Answer) -> Scale:
    """Choose the rows of a page: every option of a closed question, else the values with the largest shares.

    A column's draws count by share of its parsed answers, so that a column of many draws does not choose alone.
    """
    shares: Counter[str] = Counter()
    longest = 0.0
    for counts in columns:
        n = sum(counts.values())
        for value, c in counts.items():
            shares[value] += c / n  # type: ignore[assignment]
            longest = max(longest, c / n)
    if spec.kind in {"choice", "yesno"}:
        return Scale(spec.of or ("yes", "no"), longest or 1.0)
    order = sorted(shares, key=lambda value: (-shares[value], _natural(value)))
    return Scale(tuple(order[:ROWS]), longest or 1.0)


def _natural(value: str) -> tuple[int, str]:
    return (int(value), "") if value.lstrip("-").isdecimal() else (0, value)


@dataclass(frozen=True, slots=True)
class Bars:
    """One column's answers on the page's scale: (value, count, length in percent), and the rest."""

    rows: tuple[tuple[str, int, str], ...]
    n: int
    other_values: int
    other: int


def bars(counts: Mapping[str, int], on: Scale) -> Bars:
    """Lay one column's parsed answers on the page's scale."""
    n = sum(counts.values())
    on_scale = n * on.longest or 1.0
    taken = [(value, counts.get(value, 0)) for value in on.values]
    rows = tuple((value, c, f"{c / on_scale:.2%}") for value, c in taken)
    rest = [c for value, c in counts.items() if value not in on.values]
    return Bars(rows, n, len(rest), sum(rest))
