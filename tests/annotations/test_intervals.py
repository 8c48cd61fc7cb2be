"""Intervals: families are drawn whole, with a seed, and too few of them give none."""

import numpy as np

from app.annotations import intervals
from app.annotations.coefficients import binary_alpha, unit_sums


def family(rng: np.random.Generator, units: int, agree: float) -> list[float]:
    """The coincidences of a family of units that two coders judged, alike with this chance."""
    sums = np.zeros(3)
    for _ in range(units):
        first = int(rng.random() < 0.5)
        second = first if rng.random() < agree else 1 - first
        sums += unit_sums(first + second, 2 - first - second)
    return [float(one) for one in sums]


def test_an_interval_holds_the_value_and_comes_out_the_same() -> None:
    rng = np.random.default_rng(1)
    sums = {f"f{n}": family(rng, 10, 0.85) for n in range(12)}
    found, why = intervals.by_family(sums)
    assert found is not None
    assert why == ""
    low, high = found
    value = float(binary_alpha(np.array(list(sums.values())).sum(axis=0)))
    assert low < value < high
    assert intervals.by_family(dict(reversed(sums.items()))) == (found, "")


def test_with_fewer_than_eight_families_there_is_none_evidence_14() -> None:
    sums = {f"f{n}": [2.0, 1.0, 2.0] for n in range(7)}
    assert intervals.by_family(sums) == (None, "7 prompt families, at least 8 are needed")
    assert intervals.by_family({"f": [1.0, 0.0, 1.0]})[1].startswith("1 prompt family")


def test_where_most_samples_have_no_alpha_there_is_none() -> None:
    sums = {f"f{n}": [0.0, 0.0, 4.0] for n in range(9)} | {"g": [2.0, 0.0, 0.0]}
    found, why = intervals.by_family(sums)
    assert found is None
    assert "undefined" in why


def test_the_interval_covers_as_often_as_it_says() -> None:
    rng = np.random.default_rng(7)
    true = 2 * 0.85 - 1  # α of two coders who agree with .85 on an even tag
    covered = 0
    for _ in range(120):
        found, _ = intervals.by_family({f"f{n}": family(rng, 8, 0.85) for n in range(20)}, draws=400)
        assert found is not None
        covered += found[0] <= true <= found[1]
    assert covered >= 106  # 88 %: a bootstrap of few families falls somewhat short of 95
