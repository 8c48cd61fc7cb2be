"""The wire anthropic-messages: the exact bytes that go out, and what its replies come to."""

import json
from dataclasses import replace
from typing import Any

import pytest

from app.providers.registry import provider
from app.providers.wire import Answered, Call, Failed, Reasoning, Said, Usage
from tests.providers.said import (
    ANTHROPIC,
    BEGUN,
    CHAT,
    COMPLETION,
    HELLO,
    PREFILL,
    answer,
    body,
    failure,
    impossible,
    request,
    types,
)

LOCAL = replace(ANTHROPIC, base_url="http://127.0.0.1:8401", dialect="llamacpp")


def message(*blocks: dict[str, Any], stop: Any = "end_turn", **more: Any) -> dict[str, Any]:
    """Return the body of a message; without blocks, one of text."""
    return {
        "id": "msg_013Zva2CMHLNnXjNJJKqJ2EF", "type": "message", "role": "assistant",
        "content": list(blocks) or [{"type": "text", "text": "Hi! My name is Claude."}],
        "model": "claude-haiku-4-5-20251001", "stop_reason": stop, "stop_sequence": None,
        "usage": {"input_tokens": 12, "output_tokens": 6},
    } | more  # fmt: skip


def text(words: str) -> dict[str, Any]:
    return {"type": "text", "text": words}


def test_anthropic_s_own_example() -> None:
    made = request(ANTHROPIC, Call("chat", turns=HELLO, max_tokens=1024))
    assert made.url == "https://api.anthropic.com/v1/messages"
    assert made.headers == {"content-type": "application/json", "anthropic-version": "2023-06-01"}
    assert made.body == (
        b'{"model":"claude-haiku-4-5","max_tokens":1024,"messages":[{"role":"user","content":"Hello!"}]}'
    )
    assert provider("anthropic-messages").auth(ANTHROPIC, "sk-ant-1\n") == {"x-api-key": "sk-ant-1"}


def test_every_setting_has_its_place() -> None:
    call = Call(
        "chat", turns=HELLO, system="Be terse.", max_tokens=64, temperature=0.7, top_p=0.95, top_k=40,
        stop=("END",), extra={"thinking": {"type": "adaptive", "display": "summarized"}},
    )  # fmt: skip
    made = request(ANTHROPIC, call)
    assert made.body == (
        b'{"model":"claude-haiku-4-5","max_tokens":64,"system":"Be terse.",'
        b'"messages":[{"role":"user","content":"Hello!"}],"temperature":0.7,"top_p":0.95,"top_k":40,'
        b'"stop_sequences":["END"],"thinking":{"type":"adaptive","display":"summarized"}}'
    )
    assert set(made.sent) == {"max_tokens", "temperature", "top_p", "top_k", "stop_sequences", "thinking"}


def test_an_empty_system_text_is_sent_and_none_is_not() -> None:
    assert '"system":""' in body(ANTHROPIC, replace(CHAT, system=""))
    assert "system" not in body(ANTHROPIC, CHAT)


def test_a_base_url_that_ends_in_v1_is_not_doubled() -> None:
    target = replace(ANTHROPIC, base_url="http://127.0.0.1:8401/v1/")
    assert request(target, CHAT).url == "http://127.0.0.1:8401/v1/messages"


def test_a_begun_answer_is_tried_unless_the_model_is_known_to_refuse_it() -> None:
    assert body(ANTHROPIC, PREFILL) == (
        '{"model":"claude-haiku-4-5","max_tokens":512,"messages":[{"role":"user","content":"Who are you?"},'
        '{"role":"assistant","content":"I am"}]}'
    )
    assert (
        impossible(replace(ANTHROPIC, prefill=False), PREFILL)
        == "this endpoint does not continue a begun answer"
    )
    empty = replace(PREFILL, turns=(BEGUN[0], Said("assistant", "")))
    assert '"assistant"' not in body(replace(ANTHROPIC, prefill=False), empty)


