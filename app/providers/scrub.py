"""Keeping keys out of what is stored: a provider may echo one back, in whichever spelling."""

import re
from collections.abc import Iterable
from functools import lru_cache

SHORTEST_SECRET = 8  # a shorter key is a placeholder such as "none", which an answer may well contain
REMOVED = b"[key removed]"
ESCAPED_IN_JSON = '"\\/'


def scrub(data: bytes, key: str) -> bytes:
    """Return data without a key, however it is spelled: as it is, escaped in JSON (twice, too), or in a URL."""
    if len(key) < SHORTEST_SECRET:
        return data
    # Escapes are rare, and looking for every spelling costs more than the rest of a call.
    if b"\\u00" in data or b"%" in data or (b"\\" in data and not set(key).isdisjoint(ESCAPED_IN_JSON)):
        return _spellings(key).sub(REMOVED, data)
    return data.replace(key.encode(), REMOVED)


def scrubbed(data: bytes, keys: Iterable[str], *, cut: bool = False) -> bytes:
    """Return data without any of these keys; where it was `cut`, also without the beginning of one at its end."""
    for key in keys:
        data = scrub(data, key)
        if cut:
            data = _without_begun(data, key.encode())
    return data


@lru_cache(maxsize=64)
def _spellings(key: str) -> re.Pattern[bytes]:
    return re.compile("".join(map(_spelled, key)).encode())


def _spelled(sign: str) -> str:
    """Return the pattern of one character: itself, `\\u0041` behind any number of backslashes, or `%41`."""
    digits = "".join(f"[{digit}{digit.upper()}]" for digit in f"{ord(sign):02x}")
    before = r"\\*" if sign in ESCAPED_IN_JSON else ""
    return rf"(?:\\+u00{digits}|%{digits}|{before}{re.escape(sign)})"


def _without_begun(data: bytes, key: bytes) -> bytes:
    for size in range(len(key) - 1, SHORTEST_SECRET - 1, -1):
        if data.endswith(key[:size]):
            return data[:-size] + REMOVED
    return data
