"""The one rule for stored text: plain Unicode with LF line ends, no U+0000 and no lone surrogates."""

import re
from collections.abc import Mapping
from typing import Any

SURROGATE = re.compile("[\ud800-\udfff]")
REPLACEMENT = "\ufffd"


def plain(text: str) -> tuple[str, tuple[Mapping[str, Any], ...]]:
    """Return text as it is stored, and the marks that say what had to be replaced in it.

    For what a provider or a server said: lone surrogates become U+FFFD, since the raw bytes stay in the
    exchange. What people write or import goes through `plain_or_refuse`.
    """
    text, nuls = _lines(text)
    marks: list[Mapping[str, Any]] = []
    if nuls:
        marks.append({"type": "replaced_nul", "count": nuls})
    if not text.isascii():
        text, lone = SURROGATE.subn(REPLACEMENT, text)
        if lone:
            marks.append({"type": "replaced_surrogates", "count": lone})
    return text, tuple(marks)


def plain_or_refuse(text: str) -> str:
    """Return text as it is stored; raise ValueError where it holds a lone surrogate."""
    found = None if text.isascii() else SURROGATE.search(text)
    if found:
        raise ValueError(
            f"found the lone surrogate U+{ord(found[0]):04X} at character {found.start()}, expected Unicode text"
        )
    return _lines(text)[0]


def _lines(text: str) -> tuple[str, int]:
    """Return text with LF line ends and U+FFFD for U+0000, and how many of the latter there were."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    nuls = text.count("\0")
    return (text.replace("\0", REPLACEMENT) if nuls else text), nuls
