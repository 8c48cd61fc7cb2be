"""The wire `anthropic-messages`: POST /v1/messages."""

from collections.abc import Mapping
from typing import Any

from app.providers import dialects
from app.providers.openai_shape import SAMPLERS, SERVER_DEFAULT, without
from app.providers.outcome import opened
from app.providers.plain import plain
from app.providers.prefix import continuation, repeating
from app.providers.raw import count, mapping, sequence, storable, string
from app.providers.sending import lacking, messages, prefix
from app.providers.sending import request as written
from app.providers.stops import ANTHROPIC, concluded, stop_class
from app.providers.upstream import elsewhere, served_by
from app.providers.wire import (
    Answered,
    Call,
    Failed,
    Impossible,
    Reasoning,
    Reply,
    Request,
    StopClass,
    Target,
    Usage,
)

# The later version, 2026-10-21, refuses temperature, top_p and top_k on every model; an endpoint's `headers`
# may ask for it.
VERSION = {"anthropic-version": "2023-06-01"}
CONTINUE = {None, "llamacpp"}  # the maker's own API, unless the model refuses; and what was verified


def auth(target: Target, key: str) -> Mapping[str, str]:
    """Return the header that carries the key."""
    return {"x-api-key": key.strip()}


def request(target: Target, call: Call) -> Request | Impossible:
    """Return the exact request of a chat call, or why it cannot be made here.

    A begun answer is sent to the maker's own API unless the endpoint is known to refuse it: a model that does
    says so with a 400. The wire has no seed; one that is asked for is not sent, and the request says so.
    """
    if call.kind != "chat":
        return Impossible(
            "raw completion is not possible on a chat endpoint: a bare message would be a chat turn"
        )
    if call.logprobs is not None:
        return Impossible("this wire gives no log-probabilities")
    refused = lacking(target, call) or _cannot_continue(target, call) or _silent_turn(target, call)
    if refused:
        return refused
    path = "/messages" if target.base_url.rstrip("/").endswith("/v1") else "/v1/messages"
    return written(target, path, _body(target, call), call, VERSION)


def _cannot_continue(target: Target, call: Call) -> Impossible | None:
    """Return why a begun answer is not continued; what is known of OpenAI's wires tells nothing here."""
    if prefix(call) is None or (target.dialect in CONTINUE and target.prefill is None):
        return None
    return dialects.cannot_continue(target) if target.prefill is not None else dialects.NOT_KNOWN


def _silent_turn(target: Target, call: Call) -> Impossible | None:
    """Return why a conversation with an empty answer in it cannot go on: the maker's own API takes none."""
    if target.dialect is None and any(not turn.text.strip() for turn in call.turns[:-1]):
        return Impossible("this wire takes no empty turn, and an earlier answer is one")
    return None


def _body(target: Target, call: Call) -> dict[str, Any]:
    body = {
        "model": target.model,
        "max_tokens": call.max_tokens,
        "system": call.system,
        "messages": messages(call, None),
    }
    body |= {
        "temperature": call.temperature,
        "top_p": call.top_p,
        "top_k": call.top_k,
        "stop_sequences": list(call.stop) or None,
    }
    return {name: value for name, value in body.items() if value is not None}


def read(target: Target, call: Call, reply: Reply) -> Answered | Failed:
    """Return what a reply comes to. Never raises, whatever the reply holds."""
    data = opened(reply, limit_names_wait=target.dialect is None)
    if isinstance(data, Answered | Failed):
        return data
    usage = _usage(data)
    if not isinstance(data.get("content"), list):
        return Failed("the reply holds no content", "retry", usage=usage)
    words, reasoning, blocks = _blocks(target, data["content"])
    text, replaced = plain(words)
    begun = prefix(call)
    begun = None if begun is None else plain(begun)[0]
    text, cut = continuation(text, begun, repeating(target))
    stop, raw, more = _stopped(data)
    upstream = elsewhere(target, data)
    return concluded(
        call,
        Answered(
            text=text,
            stop_class=stop,
            stop_raw=raw,
            reasoning=reasoning,
            parts=(*replaced, *cut, *more, *blocks, *upstream),
            usage=usage,
            served_model=served_by(_served(data), upstream),
            effective=_effective(target, call, data),
        ),
    )


