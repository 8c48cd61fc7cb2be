"""Which sampling settings cut off the tail of the distribution, so that a temperature does not show it whole."""

from typing import Any

from app.subjects.shape import Snapshot

NEUTRAL = {"top_p": 1, "top_k": 0, "min_p": 0, "typical_p": 1}
# What servers do with a setting that is not sent; others are not known to truncate. Ollama's OpenAI routes, the
# only ones spoken here, set top_p to 1 themselves and take no top_k.
SERVER_DEFAULTS: dict[str, dict[str, float]] = {
    "llamacpp": {"top_p": 0.95, "top_k": 40, "min_p": 0.05},
    "ollama": {"top_k": 40},
}


def truncated(snapshot: Snapshot) -> tuple[str, ...]:
    """Return the settings that truncate, each as "top_p 0.95" or "top_k 40 (the server's default)"."""
    own = {"top_p": snapshot.sampling.top_p, "top_k": snapshot.sampling.top_k}
    sent: dict[str, Any] = snapshot.sampling.extra | {name: v for name, v in own.items() if v is not None}
    defaults = SERVER_DEFAULTS.get(snapshot.dialect or "", {})
    found = []
    for name in NEUTRAL:
        if name in sent and _truncates(name, sent[name]):
            found.append(f"{name} {sent[name]}")
        elif name not in sent and name in defaults:
            found.append(f"{name} {defaults[name]} (the server's default)")
    return tuple(found)


def _truncates(name: str, value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    # top_k is off at 0 and, on some servers, at -1.
    return value > 0 if NEUTRAL[name] == 0 else value < 1
