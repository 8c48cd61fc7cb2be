"""Reading a YAML file safely, remembering the line of every value.

Only plain data is read (mappings, lists, texts, numbers, true, false, null, as YAML 1.2 has them): anchors,
tags and second documents are refused, so nothing can grow on reading, and a date or a `no` stays a text.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from app.runs.mistakes import FileError, Loc, Mistake, ascii_controls, place, shown

MAX_BYTES = 2_000_000
MAX_DEPTH = 32
MAX_VALUES = 200_000

_INTEGER = re.compile(r"[-+]?[0-9]{1,30}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+\.[0-9]*|[0-9]+(?=[eE]))([eE][-+]?[0-9]+)?")
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]")
_SURROGATE = re.compile("[\ud800-\udfff]")
# What the parser says of the mistakes that people make most, and what to write instead.
_REMEDIES = {
    "mapping values are not allowed": "quotes around a text that has a colon in it",
    "cannot start any token": "quotes around a text that begins with such a sign",
    "tab character": "spaces",
    "unknown escape": "single quotes around a text that has a backslash in it",
}
_WORDS: dict[str, Any] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}


@dataclass(slots=True)
class Node:
    """A value with the line it stands on (its key's line, where it has one); a number also as it was written."""

    line: int
    value: Any = None
    written: str = ""
    children: dict[str | int, "Node"] = field(default_factory=dict)

    def plain(self) -> Any:
        """Return the value as plain data."""
        if isinstance(self.value, dict):
            return {key: child.plain() for key, child in self.children.items()}
        if isinstance(self.value, list):
            return [child.plain() for child in self.children.values()]
        return self.value


@dataclass(frozen=True, slots=True)
class Source:
    """A file that was read: its name as messages show it, and its values with their lines."""

    name: str
    root: Node

    def trodden(self, loc: Loc) -> tuple[list[Node], Loc]:
        """Return the nodes from the root as far down a place as the file goes, and that place."""
        nodes, there = [self.root], []
        for part in loc:
            child = nodes[-1].children.get(part)
            if child is None:
                break
            nodes.append(child)
            there.append(part)
        return nodes, tuple(there)

    def line(self, loc: Loc) -> int:
        """Return the line of a place; of what should hold it, where the file has no such place."""
        return self.trodden(loc)[0][-1].line

    def told(self, mistake: Mistake) -> str:
        """Return a mistake as one line."""
        where = place(mistake.loc)
        told = f"{self.name}:{self.line(mistake.loc)}: {where + ': ' if where else ''}{mistake.text}"
        if mistake.first is None:
            return told
        return f"{told} (first on line {self.line(mistake.first)}), expected each once"

    def error(self, mistakes: Iterable[Mistake]) -> FileError:
        """Return the error that tells these mistakes in the order of the file."""
        return FileError(map(self.told, sorted(mistakes, key=lambda mistake: self.line(mistake.loc))))


def node_of(value: Any) -> Node:
    """Return plain data as nodes of no line."""
    if isinstance(value, dict):
        return Node(0, {}, children={str(key): node_of(one) for key, one in value.items()})
    if isinstance(value, list | tuple):
        return Node(0, [], children=dict(enumerate(map(node_of, value))))
    return Node(0, value)


def read(path: Path) -> Source:
    """Read a YAML file; raise FileError, of one line, when it is not plain data within the limits."""
    return _parsed(path, _text(path))


def read_text(name: str, body: bytes) -> Source:
    """Read what was uploaded or pasted as a YAML file of this name; raise FileError as `read` does."""
    path = Path(name)
    if len(body) > MAX_BYTES:
        raise FileError([f"{_named(path)}: found {len(body):,} bytes, expected at most {MAX_BYTES:,}"])
    return _parsed(path, _decoded(path, body))


def _parsed(path: Path, text: str) -> Source:
    for found in _FORBIDDEN.finditer(text):
        raise _error(
            path, text.count("\n", 0, found.start()) + 1, f"found U+{ord(found[0]):04X}, expected text"
        )
    return Source(_named(path), _Builder(path).build(text))


def _text(path: Path) -> str:
    try:
        if not path.is_file():
            found = "a folder" if path.is_dir() else "nothing there" if not path.exists() else "no plain file"
            raise FileError([f"{_named(path)}: found {found}, expected a YAML file"])
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise FileError([f"{_named(path)}: found {size:,} bytes, expected at most {MAX_BYTES:,}"])
        with path.open("rb") as file:
            body = file.read(MAX_BYTES + 1)
    except OSError as error:
        told = f"{_named(path)}: found what cannot be read ({error.strerror}), expected a YAML file"
        raise FileError([told]) from None
    return _decoded(path, body)


def _decoded(path: Path, body: bytes) -> str:
    if body[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise _error(path, 1, "found UTF-16 text, expected UTF-8 text")
    try:
        return body.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        line = body.count(b"\n", 0, error.start) + 1
        raise _error(path, line, f"found the byte 0x{body[error.start]:02x}, expected UTF-8 text") from None


def _named(path: Path) -> str:
    return ascii_controls(str(path))


def _error(path: Path, line: int, text: str) -> FileError:
    return FileError([f"{_named(path)}:{line}: {text}"])


@dataclass(slots=True)
class _Open:
    """A mapping or list that is not closed yet, and the key that waits for its value."""

    node: Node
    key: str | None = None
    key_line: int = 0


class _Builder:
    """Puts parser events together with a stack of its own, so that no depth of the file is a depth of ours."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.stack: list[_Open] = []
        self.root: Node | None = None
        self.count = 0

    def build(self, text: str) -> Node:
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        try:
            for event in yaml.parse(text, Loader=loader):
                self._take(event)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            line = 1 if mark is None else min(mark.line + 1, text.count("\n") + 1)
            problem = str(error.problem)
            remedy = next((say for part, say in _REMEDIES.items() if part in problem), "`key: value` lines")
            raise self._error(line, f"found broken YAML ({problem}), expected {remedy}") from None
        if self.root is None:
            raise self._error(1, "found an empty file, expected a mapping that begins with `styloscope: 1`")
        return self.root

    def _take(self, event: yaml.Event) -> None:
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
            raise self._error(line, "found an anchor or alias (& or *), expected the value written out")
        if isinstance(event, yaml.DocumentStartEvent) and self.root is not None:
            raise self._error(line, "found a second document (---), expected one")
        if getattr(event, "tag", None) is not None:
            raise self._error(line, "found a tag (!), expected a plain value")
        if isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
            self._open(Node(line, {} if isinstance(event, yaml.MappingStartEvent) else []))
        elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            self.stack.pop()
        elif isinstance(event, yaml.ScalarEvent):
            self._scalar(event, line)

    def _open(self, node: Node) -> None:
        if len(self.stack) >= MAX_DEPTH:
            raise self._error(node.line, f"found values nested deeper than {MAX_DEPTH}, expected fewer")
        self._put(node)
        self.stack.append(_Open(node))

    def _scalar(self, event: yaml.ScalarEvent, line: int) -> None:
        text = event.value
        if "\0" in text or _SURROGATE.search(text):
            raise self._error(line, "found an escaped U+0000 or lone surrogate, expected text")
        top = self.stack[-1] if self.stack else None
        if top is not None and isinstance(top.node.value, dict) and top.key is None:
            self._key(top, text, line)
        else:
            value = plain_value(text) if event.implicit[0] else text
            self._put(Node(line, value, text if isinstance(value, int | float) else ""))

    def _key(self, top: _Open, key: str, line: int) -> None:
        if key in top.node.children:
            first = top.node.children[key].line
            raise self._error(
                line, f"found the key {shown(key)} again (first on line {first}), expected it once"
            )
        top.key, top.key_line = key, line

    def _put(self, node: Node) -> None:
        self.count += 1
        if self.count > MAX_VALUES:
            raise self._error(node.line, f"found more than {MAX_VALUES:,} values, expected fewer")
        if not self.stack:
            self.root = node
            return
        top = self.stack[-1]
        if isinstance(top.node.value, list):
            top.node.children[len(top.node.children)] = node
        elif top.key is None:
            raise self._error(node.line, "found a list or mapping as a key, expected a text")
        else:
            node.line = top.key_line
            top.node.children[top.key] = node
            top.key = None

    def _error(self, line: int, text: str) -> FileError:
        return _error(self.path, line, text)


def plain_value(text: str) -> Any:
    """Return what a plain scalar stands for; a number too large to be one stays a text."""
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        number = float(text)
        return text if number in (float("inf"), float("-inf")) else number
    return text