@pytest.mark.parametrize("dialect", ["vllm", "openrouter", "ollama", "deepseek"])
def test_what_others_do_with_a_begun_answer_on_this_wire_is_not_known(dialect: str) -> None:
    other = replace(ANTHROPIC, dialect=dialect)
    assert impossible(other, PREFILL).startswith("it is not known whether this endpoint continues")
    assert '"content":"I am"' in body(replace(other, prefill=True), PREFILL)
    assert (
        impossible(replace(other, prefill=False), PREFILL) == "this endpoint does not continue a begun answer"
    )


@pytest.mark.parametrize("silent", ["", " \n"])
def test_a_conversation_with_an_empty_answer_in_it_cannot_go_on_at_the_maker_s_own(silent: str) -> None:
    ladder = Call("chat", turns=(HELLO[0], Said("assistant", silent), Said("user", "Well?")))
    assert impossible(ANTHROPIC, ladder) == "this wire takes no empty turn, and an earlier answer is one"
    assert f'"content":{json.dumps(silent)}' in body(LOCAL, ladder)


def test_an_endpoint_s_own_headers_may_ask_for_another_version() -> None:
    made = request(replace(ANTHROPIC, headers={"Anthropic-Version": "2026-10-21"}), CHAT)
    assert made.headers["anthropic-version"] == "2026-10-21"


def test_what_this_wire_does_not_have_is_said() -> None:
    assert "raw completion is not possible" in impossible(ANTHROPIC, COMPLETION)
    assert impossible(ANTHROPIC, replace(CHAT, logprobs=5)) == "this wire gives no log-probabilities"
    assert impossible(replace(ANTHROPIC, temperature=False), replace(CHAT, temperature=1.0)) == (
        "this endpoint takes no temperature"
    )
    seeded = request(ANTHROPIC, replace(CHAT, seed=7))
    assert (b"seed" in seeded.body, seeded.seed) == (False, None)


@pytest.mark.parametrize(
    ("stop", "stop_class"),
    [
        ("end_turn", "natural"),
        ("max_tokens", "length"),
        ("stop_sequence", "stop_sequence"),
        ("tool_use", "tool"),
        ("pause_turn", "paused"),
        ("refusal", "classifier_refusal"),
        ("model_context_window_exceeded", "context_overflow"),
        ("banana", "unknown"),
        (None, "unknown"),
    ],
)
def test_each_stop_reason_has_its_stop_class(stop: str | None, stop_class: str) -> None:
    found = answer(ANTHROPIC, message(text("words"), stop=stop))
    assert (found.text, found.stop_class, found.stop_raw) == ("words", stop_class, stop)
    assert found.served_model == "claude-haiku-4-5-20251001"


DETAILS = {"type": "refusal", "category": "frontier_llm", "explanation": None}


def test_a_classifier_s_refusal_tells_its_category() -> None:
    told = message(stop="refusal", stop_details=DETAILS) | {"content": []}
    found = answer(ANTHROPIC, told)
    assert (found.text, found.stop_class) == ("", "classifier_refusal")
    assert found.parts == ({"type": "stop_details", "raw": DETAILS},)


def test_a_refusal_after_partial_text_keeps_the_text() -> None:
    found = answer(ANTHROPIC, message(text("Well, base models "), stop="refusal", stop_details=DETAILS))
    assert (found.text, found.stop_class) == ("Well, base models ", "classifier_refusal")


def test_thinking_is_told_apart_and_labelled_for_what_it_is() -> None:
    blocks = (
        {"type": "thinking", "thinking": "The user asks for a number.", "signature": "EqQB"},
        {"type": "redacted_thinking", "data": "EmwK"},
        {"type": "thinking", "thinking": "", "signature": "EqQB"},
        text("42"),
    )
    assert answer(ANTHROPIC, message(*blocks)).reasoning == (
        Reasoning("The user asks for a number.", "thinking", "summary"),
        Reasoning("", "redacted_thinking", "redacted"),
        Reasoning("", "thinking", "encrypted"),
    )
    assert answer(LOCAL, message(*blocks)).reasoning[0].kind == "full"


def test_other_blocks_are_kept_raw_in_their_order() -> None:
    use = {"type": "tool_use", "id": "toolu_1", "name": "look", "input": {}}
    compaction = {"type": "compaction", "content": "so far"}
    cited = text("b") | {"citations": [{"type": "char_location"}]}
    found = answer(ANTHROPIC, message(text("a"), use, cited, compaction, stop="tool_use"))
    assert found.text == "ab"
    assert found.parts == (
        {"type": "tool_call", "raw": use},
        {"type": "citations", "raw": [{"type": "char_location"}]},
        {"type": "block", "raw": compaction},
    )


