"""The signs that stand on a page by the dozen, made by the interface's own macros once and kept."""

from functools import lru_cache
from typing import Any

from markupsafe import Markup

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


@lru_cache(maxsize=1)
def _macros() -> Any:
    return templates().env.get_template("ui/marks.html").module
