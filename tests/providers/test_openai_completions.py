"""The wire openai-completions: the exact bytes of raw completion, and what its replies come to."""

from dataclasses import replace
from typing import Any

import pytest

from app.providers.wire import Call, Token
from tests.providers.said import (
    CHAT,
    COMPLETION,
    LOCAL_RAW,
    RAW,
    answer,
    body,
    failure,
    impossible,
    request,
    types,
)

ECHO = replace(COMPLETION, prompt="Say this", extra={"echo": True}, logprobs=1)


def completion(text: str = " there was", finish: Any = "stop", **more: Any) -> dict[str, Any]:
    """Return the body of a completion; `more` goes into the choice."""
    choice = {"text": text, "index": 0, "logprobs": None, "finish_reason": finish} | more
    return {"object": "text_completion", "model": "davinci-002", "choices": [choice]}


def test_openai_s_own_example() -> None:
    made = request(RAW, Call("completion", prompt="Say this is a test", max_tokens=7, temperature=0))
    assert made.url == "https://api.openai.com/v1/completions"
    assert (
        made.body == b'{"model":"davinci-002","prompt":"Say this is a test","max_tokens":7,"temperature":0}'
    )
    assert made.sent == {"max_tokens": 7, "temperature": 0}


def test_every_setting_has_its_place_and_logprobs_is_a_number() -> None:
    call = Call(
        "completion", prompt="A\n", max_tokens=96, temperature=0.7, top_p=0.95, top_k=0, stop=("\n#",), seed=7,
        logprobs=5, extra={"min_p": 0.05, "add_special_tokens": False},
    )  # fmt: skip
    assert body(RAW, call) == (
        '{"model":"davinci-002","prompt":"A\\n","max_tokens":96,"temperature":0.7,"top_p":0.95,"top_k":0,'
        '"stop":["\\n#"],"seed":7,"logprobs":5,"min_p":0.05,"add_special_tokens":false}'
    )


def test_llama_cpp_is_asked_to_tell_what_it_did() -> None:
    assert body(LOCAL_RAW, replace(COMPLETION, logprobs=0)) == (
        '{"model":"gemma-3-270m","prompt":"Once upon a time","max_tokens":512,"logprobs":1,"verbose":true}'
    )


def test_the_prompt_goes_out_character_for_character() -> None:
    prompt = "  Q: caf\u00e9?\n\tA:\u2028 \U0001f600 "
    assert '"prompt":"  Q: caf\u00e9?\\n\\tA:\u2028 \U0001f600 "' in body(
        RAW, replace(COMPLETION, prompt=prompt)
    )


def test_a_chat_is_not_possible_here() -> None:
    assert impossible(RAW, CHAT) == "this endpoint takes raw text only: a chat needs a template"
    assert impossible(replace(RAW, temperature=False), replace(COMPLETION, temperature=1.0)) == (
        "this endpoint takes no temperature"
    )


@pytest.mark.parametrize(
    ("finish", "stop_class"),
    [("stop", "natural"), ("length", "length"), ("content_filter", "output_filtered"), (None, "unknown")],
)
def test_each_finish_reason_has_its_stop_class(finish: str | None, stop_class: str) -> None:
    found = answer(RAW, completion(finish=finish), COMPLETION)
    assert (found.text, found.stop_class, found.stop_raw) == (" there was", stop_class, finish)
    assert found.served_model == "davinci-002"


def test_tags_in_raw_text_are_text() -> None:
    assert (
        answer(RAW, completion("<think>so</think> it went"), COMPLETION).text == "<think>so</think> it went"
    )


def test_nothing_at_all_is_empty() -> None:
    assert answer(RAW, completion("", None), COMPLETION).stop_class == "empty"
    assert failure(RAW, completion("", "banana"), COMPLETION).then == "fail"
    assert failure(RAW, completion("x", "error"), COMPLETION).then == "retry"
    assert failure(RAW, {"choices": []}, COMPLETION).then == "retry"


