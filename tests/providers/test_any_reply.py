"""No reply, however strange, makes a provider raise: each becomes an answer or a failure that can be stored.

Arbitrary JSON rarely looks like a reply, so full replies are taken and some of their parts replaced by anything.
"""

import copy
import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.providers.registry import provider
from app.providers.wire import Answered, Call, Failed, Reply, Target
from tests.providers.said import ANTHROPIC, COMPLETION, GEMINI, LOCAL, LOCAL_RAW, OPENAI, PREFILL, RAW

WILD_TEXT = st.text(st.characters(codec=None, exclude_categories=()), max_size=12)
WORDS = st.sampled_from(
    ["stop", "length", "error", "refusal", "text", "thinking", "<think>x", "content_filter"]
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | WILD_TEXT | WORDS
WILD = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WILD_TEXT | WORDS, inner, max_size=4),
    max_leaves=12,
)
LOGPROB = {
    "token": " a",
    "bytes": [32, 97],
    "logprob": -0.5,
    "top_logprobs": [{"token": " a", "logprob": -0.5}],
}
CHAT = {
    "model": "m", "system_fingerprint": "fp", "provider": "p", "error": None, "moderation": None,
    "choices": [{
        "index": 0, "finish_reason": "stop", "native_finish_reason": "STOP", "stop_reason": None, "error": None,
        "content_filter_results": {"hate": {"filtered": True}},
        "logprobs": {"content": [LOGPROB, LOGPROB], "refusal": None},
        "message": {
            "role": "assistant", "content": "I am <think>", "refusal": None, "reasoning": "so", "audio": {"id": 1},
            "reasoning_details": [{"type": "reasoning.text", "text": "so"}], "reasoning_content": "so",
            "tool_calls": [{"id": "c", "function": {"name": "f"}}],
        },
    }],
    "prompt_filter_results": [{"content_filter_results": {"hate": {"filtered": False}}}],
    "usage": {
        "prompt_tokens": 9, "completion_tokens": 4, "prompt_tokens_details": {"cached_tokens": 3},
        "completion_tokens_details": {"reasoning_tokens": 2},
    },
    "__verbose": {
        "prompt": "<s>", "stop_type": "word", "stopping_word": "x",
        "generation_settings": {"temperature": 0.8, "top_k": 40, "samplers": ["top_k"]},
    },
}  # fmt: skip
LISTED = {"choices": [{"finish_reason": "stop", "message": {"content": [
    {"type": "thinking", "thinking": [{"type": "text", "text": "so"}]}, {"type": "text", "text": "I am"},
    {"type": "image", "url": "x"},
]}}]}  # fmt: skip
LEGACY = {"model": "m", "usage": {"prompt_tokens": 9}, "choices": [{
    "text": "Once upon a time", "finish_reason": "length", "logprobs": {
        "tokens": ["Once", "bytes:\\xc3"], "token_logprobs": [None, -0.5], "text_offset": [0, 16],
        "top_logprobs": [None, {"a": -0.5}],
    },
}]}  # fmt: skip
MESSAGE = {
    "model": "m", "stop_reason": "refusal", "stop_sequence": None,
    "stop_details": {"type": "refusal", "category": "bio", "explanation": None},
    "content": [
        {"type": "thinking", "thinking": "so"}, {"type": "redacted_thinking", "data": "x"},
        {"type": "fallback", "to": {"model": "n"}},
        {"type": "text", "text": "I am", "citations": [{"type": "x"}]}, {"type": "tool_use", "input": {}},
    ],
    "usage": {
        "input_tokens": 9, "output_tokens": 4, "output_tokens_details": {"thinking_tokens": 2},
        "iterations": [{"type": "fallback_message", "model": "n"}],
    },
}  # fmt: skip
ERROR = {"type": "error", "error": {
    "type": "rate_limit_error", "code": 429, "message": "Slow down", "param": None,
    "metadata": {"headers": {"x-ratelimit-reset": "1"}, "flagged_input": "x", "raw": '{"error": {"code": "x"}}'},
    "details": {"error_code": "x"},
    "innererror": {"code": "x"},
}}  # fmt: skip
GOOGLE = {
    "modelVersion": "m", "responseId": "r", "promptFeedback": {"blockReason": None, "safetyRatings": []},
    "candidates": [{
        "content": {"role": "model", "parts": [
            {"text": "so", "thought": True, "thoughtSignature": "x"}, {"text": "I am", "thoughtSignature": "x"},
            {"functionCall": {"name": "f"}}, {"inlineData": {"data": "x"}},
        ]},
        "finishReason": "SAFETY", "finishMessage": "no", "index": 0, "avgLogprobs": -0.5,
        "safetyRatings": [{"category": "x", "blocked": True}], "citationMetadata": {"citationSources": []},
        "logprobsResult": {
            "chosenCandidates": [{"token": " a", "tokenId": 1, "logProbability": -0.5}],
            "topCandidates": [{"candidates": [{"token": " a", "logProbability": -0.5}]}],
        },
    }],
    "usageMetadata": {"promptTokenCount": 9, "candidatesTokenCount": 4, "cachedContentTokenCount": 3,
                      "thoughtsTokenCount": 2, "toolUsePromptTokenCount": 1, "totalTokenCount": 16},
}  # fmt: skip
GOOGLE_ERROR = [{"error": {"code": 429, "message": "limit: 1", "status": "RESOURCE_EXHAUSTED", "details": [
    {"@type": "x", "reason": "API_KEY_INVALID"}, {"@type": "y", "retryDelay": "3s"},
]}}]  # fmt: skip
WHOLE = (CHAT, LISTED, LEGACY, MESSAGE, ERROR, GOOGLE, GOOGLE_ERROR)

