"""What counts as an answer, and when two answers are the same."""

import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.batteries.shape import Answer
from app.elicitation.answers import EDGE, fold, read_answer

TEXT = st.text(max_size=60)


def read(text: str, kind: str, **spec: Any) -> str | None:
    return read_answer(Answer(kind=kind, **spec), text)  # type: ignore[arg-type]


class TestFold:
    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("Paris", "paris"),
            ("Paris.", "Paris"),
            ("  Paris\n", "Paris"),
            ("**Paris**", "“Paris”!"),
            ("New\n York", "new york"),
            ("Cafe\u0301", "caf\u00e9"),
            ("STRASSE", "straße"),
            ("(42)", "42."),
            ("¿Sí?", "sí"),
            ("「東京」。", "東京"),
        ],
    )
    def test_makes_the_same_what_differs_in_case_space_edge_marks_and_composition(
        self, one: str, other: str
    ) -> None:
        assert fold(one) == fold(other)

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("-5", "5"),
            (".5", "5"),
            ("50%", "50"),
            ("$50", "50"),
            ("C#", "C"),
            ("42", "forty-two"),
            ("Paris", "Pariss"),
            ("New York", "NewYork"),
            ("don't", "dont"),
            ("a.b", "ab"),
            ("x²", "x2"),
            ("...", "!!!"),
            ("café", "cafe"),
        ],
    )
    def test_keeps_apart_what_differs_in_anything_else(self, one: str, other: str) -> None:
        assert fold(one) != fold(other)

    def test_of_punctuation_alone_is_that_punctuation(self) -> None:
        assert fold(" … ") == "…"
        assert fold("") == ""

    @given(TEXT)
    def test_folded_once_is_folded_for_good(self, text: str) -> None:
        assert fold(fold(text)) == fold(text)

    @given(TEXT)
    def test_does_not_see_case_or_composition(self, text: str) -> None:
        assert fold(unicodedata.normalize("NFD", text)) == fold(unicodedata.normalize("NFC", text))
        assert fold(text.casefold()) == fold(text)

    @given(TEXT.filter(lambda text: not text[:1].isdigit()), st.text(EDGE + " \n", max_size=5))
    def test_does_not_see_marks_around_a_text(self, text: str, marks: str) -> None:
        if any(sign not in EDGE and not sign.isspace() for sign in text):
            assert fold(f"{marks}{text}{marks}") == fold(text)


class TestInteger:
    @pytest.mark.parametrize("text", ["42", " 42.\n", "**42**", '"42"', "042", "+42", "٤٢", "４２"])
    def test_whole_is_a_number_and_nothing_else(self, text: str) -> None:
        assert read(text, "integer") == "42"

    @pytest.mark.parametrize(
        "text", ["", "forty-two", "I pick 42", "4.2", "4,200", "42%", "42nd", "4 2", "1/2", "²"]
    )
    def test_whole_is_unparsed_where_anything_else_stands(self, text: str) -> None:
        assert read(text, "integer") is None

    @pytest.mark.parametrize(
        ("text", "found"),
        [
            ("I pick 42, not 7.", "42"),
            ("-5 degrees", "-5"),
            ("−5 degrees", "-5"),
            ("My number: 17\n\n18", "17"),
            ("GPT4 says 9", "9"),
            ("It is 3.5, or rather 4", None),  # the first numeral is no integer, and the next is not it
            ("no number at all", None),
            ("1,000 of them", None),
        ],
    )
    def test_first_is_the_first_numeral_of_the_text(self, text: str, found: str | None) -> None:
        assert read(text, "integer", where="first") == found

    def test_out_of_bounds_is_unparsed_and_no_later_number_is_taken_instead(self) -> None:
        assert read("101", "integer", min=0, max=100) is None
        assert read("-1", "integer", min=0, max=100) is None
        assert read("Not 101 but 42", "integer", min=0, max=100, where="first") is None
        assert [read(text, "integer", min=0, max=100) for text in ("0", "100")] == ["0", "100"]

    def test_a_number_of_absurd_length_is_unparsed(self) -> None:
        assert read("9" * 5000, "integer") is None
        assert read("9" * 5000, "integer", where="first") is None

    @given(st.integers(-(10**30), 10**30), st.sampled_from(["whole", "first"]))
    def test_every_integer_is_read_as_itself(self, number: int, where: str) -> None:
        assert read(f" {number}.", "integer", where=where) == str(number)

    @given(TEXT, st.sampled_from(["whole", "first"]))
    def test_what_is_read_is_within_bounds_whatever_the_text(self, text: str, where: str) -> None:
        found = read(text, "integer", min=0, max=9, where=where)
        assert found is None or 0 <= int(found) <= 9


