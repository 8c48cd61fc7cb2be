"""Marks painted on the server: no character added or lost, overlaps and all, whatever stands in the text."""

import html
import re

from hypothesis import given
from hypothesis import strategies as st

from app.annotations.painting import Painted, painted
from app.transcripts.faithful import faithful

SIGNS = st.sampled_from(
    list("ab<>&\"'*_`~# \n") + ["👩‍🚀", "\u202e", "\x07", "e\u0301", "&amp;", "<b>", "**so**", "> q\n"]
)
TEXTS = st.lists(SIGNS, min_size=1, max_size=40).map("".join)


def content(markup: str) -> str:
    return html.unescape(re.sub("<[^>]*>", "", markup))


def parts(markup: str, number: int) -> str:
    """What a mark covers."""
    found = re.findall(r'<mark class="[^"]*" data-marks="([\d ]+)">(.*?)</mark>', markup, re.DOTALL)
    return "".join(content(text) for ids, text in found if str(number) in ids.split())


@given(text=TEXTS, data=st.data())
def test_any_marks_cover_exactly_their_parts_of_any_text(text: str, data: st.DataObject) -> None:
    spans = []
    for number in range(data.draw(st.integers(0, 4))):
        start = data.draw(st.integers(0, len(text) - 1))
        spans.append(Painted(start, data.draw(st.integers(start + 1, len(text))), number % 3, number))
    shown = str(painted(faithful(text), spans))
    assert content(shown) == text
    for one in spans:
        assert parts(shown, one.id) == text[one.start : one.end]


def test_without_marks_the_markup_is_as_it_was() -> None:
    assert painted("a &amp; <b>c</b>", []) == "a &amp; <b>c</b>"


def test_a_run_that_two_marks_share_names_both() -> None:
    shown = painted("one two three", [Painted(0, 7, 1, 11), Painted(4, 13, 2, 12)])
    assert shown == (
        '<mark class="painted slot-1" data-marks="11">one </mark>'
        '<mark class="painted slot-1 slot-2" data-marks="11 12">two</mark>'
        '<mark class="painted slot-2" data-marks="12"> three</mark>'
    )


def test_over_an_element_a_mark_is_closed_and_opened_again() -> None:
    shown = painted("so <em>it</em> is", [Painted(1, 7, 0, 5)])
    mark = '<mark class="painted slot-0" data-marks="5">'
    assert shown == f"s{mark}o </mark><em>{mark}it</mark></em>{mark} i</mark>s"


def test_a_reference_is_one_character_and_never_cut() -> None:
    assert (
        painted("&lt;&gt;", [Painted(1, 2, 0, 1)])
        == '&lt;<mark class="painted slot-0" data-marks="1">&gt;</mark>'
    )
