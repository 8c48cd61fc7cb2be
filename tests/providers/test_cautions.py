"""What is said of a request before it is sent."""

from dataclasses import replace
from typing import Any

import pytest

from app.providers.cautions import cautions
from app.providers.wire import Call, Target
from tests.providers.said import CHAT, COMPLETION, GEMINI, LOCAL_RAW, OPENAI, OPENROUTER, VLLM

FREE = "OpenRouter chooses anew who serves each call: name one as the endpoint's upstream"
TEMPLATED = "the upstream may put a raw text through its chat template: only a probe can tell"


def told(target: Target, call: Call = CHAT, **changed: Any) -> list[str]:
    return list(cautions(replace(target, **changed), call))


def test_an_endpoint_that_hides_nothing_needs_none() -> None:
    assert told(OPENAI) == []
    assert told(LOCAL_RAW, COMPLETION) == []


@pytest.mark.parametrize(
    ("provider", "expected"),
    [
        (None, [FREE]),
        ({"order": ["deepinfra"]}, [FREE]),
        ("odd", [FREE]),
        ({"order": ["deepinfra"], "allow_fallbacks": False}, []),
        ({"only": ["deepinfra"]}, []),
    ],
)
def test_a_router_that_may_choose_who_serves(provider: Any, expected: list[str]) -> None:
    call = CHAT if provider is None else replace(CHAT, extra={"provider": provider})
    assert told(OPENROUTER, call) == expected
    assert told(OPENROUTER, upstream="deepinfra") == []


def test_a_router_that_may_turn_raw_text_into_a_chat() -> None:
    assert told(OPENROUTER, COMPLETION, upstream="deepinfra") == [TEMPLATED]


def test_a_context_that_cuts_without_a_word() -> None:
    assert told(OPENAI, dialect="ollama")[0].startswith("Ollama cuts a prompt")


def test_a_temperature_that_is_not_taken_as_it_is() -> None:
    cold = replace(CHAT, temperature=0.0)
    assert told(OPENAI, cold, dialect="groq") == ["Groq takes temperature 0 as a very small one"]
    assert told(OPENAI, replace(cold, temperature=0.5), dialect="groq") == []
    assert told(OPENAI, cold, dialect="deepseek")[0].startswith(
        "DeepSeek's reasoning models drop temperature"
    )
    assert told(OPENAI, CHAT, dialect="deepseek") == []


def test_samplers_that_a_model_brings_along() -> None:
    assert told(VLLM) == ["the server may take top_p and top_k from defaults of the model's own"]
    asked = replace(CHAT, top_p=1.0)
    assert told(VLLM, asked) == ["the server may take top_k from defaults of the model's own"]
    assert told(VLLM, replace(asked, extra={"top_k": -1})) == []
    assert told(GEMINI, asked) == told(VLLM, asked)


@pytest.mark.parametrize("text", ["<s>Once", "<bos>Once", "<|begin_of_text|>Once"])
def test_a_beginning_that_would_stand_there_twice(text: str) -> None:
    call = replace(COMPLETION, prompt=text, top_p=1.0, top_k=0)
    (caution,) = told(LOCAL_RAW, call)
    assert (
        caution == f"the text begins with {text.removesuffix('Once')}, which the server puts there once more"
    )
    assert told(VLLM, replace(call, extra={"add_special_tokens": False})) == []
    assert told(OPENAI, call) == []
