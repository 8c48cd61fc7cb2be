"""What replies on the wire openai-chat come to: answers, every shape of no, reasoning, usage, settings in force."""

from dataclasses import replace
from typing import Any

import pytest

from app.providers.wire import Failed, Reasoning, Token, Usage
from tests.providers.said import (
    CHAT,
    LOCAL,
    OPENAI,
    OPENROUTER,
    PREFILL,
    VLLM,
    answer,
    chat,
    failure,
    read,
    types,
)

OPENAI_REPLY = {
    "id": "chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT",
    "object": "chat.completion",
    "created": 1741569952,
    "model": "gpt-5.2-2026-02-11",
    "choices": [
        {
            "index": 0,
            "message": {
                "role": "assistant",
                "content": "Hello! How can I assist you today?",
                "refusal": None,
                "annotations": [],
            },
            "logprobs": None,
            "finish_reason": "stop",
        }
    ],
    "usage": {
        "prompt_tokens": 19,
        "completion_tokens": 74,
        "total_tokens": 93,
        "prompt_tokens_details": {"cached_tokens": 8, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 64, "audio_tokens": 0},
    },
    "service_tier": "default",
    "system_fingerprint": "fp_44709d6fcb",
}


def test_an_ordinary_answer_with_all_that_is_told_about_it() -> None:
    found = answer(OPENAI, OPENAI_REPLY, replace(CHAT, temperature=0.5))
    assert found.text == "Hello! How can I assist you today?"
    assert (found.stop_class, found.stop_raw) == ("natural", "stop")
    assert found.served_model == "gpt-5.2-2026-02-11"
    assert found.usage == Usage(
        input=11, cache_read=8, cache_write=None, output=10, reasoning=64, raw=OPENAI_REPLY["usage"]
    )
    assert found.effective == {
        "top_p": "server default",
        "top_k": "server default",
        "frequency_penalty": "server default",
        "presence_penalty": "server default",
        "model": "gpt-5.2-2026-02-11",
        "system_fingerprint": "fp_44709d6fcb",
        "service_tier": "default",
    }
    assert (found.parts, found.reasoning, found.tokens, found.rendered) == ((), (), (), None)


def test_what_a_server_of_open_weights_applies_unasked_is_said_too() -> None:
    found = answer(VLLM, chat(), replace(CHAT, top_p=1.0, extra={"min_p": 0.1, "presence_penalty": 0}))
    unset = {name for name, value in found.effective.items() if value == "server default"}
    assert unset == {"temperature", "top_k", "frequency_penalty", "repetition_penalty"}


@pytest.mark.parametrize(
    ("finish", "stop_class"),
    [
        ("stop", "natural"),
        ("length", "length"),
        ("tool_calls", "tool"),
        ("function_call", "tool"),
        ("content_filter", "output_filtered"),
        ("sensitive", "output_filtered"),  # Z.ai
        ("eos", "natural"),
        ("eos_token", "natural"),
        ("", "unknown"),  # Snowflake
        ("banana", "unknown"),
        (None, "unknown"),
        (3, "unknown"),
    ],
)
def test_each_finish_reason_has_its_stop_class_and_keeps_its_raw_value(finish: Any, stop_class: str) -> None:
    found = answer(OPENAI, chat("words", finish))
    assert found.stop_class == stop_class
    assert found.stop_raw == (finish if isinstance(finish, str) else None)


@pytest.mark.parametrize("finish", ["error", "network_error"])
def test_a_provider_that_broke_off_gave_no_answer_and_is_asked_again(finish: str) -> None:
    told = chat("half a sent", finish) | {"usage": {"prompt_tokens": 9, "completion_tokens": 4}}
    found = failure(OPENROUTER, told)
    assert (found.then, found.usage.output) == ("retry", 4)
    assert finish in found.error


