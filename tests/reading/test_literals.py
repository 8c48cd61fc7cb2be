"""The words that a pattern cannot match without: helpful where they can be told, and never wrong."""

import pytest
import re2
from hypothesis import given, settings
from hypothesis import strategies as st

from app.reading.literals import needed
from app.reading.terms import Pattern, spans


def told(pattern: str) -> list[str]:
    return [one.words[0] + ("*" if one.prefix else "") for one in needed(Pattern(pattern))]


@pytest.mark.parametrize(("pattern", "words"), [
    ("as an AI language model", ["an", "ai", "language", "model*"]),
    (r"\brefus(e|al|ing)\b", ["refus*"]),
    (r"\bharbour\b", ["harbour"]),
    (r"I (don't|do not) know", ["know*"]),
    (r"\d+ years\s+old\.", ["years", "old"]),
    ("^Yes, I am$", ["yes", "i", "am"]),
    (r"\pL+ of [a-z]+ the", ["of", "the*"]),
    ("colou?r of", ["of*"]),
    ("a{2,} of the", ["of", "the*"]),
    ("one|other word", []),
    (r"\x41 word here", []),
    (r"\Qa.b\E word here", []),
    (r"\bécole", []),
    ("honest *clock", []),
    ("[unclosed word here", []),
    ("你好 of the", ["of", "the*"]),
])  # fmt: skip
def test_what_stands_at_the_top_is_told(pattern: str, words: list[str]) -> None:
    assert told(pattern) == words


PARTS = st.sampled_from(
    ["a", "b", "ab", " ", "  ", ".", "-", "_", "é", "[ab]", "[^ ]", r"\s", r"\w", r"\W", r"\.", r"\pL", "(a b)",
     "(?:b|a b)", "(?i)", "^", "$", r"\A", r"\z", "a?", "a*", "b+", " +", " ?", "(ab )?", "b{2}", "a{0,1}", "[.]a"]
)  # fmt: skip
TEXTS = st.text("ab é.-_B", max_size=14)


@settings(max_examples=400, deadline=None)
@given(st.lists(PARTS, min_size=1, max_size=6), TEXTS)
def test_no_text_that_matches_lacks_a_word_that_is_needed(parts: list[str], text: str) -> None:
    pattern = "".join(parts)
    try:
        matches = re2.search(pattern, text) is not None
    except re2.error:
        return
    if matches:
        for words in needed(Pattern(pattern)):
            assert spans(text, (words,)), (pattern, text, words)
