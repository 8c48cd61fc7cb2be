"""The scanner's process from the server's side: started, asked, killed at its limit, and never left behind."""

import random
import time

import pytest

from app.reading.filters import BadFilter
from app.reading.scanning import Cut, scanner
from app.reading.terms import read


def test_lists_are_answered_in_their_order_while_others_wait() -> None:
    with scanner(read("/b./"), 20) as one:
        one.send(["abc", "x"])
        one.send(["bb"])
        assert one.answer() == [(0, [(1, 3)])]
        assert one.answer() == [(0, [(0, 2)])]
        process = one._process
    assert process.poll() is not None


def test_a_hostile_pattern_is_killed_in_the_middle_of_a_text() -> None:
    text = "".join(random.Random(1).choices("ab ", k=2_000_000))
    began = time.monotonic()
    with scanner(read("/.{1,300}a.{1,300}bQ/"), 1.0) as one:
        one.send([text])
        with pytest.raises(Cut):
            one.answer()
    assert time.monotonic() - began < 15  # the whole text would take it a minute
    assert one._process.poll() is not None
    assert one.left == 0


def test_giving_more_than_it_takes_is_cut_as_well() -> None:
    text = "".join(random.Random(1).choices("ab ", k=2_000_000))
    with scanner(read("/.{1,300}a.{1,300}bQ/"), 0.5) as one:
        one.send([text])
        with pytest.raises(Cut):  # the pipe takes no more: to write waits for the process, or for its end
            one.send([text])


def test_an_error_inside_leaves_no_process_behind() -> None:
    with pytest.raises(ZeroDivisionError), scanner(read("/x/"), 20) as one:
        raise ZeroDivisionError
    assert one._process.poll() is not None


@pytest.mark.parametrize(("line", "at"), [("/(a/", 2), ("moth -/b)/", 8), ("/a/ /b/ /[/i", 10)])
def test_a_pattern_that_cannot_be_read_is_named_with_its_place(line: str, at: int) -> None:
    with pytest.raises(BadFilter, match=f"^q, sign {at}: the pattern"), scanner(read(line), 20):
        pass
