"""Saving what a form brings into a draft, and keeping aside what two windows wrote into one field."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.authoring import prompts, sheets
from app.authoring.merging import merge, take
from app.authoring.models import Draft
from app.authoring.turns import turned
from app.authoring.units import Texts, Unit, put
from app.db import now
from app.runs.mistakes import looks_like_key
from app.subjects.shape import KEY_ENV, NAME, origin

TITLES = {"study": "study.title", "battery": "title", "endpoint": "model"}
LOOKS_LIKE_KEY = "found what looks like a key (not kept), expected the name of the variable that holds it"
MOVED = (
    "This name was for the key of {}, and the address is another one now. Take it if its key may go there."
)
NO_NAME = "found no name of a variable (not kept), expected STYLOSCOPE_KEY_… or …_API_KEY"


@dataclass(slots=True)
class Saved:
    """What saving came to, by unit: changed, changed by another window as well, not kept, and those whose fields
    are to be shown anew; `stale` ones only where nobody writes in them. `prompt` is the one to be shown."""

    prompt: str = ""
    changed: list[str] = field(default_factory=list)
    clashes: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    rewritten: list[str] = field(default_factory=list)
    stale: list[str] = field(default_factory=list)


def slug_unit(kind: str) -> str:
    """Return the unit that holds a thing's slug."""
    return "study.slug" if kind == "study" else "slug"


def title_unit(kind: str) -> str:
    """Return the unit that holds what a thing is called."""
    return TITLES.get(kind, "name")


def form_of(row: Draft) -> Mapping[str, Any]:
    """Return the data that the form of the thing itself shows: a battery's head, else all of it."""
    found: Mapping[str, Any] = row.data["battery"] if row.kind == "battery" else row.data
    return found


def _put_itself(row: Draft, data: Mapping[str, Any]) -> None:
    row.data = {**row.data, "battery": dict(data)} if row.kind == "battery" else dict(data)


def save(row: Draft, prompt: str, fields: Mapping[str, str]) -> Saved:
    """Join what a form brought into a draft; `prompt` is the id of the one that it shows, '' for the thing itself.

    What two windows changed at once is kept aside, so that both texts can be seen and chosen from. What looks
    like a key is not kept at all.
    """
    saved = Saved(prompt)
    if prompt:
        one = prompts.found(row.data, prompt) if row.kind == "battery" else None
        if one is not None:
            shape = _joined(row, saved, _units(sheets.PROMPT), one["shape"], fields)
            if "mode" in saved.changed:
                shape = turned(shape)
                saved.rewritten.append("turns")
            row.data = prompts.changed(row.data, prompt, shape)
        return saved
    units = _units(sheets.SHEETS[row.kind])
    fixed = "" if row.of is None else slug_unit(row.kind)
    old = form_of(row)
    new = _joined(row, saved, [unit for unit in units if unit.name != fixed], old, fields)
    _put_itself(row, _key_cleared(row, old, new, saved) if row.kind == "endpoint" else new)
    return saved


def _units(groups: tuple[sheets.Group, ...]) -> list[Unit]:
    return [entry.unit for entry in sheets.fields(groups)]


def _joined(
    row: Draft, saved: Saved, units: Sequence[Unit], old: Mapping[str, Any], fields: Mapping[str, str]
) -> dict[str, Any]:
    kept = [unit for unit in units if not _holds_key(row.kind, unit, fields, saved)]
    merged = merge(kept, old, fields)
    saved.changed, saved.clashes, saved.stale = merged.changed, list(merged.clashes), merged.stale
    for name, texts in merged.clashes.items():
        put_aside(row, saved.prompt, name, texts)
    return merged.data


# ------------------------------------------------------------------ keys


def _holds_key(kind: str, unit: Unit, fields: Mapping[str, str], saved: Saved) -> bool:
    """Tell whether a form brought a key, or what may be one, where only names belong: it is not kept."""
    if kind not in ("endpoint", "subject") or unit.name in ("system", "template"):
        return False
    for text in (unit.posted(fields) or {}).values():
        if looks_like_key(text):
            saved.refused[unit.name] = LOOKS_LIKE_KEY
        elif unit.name == "key_env" and text.strip() and not _may_be_name(text.strip()):
            saved.refused[unit.name] = NO_NAME
    return unit.name in saved.refused


def _may_be_name(text: str) -> bool:
    return len(text) <= 64 and bool(KEY_ENV.fullmatch(text) or NAME.fullmatch(text))


def _key_cleared(row: Draft, old: Mapping[str, Any], new: dict[str, Any], saved: Saved) -> dict[str, Any]:
    """Return an endpoint without its key's name where its address left the origin that it was named for.

    The name is put aside with the reason, to be taken again by whoever knows that the key may go there.
    """
    if "key_env" in saved.changed:
        row.aside = [one for one in row.aside if "why" not in one]  # another one is named: the old is settled
        return new
    before, after = (_origin(str(data.get("base_url") or "")) for data in (old, new))
    name = new.get("key_env")
    if before == after or not name:
        return new
    put_aside(row, "", "key_env", {"key_env": str(name)}, MOVED.format(before or "no address yet"))
    saved.rewritten.append("key_env")
    return put(new, "key_env", None)


def _origin(url: str) -> str:
    try:
        return origin(url)
    except ValueError:
        return ""


# ------------------------------------------------------------------ what two windows wrote


def put_aside(row: Draft, prompt: str, unit: str, texts: Texts, why: str = "") -> None:
    """Keep what a window wrote into a unit that another one had changed, once; or what was taken out, and why."""
    same = {"prompt": prompt, "unit": unit, "texts": dict(texts)} | ({"why": why} if why else {})
    if not any({name: one[name] for name in same} == same for one in row.aside):
        moment = now().strftime("%Y-%m-%dT%H:%M:%SZ")
        row.aside = [*row.aside, {"id": secrets.token_hex(4), "at": moment, **same}]


def settle(row: Draft, aside: str, *, taken: bool) -> str | None:
    """Take a text that was put aside into its place, or let it go; return the unit it belongs to."""
    one = next((one for one in row.aside if one["id"] == aside), None)
    if one is None:
        return None
    row.aside = [other for other in row.aside if other is not one]
    unit = next(
        (
            unit
            for unit in _units(sheets.PROMPT if one["prompt"] else sheets.SHEETS[row.kind])
            if unit.name == one["unit"]
        ),
        None,
    )
    if not taken or unit is None:
        return str(one["unit"])
    if one["prompt"]:
        shape = (prompts.found(row.data, one["prompt"]) or {"shape": {}})["shape"]
        row.data = prompts.changed(row.data, one["prompt"], take(unit, shape, one["texts"]))
    else:
        _put_itself(row, take(unit, form_of(row), one["texts"]))
    return unit.name
