"""Prompts out of pasted lines or a table (CSV, or what a spreadsheet puts on the clipboard). Pure.

Every row keeps the line it began on, so that what is wrong with it can be told by that line.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, get_args

from app.authoring import prompts
from app.authoring.checking import check
from app.authoring.queries import slug_of
from app.authoring.units import pairs
from app.batteries.shape import Mode
from app.runs.yaml_source import plain_value

# What a column can be, and how tables call it. A factor of a condition is called by its column's own name.
TARGETS: Mapping[str, tuple[str, ...]] = {
    "user": ("user", "prompt", "question", "instruction", "input", "user turn"),
    "assistant": ("assistant", "prefill", "start", "assistant turn"),
    "text": ("text", "raw", "completion"),
    "key": ("key", "id", "prompt id"),
    "title": ("title", "name"),
    "family": ("family", "group"),
    "variant": ("variant", "wording", "paraphrase"),
    "condition": ("condition",),
    "mode": ("mode",),
    "theme": ("theme", "topic", "category"),
    "branch": ("branch",),
    "watch_for": ("watch_for", "watch for", "tags"),
    "repeats": ("repeats", "n"),
    "max_tokens": ("max_tokens", "max tokens"),
    "source": ("source", "reference"),
    "note": ("note", "notes", "comment"),
}
TURNS = ("user", "assistant", "text")
WORDS_OF_NAME = 5  # of a text, in a name that is made of it


@dataclass(frozen=True, slots=True)
class Table:
    """Rows with the lines on which they begin; `header` names the columns, also where the table does not."""

    header: tuple[str, ...] = ()
    rows: tuple[tuple[int, tuple[str, ...]], ...] = ()
    headed: bool = False
    broken: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """A row on its way into a battery: its line, what it becomes, and what is wrong with it."""

    line: int
    shape: Mapping[str, Any]
    wrong: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """What it says, turn after turn."""
        return "\n".join(str(next(iter(turn.values()), "")) for turn in self.shape.get("turns", ()))


@dataclass(frozen=True, slots=True)
class Reading:
    """What was pasted, read: the draft's data with it, the ids of what is new, and the rows."""

    rows: tuple[Row, ...] = ()
    data: Mapping[str, Any] = field(default_factory=dict)
    new: tuple[str, ...] = ()

    @property
    def wrong(self) -> int:
        """How many rows cannot be taken."""
        return sum(bool(row.wrong) for row in self.rows)


def table(text: str) -> Table:
    """Read a table; the separator is the one of tab, semicolon and comma that its first line has most of."""
    first = text.lstrip("\ufeff\n").split("\n", 1)[0]
    sign = max("\t;,", key=first.count)
    rows, broken = [], []
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), delimiter=sign, strict=True)
    line = 1
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            break
        except csv.Error as error:
            broken.append(
                (line, f"found a row that cannot be read ({error}), expected quotes around such a cell")
            )
            break
        if any(cell.strip() for cell in cells):
            rows.append((line, tuple(cells)))
        line = reader.line_num + 1
    return _headed(rows, broken)


def _headed(rows: list[tuple[int, tuple[str, ...]]], broken: list[tuple[int, str]]) -> Table:
    names = tuple(cell.strip() for cell in rows[0][1]) if rows else ()
    headed = any(target_of(name) for name in names)
    width = max((len(cells) for _, cells in rows), default=0)
    header = names if headed else tuple(f"column {n}" for n in range(1, width + 1))
    return Table(header, tuple(rows[1:] if headed else rows), headed, tuple(broken))


def target_of(name: str) -> str:
    """Return what a column of this name most likely is, '' for nothing."""
    plain = re.sub(r"\s+", " ", name.strip().lower())
    if re.match(r"condition\b\W*\w", plain):
        return "condition"
    return next((target for target, names in TARGETS.items() if re.sub(r" \d+$", "", plain) in names), "")


def targets_of(found: Table) -> tuple[str, ...]:
    """Return what each column most likely is; a table without a header has its words in the first column."""
    if not found.headed:
        return tuple("user" if place == 0 else "" for place in range(len(found.header)))
    return tuple(map(target_of, found.header))


def from_table(found: Table, targets: Sequence[str], *, family: str = "", mode: str = "") -> list[Row]:
    """Return the rows of a table as prompts; `family` and `mode` hold where a row says none."""
    rows = [Row(line, {}, (text,)) for line, text in found.broken]
    width = len(found.header)
    for line, cells in found.rows:
        if len(cells) != width:
            rows.append(Row(line, {}, (f"found {len(cells)} cells, expected {width}",)))
        else:
            rows.append(Row(line, _shape(found.header, cells, targets, family, mode)))
    return sorted(rows, key=lambda row: row.line)


