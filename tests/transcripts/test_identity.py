"""The hashes are contracts: whoever has an export can compute them again from the rule alone."""

import hashlib
import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.transcripts.identity import canonical, path_sha256, sha256, text_sha256, transcript_sha256

QUESTION = {"role": "user", "text": "Größe?", "parts": None, "origin": "prompt"}
ANSWER = {
    "role": "assistant",
    "text": "42 \U0001f642",
    "parts": [{"type": "refusal"}],
    "origin": "model",
    "stop_class": "natural",
    "stop_raw": "stop",
    "seed": 7,
}
REST: dict[str, Any] = {
    "system": None,
    "template": None,
    "asked": {"temperature": 0.7, "max_tokens": 96},
    "sent": {"max_tokens": 96, "temperature": 0.7},
    "effective": {},
}
# Written out by hand from the rule, not by the code under test.
BYTES = (
    '{"asked":{"max_tokens":96,"temperature":0.7},"effective":{},"path":['
    '{"origin":"prompt","parts":null,"role":"user","seed":null,"stop_class":null,"stop_raw":null,"text":"Größe?"},'
    '{"origin":"model","parts":[{"type":"refusal"}],"role":"assistant","seed":7,"stop_class":"natural",'
    '"stop_raw":"stop","text":"42 \U0001f642"}],'
    '"sent":{"max_tokens":96,"temperature":0.7},"system":null,"template":null,"v":1}'
).encode()


def test_a_transcripts_hash_is_that_of_its_one_byte_form() -> None:
    assert transcript_sha256([QUESTION, ANSWER], **REST) == hashlib.sha256(BYTES).hexdigest()


def test_a_transcripts_hash_is_this_one_for_ever() -> None:
    assert transcript_sha256([QUESTION, ANSWER], **REST) == (
        "ab2627a72d9f6a46b282b5e5c0f4aee79b62615e0ded3d5d21e68291d53257d7"
    )


TEXTS = st.text(st.characters(), max_size=8)  # control characters and lone surrogates among them
NUMBERS = st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
SETTINGS = st.dictionaries(TEXTS, VALUES, max_size=3)
MESSAGES = st.fixed_dictionaries(
    {
        "role": st.sampled_from(["user", "assistant"]), "text": TEXTS,
        "parts": st.none() | st.lists(VALUES, max_size=2), "origin": st.just("model"),
        "stop_class": st.none() | TEXTS, "stop_raw": st.none() | TEXTS, "seed": st.none() | st.integers(0, 2**64),
    }
)  # fmt: skip


@given(st.lists(MESSAGES, max_size=3), st.none() | TEXTS, SETTINGS, SETTINGS, SETTINGS)
@example([], None, {"temperature": 1e16}, {"temperature": 1e-05}, {"": -0.0})
@example([ANSWER | {"parts": None, "text": '\x7f\u2028\x00\x1f"\\/\ud800', "seed": 2**63}], "", {}, {}, {})
def test_whatever_it_holds_the_hash_is_that_of_the_rule(
    path: list[dict[str, Any]], system: str | None, asked: Any, sent: Any, effective: Any
) -> None:
    rest = {"system": system, "template": None, "asked": asked, "sent": sent, "effective": effective}
    rule = json.dumps(
        {"v": 1, "path": path, **rest}, sort_keys=True, ensure_ascii=False, separators=(",", ":")
    )
    expected = hashlib.sha256(rule.encode("utf-8", "surrogatepass")).hexdigest()
    assert transcript_sha256(path, **rest) == expected


@pytest.mark.parametrize("field", ["role", "text", "parts", "origin", "stop_class", "stop_raw", "seed"])
def test_it_covers_each_field_of_each_message(field: str) -> None:
    changed = ANSWER | {field: "other"}
    assert transcript_sha256([QUESTION, changed], **REST) != transcript_sha256([QUESTION, ANSWER], **REST)


@pytest.mark.parametrize("field", ["system", "template", "asked", "sent", "effective"])
def test_it_covers_each_thing_that_shaped_the_answer(field: str) -> None:
    changed = REST | {field: {"other": "x"}}
    assert transcript_sha256([ANSWER], **changed) != transcript_sha256([ANSWER], **REST)


def test_an_empty_system_prompt_is_not_the_same_as_none() -> None:
    assert transcript_sha256([], **REST | {"system": ""}) != transcript_sha256([], **REST)


def test_it_does_not_see_what_is_measured_about_a_message() -> None:
    timed = ANSWER | {"latency_ms": 12, "served_model": "m", "usage": {"input": 1}, "id": 9}
    assert transcript_sha256([timed], **REST) == transcript_sha256([ANSWER], **REST)


def test_a_prompt_path_is_its_turns_in_order() -> None:
    first = path_sha256(None, "user", "Hi.", None)
    assert first == hashlib.sha256(b'[null,"user","Hi.",null]').hexdigest()
    second = path_sha256(first, "assistant", "Hello.", None)
    assert second == hashlib.sha256(f'["{first}","assistant","Hello.",null]'.encode()).hexdigest()
    assert second != path_sha256(None, "assistant", "Hello.", None)


def test_the_byte_form_does_not_depend_on_the_order_of_keys() -> None:
    assert canonical({"b": 1, "a": [None, True, 0.5]}) == b'{"a":[null,true,0.5],"b":1}'
    assert sha256({"b": 1, "a": 2}) == sha256({"a": 2, "b": 1})


def test_a_text_is_hashed_as_utf_8() -> None:
    assert text_sha256("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert text_sha256("ß") == hashlib.sha256(b"\xc3\x9f").hexdigest()


def test_a_lone_surrogate_that_slipped_in_does_not_stop_a_verification() -> None:
    assert len(text_sha256("\ud800")) == len(sha256(["\ud800"])) == 64
