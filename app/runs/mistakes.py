"""How a mistake in a file is told: one line with the file, the line, the place, what was found and expected."""

import difflib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

Loc = tuple[str | int, ...]

MOST = 20  # lines of one message; what follows is counted
LONGEST = 60  # code points of a found text that are shown

# What keys look like: a known beginning, or a long run of mixed characters as no name or sentence has it.
_KEY = re.compile(
    r"\b(sk|rk|pk|gsk|xai|hf|ghp|gho|glpat|pplx|csk|nvapi|r8|tgp|fw|key|AIza|ya29|AKIA|Bearer)[-_ .]?"
    r"[A-Za-z0-9_\-.=/+]{12,}"
)
_RANDOM = re.compile(r"(?=\S*[a-z])(?=\S*[A-Z])(?=\S*[0-9])[A-Za-z0-9_\-+/=]{28,}|[0-9a-f]{32,}")


class FileError(ValueError):
    """A file that cannot be used; the message has one line per mistake, in the order of the file."""

    def __init__(self, lines: Iterable[str]) -> None:
        self.lines = tuple(lines)
        more = len(self.lines) - MOST
        shown = [*self.lines[:MOST], *([f"… and {more} more mistakes"] if more > 0 else [])]
        super().__init__("\n".join(shown))


@dataclass(frozen=True, slots=True)
class Mistake:
    """One mistake at a place of a file."""

    loc: Loc
    text: str
    first: Loc | None = None  # where the same stood before: told with its line


def looks_like_key(text: str) -> bool:
    """Tell whether a text looks like a provider's key, so that no message repeats it."""
    return bool(_KEY.search(text) or _RANDOM.search(text))


def shown(value: Any) -> str:
    """Return a found value as a message shows it: short, on one line, and never a key."""
    match value:
        case None:
            return "nothing"
        case bool():
            return "true" if value else "false"
        case dict():
            return "a mapping"
        case list() | tuple():
            return "a list" if value else "an empty list"
        case str():
            return _shown_text(value)
        case _:
            return str(value)


def _shown_text(text: str) -> str:
    if looks_like_key(text):
        return "what looks like a key (kept out of this message)"
    if not text:
        return "an empty text"
    return ascii_controls(repr(text if len(text) <= LONGEST else text[:LONGEST] + "…"))


def ascii_controls(text: str) -> str:
    """Return a text with everything that a terminal would obey, or not show, written as an escape."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def place(loc: Loc) -> str:
    """Return a place as people write it: `subjects[2].sampling.temperature`."""
    text = ""
    for part in loc:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += ("." if text else "") + ("…" if looks_like_key(part) else ascii_controls(part[:LONGEST]))
    return text


def figure(value: float) -> str:
    """Return a number as people write it: `1,000,000` and `0.000001`, never `1e+06`."""
    return f"{value:,.6f}".rstrip("0").rstrip(".")


def nearest(name: str, names: Iterable[str]) -> str | None:
    """Return the name that another one was most likely meant to be, None where none is near."""
    near = difflib.get_close_matches(name.lower(), list(names), n=1)
    return near[0] if near else None


def one_of(name: str, names: Sequence[str], what: str) -> str:
    """Return what was expected in place of a name: `what` and those there are, the nearest before the others."""
    if not names:
        return f"{what.rstrip(':')}, of which there are none"
    near = nearest(name, names)
    others = [other for other in names if other != near]
    if near is None:
        return f"{what} {', '.join(others)}"
    return near if not others else f"{near} (or another: {', '.join(others)})"


def repeated(names: Sequence[str], here: Loc, field: str | None = None) -> Iterator[Mistake]:
    """Yield a mistake for each name of a list that stood before it; `field` holds the name in each entry."""
    first: dict[str, Loc] = {}
    for index, name in enumerate(names):
        loc: Loc = (*here, index) if field is None else (*here, index, field)
        if name in first:
            yield Mistake(loc, f"found {shown(name)} again", first=first[name])
        first.setdefault(name, loc)
