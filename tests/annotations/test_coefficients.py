"""Coefficients of agreement: the published values to their digits, and a reason where there is none."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.annotations import coefficients as c

N = None
# Hayes & Krippendorff (2007): 40 articles, five observers, an ordinal scale of 0 to 3.
HAYES: list[list[int | None]] = [
    [1, 1, 2, N, 2], [1, 1, 0, 1, N], [2, 3, 3, 3, N], [N, 0, 0, N, 0], [0, 0, 0, N, 0], [0, 0, 0, N, 0],
    [1, 0, 2, N, 1], [1, N, 2, 0, N], [2, 2, 2, N, 2], [2, 1, 1, 1, N], [N, 1, 0, 0, N], [0, 0, 0, 0, N],
    [1, 2, 2, 2, N], [3, 3, 2, 2, 3], [1, 1, 1, N, 1], [1, 1, 1, N, 1], [2, 1, 2, N, 2], [1, 2, 3, 3, N],
    [1, 1, 0, 1, N], [0, 0, 0, N, 0], [0, 0, 1, 1, N], [0, 0, N, 0, 0], [2, 3, 3, 3, N], [0, 0, 0, 0, N],
    [1, 2, N, 2, 2], [0, 1, 1, 1, N], [0, 0, 0, 1, 0], [1, 2, 1, 2, N], [1, 1, 2, 2, N], [1, 1, 2, N, 2],
    [1, 1, 0, N, 0], [2, 1, 2, 1, N], [2, 2, N, 2, 2], [3, 2, 2, 2, N], [2, 2, 2, N, 2], [2, 2, 3, N, 2],
    [2, 2, 2, N, 2], [2, 2, N, 1, 2], [2, 2, 2, 2, N], [1, 1, 1, N, 1],
]  # fmt: skip
# Fleiss (1971): 30 patients, six psychiatrists, five diagnoses.
FLEISS = [
    [0, 0, 0, 6, 0], [0, 3, 0, 0, 3], [0, 1, 4, 0, 1], [0, 0, 0, 0, 6], [0, 3, 0, 3, 0], [2, 0, 4, 0, 0],
    [0, 0, 4, 0, 2], [2, 0, 3, 1, 0], [2, 0, 0, 4, 0], [0, 0, 0, 0, 6], [1, 0, 0, 5, 0], [1, 1, 0, 4, 0],
    [0, 3, 3, 0, 0], [1, 0, 0, 5, 0], [0, 2, 0, 3, 1], [0, 0, 5, 0, 1], [3, 0, 0, 1, 2], [5, 1, 0, 0, 0],
    [0, 2, 0, 4, 0], [1, 0, 2, 0, 3], [0, 0, 0, 0, 6], [0, 1, 0, 5, 0], [0, 2, 0, 1, 3], [2, 0, 0, 4, 0],
    [1, 0, 0, 4, 1], [0, 5, 0, 1, 0], [4, 0, 0, 0, 2], [0, 2, 0, 4, 0], [1, 0, 5, 0, 0], [0, 0, 0, 0, 6],
]  # fmt: skip
# Cohen (1960), example 2: two judges, 200 cases.
COHEN = {
    (0, 0): 88,
    (0, 1): 14,
    (0, 2): 18,
    (1, 0): 10,
    (1, 1): 40,
    (1, 2): 10,
    (2, 0): 2,
    (2, 1): 6,
    (2, 2): 12,
}

UNITS = st.lists(st.lists(st.sampled_from([0, 1, None]), min_size=2, max_size=4), min_size=1, max_size=30)


def valued(found: c.Coefficient) -> float:
    assert found.value is not None, found.why
    return found.value


def test_hayes_and_krippendorff_2007_to_the_published_digits_evidence_19() -> None:
    assert round(valued(c.alpha(HAYES, "ordinal")), 4) == 0.7598
    assert round(valued(c.alpha(HAYES, "nominal")), 4) == 0.4765


def test_fleiss_1971_to_the_published_digits() -> None:
    assert round(valued(c.fleiss(FLEISS)), 3) == 0.430


def test_cohen_1960_to_the_published_digits() -> None:
    pairs = [pair for pair, count in COHEN.items() for _ in range(count)]
    assert round(valued(c.cohen([a for a, _ in pairs], [b for _, b in pairs])), 3) == 0.492


def test_ac1_holds_where_one_category_dominates() -> None:
    rare = [[1, 1]] + [[1, 0]] * 2 + [[0, 1]] * 2 + [[0, 0]] * 95
    kappa = valued(c.cohen([a for a, _ in rare], [b for _, b in rare]))
    assert kappa < 0.35
    assert valued(c.ac1(rare)) > 0.95  # by hand: P_o = .96, π = .03, P_e = .0582
    assert math.isclose(valued(c.ac1(rare)), (0.96 - 0.0582) / (1 - 0.0582))


@pytest.mark.parametrize(
    ("units", "share"), [([[1, 1], [1, 0]], 0.5), ([[1, 1, 0]], 1 / 3), ([[1, None], [0, 0]], 1.0)]
)
def test_percent_is_the_share_of_equal_pairs(units: list[list[int | None]], share: float) -> None:
    assert valued(c.percent(units)) == share


@pytest.mark.parametrize("level", ["interval", "ratio"])
def test_alpha_of_numbers_weighs_how_far_they_are_apart(level: c.Level) -> None:
    near, far = [[1, 2], [5, 5], [9, 9]], [[1, 9], [5, 5], [9, 9]]
    assert valued(c.alpha(near, level)) > valued(c.alpha(far, level))
    assert valued(c.alpha([[0, 0], [1, 1], [4, 4]], level)) == 1


# ------------------------------------------------------------------ where there is none


@pytest.mark.parametrize("units", [[], [[1, None]], [[None, None]], [[1], [0]]])
def test_without_a_pair_each_says_so(units: list[list[Any]]) -> None:
    for found in (c.alpha(units), c.percent(units), c.ac1(units)):
        assert (found.value, found.why) == (None, c.NO_PAIR)


@pytest.mark.parametrize("value", [0, 1])
def test_where_all_judgements_are_the_same_chance_cannot_be_told(value: int) -> None:
    units = [[value, value]] * 5
    for found in (c.alpha(units), c.ac1(units), c.cohen([value] * 5, [value] * 5)):
        assert (found.value, found.why) == (None, c.ONE_VALUE)
    assert valued(c.percent(units)) == 1


def test_fleiss_needs_as_many_coders_for_each_unit() -> None:
    assert "different numbers" in c.fleiss([[2, 0], [1, 0]]).why
    assert c.fleiss([]).why == c.fleiss([[1, 0]]).why == c.NO_PAIR
    assert c.fleiss([[2, 0], [2, 0]]).why == c.ONE_VALUE


# ------------------------------------------------------------------ what must always hold


@given(UNITS)
def test_no_coefficient_is_ever_more_than_one_or_no_number(units: list[list[int | None]]) -> None:
    width = max(map(len, units))
    for found in (c.alpha(units), c.alpha(units, "ordinal"), c.percent(units), c.ac1(units)):
        assert (found.value is None) == bool(found.why)
        if found.value is not None:
            assert math.isfinite(found.value)
            assert found.value <= 1 + 1e-12
    assert width >= 2


@given(UNITS)
def test_alpha_from_sums_is_alpha_from_the_units(units: list[list[int | None]]) -> None:
    sums = np.array([c.unit_sums(unit.count(1), unit.count(0)) for unit in units]).sum(axis=0)
    by_sums = c.binary_alpha(sums)
    by_units = c.alpha(units)
    if by_units.value is None:
        assert np.isnan(by_sums)
    else:
        assert math.isclose(float(by_sums), by_units.value, abs_tol=1e-9)


@given(UNITS)
def test_the_order_of_coders_and_units_does_not_matter(units: list[list[int | None]]) -> None:
    turned = [list(reversed(unit)) for unit in reversed(units)]
    one, other = c.alpha(units).value, c.alpha(turned).value
    assert (one is None and other is None) or math.isclose(one or 0, other or 0, abs_tol=1e-9)


# ------------------------------------------------------------------ sets of tags


@pytest.mark.parametrize(
    ("first", "second", "distance"),
    [("", "", 0), ("a", "a", 0), ("a", "b", 1), ("a", "", 1), ("ab", "a", 2 / 3), ("ab", "bc", 1 - 1 / 9)],
)
def test_masi_of_two_sets(first: str, second: str, distance: float) -> None:
    assert math.isclose(c.masi(frozenset(first), frozenset(second)), distance)
    assert math.isclose(c.masi(frozenset(second), frozenset(first)), distance)


def test_alpha_over_sets_lies_between_agreement_and_chance() -> None:
    a, b, both = frozenset("a"), frozenset("b"), frozenset("ab")
    assert valued(c.set_alpha([[a, a], [b, b], [both, both]])) == 1
    partly = valued(c.set_alpha([[a, both], [b, b], [a, a]]))
    never = valued(c.set_alpha([[a, b], [b, b], [a, a]]))
    assert never < partly < 1
    assert c.set_alpha([[a, None]]).why == c.NO_PAIR
    assert c.set_alpha([[a, a]]).why == c.ONE_VALUE
