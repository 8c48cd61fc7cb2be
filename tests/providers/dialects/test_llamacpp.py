"""llama.cpp: what its OpenAI and Anthropic routes take and tell."""

from dataclasses import replace
from typing import Any

import pytest

from tests.providers.dialects.shapes import Shape, answered, check, failed, named
from tests.providers.said import CHAT, COMPLETION, LOCAL, LOCAL_RAW, PREFILL, body

CLAUDE = replace(LOCAL, wire="anthropic-messages", base_url="http://127.0.0.1:8401")
VERBOSE = {"prompt": "<|im_start|>user\nHello!<|im_end|>\n", "stop_type": "eos", "stopping_word": "",
           "generation_settings": {"temperature": 0.800000011920929, "top_k": 40,
                                   "min_p": 0.05000000074505806}}  # fmt: skip


def chat(message: dict[str, Any], finish: str = "stop", **verbose: Any) -> dict[str, Any]:
    return {
        "choices": [{"finish_reason": finish, "index": 0, "message": {"role": "assistant", **message}}],
        "created": 1790000000, "model": "smollm2", "system_fingerprint": "b11549-0a1b2c3",
        "object": "chat.completion",
        "usage": {"completion_tokens": 5, "prompt_tokens": 31, "total_tokens": 36,
                  "prompt_tokens_details": {"cached_tokens": 30}},
        "timings": {"prompt_n": 1, "predicted_n": 5}, "__verbose": VERBOSE | verbose,
    }  # fmt: skip


def message(*blocks: dict[str, Any], stop: str = "end_turn", word: str | None = None) -> dict[str, Any]:
    return {"id": "chatcmpl-1", "type": "message", "role": "assistant", "content": list(blocks),
            "model": "smollm2", "stop_reason": stop, "stop_sequence": word,
            "usage": {"input_tokens": 31, "output_tokens": 5}}  # fmt: skip


LOGPROB = {"id": 5, "token": " 4", "bytes": [32, 52], "logprob": -0.3,
           "top_logprobs": [{"id": 5, "token": " 4", "bytes": [32, 52], "logprob": -0.3}]}  # fmt: skip
SHAPES = [
    answered("whole", chat({"content": "87"}), text="87", stop_class="natural", served_model="smollm2",
             usage=(1, 30, None, 5, None), rendered=VERBOSE["prompt"],
             effective={"temperature": 0.8, "top_k": 40, "min_p": 0.05, "repeat_penalty": "server default",
                        "system_fingerprint": "b11549-0a1b2c3"}),
    answered("reasoning", chat({"content": "87", "reasoning_content": "Pick one."}), text="87",
             reasoning=[("Pick one.", "reasoning_content", "full")], rendered=VERBOSE["prompt"]),
    answered("reasoning in the content", chat({"content": "<think>Pick.</think>87"}), text="87",
             reasoning=[("Pick.", "think_tags", "full")], rendered=VERBOSE["prompt"]),
    answered("cut", chat({"content": "Once upon"}, "length", stop_type="limit"), text="Once upon",
             stop_class="length", rendered=VERBOSE["prompt"]),
    answered("a stop word", chat({"content": "5, 6, "}, stop_type="word", stopping_word="7"), text="5, 6, ",
             stop_class="stop_sequence", parts=["ended_by"], rendered=VERBOSE["prompt"]),
    answered("thinking used the budget", chat({"content": "", "reasoning_content": "Pick"}, "length"), text="",
             stop_class="length", parts=["thinking_used_budget"], rendered=VERBOSE["prompt"],
             reasoning=[("Pick", "reasoning_content", "full")]),
    answered("empty", chat({"content": ""}), text="", stop_class="natural", rendered=VERBOSE["prompt"]),
    answered("a beginning is repeated and cut", chat({"content": "I am a gardener."}), text=" a gardener.",
             call=PREFILL, parts=["prefix_cut"], rendered=VERBOSE["prompt"]),
    answered("a prompt that is too long",
             {"error": {"code": 400, "message": "request (3031 tokens) exceeds the available context size (1024)",
                        "type": "exceed_context_size_error", "n_prompt_tokens": 3031, "n_ctx": 1024}}, status=400,
             text="", stop_class="context_overflow", stop_raw="exceed_context_size_error", parts=["error"]),
    failed("a model that is loading",
           {"error": {"code": 503, "message": "Loading model", "type": "unavailable_error"}}, status=503,
           then="retry"),
    failed("bad JSON", {"error": {"code": 400, "message": "parse error", "type": "invalid_request_error"}},
           status=400, then="fail"),
    failed("no key", {"error": {"code": 401, "message": "Invalid API Key", "type": "authentication_error"}},
           status=401, then="stop"),
    failed("a template that gives up", {"error": {"code": 500, "message": "Conversation roles must alternate",
                                                  "type": "server_error"}}, status=500, then="impossible"),
    failed("an error in HTTP 200", {"error": {"code": 500, "message": "slot failed", "type": "server_error"}},
           then="retry"),
]  # fmt: skip
RAW_SHAPES = [
    answered("raw with log-probabilities in the chat's shape",
             {"choices": [{"text": " 4", "index": 0, "finish_reason": "length",
                           "logprobs": {"content": [LOGPROB]}}],
              "model": "gemma-3-270m", "usage": {"completion_tokens": 1, "prompt_tokens": 9}},
             call=replace(COMPLETION, logprobs=1), text=" 4", stop_class="length", tokens=[" 4"],
             usage=(9, None, None, 1, None)),
    answered("an echo that is ignored", {"choices": [{"text": " there", "finish_reason": "stop"}]},
             call=replace(COMPLETION, extra={"echo": True}), text=" there", parts=["no_echo"]),
]  # fmt: skip
CLAUDE_SHAPES = [
    answered("messages", message({"type": "text", "text": "87"}), text="87", stop_class="natural",
             stop_raw="end_turn", served_model="smollm2", usage=(31, None, None, 5, None)),
    answered("messages with thinking shown whole",
             message({"type": "thinking", "thinking": "Pick."}, {"type": "text", "text": "87"}), text="87",
             reasoning=[("Pick.", "thinking", "full")]),
    answered("messages that end at a stop word", message({"type": "text", "text": "5, 6, "}, word="7"),
             text="5, 6, ", stop_class="stop_sequence", parts=["ended_by"]),
    answered("messages that are cut", message({"type": "text", "text": "Once"}, stop="max_tokens"), text="Once",
             stop_class="length"),
    answered("messages that repeat the beginning", message({"type": "text", "text": "I am."}), text=".",
             call=PREFILL, parts=["prefix_cut"]),
]  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES, ids=named)
def test_chat(shape: Shape) -> None:
    check(LOCAL, shape)


@pytest.mark.parametrize("shape", RAW_SHAPES, ids=named)
def test_raw_completion(shape: Shape) -> None:
    check(LOCAL_RAW, shape)


@pytest.mark.parametrize("shape", CLAUDE_SHAPES, ids=named)
def test_messages(shape: Shape) -> None:
    check(CLAUDE, shape)


def test_what_it_takes() -> None:
    assert '"top_logprobs":1,"verbose":true' in body(LOCAL, replace(CHAT, logprobs=0))
    assert '"logprobs":200,"verbose":true' in body(LOCAL_RAW, replace(COMPLETION, logprobs=200))
    assert '{"role":"assistant","content":"I am"}' in body(LOCAL, PREFILL)
    assert '{"role":"assistant","content":"I am"}' in body(CLAUDE, PREFILL)