def test_a_refusal_field_is_the_answer_s_text_and_marked() -> None:
    found = answer(OPENAI, chat(None, "stop", refusal="I can't help with that."))
    assert found.text == "I can't help with that."
    assert (found.stop_class, found.stop_raw) == ("model_refusal_field", "stop")
    assert found.parts == ({"type": "refusal"},)


def test_a_refusal_beside_text_loses_neither() -> None:
    found = answer(OPENAI, chat("First, ", "stop", refusal="I stop here."))
    assert found.text == "First, "
    assert found.stop_class == "model_refusal_field"
    assert found.parts == ({"type": "refusal", "text": "I stop here."},)


@pytest.mark.parametrize("refusal", [None, ""])
def test_an_empty_refusal_field_is_no_refusal(refusal: str | None) -> None:
    assert answer(VLLM, chat("Hi.", refusal=refusal)).stop_class == "natural"


def test_no_text_and_no_reason_is_empty_and_no_text_with_a_reason_is_not() -> None:
    assert answer(OPENROUTER, chat(None, None)).stop_class == "empty"
    assert answer(OPENROUTER, chat("", "")).stop_class == "empty"
    silent = answer(OPENROUTER, chat("", "stop"))
    assert (silent.text, silent.stop_class) == ("", "natural")


def test_no_text_for_an_unknown_reason_is_a_failure_that_is_not_asked_again() -> None:
    found = failure(OPENAI, chat("", "banana"))
    assert found == Failed("stopped without text for an unknown reason: banana", "fail", usage=Usage())


def test_thinking_that_used_the_budget_is_said() -> None:
    found = answer(OPENROUTER, chat("", "length", reasoning="Let me see"))
    assert (found.text, found.stop_class) == ("", "length")
    assert types(found) == ["thinking_used_budget"]
    assert types(answer(OPENROUTER, chat("", "length"))) == []


REASONED = [
    ({"reasoning_content": "Hm."}, [Reasoning("Hm.", "reasoning_content")]),  # DeepSeek, Z.ai, older vLLM
    ({"reasoning": "Hm."}, [Reasoning("Hm.", "reasoning")]),  # Groq, vLLM, Ollama
    (
        {"reasoning": "short", "reasoning_details": [{"type": "reasoning.text", "text": "Hm.", "index": 0}]},
        [Reasoning("Hm.", "reasoning_details")],
    ),
    (
        {
            "reasoning_details": [
                {"type": "reasoning.summary", "summary": "It hesitated."},
                {"type": "reasoning.encrypted", "data": "gAAAA"},
            ]
        },
        [
            Reasoning("It hesitated.", "reasoning_details", "summary"),
            Reasoning("", "reasoning_details", "encrypted"),
        ],
    ),
    (
        {"reasoning": "Hm.", "reasoning_details": [{"type": "reasoning.encrypted", "data": "gAAAA"}]},
        [Reasoning("Hm.", "reasoning")],
    ),
]


@pytest.mark.parametrize(("fields", "expected"), REASONED)
def test_reasoning_is_found_in_the_order_that_works_across_providers(fields: Any, expected: Any) -> None:
    found = answer(OPENROUTER, chat("87", **fields))
    assert list(found.reasoning) == expected
    assert (found.text, found.parts) == ("87", ())


def test_reasoning_in_tags_is_told_apart_from_the_answer() -> None:
    found = answer(LOCAL, chat("<think>\nPick 42.\n</think>\n\n42"))
    assert found.reasoning == (Reasoning("\nPick 42.\n", "think_tags"),)
    assert found.text == "\n\n42"


def test_a_content_list_keeps_what_it_does_not_know_raw() -> None:
    content = [
        {"type": "thinking", "thinking": [{"type": "text", "text": "Hm, "}, {"type": "text", "text": "so."}]},
        {"type": "text", "text": "Forty"},
        {"type": "reference", "reference_ids": [1]},
        {"type": "text", "text": "-two"},
    ]
    found = answer(OPENAI, chat(content))
    assert found.text == "Forty-two"
    assert found.reasoning == (Reasoning("Hm, so.", "thinking"),)
    assert found.parts == ({"type": "block", "raw": {"type": "reference", "reference_ids": [1]}},)


