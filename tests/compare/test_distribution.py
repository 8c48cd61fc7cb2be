"""Numbers about one cell, against values worked out by hand."""

import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.batteries.shape import Answer
from app.compare.distribution import Scale, agree, bars, scale
from app.transcripts.shares import wilson

INTEGER = Answer(kind="integer", min=0, max=100)


def test_agreement_is_the_share_of_pairs_of_draws_that_agree() -> None:
    # 3 alike and 1 apart: 3 of the 6 pairs agree.
    found = agree([3, 1])
    assert found is not None
    assert (found.value, found.n) == (0.5, 4)


def test_agreement_is_unbiased_where_the_plain_sum_of_squares_is_not() -> None:
    # Two draws that differ: no pair agrees, while Σp² would say one half.
    found = agree([1, 1])
    assert found is not None
    assert found.value == 0.0


def test_the_jackknife_interval_of_three_alike_and_one_apart() -> None:
    # Leaving out one of the three: (2,1) → 1/3, three times; leaving out the other: (3,0) → 1. Their mean is 1/2,
    # the variance (3/4)·(3·(1/6)² + (1/2)²) = 1/4, so ± 1.96 · 0.5, cut to what a share can be.
    found = agree([3, 1])
    assert found is not None
    assert (found.low, found.high) == (0.0, 1.0)
    wide = agree([30, 10])
    assert wide is not None
    assert (round(wide.low or 0, 3), round(wide.high or 0, 3)) == (0.472, 0.758)


@pytest.mark.parametrize("counts", [[], [1], [0]])
def test_fewer_than_two_draws_have_no_agreement(counts: list[int]) -> None:
    assert agree(counts) is None


@pytest.mark.parametrize(
    ("counts", "value", "low", "high"),
    [
        ([20], 1.0, 0.722, 1.0),  # Wilson, 10 of 10
        ([1] * 20, 0.0, 0.0, 0.278),  # Wilson, 0 of 10
        ([10, 10], 9 / 19, 0.218, 0.744),
        ([1, 1], 0.0, 0.0, 0.793),  # Wilson, 0 of 1
        ([1, 1, 1], 0.0, 0.0, 0.793),
    ],
)
def test_where_the_jackknife_has_no_width_the_disjoint_pairs_tell_how_sure_it_is(
    counts: list[int], value: float, low: float, high: float
) -> None:
    found = agree(counts)
    assert found is not None
    assert found.value == pytest.approx(value)
    assert (found.low, found.high) == (pytest.approx(low, abs=5e-4), pytest.approx(high, abs=5e-4))


def test_the_interval_over_disjoint_pairs_holds_the_true_chance_as_often_as_it_says() -> None:
    rng = random.Random(7)
    held = 0
    for _ in range(2000):
        found = agree(list(Counter(rng.choices("abcdefghij", k=6)).values()))  # two agree with chance 0.1
        assert found is not None
        assert found.low is not None
        assert found.high is not None
        held += found.low <= 0.1 <= found.high
    assert held / 2000 > 0.93


@given(st.lists(st.integers(0, 30), max_size=12))
def test_agreement_is_a_share_and_lies_in_its_interval(counts: list[int]) -> None:
    found = agree(counts)
    if found is None:
        assert sum(counts) < 2
        return
    assert 0 <= found.value <= 1
    if found.low is not None and found.high is not None:
        assert 0 <= found.low <= found.value <= found.high <= 1


@pytest.mark.parametrize(
    ("k", "n", "low", "high"), [(0, 20, 0.0, 0.161), (3, 20, 0.052, 0.360), (20, 20, 0.839, 1.0)]
)
def test_wilson_gives_the_check_values_of_the_method(k: int, n: int, low: float, high: float) -> None:
    found = wilson(k, n)
    assert found is not None
    assert (round(found.low or 0, 3), round(found.high or 0, 3)) == (low, high)


def test_a_share_of_nothing_is_none() -> None:
    assert wilson(0, 0) is None


@pytest.mark.parametrize(("n", "thin"), [(19, True), (20, False)])
def test_fewer_than_twenty_draws_are_thin(n: int, thin: bool) -> None:
    found = wilson(1, n)
    assert found is not None
    assert found.thin is thin


def test_rows_are_the_values_with_the_largest_shares_over_all_columns() -> None:
    on = scale([{"42": 8, "7": 2}, {"50": 1}, {}], INTEGER)
    # 50 is all of its column, 42 is 80 % of another: a column of few draws counts as much as one of many.
    assert on == Scale(("50", "42", "7"), 1.0)


def test_equal_shares_stand_in_the_order_of_numbers() -> None:
    assert scale([{"100": 1, "9": 1, "-3": 1}], INTEGER).values == ("-3", "9", "100")


def test_at_most_ten_values_have_a_row() -> None:
    counts = {str(number): 1 for number in range(30)}
    on = scale([counts], INTEGER)
    assert on.values == tuple(str(number) for number in range(10))
    laid = bars(counts, on)
    assert (laid.n, laid.other_values, laid.other) == (30, 20, 20)


def test_a_closed_question_has_a_row_for_every_option_in_its_order() -> None:
    choice = Answer(kind="choice", of=("tea", "coffee", "neither"))
    assert scale([{"coffee": 3}], choice).values == ("tea", "coffee", "neither")
    assert scale([{}], Answer(kind="yesno")).values == ("yes", "no")


def test_bars_of_all_columns_share_one_scale_and_one_order() -> None:
    columns = [{"42": 6, "7": 4}, {"42": 1, "50": 3}]
    on = scale(columns, INTEGER)
    first, second = (bars(counts, on) for counts in columns)
    assert (
        [value for value, _, _ in first.rows] == [value for value, _, _ in second.rows] == ["42", "50", "7"]
    )
    # the longest bar of the page is 50 with three quarters of its column
    assert first.rows[0] == ("42", 6, "80.00%")
    assert second.rows == (("42", 1, "33.33%"), ("50", 3, "100.00%"), ("7", 0, "0.00%"))


def test_a_column_without_parsed_answers_has_rows_of_nothing() -> None:
    assert bars({}, Scale(("1",), 0.5)).rows == (("1", 0, "0.00%"),)
