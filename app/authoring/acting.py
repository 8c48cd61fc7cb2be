"""What the buttons of a draft's page do: each saves the form, then acts."""

from collections.abc import Callable, Mapping
from typing import Any

from app.authoring import prompts
from app.authoring.models import Draft
from app.authoring.saving import Saved, save, settle
from app.authoring.turns import acted

MOST_PROMPTS = 2000
Listed = tuple[dict[str, Any], str | None]  # data, and the prompt to be shown from now on; None = the same


class TooMany(Exception):
    """A battery of more prompts than any page could show."""


def act(row: Draft, fields: Mapping[str, str]) -> tuple[Saved, bool]:
    """Save the form that came with an act, then do it; return what came of it, and whether the draft changed.

    `p` is the prompt that the form shows, `do` the act, `which` and `before` the prompts that it names.
    """
    before = (row.data, row.aside)
    saved = save(row, fields.get("p", ""), fields)
    _do(row, fields.get("do", ""), fields.get("which") or saved.prompt, fields.get("before", ""), saved)
    return saved, before != (row.data, row.aside)


def _do(row: Draft, do: str, which: str, before: str, saved: Saved) -> None:
    what, _, rest = do.partition(".")
    if what == "aside":
        choice, _, number = rest.partition(".")
        unit = settle(row, number, taken=choice == "take")
        saved.rewritten += [unit] if unit else []
    elif row.kind == "battery" and what == "turn":
        _turn(row, which, rest, saved)
    elif row.kind == "battery" and what in LISTS:
        _list(row, LISTS[what](row.data, rest or which, before), saved)


def _turn(row: Draft, which: str, act_: str, saved: Saved) -> None:
    one = prompts.found(row.data, which)
    if one is not None:
        row.data = prompts.changed(row.data, which, acted(one["shape"], act_))
        saved.rewritten.append("turns")


def _list(row: Draft, done: Listed, saved: Saved) -> None:
    data, shown = done
    if len(data["prompts"]) > MOST_PROMPTS:
        raise TooMany(f"a battery has at most {MOST_PROMPTS:,} prompts")
    row.data, saved.prompt = data, saved.prompt if shown is None else shown


Data = Mapping[str, Any]


def _first(done: tuple[dict[str, Any], list[str]], which: str) -> Listed:
    data, new = done
    return data, new[0] if new else which


def _removed(data: Data, which: str, _before: str) -> Listed:
    """Remove a prompt, and show the one that stands in its place."""
    ids = [one["id"] for one in data["prompts"]]
    place = ids.index(which) if which in ids else 0
    left = [one for one in ids if one != which]
    return prompts.removed(data, which), left[min(place, len(left) - 1)] if left else ""


# Each act on the list of prompts: data, prompt and the one before which → data, and the prompt to be shown.
LISTS: Mapping[str, Callable[[Data, str, str], Listed]] = {
    "add": lambda data, which, _: _first(prompts.another(data, which), which),
    "clone": lambda data, which, _: _first(prompts.cloned(data, which), which),
    "remove": _removed,
    "back": lambda data, which, _: (prompts.put_back(data, which), which),
    "up": lambda data, which, _: (prompts.moved(data, which, -1), None),
    "down": lambda data, which, _: (prompts.moved(data, which, 1), None),
    "move": lambda data, which, before: (prompts.moved_before(data, which, before), None),
    "family-up": lambda data, which, _: (prompts.moved_family(data, which, -1), None),
    "family-down": lambda data, which, _: (prompts.moved_family(data, which, 1), None),
    "gather": lambda data, which, _: (prompts.gathered(data), None),
}