FALLBACK = {
    "type": "fallback", "from": {"model": "claude-opus-5"}, "to": {"model": "claude-haiku-4-5-20251001"},
    "trigger": {"type": "refusal", "category": "bio"},
}  # fmt: skip


def test_a_model_that_took_over_is_the_one_that_served_and_its_words_are_told_apart() -> None:
    told = message(text("Well, "), FALLBACK, text("hi.")) | {"model": "claude-opus-5"}
    found = answer(ANTHROPIC, told)
    assert (found.text, found.served_model) == ("Well, hi.", "claude-haiku-4-5-20251001")
    assert found.effective["model"] == "claude-haiku-4-5-20251001"
    assert found.effective["fallback"] == [FALLBACK]
    assert found.parts == ({"type": "block", "at": 6, "raw": FALLBACK},)


def test_a_model_that_took_over_without_a_block_is_told_by_the_usage() -> None:
    tries = [
        {"type": "message", "model": "claude-opus-5"},
        {"type": "fallback_message", "model": "claude-sonnet-5"},
    ]
    told = message(usage={"input_tokens": 3, "output_tokens": 4, "iterations": tries}, model="claude-opus-5")
    found = answer(ANTHROPIC, told)
    assert found.served_model == "claude-sonnet-5"
    assert found.effective["fallback"] == [{"to": {"model": "claude-sonnet-5"}}]
    assert found.usage.raw["iterations"] == tries


def test_usage_counts_cache_apart_and_thinking_inside_the_output() -> None:
    raw = {
        "input_tokens": 2095, "cache_creation_input_tokens": 500, "cache_read_input_tokens": 1000,
        "output_tokens": 503, "output_tokens_details": {"thinking_tokens": 400}, "service_tier": "standard",
        "inference_geo": "eu",
    }  # fmt: skip
    found = answer(ANTHROPIC, message(usage=raw), replace(CHAT, temperature=1.0))
    assert found.usage == Usage(
        input=2095, cache_read=1000, cache_write=500, output=103, reasoning=400, raw=raw
    )
    assert found.effective == {
        "top_p": "server default",
        "top_k": "server default",
        "model": "claude-haiku-4-5-20251001",
        "service_tier": "standard",
        "inference_geo": "eu",
    }


def test_llama_cpp_ends_its_turn_and_names_the_stop_sequence() -> None:
    found = answer(LOCAL, message(text("Hell"), stop="end_turn", stop_sequence="o"))
    assert (found.stop_class, found.stop_raw) == ("stop_sequence", "end_turn")
    assert found.parts == ({"type": "ended_by", "value": "o"},)


def test_llama_cpp_repeats_the_beginning_on_this_wire_too() -> None:
    found = answer(LOCAL, message(text("I am a gardener.")), PREFILL)
    assert (found.text, types(found)) == (" a gardener.", ["prefix_cut"])
    assert answer(ANTHROPIC, message(text(" Claude.")), PREFILL).parts == ()


def test_nothing_at_all_is_empty_and_no_content_field_is_no_answer() -> None:
    assert answer(ANTHROPIC, message(stop=None) | {"content": []}).stop_class == "empty"
    assert failure(ANTHROPIC, {"type": "message"}) == Failed("the reply holds no content", "retry")


def test_thinking_that_used_the_budget_is_said() -> None:
    found = answer(ANTHROPIC, message({"type": "thinking", "thinking": "Hm"}, stop="max_tokens"))
    assert (found.text, found.stop_class, types(found)) == ("", "length", ["thinking_used_budget"])


def error(kind: str, words: str, **more: Any) -> dict[str, Any]:
    """Return an Anthropic error body."""
    return {"type": "error", "error": {"type": kind, "message": words} | more, "request_id": "req_1"}


def test_an_overload_under_http_200_is_asked_again() -> None:
    found = failure(ANTHROPIC, error("overloaded_error", "Overloaded"))
    assert (found.error, found.then) == ("HTTP 529: Overloaded (overloaded_error)", "retry")