def from_lines(text: str, *, family: str = "", mode: str = "") -> list[Row]:
    """Return each line that is not empty as a prompt: all of one family, or each of its own."""
    return [
        Row(line, _named({}, [{"text" if mode == "completion" else "user": words.strip()}], family, mode))
        for line, words in enumerate(text.split("\n"), start=1)
        if words.strip()
    ]


def _shape(
    header: Sequence[str], cells: Sequence[str], targets: Sequence[str], family: str, mode: str
) -> dict[str, Any]:
    shape: dict[str, Any] = {}
    turns: list[dict[str, str]] = []
    condition: dict[str, Any] = {}
    for name, cell, target in zip(header, cells, targets, strict=False):
        if not cell.strip() or target not in TARGETS:
            continue
        if target in TURNS:
            turns.append({target: cell.replace("\r\n", "\n")})
        elif target == "condition":
            condition |= _condition(name, cell)
        elif target in ("repeats", "max_tokens"):
            shape[target] = plain_value(cell.strip())
        elif target == "watch_for":
            shape[target] = [one.strip() for one in re.split(r"[,;\n]", cell) if one.strip()]
        else:
            shape[target] = cell.strip()
    if condition:
        shape["condition"] = condition
    return _named(shape, turns, family, mode)


def _condition(name: str, cell: str) -> Mapping[str, Any]:
    """Return a factor and its level: the column names the factor, or the cell itself does (`stakes: high`)."""
    factor = re.sub(r"^condition\W*", "", name.strip(), flags=re.IGNORECASE)
    if factor:
        return {factor: plain_value(cell.strip())}
    read = pairs("c", typed=True).value({"c": cell})
    return read if isinstance(read, dict) else {"condition": cell.strip()}


def _named(shape: dict[str, Any], turns: list[dict[str, str]], family: str, mode: str) -> dict[str, Any]:
    """Return a prompt with the names that it does not bring: of its family, its words, its mode."""
    first = " ".join(next(iter(turns[0].values())).split()[:WORDS_OF_NAME]) if turns else ""
    named = {"family": family, "mode": mode or _mode(turns)} | shape
    if not named["family"]:
        named["family"] = slug_of(shape.get("title") or shape.get("key") or first)
    if "variant" not in named and family and "family" not in shape:
        named["variant"] = re.sub(r"[^\w\s'-]", "", first).lower()[:60] or "plain"
    if "key" not in named:
        named["key"] = slug_of(shape.get("title") or first)[:48] or "prompt"
    if named["mode"] == "chat":
        del named["mode"]
    return {**named, "turns": turns}


def _mode(turns: Sequence[Mapping[str, str]]) -> str:
    roles = [next(iter(turn)) for turn in turns]
    if roles[-1:] == ["assistant"]:
        return "prefill"
    if roles == ["text"]:
        return "completion"
    return "ladder" if len(roles) > 1 and set(roles) == {"user"} else str(get_args(Mode)[0])


def joined_to(data: Mapping[str, Any], rows: Iterable[Row], *, given: bool = False) -> Reading:
    """Return rows as they would stand in a draft, each with what is wrong with it there.

    Keys that were made are made free; those that a table gave (`given`) are kept, and wrong where they are taken.
    """
    listed = list(rows)
    shapes = list(_free(data, [row.shape for row in listed], given))
    after, new = prompts.added(data, shapes)
    wrong: dict[str, list[str]] = {prompt: [] for prompt in new}
    for one in check("battery", after).wrong:
        if one.prompt in wrong:
            wrong[one.prompt].append(f"{one.label}: {one.text}")
    told = tuple(
        Row(row.line, shape, row.wrong or tuple(wrong[prompt]))
        for row, shape, prompt in zip(listed, shapes, new, strict=True)
    )
    return Reading(told, after, tuple(new))


def _free(
    data: Mapping[str, Any], shapes: Iterable[Mapping[str, Any]], given: bool
) -> Iterator[dict[str, Any]]:
    taken: set[str] = set()
    variants: set[tuple[str, str]] = set()
    for shape in shapes:
        new = dict(shape)
        if not given and "key" in new:
            new["key"] = prompts.free_key(data, str(new["key"]), taken)
            taken.add(new["key"])
        place = (str(new.get("family")), str(new.get("variant")))
        if place in variants and "condition" not in new and "variant" in new:
            new["variant"] = f"{new['variant']} {sum(other[0] == place[0] for other in variants) + 1}"
        variants.add((place[0], str(new.get("variant"))))
        yield new
