"""What was told about an answer, in words."""

from types import SimpleNamespace

import pytest

from app.transcripts.told import Setting, draw_address, row_number, settings_of, usage_words


def three(asked: dict[str, object], sent: dict[str, object], effective: dict[str, object]) -> SimpleNamespace:
    return SimpleNamespace(asked=asked, sent=sent, effective=effective)


def test_what_is_asked_under_extra_stands_by_its_own_name() -> None:
    found = settings_of(three({"extra": {"min_p": 0.05}}, {"min_p": 0.05}, {"min_p": 0.05}))
    assert found == (Setting("min_p", "0.05", "0.05", "0.05"),)
    assert found[0].alike


def test_the_settings_that_are_looked_for_stand_first() -> None:
    asked = {"stop": ["\n"], "temperature": 0.7, "max_tokens": 9, "alpha": 1, "top_p": 0.9}
    found = settings_of(three(asked, asked, {}))
    assert [one.name for one in found] == ["temperature", "top_p", "max_tokens", "stop", "alpha"]


def test_what_was_left_to_the_server_is_told_apart_from_what_was_asked_and_not_sent() -> None:
    found = settings_of(three({"seed": 3}, {}, {"mirostat": 0, "seed": 3}))
    assert [(one.name, one.own, one.alike) for one in found] == [
        ("mirostat", True, False),
        ("seed", False, False),
    ]


def test_what_nobody_told_is_no_line() -> None:
    assert settings_of(three({"top_p": None, "stop": [], "extra": {}}, {}, {})) == ()


def test_only_tokens_that_were_told_are_named() -> None:
    assert usage_words({"input": 1200, "output": 4, "cache_read": None}) == "1,200 in · 4 out"
    assert usage_words(None) == ""


def test_what_a_wire_calls_otherwise_stands_by_the_study_file_s_name() -> None:
    thinking = {"thinkingConfig": {"includeThoughts": True}}
    asked = {"max_tokens": 9, "top_p": 0.9, "logprobs": 3, "extra": {"generationConfig": thinking}}
    sent = {"maxOutputTokens": 9, "topP": 0.9, "responseLogprobs": True, "logprobs": 3, **thinking}
    filters = [{"category": "A", "threshold": "OFF"}, {"category": "B", "threshold": "OFF"}]
    found = settings_of(three(asked, sent | {"safetySettings": filters}, {}))
    assert found == (
        Setting("top_p", "0.9", "0.9", "-"),
        Setting("max_tokens", "9", "9", "-"),
        Setting("logprobs", "3", "3", "-"),
        Setting("safetySettings", "-", "category A, threshold OFF; category B, threshold OFF", "-"),
        Setting("thinkingConfig", "includeThoughts true", "includeThoughts true", "-"),
    )
    assert [one.name for one in found if one.beside] == ["safetySettings"]
    chat = settings_of(three({"logprobs": 3}, {"logprobs": True, "top_logprobs": 3}, {}))
    assert chat == (Setting("logprobs", "3", "3", "-"),)


def test_a_draw_has_one_address_on_compare_with_names_hidden_or_not() -> None:
    open_ = draw_address("s", "b/key", "raw@0.7", 3, 2)
    assert open_ == "/studies/s/compare/b/key?run=3&col=raw@0.7&repeat=2"
    hidden = draw_address("s", "b/key", "raw@0.7", 3, 2, "kept")
    assert hidden == "/studies/s/compare/b/key?run=3&hide=kept&col=raw@0.7&repeat=2"


@pytest.mark.parametrize(
    ("word", "number"),
    [("12", 12), ("0", 0), ("", 0), ("-1", 0), ("²", 0), ("١", 0), ("1.5", 0), ("9" * 19, 0)],
)
def test_what_names_no_row_is_no_number_of_one(word: str, number: int) -> None:
    assert row_number(word) == number
