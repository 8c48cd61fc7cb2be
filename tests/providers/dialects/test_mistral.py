"""Mistral: content as a list with thinking in it, a seed and a prefix by names of its own."""

from dataclasses import replace
from typing import Any

import pytest

from app.providers.wire import Target
from tests.providers.dialects.shapes import Shape, answered, check, failed, named
from tests.providers.said import CHAT, COMPLETION, PREFILL, body, impossible, request

MISTRAL = Target("openai-chat", "https://api.mistral.ai/v1", "magistral-medium", dialect="mistral")


def chat(content: Any, finish: Any = "stop", **message: Any) -> dict[str, Any]:
    return {
        "id": "cmpl-M", "object": "chat.completion", "created": 1790000000, "model": "magistral-medium-2507",
        "choices": [{"index": 0, "finish_reason": finish,
                     "message": {"role": "assistant", "tool_calls": None, "content": content, **message}}],
        "usage": {"prompt_tokens": 20, "completion_tokens": 30, "total_tokens": 50, "num_cached_tokens": 16},
    }  # fmt: skip


def thinking(words: Any) -> dict[str, Any]:
    return {"type": "thinking", "thinking": words, "closed": True}


def text(words: str) -> dict[str, Any]:
    return {"type": "text", "text": words}


EXTRA = {
    "type": "extra_forbidden",
    "loc": ["body", "top_k"],
    "msg": "Extra inputs are not permitted",
    "input": 4,
}
FORBIDDEN = {"object": "error", "type": "invalid_request_error", "code": None, "message": {"detail": [EXTRA]}}
SHAPES = [
    answered("whole", chat("Hi."), text="Hi.", stop_class="natural", served_model="magistral-medium-2507",
             usage=(4, 16, None, 30, None)),
    answered("a list with thinking", chat([thinking([text("Pick "), text("one.")]), text("Forty"), text("-two")]),
             text="Forty-two", reasoning=[("Pick one.", "thinking", "full")]),
    answered("thinking as one text", chat([thinking("Pick."), text("42")]), text="42",
             reasoning=[("Pick.", "thinking", "full")]),
    answered("thinking used the budget", chat([thinking([text("Pick")])], "length"), text="", stop_class="length",
             parts=["thinking_used_budget"], reasoning=[("Pick", "thinking", "full")]),
    answered("a reference among the words", chat([text("See"), {"type": "reference", "reference_ids": [1]}]),
             text="See", parts=["block"]),
    answered("cut", chat("Once", "length"), text="Once", stop_class="length"),
    answered("the model's own length", chat("Once", "model_length"), text="Once", stop_class="context_overflow",
             stop_raw="model_length"),
    answered("a refusal in words is text", chat("I cannot."), text="I cannot.", stop_class="natural"),
    answered("empty", chat(""), text="", stop_class="natural"),
    answered("an empty list", chat([], None), text="", stop_class="empty"),
    answered("a beginning is repeated and cut", chat("I am a gardener."), text=" a gardener.", call=PREFILL,
             parts=["prefix_cut"]),
    answered("a prompt that is too long", {"object": "error", "code": "3051", "type": "invalid_request_prompt",
             "message": "Prompt contains 40000 tokens, too large for model with 32768 maximum context length"},
             status=400, text="", stop_class="context_overflow", parts=["error"]),
    failed("it broke off", chat("On", "error"), then="retry"),
    failed("a field that it does not take", FORBIDDEN, status=422, then="impossible",
           error="HTTP 422: top_k: Extra inputs are not permitted (invalid_request_error)"),
    failed("no key", {"detail": "Unauthorized"}, status=401, then="stop", error="HTTP 401: Unauthorized"),
    failed("too fast", {"object": "error", "message": "Service tier capacity exceeded for this model.",
           "type": "service_tier_capacity_exceeded", "code": "3505"}, status=429, then="retry", slow_down=True),
    failed("an error in HTTP 200", {"object": "error", "message": "Internal server error", "code": 500},
           then="retry"),
]  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES, ids=named)
def test_chat(shape: Shape) -> None:
    check(MISTRAL, shape)


def test_what_it_takes_and_has_not() -> None:
    made = request(MISTRAL, replace(CHAT, seed=4))
    assert (made.seed, b'"random_seed":4' in made.body, b'"seed"' in made.body) == (4, True, False)
    assert '{"role":"assistant","content":"I am","prefix":true}' in body(MISTRAL, PREFILL)
    assert (
        impossible(replace(MISTRAL, prefill=False), PREFILL)
        == "this endpoint does not continue a begun answer"
    )
    assert impossible(MISTRAL, replace(CHAT, logprobs=1)) == "Mistral's own API gives no log-probabilities"
    raw = replace(MISTRAL, wire="openai-completions")
    assert impossible(raw, COMPLETION) == "Mistral's own API has no raw completions"
