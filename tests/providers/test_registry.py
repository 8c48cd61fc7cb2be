"""Which wires are spoken."""

import pytest

from app.providers import anthropic_messages, gemini, openai_chat, openai_completions
from app.providers.registry import NotSpoken, provider


def test_each_wire_has_its_provider() -> None:
    assert provider("openai-chat") is openai_chat
    assert provider("openai-completions") is openai_completions
    assert provider("anthropic-messages") is anthropic_messages
    assert provider("gemini") is gemini


def test_a_wire_that_nobody_speaks_says_so_and_names_those_that_are() -> None:
    with pytest.raises(NotSpoken) as caught:
        provider("telex")
    assert str(caught.value) == (
        "the wire 'telex' is not spoken yet; expected one of openai-chat, openai-completions, anthropic-messages, "
        "gemini"
    )
