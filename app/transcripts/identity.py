"""The hashes that name texts, prompt paths and finished transcripts."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

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
    return sha256(
        {
            "v": 1,
            "path": [{name: message.get(name) for name in PATH_FIELDS} for message in path],
            "system": system,
            "template": template,
            "asked": asked,
            "sent": sent,
            "effective": effective,
        }
    )
