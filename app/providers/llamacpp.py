"""The llama.cpp server: its verbose replies, its repeated prefix, and the exact text a conversation becomes.

Verified on llama.cpp b11549: chat repeats the assistant's beginning character for character, spaces included;
`/apply-template` leaves a trailing assistant turn open, exactly as chat continues it; the field `verbose` adds
the sampling settings in force, the rendered prompt and the stop word to the reply of both OpenAI routes.
"""

from collections.abc import Mapping
from typing import Any

from app.providers.raw import Malformed, decoded, mapping, number, storable, string
from app.providers.sending import messages, request
from app.providers.wire import Call, Impossible, Reply, Request, Target

# The settings that shape an answer, of the fifty that the server reports.
SETTINGS = (
    "temperature", "dynatemp_range", "top_k", "top_p", "min_p", "top_n_sigma", "typical_p", "xtc_probability",
    "repeat_last_n", "repeat_penalty", "presence_penalty", "frequency_penalty", "dry_multiplier", "mirostat",
    "adaptive_target", "samplers",
)  # fmt: skip
RENDERED_BY = ("chat_template_kwargs", "tools", "reasoning_format")  # fields of `extra` that change the text


def generation_settings(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the sampling settings in force, where a reply tells them."""
    held = mapping(mapping(data.get("__verbose")).get("generation_settings"))
    return {name: _rounded(held[name]) for name in SETTINGS if name in held}


def rendered(data: Mapping[str, Any]) -> str | None:
    """Return the exact prompt that a reply says it answers."""
    return _text(mapping(data.get("__verbose")).get("prompt"))


def stopping_word(data: Mapping[str, Any]) -> str | None:
    """Return the stop sequence that ended an answer, where a reply tells it."""
    verbose = mapping(data.get("__verbose"))
    return string(verbose.get("stopping_word")) if verbose.get("stop_type") == "word" else None


def render_request(target: Target, call: Call) -> Request | None:
    """Return the request that renders a chat without answering it; None where this server has no such route.

    Only for the dialect on the OpenAI chat wire: a raw completion is its own rendering.
    """
    if target.dialect != "llamacpp" or target.wire != "openai-chat" or call.kind != "chat":
        return None
    shaping = {name: call.extra[name] for name in RENDERED_BY if name in call.extra}
    bare = Call("chat", extra=shaping)
    body = {"messages": messages(call, target.system_role or "system")}
    root = Target(
        target.wire, target.base_url.rstrip("/").removesuffix("/v1"), target.model, headers=target.headers
    )
    made = request(root, "/apply-template", body, bare)
    return None if isinstance(made, Impossible) else made


def read_rendering(reply: Reply) -> str | None:
    """Return the rendered text of a reply to `render_request`; None where it holds none."""
    if reply.fault or reply.status != 200:
        return None
    try:
        return _text(mapping(decoded(reply.body)).get("prompt"))
    except Malformed:
        return None


def _text(value: Any) -> str | None:
    return None if string(value) is None else str(storable(value))


def _rounded(value: Any) -> Any:
    """Undo the noise of single precision: 0.949999988079071 was asked for as 0.95."""
    found = number(value)
    return storable(value) if found is None or isinstance(value, int) else float(f"{found:.6g}")
