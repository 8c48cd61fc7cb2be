"""The provider behind a router: asked for by name, never replaced, and told where another one served after all."""

import re
from collections.abc import Mapping
from typing import Any

from app.providers.raw import mapping, storable, string
from app.providers.wire import Impossible, Target

ROUTING = ("order", "only", "ignore", "sort", "allow_fallbacks", "require_parameters")


def pinned(upstream: str, extra: Any) -> dict[str, Any] | Impossible:
    """Return OpenRouter's `provider` object for one upstream and no other, with what else `extra` says of it.

    `require_parameters`: an upstream that would drop a setting without a word is not asked.
    """
    clash = routing(extra)
    if clash is not None:
        return Impossible(f"sampling.extra may not set {clash}: the endpoint names its upstream")
    return {"order": [upstream], "allow_fallbacks": False, "require_parameters": True, **mapping(extra)}


def routing(extra: Any) -> str | None:
    """Return what in `extra.provider` would choose the upstream, None for nothing."""
    if extra is not None and not isinstance(extra, dict):
        return "provider"
    return next((f"provider.{name}" for name in ROUTING if name in mapping(extra)), None)


def elsewhere(target: Target, data: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    """Return a mark where another upstream served than was asked for; () where it was that one, or is not told.

    Asked for is a slug, perhaps with a variant (`google-vertex/europe`), told is a display name (`Google`).
    """
    served = string(data.get("provider"))
    if target.upstream is None or not served:
        return ()
    asked, told = _folded(target.upstream.split("/")[0]), _folded(served)
    if asked.startswith(told) or told.startswith(asked):
        return ()
    return ({"type": "other_upstream", "asked": target.upstream, "served": storable(served)},)


def served_by(model: Any, marks: tuple[Mapping[str, Any], ...]) -> str | None:
    """Return the name of what served: the model's, and the upstream's where it is another one than asked for.

    So such a draw is told from its cell's others wherever one is that another model served.
    """
    if not isinstance(model, str) or not model:
        return None
    name = str(storable(model))
    return f"{name} by {marks[0]['served']}" if marks else name


def _folded(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())
