"""The fields of `transcripts.jsonl` in their order, with the types by which `datasets` reads them.

"json" is any JSON value; a dict is an object with these fields, a list of one dict an array of such objects.
"""

from typing import Any


def _each(kind: str, *names: str) -> dict[str, Any]:
    return dict.fromkeys(names, kind)


MESSAGE: dict[str, Any] = {
    **_each("string", "id", "parent", "role", "text"),
    "parts": "json",
    **_each("string", "origin", "stop_class", "stop_raw"),
    "usage": "json",
    "latency_ms": "int64",
    "served_model": "string",
}
TRANSCRIPT: dict[str, Any] = {
    **_each("string", "id", "study", "run"),
    "wave": "int64",
    "battery": "string",
    "battery_version": "int64",
    **_each("string", "prompt", "family", "variant"),
    "condition": "json",
    **_each("string", "theme", "branch", "mode", "subject"),
    "subject_version": "int64",
    **_each("string", "induced_by", "style", "endpoint", "wire", "model", "served_model", "stage"),
    "temperature": "float64",
    "repeat": "int64",
    "sampling": _each("json", "asked", "sent", "effective"),
    **_each("string", "system", "state", "stop_class", "stop_raw", "error"),
    "messages": [MESSAGE],
    "usage": _each("int64", "input", "output", "reasoning", "cached"),
    "cost_usd": "float64",
    "latency_ms": "int64",
    **_each("string", "created_at", "finished_at", "sha256", "url"),
}
