"""Writing shapes as the files that `check` and `apply` read back to the same: the same shape is the same bytes.

Keys stand in the order of the shape, what a file need not say is left out, and a text is quoted unless every YAML
parser reads it as that text. Texts of several lines are blocks where a block can hold them exactly.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from app.batteries.shape import BatteryShape
from app.runs.study_shape import StudyShape
from app.runs.yaml_source import plain_value
from app.subjects.shape import EndpointShape

# What needs no quotes: words that begin with a letter, without a sign that YAML gives a meaning.
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9 ./()'+;_-]*")
# Words that YAML 1.1 takes for true, false or null; we do not, others do.
_TAKEN = {"y", "n", "yes", "no", "on", "off", "true", "false", "null"}
# A block holds any text of printing characters whose lines neither begin nor end with what it would lose.
_BLOCK = re.compile(r"(?:\S(?:[^\n]*\S)?\n+)*\S(?:[^\n]*\S)?\n?")
# What is written as an escape: controls, what turns text, what ends lines elsewhere, what is no character.
_ESCAPED = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\xa0\xad\u061c\u200b-\u200f\u2028-\u202f\u2060-\u206f\ud800-\uf8ff\ufeff\ufff0-\uffff"
    "\U000e0000-\U0010ffff]"
)
_SHORT = 100  # characters of a line on which a small mapping or list stands whole


def battery_text(shape: BatteryShape) -> str:
    """Return a battery as a file."""
    data = shape.model_dump(mode="json", exclude_defaults=True)
    head = {"styloscope": 1, "battery": data["battery"]}
    return document({**head, "prompts": data["prompts"]}, apart={"prompts"})


def study_text(shape: StudyShape) -> str:
    """Return a study as a file; an endpoint says which key it names, also where it is none."""
    data = shape.model_dump(mode="json", exclude_defaults=True)
    endpoints = [_with_key(endpoint) for endpoint in shape.endpoints]
    return document(
        {"styloscope": 1, **data, "endpoints": endpoints}, apart={"styles", "endpoints", "subjects"}
    )


def _with_key(endpoint: EndpointShape) -> dict[str, Any]:
    said = endpoint.model_dump(mode="json", exclude_defaults=True) | {"key_env": endpoint.key_env}
    return {name: said[name] for name in EndpointShape.model_fields if name in said}


def document(data: Mapping[str, Any], apart: set[str]) -> str:
    """Return a whole file; the entries of the lists `apart` stand with an empty line between them."""
    lines: list[str] = []
    for name, value in data.items():
        lines += [""] if name in apart else []
        if name in apart:
            lines.append(f"{name}:")
            for place, entry in enumerate(value):
                lines += [""] if place else []
                lines += _item(entry, 2)
        else:
            lines += _pair(name, value, 0)
    return "\n".join(lines) + "\n"


def _pair(name: str, value: Any, indent: int) -> Iterator[str]:
    """Yield the lines of a key and its value."""
    pad, key = " " * indent, _key(name)
    if _is_open(value):
        yield f"{pad}{key}:"
        yield from _inside(value, indent + 2)
    elif isinstance(value, str) and _is_block(value):
        yield from _block(f"{pad}{key}:", value, indent + 2)
    else:
        yield f"{pad}{key}: {_flow(value)}"


def _item(value: Any, indent: int) -> Iterator[str]:
    """Yield the lines of an entry of a list."""
    pad = " " * (indent - 2)
    if not _is_open(value):
        if isinstance(value, str) and _is_block(value):
            yield from _block(f"{pad}  -", value, indent + 2)
        else:
            yield f"{pad}  - {_flow(value)}"
        return
    first, *rest = _inside(value, indent + 2)
    yield f"{pad}  - {first.lstrip()}"
    yield from rest


def _inside(value: Any, indent: int) -> Iterator[str]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _pair(str(name), inner, indent)
    else:
        for entry in value:
            yield from _item(entry, indent)


def _is_open(value: Any) -> bool:
    """Tell whether a mapping or list is written over several lines: a long one, or one that holds a block."""
    if not isinstance(value, Mapping | list) or not value:
        return False
    inner = value.values() if isinstance(value, Mapping) else value
    return any(_is_open(one) or (isinstance(one, str) and _is_block(one)) for one in inner) or (
        len(_flow(value)) > _SHORT
    )


def _is_block(text: str) -> bool:
    return "\n" in text.rstrip("\n") and _BLOCK.fullmatch(text) is not None and not _ESCAPED.search(text)


def _block(head: str, text: str, indent: int) -> Iterable[str]:
    sign = "|" if text.endswith("\n") else "|-"
    lines = (f"{' ' * indent}{line}" if line else "" for line in text.removesuffix("\n").split("\n"))
    return [f"{head} {sign}", *lines]


def _flow(value: Any) -> str:
    """Return a value on one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_key(str(name))}: {_flow(inner)}" for name, inner in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_flow, value)) + "]"
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, float):
        return _number(value)
    return json.dumps(value)


def _key(name: str) -> str:
    return (
        name
        if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_.-]*", name) and name.lower() not in _TAKEN
        else _quoted(name)
    )


def _text(text: str) -> str:
    plain = (
        _PLAIN.fullmatch(text) is not None
        and not text.endswith(" ")
        and text.lower() not in _TAKEN
        and plain_value(text) == text
    )
    return text if plain else _quoted(text)


def _quoted(text: str) -> str:
    """Return a text in double quotes, in which every character can stand."""
    said = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return f'"{_ESCAPED.sub(_escape, said)}"'


def _escape(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _number(value: float) -> str:
    """Return a number as YAML 1.1 and 1.2 both read it: with a point, also before an exponent."""
    text = repr(value)
    head, exponent, tail = text.partition("e")
    if not exponent:
        return text
    sign = "" if tail.startswith("-") else "+"
    return f"{head if '.' in head else head + '.0'}e{sign}{tail.lstrip('+')}"