def test_a_router_that_made_a_chat_of_it_gave_no_raw_completion() -> None:
    told = {
        "choices": [{"message": {"content": " there was"}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 9, "completion_tokens": 3},
    }
    found = failure(RAW, told, COMPLETION)
    assert (found.then, found.usage.output) == ("impossible", 3)
    assert found.error == "the endpoint answered a raw completion as a chat, so that it was none"


def test_ollama_s_completion_is_not_raw() -> None:
    assert "through the model's chat template" in impossible(replace(RAW, dialect="ollama"), COMPLETION)


def test_log_probabilities_of_the_older_shape() -> None:
    logprobs = {
        "tokens": [" caf", "bytes:\\xc3", "bytes:\\xa9"],
        "token_logprobs": [-1.5, -0.5, -0.25],
        "top_logprobs": [{" caf": -1.5, " tea": -2.5}, {"bytes:\\xc3": -0.5}, None],
        "text_offset": [8, 12, 12],
    }
    assert answer(RAW, completion(" caf\u00e9", logprobs=logprobs), COMPLETION).tokens == (
        Token(" caf", None, -1.5, ((" caf", -1.5), (" tea", -2.5))),
        Token("bytes:\\xc3", b"\xc3", -0.5, (("bytes:\\xc3", -0.5),)),
        Token("bytes:\\xa9", b"\xa9", -0.25),
    )


def test_llama_cpp_answers_in_the_chat_shape() -> None:
    logprobs = {
        "content": [{"id": 253, "token": " a", "bytes": [32, 97], "logprob": -0.3, "top_logprobs": []}]
    }
    found = answer(LOCAL_RAW, completion(" a", logprobs=logprobs), COMPLETION)
    assert found.tokens == (Token(" a", b" a", -0.3),)


def test_an_echoed_prompt_is_cut_by_the_tokens_offsets() -> None:
    # The tokeniser gave the prompt back with another space, so no string prefix would match.
    logprobs = {
        "tokens": ["Say", "\u00a0this", " now", "."],
        "token_logprobs": [None, -7.3, -1.2, -0.1],
        "top_logprobs": [None, {"\u00a0this": -7.3}, {" now": -1.2}, {".": -0.1}],
        "text_offset": [0, 3, 8, 12],
    }
    found = answer(RAW, completion("Say\u00a0this now.", logprobs=logprobs), ECHO)
    assert found.text == " now."
    assert [token.text for token in found.tokens] == [" now", "."]
    assert found.parts == ({"type": "echo_cut", "by": "text_offset", "characters": 8},)


def test_special_tokens_that_the_text_does_not_hold_move_no_cut() -> None:
    logprobs = {
        "tokens": ["<s>", "Say", " this", " now", ".", "</s>"],
        "token_logprobs": [None, -9.0, -7.3, -1.2, -0.1, -0.2],
        "text_offset": [0, 3, 6, 11, 15, 16],
    }
    found = answer(RAW, completion("Say this now.", logprobs=logprobs), ECHO)
    assert found.text == " now."
    assert [token.text for token in found.tokens] == [" now", ".", "</s>"]


def test_a_word_that_only_begins_like_escaped_bytes_has_none() -> None:
    logprobs = {"tokens": ["bytes: x", "bytes:\\xe2\\x80"], "token_logprobs": [-1, -2]}
    found = answer(RAW, completion("bytes: x", logprobs=logprobs), COMPLETION)
    assert [token.raw for token in found.tokens] == [None, b"\xe2\x80"]


def test_an_echo_that_is_all_there_is_leaves_nothing() -> None:
    logprobs = {"tokens": ["Say", " this"], "token_logprobs": [None, -7.3], "text_offset": [0, 3]}
    assert answer(RAW, completion("Say this", "length", logprobs=logprobs), ECHO).text == ""


def test_an_echo_without_offsets_is_cut_by_the_exact_prompt_and_says_so() -> None:
    found = answer(RAW, completion("Say this now."), ECHO)
    assert found.text == " now."
    assert found.parts == ({"type": "echo_cut", "by": "prefix", "characters": 8}, {"type": "no_logprobs"})


def test_a_server_that_ignores_echo_loses_no_text() -> None:
    # llama.cpp does; another starts its offsets at 0 although nothing was echoed.
    logprobs = {"tokens": [" a", " long", " way"], "token_logprobs": [-1, -2, -3], "text_offset": [0, 2, 7]}
    for told, marks in (
        (completion(" a long way"), ["no_echo", "no_logprobs"]),
        (completion(" a long way", logprobs=logprobs), ["no_echo"]),
    ):
        found = answer(RAW, told, ECHO)
        assert (found.text, types(found)) == (" a long way", marks)


def test_usage_and_settings_in_force() -> None:
    told = completion() | {
        "usage": {"prompt_tokens": 4, "completion_tokens": 3},
        "system_fingerprint": "fp_1",
    }
    found = answer(RAW, told, replace(COMPLETION, temperature=1.0, top_p=1.0))
    assert (found.usage.input, found.usage.output, found.usage.reasoning) == (4, 3, None)
    assert found.effective == {
        "top_k": "server default",
        "frequency_penalty": "server default",
        "presence_penalty": "server default",
        "model": "davinci-002",
        "system_fingerprint": "fp_1",
    }
