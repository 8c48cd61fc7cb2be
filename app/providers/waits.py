"""How long a provider asks us to wait: `retry-after` and the reset times of spent rate limits."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

LONGEST = 86_400.0  # seconds; a provider that names more is not believed
DURATION = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+(?:\.\d+)?)s)?(?:(\d+(?:\.\d+)?)ms)?")
UNITS = (86_400.0, 3_600.0, 60.0, 1.0, 0.001)
EPOCH_SECONDS = 1e9  # a bare number above this is a moment, not a duration
EPOCH_MILLISECONDS = 1e12


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that `retry-after-ms` and `retry-after` ask to wait, the longer; None without either.

    A date is taken against the reply's own `date`.
    """
    milliseconds = _number(headers.get("retry-after-ms", ""))
    asked = (
        _seconds(headers.get("retry-after", ""), _now(headers)),
        None if milliseconds is None else milliseconds / 1000,
    )
    return max((seconds for seconds in asked if seconds is not None), default=None)


def wait_asked(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that a reply's headers (names in lower case) ask to wait; None where they ask nothing.

    The longest of `retry_after` and the resets of the limits that are used up, at most a day.
    """
    now = _now(headers)
    resets = [_seconds(value, now) for name, value in headers.items() if _spent(name, headers)]
    known = [seconds for seconds in (retry_after(headers), *resets) if seconds is not None]
    return min(max(0.0, *known), LONGEST) if known else None


def _now(headers: Mapping[str, str]) -> datetime:
    return _moment(headers.get("date", "")) or datetime.now(UTC)


def _spent(name: str, headers: Mapping[str, str]) -> bool:
    """Tell whether a header is the reset of a limit with nothing remaining (or with no word of what remains)."""
    if "ratelimit" not in name or "reset" not in name:
        return False
    remaining = _number(headers.get(name.replace("reset", "remaining"), "0"))
    return remaining is None or remaining <= 0


def _seconds(value: str, now: datetime) -> float | None:
    """Return the seconds that a number, a duration such as `1m30s`, an ISO time or an HTTP date stands for."""
    value = value.strip()
    amount = _number(value)
    if amount is not None:
        if amount >= EPOCH_SECONDS:
            moment = amount / 1000 if amount >= EPOCH_MILLISECONDS else amount
            return moment - now.timestamp()
        return amount
    parts = DURATION.fullmatch(value) if value else None
    if parts:
        return sum(float(part) * unit for part, unit in zip(parts.groups(), UNITS, strict=True) if part)
    moment_named = _moment(value)
    return None if moment_named is None else (moment_named - now).total_seconds()


def _number(value: str) -> float | None:
    return float(value) if re.fullmatch(r"\s*-?\d{1,15}(\.\d{1,9})?\s*", value, re.ASCII) else None


def _moment(value: str) -> datetime | None:
    """Return the moment of an ISO time or an HTTP date; None where it is neither."""
    for parse in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            found = parse(value)
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
        return found if found.tzinfo else found.replace(tzinfo=UTC)
    return None
