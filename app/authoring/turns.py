"""What is done to the turns of a prompt's draft: another one, one less, one up, and the roles that a mode has."""

from collections.abc import Mapping
from typing import Any

from app.authoring.parts import listed


def turned(shape: Mapping[str, Any]) -> dict[str, Any]:
    """Return a prompt with the roles that its mode has, where its words fit them; nothing is taken away."""
    found = listed(shape.get("turns"))
    mode = shape.get("mode", "chat")
    if mode == "completion":
        roles = ["text"] * len(found)
    elif mode == "ladder":
        roles = ["user"] * len(found)
    else:
        roles = ["user" if place % 2 == 0 else "assistant" for place in range(len(found))]
        if mode == "prefill" and len(found) == 1:
            found, roles = [*found, ("assistant", "")], ["user", "assistant"]
    turns = [{role: words} for role, (_, words) in zip(roles, found, strict=True)]
    return {**shape, "turns": turns or [{"user": ""}]}


def acted(shape: Mapping[str, Any], act: str) -> dict[str, Any]:
    """Return a prompt after one act on its turns: `add`, `remove.2`, `up.1`; any other does nothing."""
    found = listed(shape.get("turns"))
    what, _, number = act.partition(".")
    place = int(number) if number.isdecimal() else -1
    if what == "add":
        last = found[-1][0] if found else ""
        mode = shape.get("mode", "chat")
        role = (
            "text" if mode == "completion" else "assistant" if last == "user" and mode != "ladder" else "user"
        )
        found.append((role, ""))
    elif what == "remove" and 0 <= place < len(found):
        del found[place]
    elif what == "up" and 0 < place < len(found):
        found[place - 1], found[place] = found[place], found[place - 1]
    return {**shape, "turns": [{role: words} for role, words in found] or [{"user": ""}]}
