"""Ollama's OpenAI route: what it takes, what it would drop without a word, and what it tells."""

from dataclasses import replace
from typing import Any

import pytest

from app.providers.wire import Target
from tests.providers.dialects.shapes import Shape, answered, check, failed, named
from tests.providers.said import CHAT, COMPLETION, PREFILL, body, impossible

OLLAMA = Target("openai-chat", "http://127.0.0.1:11434/v1", "qwen3:4b", dialect="ollama")


def chat(message: dict[str, Any], finish: Any = "stop", **choice: Any) -> dict[str, Any]:
    return {
        "id": "chatcmpl-93", "object": "chat.completion", "created": 1790000000, "model": "qwen3:4b",
        "system_fingerprint": "fp_ollama",
        "usage": {"prompt_tokens": 12, "completion_tokens": 9, "total_tokens": 21},
        "choices": [{"index": 0, "message": {"role": "assistant", **message}, "finish_reason": finish, **choice}],
    }  # fmt: skip


LOGPROBS = {"content": [{"token": "4", "logprob": -0.2, "bytes": [52], "top_logprobs": []}]}
SHAPES = [
    answered("whole", chat({"content": "Hi."}), text="Hi.", stop_class="natural", served_model="qwen3:4b",
             usage=(12, None, None, 9, None),
             effective={"system_fingerprint": "fp_ollama", "min_p": "server default", "top_k": "server default"}),
    answered("reasoning", chat({"content": "42", "reasoning": "Pick one."}), text="42",
             reasoning=[("Pick one.", "reasoning", "full")]),
    answered("cut", chat({"content": "Once"}, "length"), text="Once", stop_class="length"),
    answered("thinking used the budget", chat({"content": "", "reasoning": "Pick"}, "length"), text="",
             stop_class="length", parts=["thinking_used_budget"], reasoning=[("Pick", "reasoning", "full")]),
    answered("empty", chat({"content": ""}), text="", stop_class="natural"),
    answered("empty without a reason", chat({"content": ""}, None), text="", stop_class="empty"),
    answered("a refusal in words is text", chat({"content": "I cannot."}), text="I cannot.", stop_class="natural"),
    answered("log-probabilities of new builds", chat({"content": "4"}, logprobs=LOGPROBS), text="4", tokens=["4"],
             call=replace(CHAT, logprobs=0)),
    answered("log-probabilities of old builds", chat({"content": "4"}), text="4", parts=["no_logprobs"],
             call=replace(CHAT, logprobs=0)),
    failed("a model that is not there", {"error": {"message": "model 'x' not found", "type": "api_error",
           "param": None, "code": None}}, status=404, then="fail",
           error="HTTP 404: model 'x' not found (api_error)"),
    failed("an error as plain words", {"error": "model runner has unexpectedly stopped"}, status=500, then="retry",
           error="HTTP 500: model runner has unexpectedly stopped"),
    failed("an error in HTTP 200", {"error": "unexpected EOF"}, then="retry", error="HTTP 502: unexpected EOF"),
    failed("a busy server", {"error": "server busy, please try again"}, status=503, then="retry"),
]  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES, ids=named)
def test_chat(shape: Shape) -> None:
    check(OLLAMA, shape)


@pytest.mark.parametrize("name", ["min_p", "num_ctx", "options", "repeat_penalty", "typical_p"])
def test_what_it_would_drop_without_a_word_is_not_sent(name: str) -> None:
    told = f"this server's OpenAI route takes no {name}, and drops it unsaid"
    assert impossible(OLLAMA, replace(CHAT, extra={name: 1})) == told


def test_what_it_takes() -> None:
    asked = replace(CHAT, seed=4, top_p=1.0, logprobs=3, extra={"reasoning": {"effort": "low"}})
    assert body(OLLAMA, asked).endswith(
        '"max_tokens":512,"top_p":1.0,"seed":4,"logprobs":true,"top_logprobs":3,"reasoning":{"effort":"low"}}'
    )
    assert impossible(OLLAMA, PREFILL).startswith("it is not known whether this endpoint continues")
    assert '{"role":"assistant","content":"I am"}' in body(replace(OLLAMA, prefill=True), PREFILL)
    raw = replace(OLLAMA, wire="openai-completions")
    assert "puts a completion through the model's chat template" in impossible(raw, COMPLETION)