def test_content_of_a_shape_not_seen_before_is_kept_raw_and_a_text_in_the_older_place_is_read() -> None:
    odd = answer(OPENAI, chat({"parts": ["Hi."]}))
    assert (odd.text, odd.parts) == ("", ({"type": "block", "raw": {"parts": ["Hi."]}},))
    older = {"choices": [{"text": "Hi.", "finish_reason": "stop"}]}
    assert answer(OPENAI, older).text == "Hi."
    assert answer(OPENAI, {"choices": [{"finish_reason": "content_filter"}]}).stop_class == "output_filtered"


def test_tool_calls_and_unknown_fields_stand_beside_the_text() -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "look", "arguments": "{}"}}
    found = answer(OPENAI, chat(None, "tool_calls", tool_calls=[call], audio={"id": "a"}, annotations=[]))
    assert found.stop_class == "tool"
    assert found.parts == (
        {"type": "tool_call", "raw": call},
        {"type": "field", "name": "audio", "raw": {"id": "a"}},
    )


def test_log_probabilities_keep_bytes_and_alternatives() -> None:
    told = chat("\u00e9")
    told["choices"][0]["logprobs"] = {
        "content": [
            {
                "token": "\u00c3", "logprob": -0.5, "bytes": [195],
                "top_logprobs": [{"token": "\u00c3", "logprob": -0.5}, {"token": "a", "logprob": -2}],
            },
            {"token": "\u00a9", "logprob": -0.25, "bytes": [169], "top_logprobs": []},
        ],
        "refusal": None,
    }  # fmt: skip
    assert answer(OPENAI, told).tokens == (
        Token("\u00c3", b"\xc3", -0.5, (("\u00c3", -0.5), ("a", -2.0))),
        Token("\u00a9", b"\xa9", -0.25),
    )


def test_openrouter_tells_who_served_and_what_it_cost() -> None:
    told = chat("Hi.") | {"provider": "DeepInfra"}
    told["choices"][0]["native_finish_reason"] = "STOP"
    told["usage"] = {
        "prompt_tokens": 100, "completion_tokens": 10, "cost": 0.00042, "is_byok": False,
        "prompt_tokens_details": {"cached_tokens": 60, "cache_write_tokens": 30},
    }  # fmt: skip
    found = answer(OPENROUTER, told)
    assert found.effective["provider"] == "DeepInfra"
    assert found.parts == ({"type": "native_finish_reason", "value": "STOP"},)
    usage = found.usage
    assert (usage.input, usage.cache_read, usage.cache_write) == (10, 60, 30)
    assert usage.raw["cost"] == 0.00042


@pytest.mark.parametrize(
    "usage",
    [{"prompt_cache_hit_tokens": 64, "prompt_cache_miss_tokens": 36}, {"num_cached_tokens": 64}],
    ids=["DeepSeek", "Mistral"],
)
def test_other_names_of_cached_tokens(usage: dict[str, int]) -> None:
    found = answer(OPENAI, chat() | {"usage": {"prompt_tokens": 100, "completion_tokens": 5} | usage}).usage
    assert (found.input, found.cache_read, found.output, found.reasoning) == (36, 64, 5, None)


def test_usage_that_is_not_told_is_null_and_never_zero() -> None:
    assert answer(OPENAI, chat()).usage == Usage()
    odd = answer(OPENAI, chat() | {"usage": {"prompt_tokens": "9", "completion_tokens": -1}}).usage
    assert (odd.input, odd.output) == (None, None)


def test_counts_that_contradict_each_other_are_no_zero_either() -> None:
    told = {
        "prompt_tokens": 9,
        "completion_tokens": 4,
        "completion_tokens_details": {"reasoning_tokens": 300},
    }
    usage = answer(OPENAI, chat() | {"usage": told}).usage
    assert (usage.input, usage.output, usage.reasoning) == (9, None, 300)