def test_output_that_was_blocked_is_an_answer() -> None:
    told = error("invalid_request_error", "Output blocked by content filtering policy")
    found = answer(ANTHROPIC, told, status=400)
    assert found == Answered(
        "", "output_filtered", "Output blocked by content filtering policy",
        parts=({"type": "error", "raw": told["error"]},),
    )  # fmt: skip


@pytest.mark.parametrize(
    "words",
    [
        "This model does not support assistant message prefill. The conversation must end with a user message.",
        "messages: final assistant content cannot end with trailing whitespace",
        "`temperature` is deprecated for this model.",
        "`temperature` and `top_p` cannot both be specified for this model. Please use only one.",
        "temperature: range: 0..1",
        "thinking.adaptive: Extra inputs are not permitted",
        "max_tokens: 9000 > 8192, which is the maximum allowed number of output tokens for claude-x",
    ],
)
def test_a_400_that_names_what_is_lacking_makes_the_cell_impossible(words: str) -> None:
    found = failure(ANTHROPIC, error("invalid_request_error", words), status=400)
    assert (found.then, found.error) == ("impossible", f"HTTP 400: {words} (invalid_request_error)")


def test_a_prompt_that_is_too_long_is_an_answer() -> None:
    told = error("invalid_request_error", "prompt is too long: 210000 tokens > 200000 maximum")
    assert answer(ANTHROPIC, told, status=400).stop_class == "context_overflow"


def test_a_429_without_a_word_of_when_to_come_back_is_about_money() -> None:
    told = error("rate_limit_error", "This request would exceed your organization's limit")
    assert failure(ANTHROPIC, told, status=429).then == "stop"
    named = failure(ANTHROPIC, told, status=429, headers={"retry-after": "7"})
    assert (named.then, named.wait, named.slow_down) == ("retry", 7.0, True)
    assert failure(LOCAL, told, status=429).then == "retry"  # the convention is Anthropic's own
    spent = error("rate_limit_error", "Spend limit", details={"error_code": "enforced_spend_limit_reached"})
    assert failure(ANTHROPIC, spent, status=429, headers={"retry-after": "7"}).then == "stop"
    contract = error("rate_limit_error", "Limit", details={"error_code": "contract_spend_limit_reached"})
    assert failure(LOCAL, contract, status=429, headers={"retry-after": "7"}).then == "stop"


def test_a_429_waits_for_the_limit_that_is_used_up() -> None:
    headers = {
        "date": "Sat, 21 Nov 2026 10:00:00 GMT",
        "anthropic-ratelimit-requests-remaining": "12",
        "anthropic-ratelimit-requests-reset": "2026-11-21T10:01:00Z",
        "anthropic-ratelimit-input-tokens-remaining": "0",
        "anthropic-ratelimit-input-tokens-reset": "2026-11-21T10:00:20Z",
    }
    found = failure(ANTHROPIC, error("rate_limit_error", "Slow down"), status=429, headers=headers)
    assert (found.then, found.wait) == ("retry", 20.0)


@pytest.mark.parametrize(
    ("status", "kind", "then"),
    [
        (400, "invalid_request_error", "fail"),
        (401, "authentication_error", "stop"),
        (402, "billing_error", "stop"),
        (403, "permission_error", "stop"),
        (404, "not_found_error", "fail"),
        (409, "conflict_error", "retry"),
        (413, "request_too_large", "fail"),
        (500, "api_error", "retry"),
        (529, "overloaded_error", "retry"),
    ],
)
def test_each_error_status_has_its_consequence(status: int, kind: str, then: str) -> None:
    assert failure(ANTHROPIC, error(kind, "No."), status=status).then == then


def test_a_low_balance_stops_the_endpoint_though_it_comes_as_a_400() -> None:
    for words in (
        "Your credit balance is too low to access the Anthropic API.",
        "You have reached your specified API usage limits. You will regain access on 2026-12-01 at 00:00 UTC.",
        "You have reached your specified workspace API usage limits.",
    ):
        assert failure(ANTHROPIC, error("invalid_request_error", words), status=400).then == "stop"
