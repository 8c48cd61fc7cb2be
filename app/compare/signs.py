"""What stands on a page by the dozen, made by macros once for each value and kept.

Everything here is decided by its arguments alone, which are never changed: nothing that is kept can be out of date.
"""

from functools import lru_cache
from typing import Any

from markupsafe import Markup

from app.compare.head import Head
from app.transcripts.faithful import faithful
from app.transcripts.shares import Share
from app.web import templates


@lru_cache(maxsize=64)
def glyph(stage: str, word: str = "") -> Markup:
    """Return the sign of a style in its hue."""
    return Markup(_macros().glyph(stage, word))


@lru_cache(maxsize=64)
def slot(stage: str) -> str:
    """Return the number of a style's hue."""
    return str(_macros().slot(stage))


@lru_cache(maxsize=512)
def stop_badge(stop_class: str, raw: str = "") -> Markup:
    """Return how the wire says that an answer ended, '' where it ended by itself."""
    return Markup(_macros().stop_badge(stop_class, raw))


@lru_cache(maxsize=64)
def badge(word: str, kind: str, title: str = "") -> Markup:
    """Return a word on a badge."""
    return Markup(_macros().badge(word, kind, title))


# Stands in what is kept for the address of a column's draws, which is another on each page.
DRAWS = "\ue000draws\ue001"


def about(head: Head, draws: str) -> Markup:
    """Return all that a column's head says below its name; `draws` is where its draws are listed, '' = nowhere."""
    return _about(head, draws != "").replace(DRAWS, draws)


@lru_cache(maxsize=512)
def _about(head: Head, linked: bool) -> Markup:
    return Markup(_macros("compare/_said.html").about(head, DRAWS if linked else ""))


WIDEN, PIN = "\ue000widen\ue001", "\ue000pin\ue001"


def tools(name: str, at: int, wide: bool, pinned: bool, focus: bool, widen: str, pin: str) -> Markup:
    """Return what stands beside a column's name; `widen` and `pin` are addresses, `pin` '' = not to be pinned."""
    return _tools(name, at, wide, pinned, focus, pin != "").replace(WIDEN, widen).replace(PIN, pin)


@lru_cache(maxsize=512)
def _tools(name: str, at: int, wide: bool, pinned: bool, focus: bool, to_pin: bool) -> Markup:
    made = _macros("compare/_said.html").tools(name, at, wide, pinned, focus, WIDEN, PIN if to_pin else "")
    return Markup(made)


@lru_cache(maxsize=1024)
def share(word: str, one: Share) -> Markup:
    """Return a share in words, with its interval where there is one."""
    return Markup(_macros("compare/_said.html").share(word, one))


@lru_cache(maxsize=2)
def _macros(template: str = "ui/marks.html") -> Any:
    return templates().env.get_template(template).module


# What every template of Compare may call.
SIGNS: dict[str, Any] = {
    "faithful": faithful, "glyph": glyph, "slot": slot, "badge": badge,
    "stop_badge": stop_badge, "about": about, "tools": tools, "share": share,
}  # fmt: skip