def _blocks(
    target: Target, content: list[Any]
) -> tuple[str, tuple[Reasoning, ...], tuple[Mapping[str, Any], ...]]:
    """Return the text of all text blocks, the thinking, and every other block raw."""
    words: list[str] = []
    reasoning: list[Reasoning] = []
    parts: list[Mapping[str, Any]] = []
    for block in content:
        shape = mapping(block)
        kind = shape.get("type")
        if kind == "text" and isinstance(shape.get("text"), str):
            words.append(shape["text"])
            if shape.get("citations"):
                parts.append({"type": "citations", "raw": storable(shape["citations"])})
        elif kind == "thinking":
            reasoning.append(_thinking(target, shape))
        elif kind == "redacted_thinking":
            reasoning.append(Reasoning("", "redacted_thinking", "redacted"))
        else:
            name = "tool_call" if kind in ("tool_use", "server_tool_use") else "block"
            # What was said before a fallback was said by another model.
            at = {"at": len(plain("".join(words))[0])} if kind == "fallback" else {}
            parts.append({"type": name, **at, "raw": storable(block)})
    return "".join(words), tuple(reasoning), tuple(parts)


def _thinking(target: Target, block: Mapping[str, Any]) -> Reasoning:
    """Return a thinking block: Anthropic shows a summary, or only a signature; a server of one's own all of it."""
    text = plain(string(block.get("thinking")) or "")[0]
    if not text:
        return Reasoning("", "thinking", "encrypted")
    return Reasoning(text, "thinking", "full" if dialects.facts(target).own else "summary")


def _stopped(data: Mapping[str, Any]) -> tuple[StopClass, str | None, list[Mapping[str, Any]]]:
    """Return the stop class, the raw reason, and what the reply tells beside it."""
    raw, word = string(data.get("stop_reason")), string(data.get("stop_sequence"))
    found = stop_class(ANTHROPIC, raw)
    marks: list[Mapping[str, Any]] = []
    if word is not None:
        marks.append({"type": "ended_by", "value": storable(word)})
        # llama.cpp says end_turn there and names the sequence.
        found = "stop_sequence" if found == "natural" else found
    if data.get("stop_details"):
        marks.append({"type": "stop_details", "raw": storable(data["stop_details"])})
    return found, storable(raw), marks


def _usage(data: Mapping[str, Any]) -> Usage:
    """Return token counts in normal form; this wire counts cache apart and thinking inside the output."""
    raw = mapping(data.get("usage"))
    if not raw:
        return Usage()
    thinking = count(mapping(raw.get("output_tokens_details")).get("thinking_tokens"))
    return Usage(
        input=count(raw.get("input_tokens")),
        cache_read=count(raw.get("cache_read_input_tokens")),
        cache_write=count(raw.get("cache_creation_input_tokens")),
        output=without(count(raw.get("output_tokens")), thinking),
        reasoning=thinking,
        raw=storable(raw),
    )


def _served(data: Mapping[str, Any]) -> str | None:
    """Return the model that served: the last fallback's where one took over, else the one that the reply names.

    `usage.iterations` tells it where the call before it ended in no message, and so left no block between them.
    """
    handed = [mapping(block.get("to")).get("model") for block in _fallbacks(data)]
    taken = [attempt.get("model") for attempt in _attempts(data)]
    named = next((name for name in (*taken[-1:], *handed[-1:], data.get("model")) if string(name)), None)
    return None if named is None else str(storable(named))


def _fallbacks(data: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    blocks = map(mapping, sequence(data.get("content")))
    return [block for block in blocks if block.get("type") == "fallback"]


def _attempts(data: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    attempts = map(mapping, sequence(mapping(data.get("usage")).get("iterations")))
    return [attempt for attempt in attempts if attempt.get("type") == "fallback_message"]


def _effective(target: Target, call: Call, data: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the server reports; `fallback` is there where another model than the one asked for served."""
    sent = _body(target, call) | dict(call.extra)
    found: dict[str, Any] = {name: SERVER_DEFAULT for name in SAMPLERS if name not in sent}
    usage = mapping(data.get("usage"))
    for name, value in (
        ("model", _served(data)),
        ("provider", data.get("provider")),
        ("service_tier", usage.get("service_tier")),
        ("inference_geo", usage.get("inference_geo")),
        ("speed", usage.get("speed")),
    ):
        if isinstance(value, str) and value:
            found[name] = storable(value)
    fallbacks = _fallbacks(data) or [{"to": {"model": one.get("model")}} for one in _attempts(data)]
    return found | ({"fallback": storable(fallbacks)} if fallbacks else {})
