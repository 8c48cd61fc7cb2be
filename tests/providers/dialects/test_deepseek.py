"""DeepSeek: reasoning in a field of its own, its cache counts, and what only its beta address gives."""

from dataclasses import replace
from typing import Any

import pytest

from app.providers.wire import Target
from tests.providers.dialects.shapes import Shape, answered, check, failed, named
from tests.providers.said import CHAT, COMPLETION, PREFILL, body, impossible

DEEPSEEK = Target("openai-chat", "https://api.deepseek.com", "deepseek-chat", dialect="deepseek")
BETA = replace(DEEPSEEK, base_url="https://api.deepseek.com/beta")


def chat(message: dict[str, Any], finish: Any = "stop", logprobs: Any = None) -> dict[str, Any]:
    return {
        "id": "9f1", "object": "chat.completion", "created": 1790000000, "model": "deepseek-chat",
        "system_fingerprint": "fp_prod0820",
        "choices": [{"index": 0, "message": {"role": "assistant", **message}, "logprobs": logprobs,
                     "finish_reason": finish}],
        "usage": {"prompt_tokens": 100, "completion_tokens": 40, "total_tokens": 140, "prompt_cache_hit_tokens": 64,
                  "prompt_cache_miss_tokens": 36, "completion_tokens_details": {"reasoning_tokens": 30}},
    }  # fmt: skip


def error(words: str, kind: str = "invalid_request_error") -> dict[str, Any]:
    return {"error": {"message": words, "type": kind, "param": None, "code": kind}}


LOGPROBS = {
    "content": [{"token": "4", "logprob": -0.1, "bytes": [52], "top_logprobs": []}],
    "reasoning_content": None,
}
SHAPES = [
    answered("whole", chat({"content": "Hi."}), text="Hi.", stop_class="natural", served_model="deepseek-chat",
             usage=(36, 64, None, 10, 30), effective={"system_fingerprint": "fp_prod0820"}),
    answered("reasoning", chat({"content": "42", "reasoning_content": "Pick one."}), text="42",
             reasoning=[("Pick one.", "reasoning_content", "full")]),
    answered("thinking used the budget", chat({"content": "", "reasoning_content": "Pick"}, "length"), text="",
             stop_class="length", parts=["thinking_used_budget"],
             reasoning=[("Pick", "reasoning_content", "full")]),
    answered("cut", chat({"content": "Once"}, "length"), text="Once", stop_class="length"),
    answered("a filter", chat({"content": ""}, "content_filter"), text="", stop_class="output_filtered"),
    answered("a filter half way", chat({"content": "Well, "}, "content_filter"), text="Well, ",
             stop_class="output_filtered"),
    answered("a refusal in words is text", chat({"content": "I can't discuss that."}), text="I can't discuss that.",
             stop_class="natural"),
    answered("empty", chat({"content": ""}), text="", stop_class="natural"),
    answered("log-probabilities", chat({"content": "4"}, logprobs=LOGPROBS), text="4", tokens=["4"],
             call=replace(CHAT, logprobs=0)),
    answered("a beginning that is continued", chat({"content": " a gardener."}), text=" a gardener.", call=PREFILL),
    answered("behind empty lines that keep it alive", b'\n\n\n{"choices":[{"message":{"content":"Hi."}}]}',
             text="Hi.", stop_class="unknown"),
    failed("a server without room", chat({"content": "On"}, "insufficient_system_resource"), then="retry"),
    failed("no balance", error("Insufficient Balance", "unknown_error"), status=402, then="stop"),
    failed("no key", error("Authentication Fails (no such user)", "authentication_error"), status=401, then="stop"),
    failed("log-probabilities of a model that has none",
           error("This model does not support logprobs"), status=400, then="impossible"),
    failed("bad settings", error("Invalid max_tokens value"), status=422, then="fail"),
    failed("too fast", error("Rate limit reached"), status=429, then="retry", slow_down=True),
    failed("overloaded", error("Service is too busy", "server_error"), status=503, then="retry"),
    failed("an error in HTTP 200", error("Internal error", "server_error"), then="retry"),
]  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES, ids=named)
def test_chat(shape: Shape) -> None:
    check(DEEPSEEK, shape)


def test_a_beginning_is_continued_at_the_beta_address_alone() -> None:
    assert '{"role":"assistant","content":"I am","prefix":true}' in body(BETA, PREFILL)
    told = "a begun answer is continued only at a base URL that ends in /beta"
    assert impossible(DEEPSEEK, PREFILL) == told
    assert '"prefix":true' in body(replace(DEEPSEEK, prefill=True), PREFILL)
    assert (
        impossible(replace(BETA, prefill=False), PREFILL) == "this endpoint does not continue a begun answer"
    )


def test_raw_completion_is_had_at_the_beta_address_alone() -> None:
    told = "raw completions are had only at a base URL that ends in /beta"
    assert impossible(replace(DEEPSEEK, wire="openai-completions"), COMPLETION) == told
    raw = replace(BETA, wire="openai-completions")
    assert '"prompt":"Once upon a time"' in body(raw, COMPLETION)
    check(raw, answered("raw", {"choices": [{"text": " there", "finish_reason": "stop"}]}, call=COMPLETION,
                        text=" there", stop_class="natural"))  # fmt: skip


def test_what_it_takes() -> None:
    assert '"max_tokens":512,"seed":4,"logprobs":true,"top_logprobs":20' in body(
        DEEPSEEK, replace(CHAT, seed=4, logprobs=20)
    )
