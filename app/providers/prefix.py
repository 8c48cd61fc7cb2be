"""Cutting off what a server repeats before its continuation: a prefilled beginning, or an echoed prompt."""

from collections.abc import Mapping
from typing import Any

from app.providers.dialects import facts
from app.providers.raw import mapping, number, sequence, string
from app.providers.tokens import tokens, tokens_after
from app.providers.wire import Target, Token

Marks = tuple[Mapping[str, Any], ...]


def repeating(target: Target) -> bool:
    """Tell whether an endpoint's replies begin with the prefill: as a probe found, else as its dialect does."""
    return facts(target).repeats if target.repeats is None else target.repeats


def continuation(text: str, begun: str | None, repeats: bool) -> tuple[str, Marks]:
    """Return the continuation alone, and a mark of what was done or found.

    Only where the server is known to repeat is anything cut: elsewhere a model may say the same words again.
    """
    if begun is None:
        return text, ()
    repeated = text.startswith(begun)
    if repeats:
        if repeated:
            return text[len(begun) :], ({"type": "prefix_cut", "characters": len(begun)},)
        return text, ({"type": "prefix_not_repeated"},)
    return text, (({"type": "prefix_repeated"},) if repeated else ())


def without_echo(text: str, prompt: str, logprobs: Any) -> tuple[str, tuple[Token, ...], Marks]:
    """Return text and tokens after an echoed prompt.

    Cut by the tokens' `text_offset` (characters), by exact prefix only where none came: a tokeniser may not
    give back the prompt character for character.
    """
    shape = mapping(logprobs)
    offsets = [number(offset) for offset in sequence(shape.get("text_offset"))]
    # vLLM counts a first token that the text does not hold, such as <s>.
    unwritten = max(0, "".join(string(name) or "" for name in sequence(shape.get("tokens"))).find(text))
    known = [int(offset) - unwritten for offset in offsets if offset is not None]
    after = [offset for offset in known if offset >= len(prompt)]
    # Nothing precedes an echoed first token, so it has no probability; without an echo it has one.
    if offsets[:1] == [0.0] and sequence(shape.get("token_logprobs"))[:1] == [None]:
        cut = min(after, default=len(text))
        mark = {"type": "echo_cut", "by": "text_offset", "characters": cut}
        return text[cut:], tokens_after(logprobs, cut + unwritten), (mark,)
    if text.startswith(prompt):
        mark = {"type": "echo_cut", "by": "prefix", "characters": len(prompt)}
        return text[len(prompt) :], tokens(logprobs), (mark,)
    return text, tokens(logprobs), ({"type": "no_echo"},)
