"""The form of a new run: what its fields mean, and what is said of those that mean nothing."""

import pytest

from app.runs.commands import Budget
from app.transcripts.wish import RunForm, budget_of, read, temperatures_of


def test_a_form_is_read() -> None:
    wish = read(RunForm(repeats="20", temperatures="0, 0.7", max_usd="$ 2.50", max_calls="5,000"))
    assert wish.wrong == {}
    assert (wish.repeats, wish.temperatures) == (20, (0.0, 0.7))
    assert wish.budget == Budget(micro=2_500_000, calls=5000)


@pytest.mark.parametrize("repeats", ["", "0", "-1", "1.5", "x", "100001", "9" * 40, "٣"])
def test_repeats_are_a_whole_number_in_bounds(repeats: str) -> None:
    assert "expected a whole number from 1 to 100,000" in read(RunForm(repeats=repeats)).wrong["repeats"]


@pytest.mark.parametrize(
    ("text", "temperatures"),
    [
        ("", None),
        (" ", None),
        ("0", (0.0,)),
        ("1, 1, 0.5", (1.0, 0.5)),
        ("0;2", (0.0, 2.0)),
        (",0.3,", (0.3,)),
    ],
)
def test_temperatures_are_a_list_without_repeats(text: str, temperatures: tuple[float, ...] | None) -> None:
    assert temperatures_of(text) == temperatures


@pytest.mark.parametrize("text", ["hot", "-1", "11", "nan", "inf", "0, x"])
def test_what_is_no_temperature_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected numbers from 0 to 10"):
        temperatures_of(text)


def test_empty_caps_are_no_caps() -> None:
    assert budget_of("", " ") == Budget()


@pytest.mark.parametrize("usd", ["free", "0", "-2", "nan", "inf", "1e99"])
def test_what_is_no_money_is_refused(usd: str) -> None:
    with pytest.raises(ValueError, match="expected a number above 0"):
        budget_of(usd, "")


@pytest.mark.parametrize("calls", ["0", "many", "1.5", "-3"])
def test_what_is_no_number_of_calls_is_refused(calls: str) -> None:
    with pytest.raises(ValueError, match="expected a whole number from 1"):
        budget_of("", calls)
