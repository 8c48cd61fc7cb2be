"""Places in a text, in Unicode code points: checked to the letter, never searched for."""

from dataclasses import dataclass

from app.providers.plain import plain
from app.web import Invalid

BESIDE = 32  # code points of the text kept on either side of a quote
SHOWN = 60  # characters of a quote in a message


@dataclass(frozen=True, slots=True)
class Place:
    """`start` to `end` in code points of a text; `quote` is that part, `prefix` and `suffix` what is beside it."""

    start: int
    end: int
    quote: str
    prefix: str
    suffix: str


class NotThere(Invalid):
    """A quote does not stand where it is said to."""


def place(text: str, start: int, end: int, quote: str | None = None, *, name: str = "target") -> Place:
    """Return the part of a text from code point `start` to `end`; raise NotThere where it is not `quote`.

    A transcript never changes, so a quote is where it was or the sender counts in other units (UTF-16, bytes):
    it is never looked for elsewhere. Line ends of the quote may be CRLF or CR, as in a file it was copied from.
    """
    if not 0 <= start < end <= len(text):
        found = f"{start} to {end}"
        raise NotThere(f"{name}: found {found}, expected a part of a text of {len(text)} code points")
    part = text[start:end]
    said = part if quote is None else plain(quote)[0]
    if said != part:
        raise NotThere(_told(text, start, part, said, name))
    return at(text, start, end)


def at(text: str, start: int, end: int) -> Place:
    """Return a place that is known to be in the text."""
    return Place(start, end, text[start:end], text[max(0, start - BESIDE) : start], text[end : end + BESIDE])


def _told(text: str, start: int, part: str, quote: str, name: str) -> str:
    where = nearest(text, quote, start)
    beside = f"; that quote stands at {where} to {where + len(quote)}" if where is not None else ""
    units = " Places are counted in Unicode code points." if beside else ""
    return f"{name}: found the quote {_short(quote)}, expected {_short(part)}{beside}.{units}"


def nearest(text: str, quote: str, start: int) -> int | None:
    """Return where a quote stands nearest to `start`, None where it stands nowhere. Only to tell the sender."""
    if not quote:
        return None
    before, after = text.rfind(quote, 0, start + len(quote)), text.find(quote, start)
    found = [one for one in (before, after) if one >= 0]
    return min(found, key=lambda one: abs(one - start), default=None)


def _short(text: str) -> str:
    return repr(text if len(text) <= SHOWN else f"{text[:SHOWN]}…")
