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
        raise ValueError(
            "expected 1 to 64 of a-z, 0-9, dot, dash and underscore, the first a letter or digit"
        )
    return value


Slug = Annotated[str, AfterValidator(_slug)]


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
