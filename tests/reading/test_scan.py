"""The process that reads for patterns, without the process: what it answers to what it is given."""

import io
import marshal
from contextlib import suppress
from typing import Any

import pytest

from app.reading.frames import put, take
from app.reading.scan import compiled, found, in_code_points, main


def asked(patterns: list[Any], *texts: list[str], without: tuple[Any, ...] = ()) -> list[Any]:
    """Return everything that it answers."""
    given, told = io.BytesIO(), io.BytesIO()
    put({"patterns": patterns, "without": list(without)}, given)
    for some in texts:
        put(some, given)
    given.seek(0)
    with suppress(EOFError):  # nothing more was given
        main(given, told)
    told.seek(0)
    answers = []
    while told.tell() < len(told.getvalue()):
        answers.append(take(told))
    return answers


def test_texts_are_answered_list_by_list_with_places_in_code_points() -> None:
    assert asked([("b+", False, False)], ["abba", "none", "👩‍🔬é bb"], ["B", "b"]) == [
        "", [(0, [(1, 3)]), (2, [(5, 7)])], [(1, [(0, 1)])],
    ]  # fmt: skip


def test_all_patterns_must_be_there_and_none_that_is_left_out() -> None:
    both = [("a", False, False), ("b", False, False)]
    assert asked(both, ["ab", "a", "abc"], without=(("c", False, False),)) == ["", [(0, [(0, 1), (1, 2)])]]


def test_case_and_signs_are_as_asked() -> None:
    assert asked([("A.B", True, False)], ["axb", "a.b"])[1] == [(0, [(0, 3)]), (1, [(0, 3)])]
    assert asked([("A.B", True, True)], ["axb", "a.b"])[1] == [(1, [(0, 3)])]


def test_nothing_at_all_is_no_place() -> None:
    assert asked([("x*", False, False)], ["abc", "axc"])[1] == [(1, [(1, 2)])]


@pytest.mark.parametrize("pattern", ["(", "[z-a]", r"\1", "(?=x)", "x{2000}", "a**"])
def test_what_cannot_be_read_is_told_and_ends_it(pattern: str) -> None:
    told = asked([(pattern, False, False)], ["never read"])
    assert len(told) == 1
    assert told[0]


def test_a_text_is_marked_so_often_and_no_more() -> None:
    assert len(found(b"a" * 1000, [compiled("a", False, False)], []) or []) == 200


def test_places_of_plain_texts_are_as_they_are() -> None:
    assert in_code_points(b"abc", [(1, 2)]) == [(1, 2)]
    assert in_code_points("ä𝒳b".encode(), [(0, 2), (6, 7)]) == [(0, 1), (2, 3)]


def test_a_frame_that_breaks_off_is_the_end() -> None:
    for broken in (b"", b"\0\0", (9).to_bytes(8, "big") + marshal.dumps("x")[:1]):
        with pytest.raises((EOFError, ValueError)):
            take(io.BytesIO(broken))