ECHOED = Call("completion", prompt="Once upon a time", extra={"echo": True})
CASES = [
    (OPENAI, PREFILL),
    (LOCAL, PREFILL),
    (RAW, ECHOED),
    (LOCAL_RAW, COMPLETION),
    (ANTHROPIC, PREFILL),
    (GEMINI, PREFILL),
]
STATUS = st.sampled_from([200, 200, 200, 200, 204, 400, 401, 403, 404, 413, 422, 429, 500, 529, 0])
HEADERS = st.dictionaries(
    st.sampled_from(["retry-after", "retry-after-ms", "x-should-retry", "date", "x-ratelimit-reset-tokens"]),
    st.text(max_size=20) | st.sampled_from(["true", "false", "1m30s", "2026-11-21T10:00:00Z"]),
)


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Yield every part of a reply as (what holds it, its key or index)."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inside:
        yield value, key
        yield from places(one)


@st.composite
def replies(draw: st.DrawFn) -> Any:
    """Draw a reply of which up to three parts are replaced by anything."""
    told = copy.deepcopy(draw(st.sampled_from(WHOLE)))
    for _ in range(draw(st.integers(0, 3))):
        held, key = draw(st.sampled_from(list(places(told))))
        held[key] = draw(WILD)
    return told


def assert_storable(found: Answered | Failed) -> None:
    """Hold that both databases can take it: no U+0000, no lone surrogate, no infinity."""
    told: dict[str, Any] = asdict(found)
    for token in told.pop("tokens", ()):
        token.pop("raw")
        assert orjson.loads(orjson.dumps(token))["logprob"] == token["logprob"]
    written = json.loads(orjson.dumps(told), parse_constant=pytest.fail)
    texts = [one for held, key in places(written) for one in (key, held[key]) if isinstance(one, str)]
    assert not [one for one in texts if "\0" in one]


@pytest.mark.parametrize(("target", "call"), CASES)
@settings(max_examples=150, deadline=None)
@given(told=replies() | WILD, status=STATUS, headers=HEADERS)
def test_any_json_is_read(
    target: Target, call: Call, told: Any, status: int, headers: dict[str, str]
) -> None:
    reply = Reply(status, headers, json.dumps(told).encode())
    found = provider(target.wire).read(target, call, reply)
    assert isinstance(found, Answered | Failed)
    assert_storable(found)


@pytest.mark.parametrize(("target", "call"), CASES)
@settings(max_examples=50, deadline=None)
@given(
    raw=st.binary(max_size=60),
    status=STATUS,
    fault=st.none() | st.sampled_from(["cut", "reset", "too_large", "unheard of"]),
)
def test_any_bytes_are_read(target: Target, call: Call, raw: bytes, status: int, fault: str | None) -> None:
    found = provider(target.wire).read(target, call, Reply(status, {}, raw, fault))
    assert isinstance(found, Answered | Failed)
    assert_storable(found)


@settings(max_examples=100, deadline=None)
@given(text=WILD_TEXT, cut=st.integers(0, 200))
def test_a_reply_cut_anywhere_is_an_answer_or_asked_again(text: str, cut: int) -> None:
    whole = json.dumps({"choices": [{"message": {"content": text}, "finish_reason": "stop"}]}).encode()
    found = provider("openai-chat").read(OPENAI, PREFILL, Reply(200, {}, whole[:cut]))
    if cut >= len(whole):
        assert isinstance(found, Answered)
    else:
        assert isinstance(found, Failed)
        assert found.then == "retry"
