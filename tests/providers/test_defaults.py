"""What holds for an ability that nobody tells of."""

from dataclasses import replace
from typing import Any

import pytest

from app.providers.defaults import by_default
from app.subjects.shape import Can
from tests.providers.said import ANTHROPIC, GEMINI, LOCAL, OPENAI, OPENROUTER, RAW, VLLM

KEPT = "asked for, and kept where they come"


@pytest.mark.parametrize("target", [OPENAI, RAW, ANTHROPIC, GEMINI, LOCAL, VLLM, OPENROUTER])
def test_every_ability_of_every_wire_has_its_words(target: Any) -> None:
    found = by_default(target)
    assert found.keys() == Can.model_fields.keys()
    assert all(found.values())
    assert by_default(replace(target, prefill=False, temperature=False, logprobs=False, seed=False)) == found


def test_each_says_what_would_be_done() -> None:
    assert by_default(LOCAL)["prefill"] == by_default(ANTHROPIC)["prefill"] == "asked for as the last turn"
    assert by_default(RAW)["prefill"] == "the end of the raw text"
    assert by_default(GEMINI)["prefill"].startswith("not asked for: it is not known whether")
    assert by_default(ANTHROPIC)["logprobs"] == "not asked for: this wire gives no log-probabilities"
    groq = replace(OPENAI, dialect="groq")
    assert by_default(groq)["logprobs"] == "not asked for: Groq gives no log-probabilities"
    assert by_default(VLLM)["logprobs"] == by_default(RAW)["logprobs"] == KEPT
    assert by_default(ANTHROPIC)["seed"] == "not sent: this wire has none"
    assert by_default(GEMINI)["seed"] == by_default(replace(LOCAL, dialect="mistral"))["seed"] == "sent"
    fields = [by_default(one)["max_tokens_field"] for one in (OPENAI, VLLM, GEMINI)]
    assert fields == ["sent as max_completion_tokens", "sent as max_tokens", "sent as maxOutputTokens"]


def test_nothing_is_said_where_nothing_can_be_asked() -> None:
    assert by_default(replace(OPENAI, wire="telex")) == {}
    assert by_default(replace(RAW, dialect="ollama")) == {}
