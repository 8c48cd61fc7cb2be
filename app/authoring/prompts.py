"""What is done to the list of prompts of a battery's draft: add, clone, move, remove, put back, gather.

Pure: each returns new data. A prompt is known by an id of the draft's own, since its key may be written anew.
"""

import re
import secrets
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

from app.batteries.shape import PromptShape

Data = Mapping[str, Any]
# What a further wording of a family has in common with the one that it is added after.
SHARED = ("family", "theme", "branch", "mode", "answer", "watch_for", "repeats", "max_tokens", "source")


def draft_of(head: Mapping[str, Any], prompts: Iterable[PromptShape]) -> dict[str, Any]:
    """Return the data of a draft that begins with these prompts."""
    return {
        "battery": dict(head),
        "prompts": [entry(prompt.model_dump(mode="json", exclude_defaults=True)) for prompt in prompts],
        "removed": [],
    }


def entry(shape: Mapping[str, Any]) -> dict[str, Any]:
    """Return a prompt as drafts keep it."""
    return {"id": secrets.token_hex(4), "shape": dict(shape)}


def found(data: Data, prompt: str) -> dict[str, Any] | None:
    """Return a prompt by its id, also one that was removed."""
    return next((one for one in (*data["prompts"], *data["removed"]) if one["id"] == prompt), None)


def changed(data: Data, prompt: str, shape: Mapping[str, Any]) -> dict[str, Any]:
    """Return the data with a prompt's shape replaced."""
    return {
        **data,
        **{
            part: [{**one, "shape": dict(shape)} if one["id"] == prompt else one for one in data[part]]
            for part in ("prompts", "removed")
        },
    }


def added(
    data: Data, shapes: Sequence[Mapping[str, Any]], after: str = ""
) -> tuple[dict[str, Any], list[str]]:
    """Return the data with further prompts after one of them (else at the end), and their ids."""
    new = [entry(shape) for shape in shapes]
    prompts = list(data["prompts"])
    place = next((n + 1 for n, one in enumerate(prompts) if one["id"] == after), len(prompts))
    return {**data, "prompts": [*prompts[:place], *new, *prompts[place:]]}, [one["id"] for one in new]


def another(data: Data, prompt: str) -> tuple[dict[str, Any], list[str]]:
    """Add a prompt after this one: a further wording of its family, with its labels and without its words."""
    model = found(data, prompt)
    shape = {name: value for name, value in (model or {"shape": {}})["shape"].items() if name in SHARED}
    if model is not None:
        old = model["shape"]
        shape["key"] = free_key(data, str(old.get("key") or "prompt"))
        shape["condition"] = old.get("condition")
        shape["variant"] = ""
        shape["turns"] = [{next(iter(turn), "user"): ""} for turn in old.get("turns") or [{"user": ""}]]
    else:
        key = free_key(data, "prompt")
        shape |= {"key": key, "family": key, "turns": [{"user": ""}]}
    return added(data, [_without_nothing(shape)], prompt)


def cloned(data: Data, prompt: str) -> tuple[dict[str, Any], list[str]]:
    """Add a copy of a prompt after it; its key and its wording's name are made other ones."""
    model = found(data, prompt)
    if model is None:
        return dict(data), []
    old = model["shape"]
    variants = {one["shape"].get("variant", "plain") for one in data["prompts"]}
    shape = {
        **old,
        "key": free_key(data, str(old.get("key") or "prompt")),
        "variant": free(str(old.get("variant") or "plain"), variants, " "),
    }
    return added(data, [shape], prompt)


def _without_nothing(shape: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in shape.items() if value is not None}


def removed(data: Data, prompt: str) -> dict[str, Any]:
    """Return the data without a prompt, which is kept aside with the place it stood at."""
    prompts = data["prompts"]
    place = next((n for n, one in enumerate(prompts) if one["id"] == prompt), None)
    if place is None:
        return dict(data)
    before = prompts[place - 1]["id"] if place else ""
    gone = {**prompts[place], "after": before}
    return {
        **data,
        "prompts": [*prompts[:place], *prompts[place + 1 :]],
        "removed": [*data["removed"], gone],
    }


