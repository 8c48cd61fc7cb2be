"""The base of every shape that a file brings in, the rule for slugs, and the fingerprint of what was read."""

import hashlib
import json
import re
from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict

SLUG = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


def _slug(value: str) -> str:
    if not SLUG.fullmatch(value):
        near = "-".join(value.lower().split())
        such = f", such as {near}" if SLUG.fullmatch(near) else ""
        raise ValueError(
            f"expected 1 to 64 of a-z, 0-9, dot, dash and underscore, the first a letter or digit{such}"
        )
    return value


Slug = Annotated[str, AfterValidator(_slug)]

# What a reader does not see or what turns the text beside it: of no use in a name, and a way to forge one.
HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]"
)
LONGEST_LINE = 300


def _prose(value: str) -> str:
    for found in HIDDEN.finditer(value):
        raise ValueError(
            "expected text without hidden or direction-turning characters", f"U+{ord(found[0]):04X}"
        )
    return value


def _line(value: str) -> str:
    if "\n" in value or "\t" in value or value != value.strip():
        raise ValueError("expected one line without spaces around it")
    if len(value) > LONGEST_LINE:
        raise ValueError(f"expected at most {LONGEST_LINE}", f"{len(value)} characters")
    return _prose(value)


# What is said of a thing: a name on one line, or prose. What is said to a model is neither, and kept as it is.
Line = Annotated[str, AfterValidator(_line)]
Prose = Annotated[str, AfterValidator(_prose)]


class Shape(BaseModel):
    """A part of a file: unknown keys are mistakes, and what was read is never changed afterwards."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def fingerprint(value: Any) -> str:
    """Return the SHA-256 (hex) of a JSON value in its canonical form: keys sorted, no spaces, UTF-8."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def differing(before: Any, after: Any, path: str = "") -> Iterator[str]:
    """Yield the dotted paths at which two JSON values differ, in the order of their keys."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key in dict.fromkeys([*before, *after]):
            yield from differing(before.get(key), after.get(key), f"{path}.{key}" if path else key)
    elif before != after or isinstance(before, bool) != isinstance(after, bool):
        yield path
