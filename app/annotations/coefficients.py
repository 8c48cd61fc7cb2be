"""Coefficients of agreement over units that several coders judged: numpy alone, undefined ones with the reason.

Sources: Krippendorff, Content Analysis (2004) ch. 11; Hayes & Krippendorff (2007); Fleiss (1971); Cohen (1960);
Gwet (2008); Passonneau (2006) for MASI.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Level = Literal["nominal", "ordinal", "interval", "ratio"]
Floats = NDArray[np.float64]
NO_PAIR = "no unit was judged by two coders"
ONE_VALUE = "all judgements are the same: chance cannot be told from agreement"


@dataclass(frozen=True, slots=True)
class Coefficient:
    """A coefficient, or why there is none."""

    value: float | None
    why: str = ""


def _none(why: str) -> Coefficient:
    return Coefficient(None, why)


# ------------------------------------------------------------------ Krippendorff's alpha


def alpha(values: Sequence[Sequence[Any]], level: Level = "nominal") -> Coefficient:
    """Return Krippendorff's α of units × coders, None where a coder did not judge a unit.

    1 − D_o/D_e from the coincidence matrix: each ordered pair of values (c, k) of different coders of a unit with
    m ≥ 2 values adds 1/(m − 1) to o_ck; D_o = Σ o_ck δ²/n, D_e = Σ n_c n_k δ²/(n(n − 1)).
    """
    kept = [[one for one in unit if one is not None] for unit in values]
    ranked = sorted({one for unit in kept if len(unit) > 1 for one in unit})
    if not ranked:
        return _none(NO_PAIR)
    seen = coincidences(kept, ranked)
    return alpha_of(seen, deltas(ranked, seen.sum(axis=1), level))


def coincidences(units: Sequence[Sequence[Any]], ranked: Sequence[Any]) -> Floats:
    """Return the coincidence matrix of units (lists of the values given to each) over these values."""
    at = {value: place for place, value in enumerate(ranked)}
    found = np.zeros((len(ranked), len(ranked)))
    for unit in units:
        if len(unit) < 2:
            continue
        counts = np.zeros(len(ranked))
        for value in unit:
            counts[at[value]] += 1
        found += (np.outer(counts, counts) - np.diag(counts)) / (len(unit) - 1)
    return found


def deltas(ranked: Sequence[Any], totals: Floats, level: Level) -> Floats:
    """Return the squared differences δ² between values, by the level at which they are measured."""
    size = len(ranked)
    if level == "nominal":
        return 1 - np.eye(size)
    if level == "ordinal":
        upto = np.cumsum(totals)
        between = np.abs(
            upto[:, None] - upto[None, :]
        )  # n_g summed above the lower up to and with the higher
        lower = np.minimum.outer(np.arange(size), np.arange(size))
        higher = np.maximum.outer(np.arange(size), np.arange(size))
        made: Floats = (between + totals[lower] - (totals[lower] + totals[higher]) / 2) ** 2
        return made * (1 - np.eye(size))
    numbers = np.array(ranked, dtype=float)
    apart = np.subtract.outer(numbers, numbers)
    if level == "interval":
        return np.asarray(apart**2)
    both = np.add.outer(numbers, numbers)
    return np.asarray(np.where(both == 0, 0, apart / np.where(both == 0, 1, both)) ** 2)


def alpha_of(seen: Floats, delta: Floats) -> Coefficient:
    """Return α of a coincidence matrix and squared differences."""
    totals = seen.sum(axis=1)
    n = totals.sum()
    if n < 2:
        return _none(NO_PAIR)
    expected = float((np.outer(totals, totals) * delta).sum() / (n * (n - 1)))
    if expected == 0:
        return _none(ONE_VALUE)
    return Coefficient(1 - float((seen * delta).sum() / n) / expected)


def binary_alpha(sums: Floats) -> Floats:
    """Return nominal α of two values from the sums (o_11, o_10 + o_01, o_00) in the last axis; NaN = undefined.

    For resampling: the coincidences of units add up, so that those of a sample are its units' sums.
    """
    both, apart, neither = sums[..., 0], sums[..., 1], sums[..., 2]
    n = both + apart + neither
    ones, zeros = both + apart / 2, neither + apart / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        expected = 2 * ones * zeros / (n * (n - 1))
        made: Floats = np.where(expected > 0, 1 - (apart / n) / expected, np.nan)
    return made


def unit_sums(present: int, absent: int) -> tuple[float, float, float]:
    """Return what one unit adds to (o_11, o_10 + o_01, o_00), judged present and absent so many times."""
    m = present + absent
    if m < 2:
        return 0.0, 0.0, 0.0
    return present * (present - 1) / (m - 1), 2 * present * absent / (m - 1), absent * (absent - 1) / (m - 1)


# ------------------------------------------------------------------ the others


def percent(values: Sequence[Sequence[Any]]) -> Coefficient:
    """Return the share of pairs of judgements of one unit that are equal."""
    equal = pairs = 0
    for unit in values:
        kept = [one for one in unit if one is not None]
        pairs += len(kept) * (len(kept) - 1) // 2
        equal += sum(a == b for place, a in enumerate(kept) for b in kept[place + 1 :])
    return Coefficient(equal / pairs) if pairs else _none(NO_PAIR)


def cohen(first: Sequence[Any], second: Sequence[Any]) -> Coefficient:
    """Return Cohen's κ of two coders over the units that both judged: chance by each one's own marginals."""
    both = [(a, b) for a, b in zip(first, second, strict=True) if a is not None and b is not None]
    if not both:
        return _none(NO_PAIR)
    n = len(both)
    observed = sum(a == b for a, b in both) / n
    expected = sum(
        sum(a == value for a, _ in both) * sum(b == value for _, b in both)
        for value in {x for pair in both for x in pair}
    ) / (n * n)
    return _over_chance(observed, expected)


def fleiss(counts: Sequence[Sequence[int]]) -> Coefficient:
    """Return Fleiss' κ of units × categories: how many of the same number of coders chose each."""
    table = np.array(counts, dtype=float)
    if table.size == 0:
        return _none(NO_PAIR)
    raters = table.sum(axis=1)
    if len(set(raters.tolist())) > 1:
        return _none("units were judged by different numbers of coders")
    if raters[0] < 2:
        return _none(NO_PAIR)
    observed = float((((table**2).sum(axis=1) - raters) / (raters * (raters - 1))).mean())
    shares = table.sum(axis=0) / table.sum()
    return _over_chance(observed, float((shares**2).sum()))


