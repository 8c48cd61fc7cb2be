"""The wire gemini: the exact bytes that go out, and the signatures that go back with an answer."""

import json
from dataclasses import replace
from typing import Any

import pytest

from app.providers.gemini import SAFETY
from app.providers.registry import provider
from app.providers.wire import Call, Said, Target
from tests.providers.said import (
    BEGUN,
    CHAT,
    COMPLETION,
    GEMINI,
    HELLO,
    PREFILL,
    answer,
    content,
    impossible,
    request,
    words,
)


def body(call: Call, target: Target = GEMINI) -> Any:
    """Return the body as it is sent, decoded."""
    return json.loads(request(target, call).body)


def config(call: Call) -> Any:
    """Return the generation settings as they are sent."""
    return body(call)["generationConfig"]


class TestRequest:
    def test_the_exact_request(self) -> None:
        made = request(GEMINI, replace(CHAT, system="Be terse.", max_tokens=64, temperature=0.7, seed=7))
        address = "https://generativelanguage.googleapis.com/v1beta/models/gemini-3-flash:generateContent"
        assert made.url == address
        assert made.headers == {"content-type": "application/json"}
        safety = ",".join(
            f'{{"category":"HARM_CATEGORY_{harm}","threshold":"BLOCK_NONE"}}'
            for harm in ("HARASSMENT", "HATE_SPEECH", "SEXUALLY_EXPLICIT", "DANGEROUS_CONTENT")
        )
        assert made.body.decode() == (
            '{"systemInstruction":{"parts":[{"text":"Be terse."}]},'
            '"contents":[{"role":"user","parts":[{"text":"Hello!"}]}],'
            '"generationConfig":{"maxOutputTokens":64,"temperature":0.7,"seed":7},'
            f'"safetySettings":[{safety}]}}'
        )
        assert made.sent == {"maxOutputTokens": 64, "temperature": 0.7, "safetySettings": list(SAFETY)}
        assert made.seed == 7
        assert provider("gemini").auth(GEMINI, " AIza-1\n") == {"x-goog-api-key": "AIza-1"}

    def test_every_setting_has_its_place(self) -> None:
        call = replace(CHAT, top_p=0.95, top_k=40, stop=("END",), logprobs=5)
        assert config(call) == {
            "maxOutputTokens": 512, "topP": 0.95, "topK": 40, "stopSequences": ["END"], "responseLogprobs": True,
            "logprobs": 5,
        }  # fmt: skip
        assert config(replace(CHAT, logprobs=0))["logprobs"] == 0

    def test_thinking_and_other_filters_come_through_extra(self) -> None:
        off = [{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "OFF"}]
        thinking = {"thinkingConfig": {"thinkingBudget": 128, "includeThoughts": True}}
        more = {"generationConfig": thinking, "safetySettings": off, "labels": {"team": "a"}}
        made = request(GEMINI, replace(CHAT, extra=more))
        found = json.loads(made.body)
        assert found["generationConfig"] == {"maxOutputTokens": 512, **thinking}
        assert (found["safetySettings"], found["labels"]) == (off, {"team": "a"})
        assert made.sent == {
            "maxOutputTokens": 512,
            **thinking,
            "safetySettings": off,
            "labels": {"team": "a"},
        }

    @pytest.mark.parametrize("name", ["candidateCount", "candidate_count", "temperature", "seed", "topP"])
    def test_extra_may_not_set_what_has_a_place_of_its_own(self, name: str) -> None:
        nested = replace(CHAT, extra={"generationConfig": {name: 1}})
        assert impossible(GEMINI, nested) == f"sampling.extra.generationConfig may not set {name}"
        for whole in ("contents", "systemInstruction", "generation_config"):
            assert (
                impossible(GEMINI, replace(CHAT, extra={whole: {}})) == f"sampling.extra may not set {whole}"
            )
        odd = replace(CHAT, extra={"generationConfig": 1})
        assert impossible(GEMINI, odd) == "sampling.extra.generationConfig is no object"

    def test_no_system_text_and_an_empty_one_are_two_different_requests(self) -> None:
        assert "systemInstruction" not in body(CHAT)
        assert body(replace(CHAT, system=""))["systemInstruction"] == {"parts": [{"text": ""}]}

    def test_a_seed_is_left_out_where_the_endpoint_takes_none(self) -> None:
        made = request(replace(GEMINI, seed=False), replace(CHAT, seed=7))
        assert (b"seed" in made.body, made.seed) == (False, None)

    @pytest.mark.parametrize(
        ("model", "path"),
        [
            ("models/gemini-3-flash", "models/gemini-3-flash"),
            ("tunedModels/mine", "tunedModels/mine"),
            ("a b?c#d:x", "models/a%20b%3Fc%23d%3Ax"),
        ],
    )
    def test_a_model_is_one_part_of_the_path_however_it_is_named(self, model: str, path: str) -> None:
        made = request(replace(GEMINI, model=model), CHAT)
        assert made.url == f"https://generativelanguage.googleapis.com/v1beta/{path}:generateContent"

    def test_raw_completion_is_not_possible_and_a_begun_answer_waits_for_a_probe(self) -> None:
        assert impossible(GEMINI, COMPLETION) == (
            "raw completion is not possible on this wire: every text becomes a turn of a chat"
        )
        assert impossible(GEMINI, PREFILL).startswith("it is not known whether this endpoint continues")
        assert impossible(replace(GEMINI, prefill=False), PREFILL).startswith(
            "this endpoint does not continue"
        )
        known = body(PREFILL, replace(GEMINI, prefill=True))["contents"]
        assert known[-1] == {"role": "model", "parts": [{"text": "I am"}]}
        empty = replace(PREFILL, turns=(BEGUN[0], Said("assistant", "")))
        assert [turn["role"] for turn in body(empty)["contents"]] == ["user"]

    def test_what_the_endpoint_lacks_is_said(self) -> None:
        assert impossible(replace(GEMINI, logprobs=False), replace(CHAT, logprobs=3)) == (
            "this endpoint gives no log-probabilities"
        )
        assert impossible(replace(GEMINI, temperature=False), replace(CHAT, temperature=0.0)) == (
            "this endpoint takes no temperature"
        )


