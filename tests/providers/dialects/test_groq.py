"""Groq: reasoning in a field of its own, times beside its token counts, and what it has not."""

from dataclasses import replace
from typing import Any

import pytest

from app.providers.wire import Target
from tests.providers.dialects.shapes import Shape, answered, check, failed, named
from tests.providers.said import CHAT, COMPLETION, PREFILL, body, impossible

GROQ = Target("openai-chat", "https://api.groq.com/openai/v1", "qwen/qwen3-32b", dialect="groq")


def chat(message: dict[str, Any], finish: Any = "stop") -> dict[str, Any]:
    return {
        "id": "chatcmpl-G", "object": "chat.completion", "created": 1790000000, "model": "qwen/qwen3-32b",
        "choices": [{"index": 0, "message": {"role": "assistant", **message}, "logprobs": None,
                     "finish_reason": finish}],
        "usage": {"queue_time": 0.03, "prompt_tokens": 14, "prompt_time": 0.001, "completion_tokens": 40,
                  "completion_time": 0.08, "total_tokens": 54, "total_time": 0.081,
                  "completion_tokens_details": {"reasoning_tokens": 31}},
        "usage_breakdown": None, "system_fingerprint": "fp_efa9879028", "x_groq": {"id": "req_1"},
        "service_tier": "on_demand",
    }  # fmt: skip


def error(words: str, kind: str = "invalid_request_error", **more: Any) -> dict[str, Any]:
    return {"error": {"message": words, "type": kind, **more}}


SHAPES = [
    answered("whole", chat({"content": "Hi."}), text="Hi.", stop_class="natural", served_model="qwen/qwen3-32b",
             usage=(14, None, None, 9, 31),
             effective={"system_fingerprint": "fp_efa9879028", "service_tier": "on_demand"}),
    answered("reasoning", chat({"content": "42", "reasoning": "Pick one."}), text="42",
             reasoning=[("Pick one.", "reasoning", "full")]),
    answered("reasoning left raw", chat({"content": "<think>\nPick.\n</think>\n42"}), text="\n42",
             reasoning=[("\nPick.\n", "think_tags", "full")]),
    answered("thinking used the budget", chat({"content": "", "reasoning": "Pick"}, "length"), text="",
             stop_class="length", parts=["thinking_used_budget"], reasoning=[("Pick", "reasoning", "full")]),
    answered("cut", chat({"content": "Once"}, "length"), text="Once", stop_class="length"),
    answered("a refusal in words is text", chat({"content": "I can't."}), text="I can't.", stop_class="natural"),
    answered("tools that it ran itself", chat({"content": "42", "executed_tools": [{"type": "search"}]}), text="42",
             parts=["field"]),
    answered("empty", chat({"content": ""}), text="", stop_class="natural"),
    answered("a beginning that is continued", chat({"content": " a gardener."}), text=" a gardener.", call=PREFILL),
    answered("a prompt that is too long", error("Please reduce the length of the messages or completion.",
             code="context_length_exceeded"), status=400, text="", stop_class="context_overflow", parts=["error"]),
    failed("too fast", error("Rate limit reached for model", "tokens", code="rate_limit_exceeded"), status=429,
           headers={"retry-after": "2", "x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "7.66s"},
           then="retry", wait=7.66, slow_down=True),
    failed("a tier without room", error("capacity exceeded", "tier"), status=498, then="retry", slow_down=True),
    failed("a field that it does not take", error("property 'top_k' is unsupported: unknown field"), status=400,
           then="impossible"),
    failed("no key", error("Invalid API Key", code="invalid_api_key"), status=401, then="stop"),
    failed("an error in HTTP 200", error("Internal Server Error", "internal_server_error"), then="retry"),
]  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES, ids=named)
def test_chat(shape: Shape) -> None:
    check(GROQ, shape)


def test_what_it_takes_and_has_not() -> None:
    assert '"max_tokens":512,"seed":4,"reasoning_format":"parsed"' in body(
        GROQ, replace(CHAT, seed=4, extra={"reasoning_format": "parsed"})
    )
    assert '{"role":"assistant","content":"I am"}]' in body(GROQ, PREFILL)
    assert impossible(GROQ, replace(CHAT, logprobs=0)) == "Groq gives no log-probabilities"
    # A probe, or the study file, may have found out otherwise since.
    assert '"logprobs":true' in body(replace(GROQ, logprobs=True), replace(CHAT, logprobs=0))
    assert impossible(replace(GROQ, wire="openai-completions"), COMPLETION) == "Groq has no raw completions"
