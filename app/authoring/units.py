"""What of a draft is written, compared and saved as one: between a value of the file and the fields of a form.

Nothing here refuses anything: what cannot be read as its kind stays the text that it is, and the shape says so.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from app.providers.plain import REPLACEMENT
from app.runs.yaml_source import MAX_DEPTH, plain_value
from app.shape import fingerprint

Texts = dict[str, str]  # by field; within a unit by what follows its name, '' = the field of that name


@dataclass(frozen=True, slots=True)
class Unit:
    """A part of a draft by its dotted path. `read` returns None where the key is to be left out."""

    name: str
    show: Callable[[Any], Texts]
    read: Callable[[Texts], Any]

    def shown(self, data: Mapping[str, Any]) -> Texts:
        """Return the texts of its fields, by field name."""
        texts = self.show(at(data, self.name))
        return {f"{self.name}.{part}" if part else self.name: text for part, text in texts.items()}

    def posted(self, fields: Mapping[str, str]) -> Texts | None:
        """Return the texts that a form brought for it, None where the form did not hold it."""
        if f"was.{self.name}" not in fields:
            return None
        return {
            field: text
            for field, text in fields.items()
            if field == self.name or field.startswith(f"{self.name}.")
        }

    def value(self, texts: Mapping[str, str]) -> Any:
        """Return the value that these texts, by field name, stand for."""
        cut = len(self.name) + 1
        return self.read({field[cut:]: text for field, text in texts.items()})


def mark(texts: Mapping[str, str]) -> str:
    """Return a short fingerprint of the texts of a unit's fields, by which it is known whether they changed."""
    return fingerprint({field: plain_lines(text) for field, text in texts.items() if text})[:12]


def plain_lines(text: str) -> str:
    """Return a text with the line ends that are stored; browsers post CRLF."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def at(data: Any, path: str) -> Any:
    """Return the value at a dotted path, None where there is none."""
    for part in path.split("."):
        data = data.get(part) if isinstance(data, Mapping) else None
    return data


def put(data: Mapping[str, Any], path: str, value: Any) -> dict[str, Any]:
    """Return the data with another value at a dotted path; None takes the key out, and what it leaves empty."""
    head, _, rest = path.partition(".")
    inner = data.get(head)
    if rest:
        value = put(inner if isinstance(inner, Mapping) else {}, rest, value) or None
    if value is None:
        return {key: old for key, old in data.items() if key != head}
    return {**data, head: value}


# ------------------------------------------------------------------ kinds of units


def written(value: Any) -> str:
    """Return a simple value as a field shows it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def line(name: str) -> Unit:
    """One line of text; spaces around it are nobody's intention."""
    return Unit(name, lambda value: {"": written(value)}, lambda texts: texts.get("", "").strip() or None)


def choice(name: str, default: str = "") -> Unit:
    """One of a list; the default is what a file need not say."""

    def read(texts: Texts) -> Any:
        chosen = texts.get("", "")
        return None if chosen == default else chosen

    return Unit(name, lambda value: {"": written(value) or default}, read)


def words(name: str) -> Unit:
    """Text that is kept exactly, line ends apart."""
    return Unit(
        name, lambda value: {"": written(value)}, lambda texts: plain_lines(texts.get("", "")) or None
    )


def number(name: str) -> Unit:
    """A number, or another plain value such as true; what is none stays a text."""

    def show(value: Any) -> Texts:
        return {"": written(int(value) if isinstance(value, float) and value.is_integer() else value)}

    return Unit(name, show, lambda texts: plain_value(texts.get("", "").strip()))


def items(name: str) -> Unit:
    """A list of texts, one a line."""

    def show(value: Any) -> Texts:
        return {"": "\n".join(map(written, value)) if isinstance(value, list) else written(value)}

    return Unit(name, show, lambda texts: _lines(texts.get("", "")) or None)


