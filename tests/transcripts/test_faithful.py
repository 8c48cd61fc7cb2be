"""The faithful view: what a browser makes of it has the stored text as its textContent, exactly."""

import time
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from app.transcripts.faithful import BACK, PIECE, PIECED, STYLED, controls, faithful, name_of, pieces
from tests.compare.cast import HOSTILE


class Content(HTMLParser):
    """The text of a piece of markup, and the elements it is made of."""

    def __init__(self, markup: str) -> None:
        super().__init__(convert_charrefs=True)
        self.text = ""
        self.tags: set[str] = set()
        self.feed(str(markup))  # a Markup would escape what it is joined with
        self.close()

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)


MARKDOWN = [
    "*",
    "**",
    "_",
    "`",
    "```",
    "# ",
    "> ",
    "- ",
    "1. ",
    "\n",
    "\n\n",
    " ",
    "~~~",
    "word",
    "<b>",
    "&amp;",
    "'",
]
CONTROLS = [
    "\u202e",
    "\u2066",
    "\u200b",
    "\x1b",
    "\x07",
    "\xad",
    "\ufeff",
    "\u2028",
    "\U000e0041",
    "\r",
    "\t",
]
# What is kept holds neither NUL (it comes in as U+FFFD) nor lone surrogates.
kept = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))
written = st.lists(st.one_of(st.sampled_from(MARKDOWN + CONTROLS), kept)).map("".join)


@given(written)
def test_no_character_is_added_or_lost(text: str) -> None:
    assert Content(faithful(text)).text == text
    assert Content(controls(text)).text == text


@given(written)
def test_a_text_makes_no_element_but_our_own(text: str) -> None:
    assert Content(faithful(text)).tags <= {"span"}


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_are_text(text: str) -> None:
    found = Content(faithful(text))
    assert found.text == text
    assert found.tags <= {"span"}


def test_markdown_is_dimmed_where_it_is_a_sign_and_weighted_where_it_is_a_word() -> None:
    assert faithful("**bold** and *light*") == Markup(
        '<span class="md-sign">**</span><span class="md-strong">bold</span><span class="md-sign">**</span> and '
        '<span class="md-sign">*</span><span class="md-em">light</span><span class="md-sign">*</span>'
    )
    assert faithful("- one") == Markup('<span class="md-sign">-</span> one')
    assert faithful("# Head") == Markup('<span class="md-sign">#</span><span class="md-head"> Head</span>')


def test_stars_that_mark_nothing_stay_plain() -> None:
    for text in ("2 * 3 * 4", "snake_case_name", "a * b", "5*", "-dash", "#tag", "1.5"):
        assert faithful(text) == text


def test_markdown_inside_a_fence_is_code() -> None:
    assert "md-strong" not in faithful("```\n**x**\n```")
    assert faithful("~~~\na\n~~~\n*b*").count("md-em") == 1


def test_a_control_is_held_in_a_span_that_names_it() -> None:
    assert controls("a\u202eb") == Markup(
        'a<span class="ctl" data-name="RLO" title="right-to-left override">\u202e</span>b'
    )


@pytest.mark.parametrize(
    ("sign", "name"), [("\x1b", "ESC"), ("\u200b", "ZWSP"), ("\u115f", "U+115F"), ("\U000e0041", "TAG A")]
)
def test_controls_have_short_names(sign: str, name: str) -> None:
    assert name_of(sign) == name


def test_joiners_that_scripts_and_emoji_need_are_left_alone() -> None:
    for text in ("\U0001f469\u200d\U0001f52c", "می\u200cخواهم", "\u2764\ufe0f"):
        assert faithful(text) == text


@pytest.mark.parametrize(
    "text", ["*" * 200_000, "**a " * 50_000, "`" * 200_000, "_a" * 100_000, "> " * 100_000]
)
def test_no_text_takes_longer_than_its_length(text: str) -> None:
    began = time.process_time()
    assert Content(faithful(text)).text == text
    assert time.process_time() - began < 2


MARK = "\N{COMBINING ACUTE ACCENT}"
FAMILY = "\N{WOMAN}\N{ZERO WIDTH JOINER}\N{MICROSCOPE}"


@pytest.mark.parametrize(
    "text",
    ["x" * 200_000, "The well stood by the door. " * 7_000, "**key**\n\n" * 20_000, "\n" * 60_000,
     ("a" * 3_999 + " \n") * 20, "e" + MARK * 60_000, FAMILY * 20_000, "# <b>\n- *x*\n```\ny\n```\n" * 600],
    ids=["word", "sentences", "lines", "empty lines", "space before end", "marks", "joined", "styled"],
)  # fmt: skip
def test_a_very_long_text_comes_in_blocks_that_are_the_text(text: str) -> None:
    assert len(text) > PIECED
    made = faithful(text)
    assert Content(made).text == text
    assert made.count('class="piece"') > 1 or MARK in text
    if "# <b>" in text:
        assert len(text) < STYLED
        assert made.count('class="md-head"') == 600  # what it means to look at stays
        return
    parts = list(pieces(text))
    assert "".join(parts) == text
    for before, part in zip(parts, parts[1:], strict=False):
        assert PIECE - BACK <= len(before) <= PIECE + BACK or before[-1] in f"\n{MARK}"
        assert before.endswith("\n") or part[0] != "\n"  # would be shown as an empty line
        assert part[0] not in f"{MARK}\N{ZERO WIDTH JOINER}"
        assert before[-1] != "\N{ZERO WIDTH JOINER}"


def test_a_text_is_parted_after_a_line_rather_than_a_word() -> None:
    line = "x" * (PIECE - 600) + "\n" + "word " * 400
    assert next(pieces(line)).endswith("x\n")
    assert next(pieces(line.replace("\n", "x"))).endswith("word ")
    assert list(pieces("")) == []
