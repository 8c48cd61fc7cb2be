"""Agreement on where a tag stands: F1, and α_u to the published digits."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.annotations import spans
from app.annotations.coefficients import NO_PAIR, Coefficient
from app.annotations.spans import EMPTY, Span

SPANS = st.lists(
    st.tuples(st.integers(0, 80), st.integers(1, 20)).map(lambda one: (one[0], one[0] + one[1])), max_size=5
)


def valued(found: Coefficient) -> float:
    assert found.value is not None, found.why
    return found.value


def units(*told: tuple[int, int]) -> list[Span]:
    """Units of Krippendorff's example, told as start and length over a continuum that begins at 150."""
    return [(start - 150, start - 150 + length) for start, length in told]


# Krippendorff (2004), p. 254: two raters, a continuum of 300.
C = [units((225, 70), (370, 30)), units((220, 80), (355, 20), (400, 20))]
K = [units((180, 60), (300, 50))] * 2


def test_krippendorff_2004_to_the_published_digits() -> None:
    c, k = spans.alpha_u(C, 300), spans.alpha_u(K, 300)
    assert round(valued(c.alpha), 4) == 0.7286
    assert round(c.observed, 4) == 0.0144
    assert round(c.expected, 4) == 0.0532
    assert valued(k.alpha) == 1
    assert (k.observed, round(k.expected, 4)) == (0, 0.0490)
    assert abs(valued(spans.joint([c, k])) - 0.8591) < 0.0005


@pytest.mark.parametrize(
    ("raters", "length", "why"),
    [([[], []], 100, EMPTY), ([[(0, 1)]], 100, NO_PAIR), ([[(0, 1)], []], 0, "there is no text")],
)
def test_where_there_is_none_it_says_why(raters: list[list[Span]], length: int, why: str) -> None:
    assert spans.alpha_u(raters, length).alpha == Coefficient(None, why)
    assert spans.joint([spans.alpha_u(raters, length)]) == Coefficient(None, EMPTY)


@given(SPANS)
def test_with_oneself_everybody_agrees(one: list[Span]) -> None:
    found = spans.alpha_u([one, one], 100).alpha
    assert found.value in (1, None)
    if one:
        assert valued(spans.exact_f1(one, one)) == valued(spans.partial_f1(one, one)) == 1
        assert valued(spans.threshold_f1(spans.merged(one), spans.merged(one))) == 1


@given(SPANS, SPANS)
def test_it_does_not_matter_who_is_named_first(one: list[Span], other: list[Span]) -> None:
    for measure in (spans.exact_f1, spans.partial_f1):
        assert measure(one, other) == measure(other, one)
    there, back = spans.alpha_u([one, other], 100), spans.alpha_u([other, one], 100)
    assert math.isclose(there.observed, back.observed)
    assert there.alpha.value is None or there.alpha.value <= 1


@given(SPANS)
def test_merged_spans_cover_the_same_and_do_not_overlap(one: list[Span]) -> None:
    found = spans.merged(one)
    assert {at for a, b in one for at in range(a, b)} == {at for a, b in found for at in range(a, b)}
    assert all(end < start for (_, end), (start, _) in zip(found, found[1:], strict=False))


def test_f1_by_hand() -> None:
    first, second = [(0, 10), (20, 30)], [(0, 10), (25, 40), (50, 60)]
    assert valued(spans.exact_f1(first, second)) == 2 / 5
    assert valued(spans.partial_f1(first, second)) == 4 / 5
    assert valued(spans.threshold_f1([(0, 10)], [(0, 11)], 0.9)) == 1
    assert valued(spans.threshold_f1([(0, 10)], [(0, 12)], 0.9)) == 0
    assert spans.exact_f1([], []).why == spans.partial_f1([], []).why == EMPTY
    assert spans.threshold_f1([], []).why == EMPTY
    assert valued(spans.exact_f1([(0, 1)], [])) == 0


def test_texts_that_one_of_the_coders_did_not_finish_are_no_agreement_on_nothing() -> None:
    texts = [(10, {1: [(0, 5)], 2: [(0, 5)]}), (10, {1: [(0, 10)]}), (10, {1: [], 2: [(2, 4), (3, 6)]})]
    laid, length = spans.laid_end_to_end(texts, [1, 2])
    assert length == 20
    assert laid == [[(0, 5)], [(0, 5), (12, 16)]]
