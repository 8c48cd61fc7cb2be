"""Which transcripts: one frozen value, read from an address and written into it, said in words, and asked in SQL.

Search, working sets, exports and queues all take this. What a package above knows of transcripts (tags, coders)
it adds by `register`; a filter then carries it under its name like everything else.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Literal, get_args
from urllib.parse import quote

from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from app.transcripts.models import STATES
from app.transcripts.tallies import CUT, DECLARED, GATED, WHOLE
from app.transcripts.told import temperature_milli, temperature_said, temperature_word

SAFE = ",@:./"
LARGEST = 2**63 - 1
Role = Literal["answer", "reasoning", "prompt"]
ROLES: dict[str, str] = {"answer": "answers", "reasoning": "reasoning", "prompt": "prompts"}
# How answers ended, by the wire alone; the three kinds of no are never one.
STOPS: dict[str, tuple[str, ...]] = {
    "whole": tuple(sorted(WHOLE)), "cut": tuple(sorted(CUT)), "declared": tuple(sorted(DECLARED)),
    "gated": tuple(sorted(GATED)), "empty": ("empty",), "tool": ("tool",), "paused": ("paused",),
    "unknown": ("unknown",),
}  # fmt: skip
ENDED = {
    "whole": "that ended by themselves", "cut": "that were cut", "declared": "that declared a no",
    "gated": "that a gate stopped", "empty": "without text", "tool": "that ended with a tool call",
    "paused": "that were paused", "unknown": "that ended oddly",
}  # fmt: skip


class BadFilter(ValueError):
    """A filter that cannot be read, or names something that there is not; the message names the place."""


@dataclass(frozen=True, slots=True)
class Further:
    """A condition that another part of the product knows: its name in addresses, its label, its words, its SQL.

    `condition(session, person_id, values)` is on `Transcript`, one of the values being enough; it raises BadFilter
    for a value that there is not. `choices(session, person_id, study_id)` are (value, words) to choose from.
    """

    name: str
    label: str
    said: Callable[[tuple[str, ...]], str]
    condition: Callable[[Session, int, tuple[str, ...]], ColumnElement[bool]]
    choices: Callable[[Session, int, int | None], Sequence[tuple[str, str]]]


_further: dict[str, Further] = {}


def register(one: Further) -> None:
    """Add a condition to what every filter can hold."""
    if one.name in _NAMES:
        raise ValueError(f"a filter has a {one.name} of its own")
    _further[one.name] = one


def further() -> tuple[Further, ...]:
    """Return the conditions that were added, in the order in which they were."""
    return tuple(_further.values())


@dataclass(frozen=True, slots=True)
class Filter:
    """Every condition holds; of several values of one, one is enough; an empty one lets all through.

    `words` is a line as `terms.read` takes it, looked for in messages of `role`. `states` empty = done: what was
    answered to the end. `prompts` are "battery/key"; a branch stands for all below it; `stops` are names of
    `STOPS`; `more` holds registered conditions as (name, values).
    """

    words: str = ""
    role: Role = "answer"
    study: str = ""
    runs: tuple[int, ...] = ()
    batteries: tuple[str, ...] = ()
    prompts: tuple[str, ...] = ()
    themes: tuple[str, ...] = ()
    branches: tuple[str, ...] = ()
    styles: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()
    temperatures: tuple[int, ...] = ()
    stops: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    more: tuple[tuple[str, tuple[str, ...]], ...] = field(default=())

    @property
    def wanted_states(self) -> tuple[str, ...]:
        return self.states or ("done",)

    def written(self, *, without_study: bool = False) -> list[tuple[str, str]]:
        """Return the filter as names and values of an address, only what differs from the default."""
        found = []
        for part, name in _PARTS.items():
            if not (part == "study" and without_study):
                found += [(name, value) for value in _written(part, getattr(self, part))]
        return found + [(name, value) for name, values in self.more for value in values]

    def query(self, *, without_study: bool = False) -> str:
        """Return the filter as the query of an address, '' where it lets all through."""
        pairs = self.written(without_study=without_study)
        return "&".join(f"{name}={quote(value, SAFE)}" for name, value in pairs)

    def said(self) -> str:
        """Return the filter in words: `answers of gemma-raw at T 0.7 in run 3`."""
        parts = [ROLES[self.role] if self.states in ((), ("done",)) else f"{_or(self.states)} transcripts"]
        for part, before in _SAID:
            value = getattr(self, part)
            if value:
                parts.append(f"{before} {_or(_words(part, value))}".strip())
        parts += [_further[name].said(values) for name, values in self.more if name in _further]
        return " ".join(parts)


# The name of each part in addresses, in their order.
_PARTS = {
    "words": "q", "role": "role", "study": "study", "runs": "run", "batteries": "battery", "prompts": "prompt",
    "themes": "theme", "branches": "branch", "styles": "style", "subjects": "subject", "temperatures": "t",
    "stops": "stop", "states": "state",
}  # fmt: skip
_NAMES = frozenset(_PARTS.values())
# What may hold a comma is never parted at one.
_WHOLE = {"words", "themes", "branches"}
_SAID = (
    ("words", "with"), ("stops", ""), ("subjects", "of"), ("styles", "of style"), ("temperatures", "at"),
    ("prompts", "to"), ("batteries", "to battery"), ("themes", "on theme"), ("branches", "below branch"),
    ("runs", "in run"), ("study", "in study"),
)  # fmt: skip


def names() -> frozenset[str]:
    """Return every name that an address may give a filter."""
    return _NAMES | frozenset(_further)


def read(params: Mapping[str, Sequence[str]], *, study: str = "") -> Filter:
    """Read the query of an address (all values of each name); raise BadFilter naming what cannot be read.

    Names that are no filter's are left alone. `study` is the one that the path of the address names.
    """
    values: dict[str, Any] = {part: _values(part, params.get(name, ())) for part, name in _PARTS.items()}
    more = tuple(
        (name, _parted(params[name]))
        for name in _further
        if any(value.strip() for value in params.get(name, ()))
    )
    one = {part: values[part][-1] if values[part] else "" for part in ("words", "role", "study")}
    if study and one["study"] not in ("", study):
        raise BadFilter(f"study: found {one['study']!r} on a page of {study!r}")
    return Filter(
        **(values | one | {"study": study or one["study"], "role": one["role"] or "answer"}), more=more
    )


def _parted(given: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(part.strip() for value in given for part in value.split(",") if part.strip()))


def _values(part: str, given: Sequence[str]) -> tuple[Any, ...]:
    if part in _WHOLE:
        return tuple(dict.fromkeys(value.strip() for value in given if value.strip()))
    return tuple(_value(part, word) for word in _parted(given))


def _value(part: str, word: str) -> Any:
    name = _PARTS[part]
    if part == "runs":
        if not (word.isascii() and word.isdigit() and 0 < int(word) <= LARGEST):
            raise BadFilter(f"{name}: found {word!r}, expected the number of a run")
        return int(word)
    if part == "temperatures":
        milli = temperature_milli(word)
        if milli is None:
            raise BadFilter(f"{name}: found {word!r}, expected a temperature such as 0.7, none or unknown")
        return milli
    known = {"role": get_args(Role), "stops": tuple(STOPS), "states": STATES}.get(part)
    if known and word not in known:
        raise BadFilter(f"{name}: found {word!r}, expected one of {', '.join(known)}")
    return word


def _written(part: str, value: Any) -> list[str]:
    if part == "role":
        return [] if value == "answer" else [value]
    if isinstance(value, str):
        return [value] if value else []
    if part == "temperatures":
        value = tuple(map(temperature_word, value))
    if not value or part in _WHOLE:
        return list(value)
    return [",".join(map(str, value))]


def _words(part: str, value: Any) -> list[str]:
    if part == "words":
        return [f"“{value}”"]
    if part == "temperatures":
        return [temperature_said(milli) for milli in value]
    if part == "stops":
        return [ENDED[stop] for stop in value]
    return [value] if isinstance(value, str) else [str(one) for one in value]


def _or(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


assert set(_PARTS) == {one.name for one in fields(Filter)} - {"more"}
