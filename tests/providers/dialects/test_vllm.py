"""vLLM: what its two OpenAI routes take and tell, new builds and old."""

from dataclasses import replace
from typing import Any

import pytest

from tests.providers.dialects.shapes import Shape, answered, check, failed, named
from tests.providers.said import CHAT, COMPLETION, PREFILL, VLLM, body, request

RAW = replace(VLLM, wire="openai-completions")
ASKED = replace(COMPLETION, logprobs=2)


def chat(message: dict[str, Any], finish: Any = "stop", **choice: Any) -> dict[str, Any]:
    return {
        "id": "chatcmpl-7d1", "object": "chat.completion", "created": 1790000000, "model": "qwen3-8b",
        "choices": [{"index": 0, "message": {"role": "assistant", **message}, "logprobs": None,
                     "finish_reason": finish, "stop_reason": None, "token_ids": None, **choice}],
        "usage": {"prompt_tokens": 12, "total_tokens": 20, "completion_tokens": 8, "prompt_tokens_details": None},
        "prompt_logprobs": None, "prompt_token_ids": None, "kv_transfer_params": None,
    }  # fmt: skip


def raw(text: str, finish: Any = "length", **choice: Any) -> dict[str, Any]:
    return {
        "id": "cmpl-7d1", "object": "text_completion", "model": "qwen3-8b",
        "choices": [{"index": 0, "text": text, "logprobs": None, "finish_reason": finish, "stop_reason": None,
                     "prompt_logprobs": None, **choice}],
        "usage": {"prompt_tokens": 4, "total_tokens": 7, "completion_tokens": 3},
    }  # fmt: skip


