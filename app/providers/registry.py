"""Which module speaks which wire."""

from collections.abc import Mapping

from app.providers import anthropic_messages, gemini, openai_chat, openai_completions
from app.providers.wire import Provider

PROVIDERS: Mapping[str, Provider] = {
    "openai-chat": openai_chat,
    "openai-completions": openai_completions,
    "anthropic-messages": anthropic_messages,
    "gemini": gemini,
}


class NotSpoken(LookupError):
    """A wire format that no provider speaks; the message names those that are spoken."""


def provider(wire: str) -> Provider:
    """Return the provider of a wire format; raise NotSpoken."""
    found = PROVIDERS.get(wire)
    if found is None:
        raise NotSpoken(f"the wire {wire!r} is not spoken yet; expected one of {', '.join(PROVIDERS)}")
    return found
