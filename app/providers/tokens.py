"""Token log-probabilities, of the chat shape and of the older completions shape, as one."""

import re
from collections.abc import Mapping
from typing import Any

from app.providers.raw import mapping, number, sequence, storable, string
from app.providers.wire import Token

ESCAPED = re.compile(r"\\x([0-9a-fA-F]{2})")
BYTES = re.compile(rf"bytes:(?:{ESCAPED.pattern})+")


def tokens(logprobs: Any) -> tuple[Token, ...]:
    """Return the tokens of a choice's `logprobs`; () where none came.

    A token without a number (the first one under echo) is left out. llama.cpp answers completions in the chat
    shape, so the shape decides and not the wire.
    """
    if not logprobs:
        return ()
    shape = mapping(logprobs)
    chat = sequence(shape.get("content")) or sequence(shape.get("refusal"))
    return _chat(chat) if chat else _legacy(shape, 0)


def tokens_after(logprobs: Any, offset: int) -> tuple[Token, ...]:
    """Return the completions-shaped tokens from a character offset on: what follows an echoed prompt."""
    return _legacy(mapping(logprobs), offset)


def _chat(entries: list[Any]) -> tuple[Token, ...]:
    found = []
    for entry in map(mapping, entries):
        logprob = number(entry.get("logprob"))
        if logprob is not None:
            top = tuple(
                (_text(other), value)
                for other in map(mapping, sequence(entry.get("top_logprobs")))
                if (value := number(other.get("logprob"))) is not None
            )
            found.append(Token(_text(entry), _bytes(entry.get("bytes")), logprob, top))
    return tuple(found)


def _legacy(shape: Mapping[str, Any], offset: int) -> tuple[Token, ...]:
    names, logprobs = sequence(shape.get("tokens")), sequence(shape.get("token_logprobs"))
    tops, offsets = sequence(shape.get("top_logprobs")), sequence(shape.get("text_offset"))
    found = []
    for place, (name, value) in enumerate(zip(names, logprobs, strict=False)):
        logprob = number(value)
        if logprob is None or (offset and (place >= len(offsets) or (number(offsets[place]) or 0) < offset)):
            continue
        text = storable(string(name) or "")
        top = mapping(tops[place]) if place < len(tops) else {}
        pairs = tuple((storable(other), p) for other, v in top.items() if (p := number(v)) is not None)
        found.append(Token(text, _escaped(text), logprob, pairs))
    return tuple(found)


def _text(entry: Mapping[str, Any]) -> str:
    return str(storable(string(entry.get("token")) or ""))


def _bytes(value: Any) -> bytes | None:
    try:
        return bytes(value) if isinstance(value, list) else None
    except (TypeError, ValueError):
        return None


def _escaped(token: str) -> bytes | None:
    r"""Return the bytes of a part of a character, which completions write as `bytes:\xe2\x80`."""
    if not BYTES.fullmatch(token):
        return None
    return bytes(int(pair, 16) for pair in ESCAPED.findall(token))
