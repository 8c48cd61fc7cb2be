"""A text against a pivot, word by word."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.compare.diff import BY_WORDS, LITTLE, diff

PIVOT = "I would keep my habit of reading every single day, whatever anybody says."


def joined(pieces: tuple[tuple[str, str], ...], *kinds: str) -> str:
    return "".join(text for kind, text in pieces if kind in kinds)


def test_added_and_lacking_words_are_told_apart() -> None:
    found = diff(PIVOT, "I would keep my habit of quiet reading every single day.")
    assert found.pieces == (
        ("same", "I would keep my habit of "),
        ("ins", "quiet "),
        ("same", "reading every single day"),
        ("del", ", whatever anybody says"),
        ("same", "."),
    )
    assert found.shared == pytest.approx(20 / 24)  # 10 words of 13 and of 11


def test_the_same_text_is_one_piece() -> None:
    assert diff(PIVOT, PIVOT).pieces == (("same", PIVOT),)
    assert diff(PIVOT, PIVOT).shared == 1.0


def test_a_shared_word_between_two_changes_does_not_stand_alone() -> None:
    found = diff(
        "one two three four five six seven eight nine", "one two three FOUR five SIX seven eight nine"
    )
    assert found.pieces == (
        ("same", "one two three "),
        ("del", "four five six"),
        ("ins", "FOUR five SIX"),
        ("same", " seven eight nine"),
    )


def test_texts_with_little_in_common_show_what_they_share_instead() -> None:
    found = diff(
        "The harbour was empty and the pilot said that nobody would ever come back to it again in winter",
        "A ledger lay open, and beside it somebody had written: nobody would ever come. Then rain, and more rain",
    )
    assert found.little
    assert found.pieces == ()
    assert found.phrases == ("nobody would ever come",)
    assert found.shared < LITTLE


@pytest.mark.parametrize(("pivot", "text", "shared"), [("", "", 1.0), ("", "word", 0.0), ("!!", "!!", 1.0)])
def test_texts_without_words_are_the_same_or_not(pivot: str, text: str, shared: float) -> None:
    assert diff(pivot, text).shared == shared


def test_words_in_other_scripts_are_words() -> None:
    found = diff("я оставил бы чтение книг", "я оставил бы чтение писем")
    assert found.pieces[-2:] == (("del", "книг"), ("ins", "писем"))


texts = st.lists(st.sampled_from(["a", "b", "see", " ", "\n", ".", "—", "word"]), max_size=40).map("".join)


@given(texts, texts)
def test_nothing_is_lost_and_nothing_made_up(pivot: str, text: str) -> None:
    found = diff(pivot, text)
    if found.pieces:
        assert joined(found.pieces, "same", "ins") == text
        assert joined(found.pieces, "same", "del") == pivot


def test_four_thousand_words_that_differ_wholly_are_compared_at_once() -> None:
    pivot = " ".join(f"left{n}" for n in range(4000))
    text = " ".join(f"right{n}" for n in range(4000))
    assert diff(pivot, text).little


def test_very_long_texts_are_compared_by_sentences() -> None:
    before = "".join(f"Sentence {n} stands here. " for n in range(4_000))
    after = before.replace("Sentence 2000 stands", "Sentence 2000 once stood")
    assert len(before) > BY_WORDS
    found = diff(before, after)
    assert [piece for piece in found.pieces if piece[0] != "same"] == [
        ("del", "Sentence 2000 stands here. "), ("ins", "Sentence 2000 once stood here. "),
    ]  # fmt: skip
    assert joined(found.pieces, "same", "ins") == after
    assert joined(found.pieces, "same", "del") == before
    assert 0.99 < found.shared < 1
    assert diff("x" * 200_000, after).little
