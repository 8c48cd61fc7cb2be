"""Reading JSON that others wrote: decode it whatever its faults, and take only what has the expected type."""

import json
import math
import re
from collections.abc import Mapping
from typing import Any

import orjson

from app.providers.plain import REPLACEMENT, SURROGATE

LARGEST = 2**53  # whole numbers below are exact in every JSON reader
DEEPEST = 40  # what is nested deeper stays in the exchange only
COMMENTS = re.compile(r"\A(?:\s*:[^\n]*\n)+")  # OpenRouter keeps a waiting connection alive with `: …` lines


class Malformed(ValueError):
    """A body that is no JSON."""


def decoded(body: bytes) -> Any:
    """Return the JSON value of a body; raise Malformed.

    Lone surrogates, wrong UTF-8, NaN and bare control characters are let through (as lone surrogates, None
    and themselves): an answer that was paid for is not thrown away for one bad character.
    """
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        text = COMMENTS.sub("", body.decode("utf-8", "surrogateescape").lstrip("\ufeff"))
    try:
        return json.loads(text, strict=False, parse_constant=lambda _name: None)
    except (ValueError, RecursionError) as error:
        raise Malformed(str(error)) from error


def mapping(value: Any) -> Mapping[str, Any]:
    """Return a JSON object, or an empty one in place of anything else."""
    return value if isinstance(value, dict) else {}


def sequence(value: Any) -> list[Any]:
    """Return a JSON array, or an empty one in place of anything else."""
    return value if isinstance(value, list) else []


def string(value: Any) -> str | None:
    """Return a JSON string, or None."""
    return value if isinstance(value, str) else None


def count(value: Any) -> int | None:
    """Return a whole number of at least 0, or None: what is missing is never 0."""
    if type(value) is int:
        return value if 0 <= value < LARGEST else None
    found = number(value)
    return int(found) if found is not None and 0 <= found < LARGEST and found.is_integer() else None


def number(value: Any) -> float | None:
    """Return a finite number, or None."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        found = float(value)
    except OverflowError:
        return None
    return found if math.isfinite(found) else None


def storable(value: Any, depth: int = 0) -> Any:
    """Return a JSON value that both databases take: no U+0000, lone surrogate, infinity or abyss in it."""
    kind = type(value)
    if kind is int:
        return value if -LARGEST < value < LARGEST else str(value)
    if kind is str:
        return _storable_text(value)
    if kind is float:
        return value if math.isfinite(value) else None
    if kind is not dict and kind is not list:
        return value
    if depth == DEEPEST:
        return f"(nested deeper than {DEEPEST}: see the raw reply)"
    if kind is list:
        return [storable(one, depth + 1) for one in value]
    return {_storable_text(key): storable(one, depth + 1) for key, one in value.items()}


def _storable_text(text: str) -> str:
    if "\0" in text:
        text = text.replace("\0", REPLACEMENT)
    return text if text.isascii() else SURROGATE.sub(REPLACEMENT, text)
