"""The rule for stored text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.providers.plain import plain, plain_or_refuse

ANY_TEXT = st.text(st.characters(codec=None, exclude_categories=()))


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("a\r\nb\rc\nd", "a\nb\nc\nd"),
        (
            "\u2028caf\u00e9\u0301 \U0001f600\u200b\x1b[31m\ufeff",
            "\u2028caf\u00e9\u0301 \U0001f600\u200b\x1b[31m\ufeff",
        ),
        ("  spaces stay \t\n", "  spaces stay \t\n"),
        ("", ""),
    ],
)
def test_only_line_ends_are_touched(text: str, stored: str) -> None:
    assert plain(text) == (stored, ())
    assert plain_or_refuse(text) == stored


def test_what_a_database_cannot_hold_is_replaced_and_marked_with_its_count() -> None:
    assert plain("\x00a\x00\ud800b\udfff\udfff") == (
        "\ufffda\ufffd\ufffdb\ufffd\ufffd",
        ({"type": "replaced_nul", "count": 2}, {"type": "replaced_surrogates", "count": 3}),
    )


def test_from_people_a_lone_surrogate_is_refused_with_its_place() -> None:
    with pytest.raises(ValueError, match=r"lone surrogate U\+D83D at character 3"):
        plain_or_refuse("abc\ud83d")
    assert plain_or_refuse("a\x00\r\n") == "a\ufffd\n"


@given(ANY_TEXT)
def test_stored_text_can_always_be_written_and_stays_as_it_is(text: str) -> None:
    stored, _ = plain(text)
    stored.encode("utf-8")
    assert not {"\r", "\0"} & set(stored)
    assert plain(stored) == (stored, ())