class TestWord:
    @pytest.mark.parametrize(
        ("text", "found"),
        [
            ("Blue.", "blue"),
            ("*mother-in-law*", "mother-in-law"),
            ("don’t", "don’t"),
            ("हिन्दी।", None),  # the danda is no edge mark of ours: shown as it is, unparsed
            ("हिन्दी.", "हिन्दी"),
            ("Dark blue", None),
            ("R2D2", None),
            ("", None),
        ],
    )
    def test_whole_is_one_word(self, text: str, found: str | None) -> None:
        assert read(text, "word") == found

    def test_first_is_the_first_word(self) -> None:
        assert read("42: Serendipity, I think", "word", where="first") == "serendipity"
        assert read("1 2 3", "word", where="first") is None


class TestChoice:
    colours = ("Red", "Blue", "Dark blue")

    def test_whole_is_one_of_the_options_and_comes_back_as_the_file_has_it(self) -> None:
        assert read("red.", "choice", of=self.colours) == "Red"
        assert read("**DARK  BLUE**", "choice", of=self.colours) == "Dark blue"
        assert read("I choose red", "choice", of=self.colours) is None
        assert read("Green", "choice", of=self.colours) is None

    def test_first_is_the_option_that_stands_first_as_whole_words_the_longer_one_at_one_place(self) -> None:
        assert read("Reddish? No: blue, not red", "choice", of=self.colours, where="first") == "Blue"
        assert read("dark blue it is", "choice", of=self.colours, where="first") == "Dark blue"
        assert read("none of them", "choice", of=self.colours, where="first") is None

    def test_first_reads_single_letters_in_their_own_case_since_a_is_also_a_word(self) -> None:
        assert read("It is a B.", "choice", of=("A", "B"), where="first") == "B"
        assert read("(A) because", "choice", of=("A", "B"), where="first") == "A"

    def test_options_may_hold_any_signs(self) -> None:
        assert read("I write C++ daily", "choice", of=("C", "C++"), where="first") == "C++"


class TestYesNo:
    def test_whole(self) -> None:
        assert [read(text, "yesno") for text in ("Yes!", "NO", "Yes, but", "maybe")] == [
            "yes",
            "no",
            None,
            None,
        ]

    def test_first_is_the_word_that_the_text_opens_with(self) -> None:
        assert read("Yes, I do.", "yesno", where="first") == "yes"
        assert read("**No.** Never", "yesno", where="first") == "no"
        assert read("There is no doubt: yes", "yesno", where="first") is None
        assert read("Nothing", "yesno", where="first") is None
        assert read("", "yesno", where="first") is None


class TestLine:
    def test_whole_is_a_text_of_one_line_folded(self) -> None:
        assert read("\n The Quiet  Sea.\n", "line") == "the quiet sea"
        assert read("one\ntwo", "line") is None
        assert read(" \n ", "line") is None

    def test_first_is_the_first_line_with_anything_on_it(self) -> None:
        assert read("\n\nTitle: Sea\n\nOnce …", "line", where="first") == "title: sea"


def test_without_a_spec_nothing_is_read() -> None:
    assert read_answer(None, "42") is None


@given(
    TEXT, st.sampled_from(["integer", "word", "choice", "yesno", "line"]), st.sampled_from(["whole", "first"])
)
def test_reading_never_fails_and_what_was_read_reads_as_itself(text: str, kind: str, where: str) -> None:
    found = read(text, kind, where=where, of=("Red", "a b"))
    assert found is None or read(found, kind, where=where, of=("Red", "a b")) == found
