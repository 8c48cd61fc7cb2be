"""From a target and a call to the exact request: the address, the body in a stable order, the settings sent."""

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import orjson

from app.providers import dialects
from app.providers.upstream import pinned
from app.providers.wire import Call, Impossible, Request, Said, Target

# What a subject's `extra` may not set: the conversation, what the reply is read by, and what a draw is planned,
# paid and told from others by. Each has a place of its own, and would be sent as something else unseen.
RESERVED = frozenset(
    {
        "model", "messages", "prompt", "system", "stream", "stream_options", "temperature", "seed", "random_seed",
        "stop", "stop_sequences", "max_tokens", "max_completion_tokens", "max_tokens_to_sample", "n_predict",
        "contents", "systemInstruction", "system_instruction", "generation_config", "safety_settings",
    }
)  # fmt: skip
# Settings that a wire calls otherwise than study files do.
CALLED = {
    "max_completion_tokens": "max_tokens", "maxOutputTokens": "max_tokens", "stop_sequences": "stop",
    "stopSequences": "stop", "topP": "top_p", "topK": "top_k", "top_logprobs": "logprobs",
    "responseLogprobs": "logprobs",
}  # fmt: skip
NOT_SAMPLING = frozenset(
    {
        "model", "messages", "prompt", "system", "seed", "random_seed", "verbose", "continue_final_message",
        "add_generation_prompt",
    }
)  # fmt: skip
KEY_HEADERS = frozenset(
    {"authorization", "proxy-authorization", "x-api-key", "api-key", "x-goog-api-key", "cookie"}
)
FRAMING = frozenset(
    {
        "host", "connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade",
        "expect", "accept-encoding", "content-encoding", "content-length", "content-type",
    }
)  # fmt: skip
HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # a name; its value is one line


@lru_cache(maxsize=512)  # a few addresses, asked for with every call
def joined(base_url: str, path: str) -> str:
    """Return a base URL with a path added before its query."""
    parts = urlsplit(base_url)
    return urlunsplit((parts.scheme, parts.netloc, parts.path.rstrip("/") + path, parts.query, ""))


@lru_cache(maxsize=512)
def host(base_url: str) -> str:
    """Return the host of a base URL, '' where it has none."""
    try:
        return urlsplit(base_url).hostname or ""
    except ValueError:
        return ""


def lacking(target: Target, call: Call) -> Impossible | None:
    """Return what the call asks that the endpoint is known not to do, or that `extra` may not do."""
    if call.temperature is not None and target.temperature is False:
        return Impossible("this endpoint takes no temperature", lacks="temperature")
    silent = dialects.no_logprobs(target) if call.logprobs is not None else None
    if silent:
        return silent
    reserved = sorted(RESERVED & call.extra.keys())
    if reserved:
        return Impossible(f"sampling.extra may not set {reserved[0]}")
    if call.extra.get("n", 1) != 1 or call.extra.get("best_of", 1) != 1:
        return Impossible(
            "sampling.extra may not ask for several answers at once: repeats are separate calls"
        )
    return _unfit(target.headers)


def _unfit(headers: Mapping[str, str]) -> Impossible | None:
    """Return which of an endpoint's own headers may not be sent."""
    for name, value in headers.items():
        if name.lower() in KEY_HEADERS:
            return Impossible(f"headers may not hold a key ({name}): name it in key_env")
        if name.lower() in FRAMING:
            return Impossible(f"headers may not set {name}, which belongs to the connection")
        if not HEADER.fullmatch(name) or any(sign < " " or sign == "\x7f" for sign in value):
            return Impossible(f"headers hold what HTTP cannot carry ({name!r})")
    return None


def prefix(call: Call) -> str | None:
    """Return the beginning of the answer that is to be continued; None where there is none or an empty one."""
    if call.prefill and call.turns and call.turns[-1].role == "assistant":
        return call.turns[-1].text or None
    return None


def turns(call: Call) -> tuple[Said, ...]:
    """Return the turns to send.

    An empty beginning to continue is left out: a server would close it or start an unnamed turn.
    """
    empty = call.prefill and prefix(call) is None and call.turns[-1:] and call.turns[-1].role == "assistant"
    return call.turns[:-1] if empty else call.turns


def messages(call: Call, system_role: str | None) -> list[dict[str, Any]]:
    """Return the turns as messages, the system text first where `system_role` is given."""
    said: list[dict[str, Any]] = [{"role": turn.role, "content": turn.text} for turn in turns(call)]
    if system_role is not None and call.system is not None:
        return [{"role": system_role, "content": call.system}, *said]
    return said


def request(
    target: Target, path: str, body: dict[str, Any], call: Call, headers: Mapping[str, str] = {}
) -> Request | Impossible:
    """Return the request for a body with `extra` put into it as it is; it may replace nothing that we set."""
    if target.upstream is not None:
        provider = pinned(target.upstream, call.extra.get("provider"))
        if isinstance(provider, Impossible):
            return provider
        call = replace(call, extra={**call.extra, "provider": provider})
    twice = sorted(body.keys() & call.extra.keys())
    if twice:
        return Impossible(f"sampling.extra may not set {twice[0]}, which the call sets itself")
    sent = {name: value for name, value in body.items() if name not in NOT_SAMPLING} | dict(call.extra)
    body.update(call.extra)
    try:
        written = orjson.dumps(body)
    except TypeError as error:
        return Impossible(f"sampling.extra holds what JSON cannot: {error}")
    named = {name.lower(): value for name, value in target.headers.items()}
    seed = body.get("seed", body.get("random_seed"))
    return Request(
        url=joined(target.base_url, path),
        body=written,
        headers={"content-type": "application/json", **headers, **named},
        sent=sent,
        seed=seed if isinstance(seed, int) else None,
    )
