"""What was told about an answer, in words: settings three times over, tokens, how far the context is known."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.providers.sending import CALLED
from app.transcripts.models import NOT_SENT, UNKNOWN

TEMPERATURES = {NOT_SENT: "none", UNKNOWN: "unknown"}
WORDS = {word: milli for milli, word in TEMPERATURES.items()}
CONTEXTS = {"rendered": "rendered", "sent": "as sent", "may_add": "provider may add"}
# The settings that a reader looks for stand first.
FIRST = (
    "temperature",
    "top_p",
    "top_k",
    "min_p",
    "max_tokens",
    "stop",
)
USAGE = (
    ("input", "in"), ("cache_read", "from cache"), ("cache_write", "to cache"), ("reasoning", "reasoning"),
    ("output", "out"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Setting:
    """A sampling setting asked for, sent and effective; `-` where it was not told."""

    name: str
    asked: str
    sent: str
    effective: str

    @property
    def alike(self) -> bool:
        return self.asked == self.sent and self.effective in (self.sent, "-")

    @property
    def beside(self) -> bool:
        """Whether nobody asked for it and the wire sent it all the same: filters, routing."""
        return self.asked == "-" != self.sent

    @property
    def own(self) -> bool:
        """Whether it was left to the server, which told what it took."""
        return self.asked == self.sent == "-"


def settings_of(three: Any) -> tuple[Setting, ...]:
    """Return each sampling setting as asked for, sent and effective (an object with these three mappings).

    What a study file asks for under `extra` stands by its own name, as it was sent; what a wire calls otherwise
    stands by the study file's name.
    """
    extra = three.asked.get("extra") or {}
    extra = extra | (
        extra.get("generationConfig") or {}
    )  # what Gemini nests is kept as sent without its nest
    asked = {name: value for name, value in three.asked.items() if name != "extra"} | extra
    asked.pop("generationConfig", None)
    sent = {CALLED.get(name, name): value for name, value in three.sent.items()}
    kept = (asked, sent, three.effective)
    names = sorted({name for one in kept for name in one}, key=lambda name: (_rank(name), name))
    return tuple(
        Setting(name, *(_value(one.get(name)) for one in kept))
        for name in names
        if any(one.get(name) not in (None, [], {}) for one in kept)
    )


def _rank(name: str) -> int:
    return FIRST.index(name) if name in FIRST else len(FIRST)


def _value(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return ", ".join(f"{key} {_value(one)}" for key, one in value.items()) or "-"
    if isinstance(value, list) and any(isinstance(one, dict) for one in value):
        return "; ".join(_value(one) for one in value)
    if isinstance(value, list):
        return " ".join(repr(one) for one in value) or "-"
    return f"{value:g}" if isinstance(value, float) else str(value)


def usage_words(usage: Mapping[str, Any] | None) -> str:
    """Return tokens in words, `12 in · 40 out`; '' where nothing was told. What was not told is not named."""
    if not usage:
        return ""
    return " · ".join(f"{usage[name]:,} {word}" for name, word in USAGE if usage.get(name) is not None)


def temperature_word(milli: int) -> str:
    """Return a temperature as addresses write it: 0.7, none (not sent), unknown."""
    return TEMPERATURES.get(milli) or f"{milli / 1000:g}"


def temperature_milli(word: str) -> int | None:
    """Return what `temperature_word` wrote, None where it is no temperature."""
    if word in WORDS:
        return WORDS[word]
    try:
        value = float(word)
    except ValueError:
        return None
    return round(value * 1000) if 0 <= value <= 10 else None


def temperature_said(milli: int) -> str:
    """Return a temperature as pages say it: `T 0.7`, `T not sent`, `T unknown`."""
    return "T not sent" if milli == NOT_SENT else f"T {temperature_word(milli)}"


def column_token(subject: str, milli: int) -> str:
    """Return the name of a column of Compare: a subject's slug at a temperature."""
    return f"{subject}@{temperature_word(milli)}"


def draw_address(study: str, prompt: str, column: str, run: int, repeat: int, hide: str = "") -> str:
    """Return the address of a draw on Compare, its run chosen and its repeat in focus; `prompt` is battery/key."""
    hidden = f"&hide={hide}" if hide else ""
    return f"/studies/{study}/compare/{prompt}?run={run}{hidden}&col={column}&repeat={repeat}"


def row_number(word: str) -> int:
    """Return the number of a row as an address names it, 0 (which no row has) where it is none."""
    return int(word) if word.isascii() and word.isdigit() and len(word) < 19 else 0
