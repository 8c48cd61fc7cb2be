"""The hashes that name texts, prompt paths and finished transcripts."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

import orjson

PATH_FIELDS = ("role", "text", "parts", "origin", "stop_class", "stop_raw", "seed")
_CANONICAL = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def canonical(value: Any) -> bytes:
    """Return the one byte form of a JSON value: sorted keys, no spaces, UTF-8."""
    return _CANONICAL.encode(value).encode("utf-8", "surrogatepass")


def sha256(value: Any) -> str:
    """Return the SHA-256, in hex, of a JSON value's one byte form."""
    return hashlib.sha256(canonical(value)).hexdigest()


def text_sha256(text: str) -> str:
    """Return the SHA-256, in hex, of a text in UTF-8."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def path_sha256(parent: str | None, role: str, text: str, parts: list[Any] | None) -> str:
    """Return the hash of a prompt path that ends in this turn; `parent` is that of the path above it."""
    return sha256([parent, role, text, parts])


def transcript_sha256(
    path: Iterable[Mapping[str, Any]],
    *,
    system: str | None,
    template: str | Mapping[str, str] | None,
    asked: Mapping[str, Any],
    sent: Mapping[str, Any],
    effective: Mapping[str, Any],
) -> str:
    """Return the hash of a finished transcript: its messages from root to tip and all that shaped them.

    A message is read by the keys of PATH_FIELDS, a missing one as null; the three settings are without the seed.
    """
    messages = [{name: message.get(name) for name in PATH_FIELDS} for message in path]
    rest = {
        "system": system,
        "template": template,
        "asked": asked,
        "sent": sent,
        "effective": effective,
        "v": 1,
    }
    try:
        before, after = _frame(orjson.dumps(rest))
        written = b"%b%b%b" % (before, b",".join(map(_message, messages)), after)
    except TypeError:  # what orjson cannot write, json can
        return sha256({**rest, "path": messages})
    return hashlib.sha256(written).hexdigest()


@lru_cache(maxsize=1024)
def _frame(rest: bytes) -> tuple[bytes, bytes]:
    """Return what stands before and after the messages in the one byte form: the same for a cell's every draw."""
    found = json.loads(rest)
    before = canonical({name: found.pop(name) for name in ("asked", "effective")})
    return before[:-1] + b',"path":[', b"]," + canonical(found)[1:]


def _message(fields: Mapping[str, Any]) -> bytes:
    """Return a message's one byte form. Texts, whole numbers and nulls are written alike by orjson, in a tenth of
    the time; other numbers, which only parts may hold, are not."""
    if fields["parts"] is None:
        return orjson.dumps(fields, option=orjson.OPT_SORT_KEYS)
    return canonical(fields)