TOP = [{"token": "4", "logprob": -0.1, "bytes": [52]}, {"token": "7", "logprob": -2.4, "bytes": [55]}]
SHAPES = [
    answered("whole", chat({"content": "Hi.", "reasoning": None, "tool_calls": []}), text="Hi.",
             stop_class="natural", stop_raw="stop", served_model="qwen3-8b", usage=(12, None, None, 8, None),
             effective={"top_p": "server default", "repetition_penalty": "server default", "model": "qwen3-8b"}),
    answered("reasoning of new builds", chat({"content": "42", "reasoning": "Pick one."}), text="42",
             reasoning=[("Pick one.", "reasoning", "full")]),
    answered("reasoning of old builds", chat({"content": "42", "reasoning_content": "Pick one."}), text="42",
             reasoning=[("Pick one.", "reasoning_content", "full")]),
    answered("reasoning where no parser runs", chat({"content": "<think>\nPick.\n</think>\n\n42"}), text="\n\n42",
             reasoning=[("\nPick.\n", "think_tags", "full")]),
    answered("thinking used the budget", chat({"content": None, "reasoning": "Pick"}, "length"), text="",
             stop_class="length", parts=["thinking_used_budget"], reasoning=[("Pick", "reasoning", "full")]),
    answered("cut", chat({"content": "Once upon a"}, "length"), text="Once upon a", stop_class="length"),
    answered("a stop string that was asked for", chat({"content": "1, 2"}, stop_reason="\n"), text="1, 2",
             call=replace(CHAT, stop=("\n",)), stop_class="stop_sequence", parts=["ended_by"]),
    answered("the model's own end token", chat({"content": "1, 2"}, stop_reason=151645), text="1, 2",
             stop_class="natural", parts=["ended_by"]),
    answered("empty", chat({"content": ""}), text="", stop_class="natural"),
    answered("empty without a reason", chat({"content": None}, None), text="", stop_class="empty"),
    answered("a refusal in words is text", chat({"content": "I can't help with that.", "refusal": None}),
             text="I can't help with that.", stop_class="natural"),
    answered("log-probabilities", chat({"content": "4"}, logprobs={"content": [
                 {"token": "4", "logprob": -0.1, "bytes": [52], "top_logprobs": TOP}]}), text="4",
             call=replace(CHAT, logprobs=2), tokens=["4"]),
    answered("log-probabilities that did not come", chat({"content": "4"}), text="4",
             call=replace(CHAT, logprobs=2), parts=["no_logprobs"]),
    answered("the text that it answered", chat({"content": "Hi."}) | {"prompt_text": "<|im_start|>user\nHello!"},
             text="Hi.", rendered="<|im_start|>user\nHello!"),
    answered("a cache", chat({"content": "Hi."}) | {"usage": {"prompt_tokens": 12, "completion_tokens": 8,
                 "prompt_tokens_details": {"cached_tokens": 8}}}, text="Hi.", usage=(4, 8, None, 8, None)),
    answered("a beginning is continued and not repeated", chat({"content": " a gardener."}), text=" a gardener.",
             call=PREFILL),
    answered("a beginning is repeated where echo asks for it", chat({"content": "I am a gardener."}),
             call=replace(PREFILL, extra={"echo": True}), text=" a gardener.", parts=["prefix_cut"]),
    answered("a prompt that is too long",
             {"error": {"message": "This model's maximum context length is 4096 tokens. However, your request has "
                        "5000 input tokens.", "type": "BadRequestError", "param": None, "code": 400}}, status=400,
             text="", stop_class="context_overflow", parts=["error"]),
    failed("more alternatives than it gives",
           {"error": {"message": "Requested sample logprobs of 50, which is greater than max allowed: 20",
                      "type": "BadRequestError", "param": None, "code": 400}}, status=400, then="impossible"),
    failed("a template without system turns",
           {"object": "error", "message": "System role not supported", "type": "BadRequestError", "code": 400},
           status=400, then="impossible"),
    failed("no such model", {"object": "error", "message": "The model `x` does not exist.", "type": "NotFoundError",
                             "param": None, "code": 404}, status=404, then="fail",
           error="HTTP 404: The model `x` does not exist. (NotFoundError)"),
    failed("an error in HTTP 200", {"object": "error", "message": "Engine is dead", "type": "Internal",
                                    "code": 500}, then="retry", error="HTTP 500: Engine is dead (Internal)"),
]  # fmt: skip
RAW_SHAPES = [
    answered("raw", raw(" there was"), text=" there was", stop_class="length", usage=(4, None, None, 3, None),
             call=COMPLETION),
    answered("raw with log-probabilities", raw(" there", logprobs={
                 "tokens": [" there"], "token_logprobs": [-0.2], "text_offset": [0],
                 "top_logprobs": [{" there": -0.2, " was": -1.9}]}), call=ASKED, text=" there", tokens=[" there"]),
    answered("raw with a stop token", raw(" there", "stop", stop_reason=151645), text=" there", call=COMPLETION,
             stop_class="natural", parts=["ended_by"]),
    answered("raw with its echo", raw("<s>Once upon a time there", logprobs={
                 "tokens": ["<s>", "Once upon a time", " there"], "token_logprobs": [None, -3.1, -0.2],
                 "text_offset": [0, 3, 19], "top_logprobs": [None, {}, {}]}),
             call=replace(ASKED, prompt="<s>Once upon a time", extra={"echo": True}), text=" there",
             parts=["echo_cut"], tokens=[" there"]),
]  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES, ids=named)
def test_chat(shape: Shape) -> None:
    check(VLLM, shape)


@pytest.mark.parametrize("shape", RAW_SHAPES, ids=named)
def test_raw_completion(shape: Shape) -> None:
    check(RAW, shape)


def test_what_it_takes() -> None:
    begun = body(VLLM, PREFILL)
    assert '"continue_final_message":true,"add_generation_prompt":false' in begun
    made = request(
        VLLM, replace(CHAT, seed=3, logprobs=2, top_k=0, extra={"min_p": 0, "return_prompt_text": True})
    )
    assert (made.seed, made.sent["logprobs"], made.sent["top_logprobs"]) == (3, True, 2)
    assert '"logprobs":2' in body(RAW, ASKED)
