"""How long a provider asks to wait, in every spelling of a time."""

import pytest

from app.providers.waits import LONGEST, retry_after, wait_asked

NOW = {"date": "Sat, 21 Nov 2026 10:00:00 GMT"}


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0.0),
        ("2.5", 2.5),
        (" 12 ", 12.0),
        ("-5", 0.0),
        ("Sat, 21 Nov 2026 10:01:00 GMT", 60.0),
        ("Sat, 21 Nov 2026 09:59:00 GMT", 0.0),  # already over
        ("2026-11-21T10:00:30Z", 30.0),
        ("2026-11-21T12:00:30+02:00", 30.0),
        ("1m30s", 90.0),
        ("500ms", 0.5),
        ("6m0s", 360.0),
        ("1h2m3.5s", 3723.5),
        ("1d", 86400.0),
        ("1795255215", 15.0),  # a moment in seconds
        ("1795255215000", 15.0),  # a moment in milliseconds, as OpenRouter writes it
        ("999999999", LONGEST),
    ],
)
def test_a_time_is_read_in_each_of_its_spellings(value: str, seconds: float) -> None:
    assert wait_asked(NOW | {"retry-after": value}) == pytest.approx(seconds)


@pytest.mark.parametrize("value", ["", "soon", "nan", "inf", "-", "1e9", "٣", "9" * 40, "Sat, 99 Foo"])
def test_what_is_no_time_asks_nothing(value: str) -> None:
    assert wait_asked(NOW | {"retry-after": value, "retry-after-ms": value}) is None


def test_no_header_asks_nothing() -> None:
    assert wait_asked({}) is None


def test_retry_after_is_told_from_the_resets() -> None:
    resets = {"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "4s"}
    assert (retry_after(resets), wait_asked(resets)) == (None, 4.0)
    assert retry_after(NOW | resets | {"retry-after": "Sat, 21 Nov 2026 10:00:02 GMT"}) == 2.0
    assert retry_after({"retry-after": "1", "retry-after-ms": "2500"}) == 2.5


def test_the_longest_of_all_counts() -> None:
    headers = NOW | {
        "retry-after": "2",
        "retry-after-ms": "2500",
        "x-ratelimit-remaining-requests": "0",
        "x-ratelimit-reset-requests": "4s",
    }
    assert wait_asked(headers) == 4.0


def test_a_limit_with_something_left_is_not_waited_for() -> None:
    headers = NOW | {
        "x-ratelimit-remaining-requests": "59",
        "x-ratelimit-reset-requests": "4s",
        "x-ratelimit-remaining-tokens": "0",
        "x-ratelimit-reset-tokens": "1s",
    }
    assert wait_asked(headers) == 1.0


def test_without_a_date_of_its_own_a_reply_is_measured_against_the_clock() -> None:
    assert wait_asked({"retry-after": "Sat, 21 Nov 2015 10:01:00 GMT"}) == 0.0