def test_azure_s_filter_results_are_kept_where_one_filtered() -> None:
    told = chat("Well", "content_filter")
    told["choices"][0]["content_filter_results"] = {
        "hate": {"filtered": False, "severity": "safe"},
        "violence": {"filtered": True, "severity": "medium"},
    }
    told["prompt_filter_results"] = [
        {"prompt_index": 0, "content_filter_results": {"hate": {"filtered": False}}}
    ]
    found = answer(OPENAI, told)
    assert (found.text, found.stop_class) == ("Well", "output_filtered")
    assert types(found) == ["content_filter_results"]


def test_vllm_names_the_stop_sequence_that_was_asked_for() -> None:
    told = chat("1, 2")
    told["choices"][0]["stop_reason"] = "\n"
    found = answer(VLLM, told, replace(CHAT, stop=("\n",)))
    assert (found.stop_class, found.stop_raw) == ("stop_sequence", "stop")
    assert found.parts == ({"type": "ended_by", "value": "\n"},)


def test_a_model_s_own_end_token_is_no_stop_sequence() -> None:
    told = chat("1, 2")
    told["choices"][0]["stop_reason"] = 128009
    found = answer(VLLM, told)
    assert (found.stop_class, found.parts) == ("natural", ({"type": "ended_by", "value": 128009},))
    asked = replace(CHAT, extra={"stop_token_ids": [128009]})
    assert answer(VLLM, told, asked).stop_class == "stop_sequence"


def test_llama_cpp_repeats_the_beginning_which_is_cut_and_marked() -> None:
    found = answer(LOCAL, chat("I am a gardener.", "length"), PREFILL)
    assert found.text == " a gardener."
    assert found.parts == ({"type": "prefix_cut", "characters": 4},)


def test_a_reply_that_does_not_repeat_the_beginning_says_so() -> None:
    found = answer(LOCAL, chat("A gardener."), PREFILL)
    assert (found.text, types(found)) == ("A gardener.", ["prefix_not_repeated"])


def test_vllm_gives_the_continuation_alone_so_nothing_is_cut() -> None:
    assert answer(VLLM, chat(" a gardener."), PREFILL).parts == ()
    same_words = answer(VLLM, chat("I am I am."), PREFILL)
    assert (same_words.text, types(same_words)) == ("I am I am.", ["prefix_repeated"])


def test_vllm_repeats_the_beginning_where_it_is_asked_to_echo_it() -> None:
    found = answer(VLLM, chat("I am a gardener."), replace(PREFILL, extra={"echo": True}))
    assert (found.text, found.parts) == (" a gardener.", ({"type": "prefix_cut", "characters": 4},))


@pytest.mark.parametrize("choices", [None, [], {}, ["x"], [None]])
def test_a_reply_without_a_choice_is_a_model_warming_up(choices: Any) -> None:
    found = failure(OPENROUTER, {"model": "m", "choices": choices})
    assert (found.error, found.then) == ("the reply holds no choice", "retry")


def test_an_error_inside_a_choice_is_an_error() -> None:
    told = chat("Half", "error")
    told["choices"][0]["error"] = {"code": 502, "message": "upstream closed"}
    assert failure(OPENROUTER, told) == Failed("HTTP 502: upstream closed", "retry")
    paid = failure(OPENROUTER, told | {"usage": {"prompt_tokens": 9, "completion_tokens": 4}})
    assert (paid.usage.input, paid.usage.output) == (9, 4)


def test_text_is_stored_plain_with_a_mark_of_what_was_replaced() -> None:
    raw = b'{"choices":[{"message":{"content":"a\\r\\nb\\u0000c \\ud83d!"},"finish_reason":"stop"}]}'
    found = read(OPENAI, raw)
    assert not isinstance(found, Failed)
    assert found.text == "a\nb\ufffdc \ufffd!"
    assert found.parts == (
        {"type": "replaced_nul", "count": 1},
        {"type": "replaced_surrogates", "count": 1},
    )
