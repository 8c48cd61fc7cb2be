"""OpenRouter: one route to many providers, whose own reasons, errors and silences come through it."""

import json
from dataclasses import replace
from typing import Any

import pytest

from tests.providers.dialects.shapes import Shape, answered, check, failed, named
from tests.providers.said import CHAT, COMPLETION, OPENROUTER, PREFILL, body, impossible

PINNED = replace(OPENROUTER, upstream="z-ai")


def chat(message: dict[str, Any], finish: Any = "stop", native: Any = "stop", **more: Any) -> dict[str, Any]:
    return {
        "id": "gen-1", "provider": "Z.AI", "model": "z-ai/glm-5", "object": "chat.completion",
        "choices": [{"logprobs": None, "finish_reason": finish, "native_finish_reason": native, "index": 0,
                     "message": {"role": "assistant", "refusal": None, "reasoning": None, **message}}],
        "usage": {"prompt_tokens": 20, "completion_tokens": 30, "total_tokens": 50, "cost": 0.00042,
                  "is_byok": False,
                  "prompt_tokens_details": {"cached_tokens": 12, "cache_write_tokens": 3},
                  "cost_details": {"upstream_inference_cost": None},
                  "completion_tokens_details": {"reasoning_tokens": 25}},
        **more,
    }  # fmt: skip


def error(code: int, words: str, **metadata: Any) -> dict[str, Any]:
    return {"error": {"code": code, "message": words, "metadata": metadata}, "user_id": "user_1"}


DETAILS = [{"type": "reasoning.summary", "summary": "It weighs.", "format": "x", "index": 0},
           {"type": "reasoning.encrypted", "data": "gAAAA", "format": "x", "index": 1}]  # fmt: skip
