"""The scope of the rail and the pager: every prompt that the chosen runs of a study ask, grouped by battery."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.compare import queries
from app.compare.view import Place

WHOLE_RAIL = 80  # prompts: of more, the rail shows those near the one that is read
NEAR = 20


@dataclass(frozen=True, slots=True)
class Part:
    """A battery in the newest version that the chosen runs ask; `keys` narrows it to some prompts.

    `older` are the other versions asked, newest first; `first` to `last` are its positions.
    """

    battery_id: int
    slug: str
    title: str
    version_id: int
    number: int
    older: tuple[int, ...]
    keys: frozenset[str] | None
    first: int
    last: int

    @property
    def size(self) -> int:
        return self.last - self.first + 1 if self.keys is None else len(self.keys)


@dataclass(frozen=True, slots=True)
class Asked:
    """The batteries that the chosen runs ask, and every run of the study with its moment, newest first.

    `listed` are the prompts of the parts where a working set narrows them (of_set.py), else none.
    """

    parts: tuple[Part, ...]
    runs: dict[int, datetime]
    listed: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Entry:
    """A prompt in the rail."""

    url: str
    title: str
    wording: str  # '' for the plain one
    here: bool


@dataclass(frozen=True, slots=True)
class Section:
    """A battery in the rail; one of which nothing near is read stands there by its name alone."""

    slug: str
    title: str
    size: int
    entries: tuple[Entry, ...]
    more_before: bool = False
    more_after: bool = False


@dataclass(frozen=True, slots=True)
class Turn:
    """Where the pager turns to: a prompt, or (key '') the first or last one of a battery."""

    battery: str
    key: str
    last: bool = False


@dataclass(frozen=True, slots=True)
class Scope:
    """Where a prompt stands among all that are asked. `n` is 0 where the newest version no longer holds it.

    `texts` are what the versions asked hold under its key, the newest first.
    """

    part: Part
    prompt: Any  # a row of queries.prompts_by_key, one of texts
    texts: tuple[Any, ...]
    sections: tuple[Section, ...]
    n: int
    total: int
    before: Turn | None
    after: Turn | None


def asked(session: Session, study_id: int, chosen: Collection[int]) -> Asked:
    """Return a study's runs, and the batteries that the chosen ones ask (none chosen = all), newest run first."""
    rows = queries.batteries_asked(session, study_id, chosen)
    runs = {row.run: row.created_at for row in rows}
    by_battery: dict[int, list[Any]] = {}
    for row in rows:
        if not chosen or row.run in chosen:
            by_battery.setdefault(row.battery_id, []).append(row)
    if not by_battery:
        return Asked((), runs)
    newest = {rows[0].battery_id: max(rows, key=lambda row: row.number) for rows in by_battery.values()}
    reach = {row.id: row for row in queries.reach(session, {row.version_id for row in newest.values()})}
    parts = tuple(_part(some, newest[battery_id], reach) for battery_id, some in by_battery.items())
    return Asked(parts, runs)


def _part(rows: Sequence[Any], newest: Any, reach: dict[int, Any]) -> Part:
    narrowed = [row.keys for row in rows if row.version_id == newest.version_id]
    keys = None if any(one is None for one in narrowed) else frozenset().union(*narrowed)
    older = sorted(
        {(row.number, row.version_id) for row in rows if row.number != newest.number}, reverse=True
    )
    edge = reach[newest.version_id]
    return Part(newest.battery_id, newest.slug, newest.title, newest.version_id, newest.number,
                tuple(version for _, version in older), keys, edge.first, edge.last)  # fmt: skip


def edge_prompt(session: Session, part: Part, last: bool) -> str:
    """Return the key of a battery's first or last prompt."""
    if part.keys is not None:
        found = queries.prompts_by_key(session, part.battery_id, part.keys, [part.version_id])
        return str(found[-1 if last else 0].key)
    at = part.last if last else part.first
    return str(queries.prompts_between(session, part.version_id, at, at)[0].key)