def put_back(data: Data, prompt: str) -> dict[str, Any]:
    """Return the data with a removed prompt where it stood, whatever else was removed since or before."""
    gone = next((one for one in data["removed"] if one["id"] == prompt), None)
    if gone is None:
        return dict(data)
    order = _order(data)
    before = set(order[: order.index(prompt)])
    prompts = list(data["prompts"])
    prompts.insert(sum(one["id"] in before for one in prompts), {"id": gone["id"], "shape": gone["shape"]})
    left = [one for one in data["removed"] if one["id"] != prompt]
    there = {one["id"] for one in prompts}
    for n, one in reversed(list(enumerate(left))):
        ahead = [other for other in order[: order.index(one["id"])] if other in there]
        left[n] = {**one, "after": ahead[-1] if ahead else ""}
        there.add(one["id"])
    return {**data, "prompts": prompts, "removed": left}


def _order(data: Data) -> list[str]:
    """Return the ids of all prompts, those that were removed where they stood: the last one is put in first."""
    ids = [one["id"] for one in data["prompts"]]
    for gone in reversed(data["removed"]):
        ids.insert(ids.index(gone["after"]) + 1 if gone["after"] in ids else 0, gone["id"])
    return ids


def moved(data: Data, prompt: str, steps: int) -> dict[str, Any]:
    """Return the data with a prompt so many places further down (up when negative), as far as the list goes."""
    prompts = list(data["prompts"])
    place = next((n for n, one in enumerate(prompts) if one["id"] == prompt), None)
    if place is None:
        return dict(data)
    one = prompts.pop(place)
    prompts.insert(max(0, min(place + steps, len(prompts))), one)
    return {**data, "prompts": prompts}


def moved_before(data: Data, prompt: str, other: str) -> dict[str, Any]:
    """Return the data with a prompt just before another one; '' = at the end."""
    prompts = list(data["prompts"])
    one = next((one for one in prompts if one["id"] == prompt), None)
    if one is None or prompt == other:
        return dict(data)
    rest = [other_one for other_one in prompts if other_one is not one]
    place = next((n for n, other_one in enumerate(rest) if other_one["id"] == other), len(rest))
    return {**data, "prompts": [*rest[:place], one, *rest[place:]]}


def moved_family(data: Data, prompt: str, step: int) -> dict[str, Any]:
    """Return the data with the whole family of a prompt moved past the neighbours before (-1) or after (1) it.

    A family that stands scattered is brought together first: upwards where its first prompt stands, downwards where
    its last one does. What names no family has none, and moves alone.
    """
    one = next((one for one in data["prompts"] if one["id"] == prompt), None)
    if one is None:
        return dict(data)
    runs = [list(run) for _, run in groupby(data["prompts"], key=_family)]
    own = [run for run in runs if _family(run[0]) == _family(one)]
    rest = [run for run in runs if _family(run[0]) != _family(one)]
    place = runs.index(own[0 if step < 0 else -1])
    left = sum(run in rest for run in runs[:place])
    if len(own) == 1:
        left = min(max(left + step, 0), len(rest))
    return {**data, "prompts": [one for run in (*rest[:left], *own, *rest[left:]) for one in run]}


def _family(one: Data) -> str:
    """Return by what a prompt's family is told: its name, else the prompt itself."""
    return str(one["shape"].get("family") or f"\0{one['id']}")


def gathered(data: Data) -> dict[str, Any]:
    """Return the data with the prompts of each family together, in the order in which the families come."""
    families: dict[str, list[Any]] = {}
    for one in data["prompts"]:
        families.setdefault(str(one["shape"].get("family", "")), []).append(one)
    return {**data, "prompts": [one for family in families.values() for one in family]}


def free_key(data: Data, wanted: str, taken: Iterable[str] = ()) -> str:
    """Return a key that no prompt has: this one, or with a number behind it."""
    keys = {str(one["shape"].get("key", "")) for part in ("prompts", "removed") for one in data[part]}
    return free(wanted[:60], keys | set(taken), "-")


def free(wanted: str, taken: set[str], between: str) -> str:
    """Return a name that is not taken: this one, or with a number behind it."""
    if wanted not in taken:
        return wanted
    stem = re.sub(rf"{re.escape(between)}\d+$", "", wanted)
    number = 2
    while f"{stem}{between}{number}" in taken:
        number += 1
    return f"{stem}{between}{number}"
