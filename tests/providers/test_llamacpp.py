"""The llama.cpp dialect, against replies recorded from a real server (b11549, SmolLM2 135M)."""

from dataclasses import replace
from typing import Any

import pytest

from app.providers import llamacpp
from app.providers.wire import Call, Reply, Request, Said
from tests.providers.said import (
    ANTHROPIC,
    CHAT,
    COMPLETION,
    LOCAL,
    LOCAL_RAW,
    OPENAI,
    PREFILL,
    answer,
    reply,
    types,
)

RENDERED = (
    "<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>\n"
    "<|im_start|>user\nSay hi.<|im_end|>\n<|im_start|>assistant\n"
)
VERBOSE = {
    "content": "'m here to help with any gardening or",
    "generation_settings": {
        "seed": 3, "temperature": 0.800000011920929, "dynatemp_range": 0.0, "top_k": 40, "top_p": 0.949999988079071,
        "min_p": 0.05000000074505806, "top_n_sigma": -1.0, "xtc_probability": 0.0, "typical_p": 1.0,
        "repeat_last_n": 64, "repeat_penalty": 1.0, "presence_penalty": 0.0, "frequency_penalty": 0.0,
        "dry_multiplier": 0.0, "mirostat": 0, "adaptive_target": -1.0, "stop": [], "max_tokens": 8, "n_predict": 8,
        "generation_prompt": "<|im_start|>assistant\n", "samplers": ["penalties", "top_k", "top_p", "temperature"],
    },
    "prompt": RENDERED, "truncated": False, "stop_type": "limit", "stopping_word": "",
}  # fmt: skip


def recorded(content: str, finish: str, **verbose: Any) -> dict[str, Any]:
    """Return a recorded reply of the chat route, asked with `verbose`."""
    return {
        "choices": [{"finish_reason": finish, "index": 0, "message": {"role": "assistant", "content": content}}],
        "created": 1795345589, "model": "smollm2-135m", "system_fingerprint": "b0-unknown",
        "object": "chat.completion",
        "usage": {"completion_tokens": 8, "prompt_tokens": 41, "prompt_tokens_details": {"cached_tokens": 24}},
        "__verbose": VERBOSE | verbose, "timings": {"cache_n": 24},
    }  # fmt: skip


def test_a_verbose_reply_tells_the_settings_in_force_without_the_noise_of_single_precision() -> None:
    found = answer(LOCAL, recorded("Sorry,", "length"), replace(CHAT, seed=3))
    assert found.effective == {
        "temperature": 0.8, "dynatemp_range": 0.0, "top_k": 40, "top_p": 0.95, "min_p": 0.05, "top_n_sigma": -1.0,
        "typical_p": 1.0, "xtc_probability": 0.0, "repeat_last_n": 64, "repeat_penalty": 1.0,
        "presence_penalty": 0.0, "frequency_penalty": 0.0, "dry_multiplier": 0.0, "mirostat": 0,
        "adaptive_target": -1.0, "samplers": ["penalties", "top_k", "top_p", "temperature"],
        "model": "smollm2-135m", "system_fingerprint": "b0-unknown",
    }  # fmt: skip
    assert found.rendered == RENDERED
    assert (found.usage.input, found.usage.cache_read, found.usage.output) == (17, 24, 8)


def test_a_stop_word_is_told_from_an_end_of_the_model_s_own() -> None:
    found = answer(
        LOCAL, recorded("H", "stop", stop_type="word", stopping_word="e"), replace(CHAT, stop=("e",))
    )
    assert (found.stop_class, found.stop_raw) == ("stop_sequence", "stop")
    assert found.parts == ({"type": "ended_by", "value": "e"},)
    own = answer(LOCAL, recorded("Hi.", "stop", stop_type="eos"))
    assert (own.stop_class, own.parts) == ("natural", ())


@pytest.mark.parametrize(
    ("begun", "told", "continued"),
    [
        ("Hi! I am a gard", "Hi! I am a gardner, and I'm here to help", "ner, and I'm here to help"),
        ("Hi! I am a gardener and I ", "Hi! I am a gardener and I  can help", " can help"),
        ("  Hi\nthere \u00e9 ", "  Hi\r\nthere \u00e9 2018", "2018"),
        ("Hi there", "Hi there", ""),
    ],
)
def test_the_repeated_beginning_is_cut_character_for_character(begun: str, told: str, continued: str) -> None:
    call = replace(PREFILL, turns=(Said("user", "Say hi."), Said("assistant", begun)))
    found = answer(LOCAL, recorded(told, "length"), call)
    assert found.text == continued
    assert found.parts == ({"type": "prefix_cut", "characters": len(begun)},)


def test_thinking_begun_in_the_prefill_is_not_looked_for_in_it() -> None:
    begun = "<think>let me see</think>Hi there"
    call = replace(PREFILL, turns=(Said("user", "Say hi."), Said("assistant", begun)))
    found = answer(LOCAL, recorded(begun + ".", "stop"), call)
    assert (found.text, found.reasoning) == (".", ())


def test_a_raw_completion_is_read_the_same_way() -> None:
    told = recorded("", "stop", stop_type="word", stopping_word="9", prompt="1, 2, 3,")
    told["choices"] = [{"text": " 4, ", "index": 0, "logprobs": None, "finish_reason": "stop"}]
    found = answer(LOCAL_RAW, told, COMPLETION)
    assert (found.text, found.stop_class, types(found)) == (" 4, ", "stop_sequence", ["ended_by"])
    assert found.effective["top_p"] == 0.95
    assert found.rendered is None  # what was sent is what was continued


def rendering(call: Call) -> Request:
    made = llamacpp.render_request(LOCAL, call)
    assert made is not None
    return made


def test_the_text_a_chat_becomes_is_asked_of_the_server_beside_its_v1() -> None:
    made = rendering(replace(CHAT, system="", temperature=0.7, seed=3))
    assert made.url == "http://127.0.0.1:8401/apply-template"
    assert made.body == b'{"messages":[{"role":"system","content":""},{"role":"user","content":"Hello!"}]}'
    assert made.headers == {"content-type": "application/json"}


def test_a_begun_answer_is_rendered_open_as_the_last_message() -> None:
    assert rendering(PREFILL).body == (
        b'{"messages":[{"role":"user","content":"Who are you?"},{"role":"assistant","content":"I am"}]}'
    )


def test_what_changes_the_template_s_text_goes_along() -> None:
    extra = {"min_p": 0.05, "chat_template_kwargs": {"enable_thinking": False}}
    assert rendering(replace(CHAT, extra=extra)).body.endswith(
        b',"chat_template_kwargs":{"enable_thinking":false}}'
    )


def test_only_a_llama_cpp_chat_has_a_rendering_to_ask_for() -> None:
    assert llamacpp.render_request(OPENAI, CHAT) is None
    assert llamacpp.render_request(LOCAL_RAW, COMPLETION) is None
    assert llamacpp.render_request(replace(ANTHROPIC, dialect="llamacpp"), CHAT) is None


@pytest.mark.parametrize(
    ("told", "text"),
    [
        (reply({"prompt": RENDERED}), RENDERED),
        (reply({"prompt": ""}), ""),
        (reply({"prompt": 3}), None),
        (reply({"error": {"message": "File Not Found"}}, 404), None),
        (reply(b"<html>"), None),
        (Reply(fault="timeout"), None),
    ],
)
def test_a_rendering_is_read_where_it_came(told: Reply, text: str | None) -> None:
    assert llamacpp.read_rendering(told) == text
