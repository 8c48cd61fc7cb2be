"""Where reasoning text stands in an OpenAI-shaped message, searched in an order that works across providers."""

import re
from collections.abc import Mapping
from typing import Any, Literal

from app.providers.plain import plain
from app.providers.raw import mapping, sequence, string
from app.providers.wire import Reasoning

Kind = Literal["full", "summary", "redacted", "encrypted"]

# OpenRouter's types of detail: what kind of reasoning each is, and the field that holds its text.
DETAILS: Mapping[str, tuple[Kind, str]] = {
    "reasoning.text": ("full", "text"),
    "reasoning.summary": ("summary", "summary"),
    "reasoning.encrypted": ("encrypted", ""),
}

OPENED = re.compile(r"\A\s*<think>(.*?)(?:</think>|\Z)", re.DOTALL)
# Some templates open the tag in the prompt, so only its close, on a line of its own, is in the answer.
CLOSED = re.compile(r"(?:\A|\n)</think>(?=\n|\Z)")


def told_apart(message: Mapping[str, Any]) -> tuple[Reasoning, ...]:
    """Return the reasoning that has a field of its own: reasoning_details, reasoning_content, reasoning."""
    details = _details(message.get("reasoning_details"))
    if any(item.text for item in details):
        return details
    for field in ("reasoning_content", "reasoning"):
        text = string(message.get(field))
        if text:
            return (Reasoning(plain(text)[0], field),)
    return details


def in_tags(content: str) -> tuple[str, tuple[Reasoning, ...]]:
    """Return the answer without its `<think>` part, and that part; an unclosed tag takes the whole content."""
    if "think>" not in content:
        return content, ()
    opened = OPENED.match(content)
    if opened:
        return content[opened.end() :], (Reasoning(opened[1], "think_tags"),)
    closed = CLOSED.search(content)
    if closed is None or "<think>" in content[: closed.start()]:
        return content, ()
    return content[closed.end() :], (Reasoning(content[: closed.start()], "think_tags"),)


def thinking_part(part: Mapping[str, Any]) -> Reasoning:
    """Return the reasoning of a `thinking` part in a content list (Mistral)."""
    inner = part.get("thinking")
    words = string(inner)
    if words is None:
        words = "".join(string(mapping(one).get("text")) or "" for one in sequence(inner))
    return Reasoning(plain(words)[0], "thinking")


def _details(value: Any) -> tuple[Reasoning, ...]:
    """Return OpenRouter's `reasoning_details`, one by one; of an encrypted one only that it was there."""
    found = []
    for item in map(mapping, sequence(value)):
        kind, field = DETAILS.get(str(item.get("type")), ("full", "text"))
        text = plain(string(item.get(field)) or "")[0]
        if text or kind == "encrypted":
            found.append(Reasoning(text, "reasoning_details", kind))
    return tuple(found)