def stops(name: str) -> Unit:
    """A list of texts, one a line, whose spaces count: a line break is written \\n and a backslash \\\\."""

    def show(value: Any) -> Texts:
        found = value if isinstance(value, list) else [value] if value else []
        return {"": "\n".join(written(one).replace("\\", "\\\\").replace("\n", "\\n") for one in found)}

    def read(texts: Texts) -> Any:
        return [
            re.sub(r"\\(n|\\)", lambda sign: "\n" if sign[1] == "n" else "\\", one)
            for one in plain_lines(texts.get("", "")).split("\n")
            if one
        ] or None

    return Unit(name, show, read)


def numbers(name: str) -> Unit:
    """A list of numbers on one line, commas between them."""

    def show(value: Any) -> Texts:
        return {"": ", ".join(map(written, value)) if isinstance(value, list) else written(value)}

    def read(texts: Texts) -> Any:
        parts = [part.strip() for part in re.split(r"[,;\s]+", texts.get("", "").strip())]
        return [plain_value(part) for part in parts if part] or None

    return Unit(name, show, read)


def _lines(text: str) -> list[str]:
    return [one.strip() for one in plain_lines(text).split("\n") if one.strip()]


_PAIR = re.compile(r'("(?:[^"\\]|\\.)*"|[^:"][^:]*):(?:\s+(.*))?')


def pairs(name: str, *, typed: bool) -> Unit:
    """A mapping, one `name: value` a line; `typed` reads numbers and true or false, unless they stand in quotes."""

    def show(value: Any) -> Texts:
        if not isinstance(value, Mapping):
            return {"": written(value)}
        return {"": "\n".join(f"{_name(key)}: {_level(one, typed)}" for key, one in value.items())}

    def read(texts: Texts) -> Any:
        text = texts.get("", "")
        found = [_PAIR.fullmatch(one) for one in _lines(text)]
        if not all(found):
            return plain_lines(text).strip()
        return {
            _unquoted(one[1].strip()): _value(one[2] or "", typed) for one in found if one is not None
        } or None

    return Unit(name, show, read)


def _name(key: str) -> str:
    plain = re.fullmatch(r'[^:"\s][^:"\n]*', key) is not None and key == key.strip()
    return key if plain else json.dumps(key, ensure_ascii=False)


def _level(value: Any, typed: bool) -> str:
    if not isinstance(value, str):
        return written(value)
    plain = value == value.strip() and "\n" not in value and not value.startswith('"')
    keeps = plain and (not typed or plain_value(value) == value)
    return value if keeps else json.dumps(value, ensure_ascii=False)


def _value(text: str, typed: bool) -> Any:
    text = text.strip()
    if text.startswith('"'):
        return _unquoted(text)
    return plain_value(text) if typed and text else text


def _unquoted(text: str) -> str:
    try:
        found = _loaded(text) if text.startswith('"') else text
    except ValueError:
        return text
    return found if isinstance(found, str) else text


def _loaded(text: str) -> Any:
    """Return a JSON text's value; raise ValueError where it has what no database and no file keeps."""

    def refuse(constant: str) -> Any:
        raise ValueError(constant)

    try:
        found = json.loads(text, parse_constant=refuse)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if not _shallow(found, MAX_DEPTH):
        raise ValueError("nested too deeply")
    if b"\\u0000" in json.dumps(found, ensure_ascii=False).encode():  # which also fails at a lone surrogate
        raise ValueError("U+0000")
    return found


def _shallow(value: Any, left: int) -> bool:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return left > 0 and all(_shallow(one, left - 1) for one in inner)


def plain_json(name: str) -> Unit:
    """Any mapping, written as JSON."""

    def show(value: Any) -> Texts:
        if isinstance(value, str):
            return {"": value}
        return {"": "" if value in (None, {}) else json.dumps(value, indent=2, ensure_ascii=False)}

    def read(texts: Texts) -> Any:
        text = plain_lines(texts.get("", "")).strip()
        try:
            return _loaded(text) if text else None
        except ValueError:
            return text

    return Unit(name, show, read)


def joined(fields: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return a form's fields as units read them: what was posted several times under one name, a line each.

    U+0000, which no file can hold, becomes U+FFFD, as in all stored text.
    """
    found: dict[str, list[str]] = {}
    for name, text in fields:
        found.setdefault(name, []).append(plain_lines(text).replace("\0", REPLACEMENT))
    return {name: "\n".join(texts) for name, texts in found.items()}
