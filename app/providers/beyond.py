"""What a probe asks and no draw does: several answers of one call, and what a server tells of its model by GET."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import orjson

from app.providers.outcome import opened
from app.providers.raw import Malformed, count, decoded, mapping, sequence, string
from app.providers.sending import joined
from app.providers.wire import Answered, Failed, Impossible, Reply, Request, Target

SEVERAL: Mapping[str, tuple[str, ...]] = {
    "openai-chat": ("n",), "openai-completions": ("n",), "gemini": ("generationConfig", "candidateCount"),
}  # fmt: skip
ANSWERS = ("choices", "candidates")
# Of vLLM, OpenRouter, Groq, Mistral, Anthropic and Gemini, in this order.
CONTEXT = ("max_model_len", "context_length", "context_window", "max_context_length", "max_input_tokens",
           "inputTokenLimit")  # fmt: skip


@dataclass(frozen=True, slots=True)
class ModelRecord:
    """What a server tells of a model: its context in tokens, which field says so, and what it was trained for."""

    context: int | None = None
    field: str = ""
    trained: int | None = None


def several(target: Target, request: Request, n: int) -> Request | Impossible:
    """Return a request that asks for n answers at once, or why this wire has no way to."""
    path = SEVERAL.get(target.wire)
    if path is None:
        return Impossible("this wire gives one answer a call")
    body = orjson.loads(request.body)
    inside = body
    for name in path[:-1]:
        inside = inside.setdefault(name, {})
    inside[path[-1]] = n
    return replace(request, body=orjson.dumps(body))


def answers_in(reply: Reply) -> int:
    """Return how many answers a reply holds."""
    try:
        data = mapping(decoded(reply.body))
    except Malformed:
        return 0
    return max(len(sequence(data.get(name))) for name in ANSWERS)


def record_request(target: Target) -> Request:
    """Return the request that reads what the server tells of the model."""
    under = "" if target.base_url.rstrip("/").endswith("/v1") else "/v1"
    version = {}
    if target.wire == "anthropic-messages":
        version = {"anthropic-version": "2023-06-01"}
        path = f"{under}/models" + ("" if target.dialect else f"/{target.model}")
    elif target.wire == "gemini":
        path = f"/{target.model if '/' in target.model else f'models/{target.model}'}"
    else:
        path = "/models"
    named = {name.lower(): value for name, value in target.headers.items()}
    return Request(joined(target.base_url, path), b"", {**version, **named}, {}, method="GET")


def read_record(target: Target, reply: Reply) -> ModelRecord | Failed:
    """Return what a reply tells of the model, nothing where it does not name it."""
    data = opened(reply)
    if isinstance(data, Failed):
        return data
    if isinstance(data, Answered):
        return Failed("the server says nothing of its models", "fail")
    listed = [mapping(one) for one in sequence(data.get("data"))]
    named = [one for one in listed if target.model in _names(one)]
    # A server of one model answers to any name.
    held = named[0] if named else listed[0] if len(listed) == 1 else data
    meta = mapping(held.get("meta"))
    trained = count(meta.get("n_ctx_train"))
    if count(meta.get("n_ctx")) is not None:
        return ModelRecord(count(meta.get("n_ctx")), "n_ctx", trained)
    field = next((name for name in CONTEXT if count(held.get(name)) is not None), "")
    return ModelRecord(count(held.get(field)), field, trained)


def _names(held: Mapping[str, Any]) -> list[str]:
    return [name for name in (held.get("id"), *sequence(held.get("aliases"))) if string(name)]