def later(words: str, *marks: dict[str, Any]) -> Any:
    """Return the model's turn as it goes back with the next rung of a ladder."""
    turns = (*HELLO, Said("assistant", words, marks), Said("user", "Sure?"))
    return body(replace(CHAT, turns=turns))["contents"][1]


class TestThoughtSignatures:
    def test_a_signature_goes_back_on_the_part_that_it_came_with(self) -> None:
        reply = content(
            words("Forty") | {"thoughtSignature": "c2ln"},
            words("-"),
            words("two") | {"thoughtSignature": "bWU="},
        )
        found = answer(GEMINI, reply)
        assert found.text == "Forty-two"
        assert found.parts == (
            {"type": "thought_signature", "at": 5, "value": "c2ln"},
            {"type": "thought_signature", "at": 9, "value": "bWU="},
        )
        assert later(found.text, *map(dict, found.parts)) == {
            "role": "model",
            "parts": [
                {"text": "Forty", "thoughtSignature": "c2ln"},
                {"text": "-two", "thoughtSignature": "bWU="},
            ],
        }

    def test_a_signature_that_stands_alone_goes_back_alone_behind_the_text(self) -> None:
        found = answer(GEMINI, content(words("42"), {"text": "", "thoughtSignature": "c2ln"}))
        assert later("42", *map(dict, found.parts))["parts"] == [{"text": "42", "thoughtSignature": "c2ln"}]
        first = answer(GEMINI, content({"thoughtSignature": "c2ln"}, words("42")))
        assert later("42", *map(dict, first.parts))["parts"] == [
            {"text": "", "thoughtSignature": "c2ln"},
            {"text": "42"},
        ]

    def test_an_answer_without_one_goes_back_as_its_text(self) -> None:
        assert later("42", {"type": "citations", "raw": []}) == {"role": "model", "parts": [{"text": "42"}]}
        silent = replace(CHAT, turns=(*HELLO, Said("assistant", ""), Said("user", "Sure?")))
        assert impossible(GEMINI, silent) == "this wire takes no empty turn, and an earlier answer is one"
        assert later(" \n")["parts"] == [{"text": " \n"}]
        only = {"type": "thought_signature", "at": 0, "value": "c2ln"}
        assert later("", only)["parts"] == [{"text": "", "thoughtSignature": "c2ln"}]
        odd = {"type": "thought_signature", "at": "x", "value": None}
        assert later("42", odd)["parts"] == [{"text": "42"}]

    def test_the_place_is_counted_in_the_text_as_it_is_stored(self) -> None:
        found = answer(GEMINI, content(words("a\r\nb") | {"thoughtSignature": "c2ln"}, words("c")))
        assert (found.text, found.parts[0]["at"]) == ("a\nbc", 3)

    def test_a_thought_s_own_signature_is_kept_and_stays_here(self) -> None:
        found = answer(
            GEMINI, content({"thought": True, "text": "Hm.", "thoughtSignature": "c2ln"}, words("42"))
        )
        assert found.parts == ({"type": "signature_of_thought", "value": "c2ln"},)
        assert later("42", *map(dict, found.parts))["parts"] == [{"text": "42"}]