def scope(session: Session, all_parts: Sequence[Part], place: Place) -> Scope | None:
    """Return where a prompt stands, None where the chosen runs never asked it."""
    index = next((at for at, part in enumerate(all_parts) if part.slug == place.battery), None)
    if index is None:
        return None
    part = all_parts[index]
    found = queries.prompts_by_key(session, part.battery_id, [place.key], [part.version_id, *part.older])
    if not found:
        return None
    here = max(found, key=lambda row: (row.version_id == part.version_id, row.version_id))
    total = sum(one.size for one in all_parts)
    whole = total <= WHOLE_RAIL
    listed = _listed(session, all_parts) if whole else {part.version_id: _near(session, part, here)}
    texts = tuple({row.id: row for row in found[::-1]}.values())[::-1]
    return _scope(all_parts, index, here, texts, total, listed, place)


def alone(session: Session, part: Part, key: str) -> Scope | None:
    """Return a prompt without what stands around it in the rail, None where the battery never held it."""
    found = queries.prompts_by_key(session, part.battery_id, [key], [part.version_id, *part.older])
    if not found:
        return None
    texts = tuple({row.id: row for row in found[::-1]}.values())[::-1]
    n = int(found[0].version_id == part.version_id)
    return Scope(part, found[0], texts, (), n, part.size, None, None)


def _listed(session: Session, all_parts: Sequence[Part]) -> dict[int, list[Any]]:
    keys = {part.version_id: part.keys for part in all_parts}
    listed: dict[int, list[Any]] = {version: [] for version in keys}
    for row in queries.prompts_of(session, keys):
        narrowed = keys[row.version_id]
        if narrowed is None or row.key in narrowed:
            listed[row.version_id].append(row)
    return listed


def _near(session: Session, part: Part, here: Any) -> list[Any]:
    if part.keys is not None:
        return list(queries.prompts_by_key(session, part.battery_id, part.keys, [part.version_id]))
    middle = here.position if here.version_id == part.version_id else part.first
    return list(queries.prompts_between(session, part.version_id, middle - NEAR, middle + NEAR))


def _scope(
    all_parts: Sequence[Part],
    index: int,
    here: Any,
    texts: tuple[Any, ...],
    total: int,
    listed: dict[int, list[Any]],
    place: Place,
) -> Scope:
    part = all_parts[index]
    rows = listed[part.version_id]
    at = next((i for i, row in enumerate(rows) if row.id == here.id), None)
    before = after = None
    n = 0
    if at is not None:
        inside = at if part.keys is not None or rows[0].position == part.first else here.position - part.first
        n = sum(one.size for one in all_parts[:index]) + inside + 1
        before = _turn(all_parts, index, rows, at, -1)
        after = _turn(all_parts, index, rows, at, 1)
    sections = tuple(_section(one, listed.get(one.version_id, []), here.id, place) for one in all_parts)
    return Scope(part, here, texts, sections, n, total, before, after)


def _turn(all_parts: Sequence[Part], index: int, rows: Sequence[Any], at: int, step: int) -> Turn | None:
    if 0 <= at + step < len(rows):
        return Turn(all_parts[index].slug, rows[at + step].key)
    if 0 <= index + step < len(all_parts):
        return Turn(all_parts[index + step].slug, "", last=step < 0)
    return None


def _section(part: Part, rows: Sequence[Any], here: int, place: Place) -> Section:
    root, tail = f"{place.root}{part.slug}/", place.tail
    entries = [
        Entry(
            f"{root}{row.key}{tail}",
            row.title or row.key,
            "" if row.variant == "plain" else row.variant,
            row.id == here,
        )
        for row in rows
    ]
    cut = part.keys is None and bool(rows)
    return Section(
        part.slug,
        part.title,
        part.size,
        tuple(entries),
        more_before=cut and rows[0].position > part.first,
        more_after=cut and rows[-1].position < part.last,
    )
