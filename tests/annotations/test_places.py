"""Places are code points of the stored text: in every script, whatever a browser or a file counts in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.annotations.places import BESIDE, NotThere, nearest, place
from app.providers.plain import plain

# Every plane of Unicode, and the sequences that one sign is made of.
PLANES = st.one_of(*[
    st.characters(min_codepoint=plane << 16, max_codepoint=(plane << 16) + 0xFFFF, exclude_categories=("Cs",))
    for plane in range(17)
])  # fmt: skip
SEQUENCES = st.sampled_from([
    "👩‍🚀", "🏳️‍🌈", "e\u0301", "שלום", "مرحبا", "\u202eabc\u202c", "हिन्दी", "\r\n", "\r", "\n",
    "\u200d", "🇩🇪", "\0", "ﬁ", "İ",
])  # fmt: skip
TEXTS = st.lists(PLANES | SEQUENCES, min_size=1, max_size=60).map("".join)


@given(said=TEXTS, data=st.data())
def test_any_part_of_any_text_is_found_by_its_code_points(said: str, data: st.DataObject) -> None:
    """What was sent, with whatever line ends, is stored plainly; any part of that is itself."""
    text, _ = plain(said)
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    found = place(text, start, end, text[start:end])
    assert (found.start, found.end, found.quote) == (start, end, text[start:end])
    assert text[:start].endswith(found.prefix)
    assert len(found.prefix) == min(BESIDE, start)
    assert text[end:].startswith(found.suffix)
    assert len(found.suffix) == min(BESIDE, len(text) - end)
    assert found.prefix + found.quote + found.suffix in text


@given(said=TEXTS, data=st.data())
def test_a_place_counted_in_utf_16_is_never_taken_for_another(said: str, data: st.DataObject) -> None:
    """A sender who counts in UTF-16 units is refused wherever that is not the same place."""
    text, _ = plain(said)
    start = data.draw(st.integers(0, len(text) - 1))
    quote = text[start:]
    units = len(text[:start].encode("utf-16-le")) // 2
    if units == start or text[units : units + len(quote)] == quote:
        assert place(text, start, len(text), quote).quote == quote
        return
    with pytest.raises(NotThere):
        place(text, units, units + len(quote), quote)


def test_the_reference_text_counts_eleven_to_who() -> None:
    """`who` stands at 11 code points, 12 UTF-16 units and 15 bytes of this text."""
    text = "user: hé 😀 who…"
    assert place(text, 11, 14, "who").prefix == "user: hé 😀 "
    with pytest.raises(NotThere, match="stands at 11 to 14. Places are counted in Unicode code points"):
        place(text, 12, 15, "who")
    with pytest.raises(NotThere, match="found 15 to 18, expected a part of a text of 15 code points"):
        place(text, 15, 18, "who")


@pytest.mark.parametrize(("said", "stored"), [("a\r\nb", "a\nb"), ("a\rb", "a\nb"), ("a\0b", "a\ufffdb")])
def test_a_quote_copied_from_a_file_may_have_other_line_ends(said: str, stored: str) -> None:
    assert place(stored, 0, 3, said).quote == stored


@pytest.mark.parametrize(("start", "end"), [(-1, 2), (2, 2), (3, 2), (0, 6), (5, 6)])
def test_what_is_no_part_of_the_text_is_refused_with_its_length(start: int, end: int) -> None:
    with pytest.raises(
        NotThere, match=f"targets.0: found {start} to {end}, expected a part of a text of 5 code"
    ):
        place("hello", start, end, name="targets.0")


def test_a_wrong_quote_is_told_with_what_stands_there_and_where_it_stands() -> None:
    text = "no, no, yes, no"
    with pytest.raises(NotThere, match="found the quote 'yes', expected 'no,'; that quote stands at 8 to 11"):
        place(text, 0, 3, "yes")
    with pytest.raises(NotThere, match="found the quote 'maybe', expected 'no, n'[.]$"):
        place(text, 0, 5, "maybe")
    with pytest.raises(NotThere, match="found the quote '', expected 'no'[.]$"):
        place(text, 0, 2, "")


def test_a_long_quote_is_told_by_its_beginning() -> None:
    with pytest.raises(NotThere) as told:
        place("x" * 500, 0, 400, "y" * 400)
    assert len(told.value.message) < 300
    assert "y…'" in told.value.message


def test_a_lone_surrogate_in_a_quote_is_no_error_of_ours() -> None:
    with pytest.raises(NotThere):
        place("abc", 0, 1, "\ud800")
    assert place("a\ufffdc", 1, 2, "\ud800").quote == "\ufffd"


@pytest.mark.parametrize(("start", "expected"), [(0, 0), (3, 4), (5, 4), (9, 8), (11, 8)])
def test_the_nearest_of_several_is_told(start: int, expected: int) -> None:
    assert nearest("no, no, no, x", "no", start) == expected


def test_what_stands_nowhere_is_nowhere() -> None:
    assert nearest("abc", "d", 1) is None
    assert nearest("abc", "", 1) is None