def ac1(values: Sequence[Sequence[Any]]) -> Coefficient:
    """Return Gwet's AC1 over the units with two judgements or more: P_e = Σ π(1 − π)/(q − 1), π the mean shares."""
    units = [kept for unit in values if len(kept := [one for one in unit if one is not None]) > 1]
    if not units:
        return _none(NO_PAIR)
    categories = sorted({one for unit in units for one in unit})
    if len(categories) < 2:
        return _none(ONE_VALUE)
    counts = np.array([[unit.count(one) for one in categories] for unit in units], dtype=float)
    sizes = counts.sum(axis=1)
    observed = float((((counts**2).sum(axis=1) - sizes) / (sizes * (sizes - 1))).mean())
    shares = (counts / sizes[:, None]).mean(axis=0)
    return _over_chance(observed, float((shares * (1 - shares)).sum() / (len(categories) - 1)))


def _over_chance(observed: float, expected: float) -> Coefficient:
    return _none(ONE_VALUE) if expected >= 1 else Coefficient((observed - expected) / (1 - expected))


def masi(first: frozenset[Any], second: frozenset[Any]) -> float:
    """Return the MASI distance of two sets: 1 − M·|A∩B|/|A∪B|, M by how they lie to each other; 0 for two empty."""
    if not first and not second:
        return 0.0
    shared = first & second
    lies = (
        1.0 if first == second else 2 / 3 if first <= second or second <= first else 1 / 3 if shared else 0.0
    )
    return 1 - lies * len(shared) / len(first | second)


def set_alpha(
    values: Sequence[Sequence[frozenset[Any] | None]],
    distance: Callable[[frozenset[Any], frozenset[Any]], float] = masi,
) -> Coefficient:
    """Return α of units to each of which coders gave a set of tags, δ² being a distance between sets."""
    kept = [[one for one in unit if one is not None] for unit in values]
    ranked = sorted({one for unit in kept if len(unit) > 1 for one in unit}, key=sorted)
    if not ranked:
        return _none(NO_PAIR)
    return alpha_of(coincidences(kept, ranked), np.array([[distance(a, b) for b in ranked] for a in ranked]))
