"""Seats: who waits for a next try leaves its seat to others, and never more speak at once than are allowed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.db import Database
from app.transcripts import collect
from app.transcripts.seats import Away, Seats
from app.transcripts.verify import verify, watch
from tests.faultbox import FaultBox
from tests.scene import chat, collect_runs, endpoint, planned, states


def seated(claimed: int) -> Seats:
    seats = Seats()
    seats.claim(claimed)
    return seats


def test_an_offer_is_what_is_allowed_less_what_is_claimed_and_does_not_end_with_it() -> None:
    seats = seated(3)
    assert seats.offer(4, 0) == 1
    assert seats.offer(4, 2) == 3
    assert seats.offer(3, 0) == 0


def test_a_seat_that_is_left_is_offered_to_others() -> None:
    seats = seated(4)
    seats.leave()
    assert seats.offer(4, 0) == 1


def test_no_more_wait_elsewhere_than_may_speak() -> None:
    seats = seated(2)
    for _ in range(2):
        seats.leave()
    assert seats.offer(2, 0) == 2
    seats.claim(2)
    for _ in range(2):
        seats.leave()
    assert seats.offer(2, 0) == 0, "an endpoint that refuses everything is not asked everything"


def test_who_comes_back_finds_the_seat_taken_and_has_the_next_one() -> None:
    seats = seated(2)
    away = seats.leave()
    assert seats.offer(2, 0) == 1
    assert not away.come_back(2), "the seat is promised to a claim that is being written"
    seats.claim(1)
    assert not away.come_back(2)
    assert seats.offer(2, 1) == 0, "the seat that becomes free is kept"
    seats.end()
    assert away.come_back(2)
    assert seats.offer(2, 0) == 0


def test_a_claim_that_was_not_written_gives_its_seats_back() -> None:
    seats = seated(1)
    away = seats.leave()
    seats.offer(1, 0)
    assert not away.come_back(1)
    seats.withdraw()
    assert away.come_back(1)


def test_a_draw_that_ends_while_it_is_away_is_away_no_longer() -> None:
    seats = seated(2)
    away = seats.leave()
    assert not away.come_back(1)
    away.end()
    seats.end()
    away.end()  # the other thread finds out later
    assert away.come_back(1), "who has ended is told to go on, and is not granted a call"
    assert (seats.offer(1, 0), seats.offer(2, 0)) == (0, 1)


@given(
    st.lists(st.tuples(st.sampled_from(["claim", "leave", "back", "end", "stop"]), st.integers(0, 7))),
    st.integers(1, 4),
)
def test_never_more_speak_at_once_than_are_allowed_and_all_get_their_turn(
    steps: list[tuple[str, int]], allowed: int
) -> None:
    seats, speaking, away = Seats(), 0, list[Away]()
    for what, number in steps:
        if what == "claim" and (slots := seats.offer(allowed, 0)):
            begun = min(slots, number)
            seats.claim(begun)
            speaking += begun
        elif what == "leave" and speaking:
            away.append(seats.leave())
            speaking -= 1
        elif what == "back" and away and away[number % len(away)].come_back(allowed):
            away.pop(number % len(away))
            speaking += 1
        elif what == "stop" and away:
            away.pop(number % len(away)).end()
            seats.end()
        elif what == "end" and speaking:
            seats.end()
            speaking -= 1
        assert 0 <= speaking <= allowed
        assert seats.claimed == speaking + len(away) <= 2 * allowed
    seats.withdraw()
    for one in away:
        if speaking == allowed:
            assert not one.come_back(allowed)
            assert seats.offer(allowed, 1) == 0, "the seat that becomes free is kept for who waits"
            seats.end()
            speaking -= 1
        assert one.come_back(allowed)
        speaking += 1


def test_a_call_that_waits_for_its_next_try_does_not_keep_the_others_waiting(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(collect, "backoff", lambda *_, **__: 0.3)
    with FaultBox() as box:
        box.faults(["500", "500"])
        run = planned(
            endpoint(box.url, limits={"concurrency": 2}), prompts=[chat(f"c{n}") for n in range(8)], repeats=1
        )
        collect_runs(run)
        asked = [seen.prompt for seen in box.seen]
        assert box.most_at_once <= 2
    assert states(run) == {"done": 8}
    assert set(asked[:2]).isdisjoint(asked[2:8]), "six others were asked while the first two waited"
    assert set(asked[8:]) == set(asked[:2])
    with database.reading() as session:
        assert verify(session, watch(database)).problems == []
