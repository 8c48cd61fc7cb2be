"""The wire `gemini`: POST /models/MODEL:generateContent."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from app.providers import dialects
from app.providers.gemini_reply import read
from app.providers.raw import mapping, sequence, string
from app.providers.sending import lacking, prefix, turns
from app.providers.sending import request as written
from app.providers.wire import Call, Impossible, Request, Said, Target

__all__ = ["RESERVED_CONFIG", "auth", "read", "request"]

# What a filter lets through by default differs from model to model, so it is said with every call: nothing is
# blocked that can be let through, so that a no is the model's own. `extra` may say otherwise.
SAFETY = tuple(
    {"category": f"HARM_CATEGORY_{harm}", "threshold": "BLOCK_NONE"}
    for harm in ("HARASSMENT", "HATE_SPEECH", "SEXUALLY_EXPLICIT", "DANGEROUS_CONTENT")
)
# What `extra.generationConfig` may not set: it has a place of its own, in either of the two spellings.
RESERVED_CONFIG = frozenset(
    {
        "temperature", "topP", "topK", "seed", "stopSequences", "maxOutputTokens", "candidateCount",
        "responseLogprobs", "logprobs", "top_p", "top_k", "stop_sequences", "max_output_tokens",
        "candidate_count", "response_logprobs",
    }
)  # fmt: skip


def auth(target: Target, key: str) -> Mapping[str, str]:
    """Return the header that carries the key."""
    return {"x-goog-api-key": key.strip()}


def request(target: Target, call: Call) -> Request | Impossible:
    """Return the exact request of a chat call, or why it cannot be made here.

    A begun answer is a last turn of the model's. Some models continue it and others refuse it, and no document
    says which, so that only a probe or the study file can tell.
    """
    if call.kind != "chat":
        return Impossible("raw completion is not possible on this wire: every text becomes a turn of a chat")
    begun = prefix(call) is not None
    refused = lacking(target, call) or (begun and dialects.cannot_continue(target)) or _silent_turn(call)
    if refused:
        return refused
    config = _config(target, call)
    if isinstance(config, Impossible):
        return config
    safety = call.extra.get("safetySettings", list(SAFETY))
    system = None if call.system is None else {"parts": [{"text": call.system}]}
    body: dict[str, Any] = {} if system is None else {"systemInstruction": system}
    body |= {"contents": [_content(turn) for turn in turns(call)]}
    body |= {"generationConfig": config, "safetySettings": safety}
    rest = {name: value for name, value in call.extra.items() if name not in body}
    made = written(target, _path(target), body, replace(call, extra=rest))
    if isinstance(made, Impossible):
        return made
    seed = config.get("seed")
    sent = (
        {name: value for name, value in config.items() if name != "seed"} | {"safetySettings": safety} | rest
    )
    return replace(made, sent=sent, seed=seed if isinstance(seed, int) else None)


def _silent_turn(call: Call) -> Impossible | None:
    """Return why a conversation with an empty answer in it cannot go on, unless a signature stands for it."""
    if any(not turn.text and not _signatures(turn) for turn in call.turns[:-1]):
        return Impossible("this wire takes no empty turn, and an earlier answer is one")
    return None


def _path(target: Target) -> str:
    """Return the path of a model; one with a slash in its name, such as tunedModels/mine, stands as it is."""
    model = quote(target.model, safe="/@._~-")
    return f"/{model if '/' in model else f'models/{model}'}:generateContent"


def _config(target: Target, call: Call) -> dict[str, Any] | Impossible:
    """Return the generation settings, with what `extra.generationConfig` adds to them."""
    more = call.extra.get("generationConfig", {})
    if not isinstance(more, dict):
        return Impossible("sampling.extra.generationConfig is no object")
    reserved = sorted(RESERVED_CONFIG & more.keys())
    if reserved:
        return Impossible(f"sampling.extra.generationConfig may not set {reserved[0]}")
    asked = {
        "maxOutputTokens": call.max_tokens,
        "temperature": call.temperature,
        "topP": call.top_p,
        "topK": call.top_k,
        "stopSequences": list(call.stop) or None,
        "seed": None if target.seed is False else call.seed,
        "responseLogprobs": None if call.logprobs is None else True,
        "logprobs": call.logprobs,
    }
    return {name: value for name, value in asked.items() if value is not None} | more


def _content(turn: Said) -> dict[str, Any]:
    """Return a turn; an answer of the model's goes back with the signatures of its thoughts where they stood."""
    if turn.role == "user":
        return {"role": "user", "parts": [{"text": turn.text}]}
    parts: list[dict[str, Any]] = []
    start = 0
    for place, signature in _signatures(turn):
        parts.append({"text": turn.text[start:place], "thoughtSignature": signature})
        start = place
    if start < len(turn.text) or not parts:
        parts.append({"text": turn.text[start:]})
    return {"role": "model", "parts": parts}


def _signatures(turn: Said) -> list[tuple[int, str]]:
    """Return the kept signatures of a turn, each with the place in its text that it was given behind."""
    found = [mapping(part) for part in sequence(list(turn.parts))]
    kept = [
        (part.get("at"), string(part.get("value")))
        for part in found
        if part.get("type") == "thought_signature"
    ]
    return [(at, value) for at, value in kept if isinstance(at, int) and value is not None]
