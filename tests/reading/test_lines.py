"""The words that a line shows of a long text: around the first place found, whole ones, everything escaped."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from app.reading.lines import AROUND, BEFORE, marked, window


@pytest.mark.parametrize(("text", "spans", "shown"), [
    ("short", [(0, 5)], "<mark>short</mark>"),
    ("a b a", [(0, 1), (4, 5)], "<mark>a</mark> b <mark>a</mark>"),
    ("<b> & c", [(1, 2)], "&lt;<mark>b</mark>&gt; &amp; c"),
    ("ab", [(0, 2), (1, 2)], "<mark>ab</mark>"),
    ("", [], ""),
])  # fmt: skip
def test_places_are_marked_and_the_rest_is_escaped(
    text: str, spans: list[tuple[int, int]], shown: str
) -> None:
    assert marked(text, spans, 0, len(text)) == Markup(shown)


def test_a_window_begins_and_ends_at_gaps() -> None:
    text = "word " * 40 + "HIT" + " word" * 80
    start, end = window(text, [(200, 203)])
    assert text[start:end].startswith("word")
    assert text[start - 1] == " "
    assert text[:end].endswith("word")
    assert start <= 200 < 203 <= end


def test_a_text_without_gaps_is_cut_where_it_must() -> None:
    text = "x" * 5000
    start, end = window(text, [(2000, 2003)])
    assert (start, end) == (2000 - BEFORE, 2000 - BEFORE + AROUND)


@given(st.text("ab \n𝒳", max_size=900), st.integers(0, 899), st.integers(1, 50))
def test_what_was_found_is_always_in_sight(text: str, at: int, length: int) -> None:
    at = min(at, max(0, len(text) - 1))
    start, end = window(text, [(at, min(len(text), at + length))] if text else [])
    assert 0 <= start <= at <= max(end, at)
    assert end - start <= AROUND
    assert not text or start <= at < end