FLAGGED = {"reasons": ["violence"], "flagged_input": "How do I", "provider_name": "OpenAI", "model_slug": "m"}
SHAPES = [
    answered("whole", chat({"content": "Hi."}), text="Hi.", stop_class="natural", served_model="z-ai/glm-5",
             usage=(5, 12, 3, 5, 25), effective={"provider": "Z.AI", "model": "z-ai/glm-5"}),
    answered("another upstream than asked for", chat({"content": "Hi."}, provider="Novita"), text="Hi.",
             served_model="z-ai/glm-5 by Novita", effective={"provider": "Novita"}, parts=["other_upstream"]),
    answered("a refusal field", chat({"content": None, "refusal": "I can't help."}), text="I can't help.",
             stop_class="model_refusal_field", parts=["refusal"]),
    answered("a classifier's refusal behind a filter", chat({"content": ""}, "content_filter", "refusal"), text="",
             stop_class="classifier_refusal", stop_raw="content_filter", parts=["native_finish_reason"]),
    answered("a classifier's refusal behind a stop", chat({"content": "Well, "}, "stop", "refusal"), text="Well, ",
             stop_class="classifier_refusal", parts=["native_finish_reason"]),
    answered("a filter", chat({"content": ""}, "content_filter", "SAFETY"), text="", stop_class="output_filtered",
             parts=["native_finish_reason"]),
    answered("a filter that came as a stop", chat({"content": ""}, "stop", "PROHIBITED_CONTENT"), text="",
             stop_class="output_filtered", parts=["native_finish_reason"]),
    answered("a stop sequence", chat({"content": "1, 2"}, "stop", "stop_sequence"), text="1, 2",
             stop_class="stop_sequence", parts=["native_finish_reason"]),
    answered("reasoning in details", chat({"content": "42", "reasoning": "It", "reasoning_details": DETAILS}),
             text="42", reasoning=[("It weighs.", "reasoning_details", "summary"),
                                   ("", "reasoning_details", "encrypted")]),
    answered("reasoning in one field", chat({"content": "42", "reasoning": "Pick."}), text="42",
             reasoning=[("Pick.", "reasoning", "full")]),
    answered("cut", chat({"content": "Once"}, "length", "MAX_TOKENS"), text="Once", stop_class="length",
             parts=["native_finish_reason"]),
    answered("thinking used the budget", chat({"content": ""}, "length", "length"), text="", stop_class="length",
             parts=["thinking_used_budget"]),
    answered("a free route that says nothing", chat({"content": ""}, None, None), text="", stop_class="empty"),
    answered("log-probabilities that did not come", chat({"content": "4"}), text="4",
             call=replace(CHAT, logprobs=5), parts=["no_logprobs"]),
    answered("behind waiting comments and white space",
             b": OPENROUTER PROCESSING\n\n   " + json.dumps(chat({"content": "Hi."})).encode(), text="Hi."),
    answered("a moderated prompt", error(403, "z-ai/glm-5 requires moderation", **FLAGGED), status=403, text="",
             stop_class="prompt_blocked", stop_raw="403 moderation", parts=["error"]),
    answered("a guardrail in HTTP 200", error(403, "Blocked by guardrail"), text="", stop_class="prompt_blocked",
             parts=["error"]),
    answered("a no of the provider behind it", error(400, "Provider returned error", provider_name="Azure",
             raw='{"error":{"code":"content_filter","message":"filtered"}}'), status=400, text="",
             stop_class="prompt_blocked", stop_raw="content_filter", parts=["error"]),
    failed("an error in HTTP 200", error(502, "Provider returned error"), then="retry",
           error="HTTP 502: Provider returned error"),
    failed("an error in the choice", chat({"content": "Ha"}, "error", None) | {"choices": [
           {"finish_reason": "error", "error": {"code": 502, "message": "closed"}, "message": {"content": "Ha"}}]},
           then="retry", usage=(5, 12, 3, 5, 25)),
    failed("it broke off", chat({"content": "Ha"}, "error", "MALFORMED_FUNCTION_CALL"), then="retry"),
    failed("a model that is warming up", chat({"content": ""}) | {"choices": None}, then="retry"),
    failed("no upstream for what is asked",
           error(404, "No endpoints found that can handle the requested parameters."), status=404,
           then="impossible"),
    failed("no credit", error(402, "Insufficient credits"), status=402, then="stop"),
    failed("credit that comes back", error(402, "Try later"), status=402, headers={"retry-after": "9"},
           then="retry", wait=9.0),
    failed("no key", error(401, "No auth credentials found"), status=401, then="stop"),
    failed("too fast", error(429, "Rate limit exceeded"), status=429, headers={"retry-after": "3"}, then="retry",
           wait=3.0, slow_down=True),
    failed("too slow", error(408, "Timed out"), status=408, then="retry"),
    failed("no upstream at all", error(503, "No provider available"), status=503, then="retry"),
]  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES, ids=named)
def test_chat(shape: Shape) -> None:
    check(PINNED, shape)


def test_raw_completion() -> None:
    told = {"provider": "DeepInfra", "choices": [{"text": " there", "finish_reason": "length"}]}
    raw = replace(PINNED, wire="openai-completions", upstream="deepinfra")
    check(raw, answered("raw", told, call=COMPLETION, text=" there", effective={"provider": "DeepInfra"}))
    as_chat = {"choices": [{"message": {"content": "Hi."}, "finish_reason": "stop"}]}
    check(raw, failed("a chat after all", as_chat, call=COMPLETION, then="impossible"))


def test_messages() -> None:
    told = {"type": "message", "provider": "Amazon Bedrock", "model": "anthropic/claude-haiku-4-5",
            "content": [{"type": "text", "text": "Hi."}], "stop_reason": "end_turn"}  # fmt: skip
    claude = replace(PINNED, wire="anthropic-messages", upstream="anthropic")
    check(claude, answered("another upstream", told, text="Hi.", parts=["other_upstream"],
                           served_model="anthropic/claude-haiku-4-5 by Amazon Bedrock"))  # fmt: skip


def test_what_it_takes() -> None:
    assert '"seed":4' in body(PINNED, replace(CHAT, seed=4))
    assert '"logprobs":true,"top_logprobs":5' in body(PINNED, replace(CHAT, logprobs=5))
    assert impossible(PINNED, PREFILL).startswith("it is not known whether this endpoint continues")
    assert '{"role":"assistant","content":"I am"}]' in body(replace(PINNED, prefill=True), PREFILL)
