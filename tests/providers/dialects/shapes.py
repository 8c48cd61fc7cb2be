"""A recorded shape of a dialect and what it comes to; each test file of this folder is a table of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app.providers.wire import Answered, Call, Failed, Target
from tests.providers.said import CHAT, read


@dataclass(frozen=True)
class Shape:
    """One reply. `expected` are fields of what it comes to: those of `Answered` or of `Failed`, in short forms.

    Short forms: `parts` the types of the parts, `reasoning` (text, field, kind) of each, `usage` (input, cache
    read, cache write, output, reasoning), `tokens` the tokens' texts, `effective` only what is named.
    """

    name: str
    told: Any
    expected: Mapping[str, Any]
    call: Call = CHAT
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


def answered(name: str, told: Any, **expected: Any) -> Shape:
    """A shape that is an answer or a no; what is not expected is nothing: no parts, no reasoning, no tokens."""
    nothing = {"parts": [], "reasoning": [], "tokens": [], "rendered": None}
    return _shape(name, told, {"kind": Answered} | nothing, expected)


def failed(name: str, told: Any, **expected: Any) -> Shape:
    """A shape without an answer."""
    return _shape(name, told, {"kind": Failed}, expected)


def _shape(name: str, told: Any, first: dict[str, Any], expected: dict[str, Any]) -> Shape:
    how = {key: expected.pop(key) for key in ("call", "status", "headers") if key in expected}
    return Shape(name, told, first | expected, **how)


def check(target: Target, shape: Shape) -> None:
    """Hold that a reply of this shape comes to what is expected."""
    found = read(target, shape.told, shape.call, status=shape.status, headers=shape.headers)
    known = in_short(found)
    effective = {name: known["effective"].get(name) for name in shape.expected.get("effective", ())}
    assert known | {"effective": effective} == known | {"effective": {}} | dict(shape.expected)


def in_short(found: Answered | Failed) -> dict[str, Any]:
    """Return what a reply came to in the short forms."""
    fields = {name: getattr(found, name) for name in found.__dataclass_fields__}
    usage = found.usage
    short = {"usage": (usage.input, usage.cache_read, usage.cache_write, usage.output, usage.reasoning)}
    if isinstance(found, Failed):
        return fields | short | {"kind": Failed, "effective": {}}
    return (
        fields
        | short
        | {
            "kind": Answered,
            "parts": [part["type"] for part in found.parts],
            "reasoning": [(one.text, one.source, one.kind) for one in found.reasoning],
            "tokens": [token.text for token in found.tokens],
            "effective": dict(found.effective),
        }
    )


def named(shape: Shape) -> str:
    """Return the name under which a shape's test runs."""
    return shape.name.replace(" ", "-")
