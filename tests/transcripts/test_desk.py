"""A desk: what may be claimed now, what a reply teaches, and what the run page is told of an endpoint."""

import asyncio

import pytest

from app.db import Database
from app.providers.wire import Answered, Failed, Reply
from app.settings import Settings
from app.transcripts import desk as desks
from app.transcripts import supervise
from app.transcripts.desk import Desk, Endpoint
from tests.faultbox import FaultBox
from tests.scene import endpoint, planned, states, subject
from tests.transcripts.test_settle import asked, chat

WELL = Answered("fine", "natural", "stop")
BUSY = Failed("HTTP 429", "retry", wait=7.0, slow_down=True)
DOWN = Failed("HTTP 503", "retry", wait=3.0)


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    found = Clock()
    monkeypatch.setattr(desks, "time", found)
    return found


def desk(concurrency: int = 4, requests: int | None = None, tokens: int | None = None) -> Desk:
    there = Endpoint(1, "box", concurrency, requests, tokens, {}, None, None)
    return Desk(there, None, None)  # type: ignore[arg-type]


def test_free_slots_are_what_is_allowed_less_what_is_held() -> None:
    one = desk(4)
    one.seats.claim(3)
    want = one.want(0)
    assert want is not None
    assert want.slots == 1
    full = one.want(2)
    assert full is not None
    assert full.slots == 3
    one.seats.claim(1)
    assert one.want(0) is None


def test_a_stopped_desk_wants_nothing() -> None:
    one = desk()
    one.stop()
    assert one.want(0) is None
    assert one.stopping


def test_too_many_requests_make_the_whole_desk_wait_as_asked(clock: Clock) -> None:
    one = desk(1)
    one.note(Reply(429, total_ms=10), BUSY)
    assert one.want(0) is None
    assert one.again_in() == 7
    clock.now += 7
    assert one.want(0) is not None
    assert one.again_in() is None


def test_an_overloaded_server_that_names_a_time_is_left_alone_until_then(clock: Clock) -> None:
    one = desk(64)
    one.note(Reply(503), DOWN)
    assert one.want(0) is None
    assert one.again_in() == 3


def test_a_failing_endpoint_is_asked_by_one_call_on_trial(monkeypatch: pytest.MonkeyPatch) -> None:
    one = desk(64)
    for _ in range(8):
        one.note(Reply(500), Failed("HTTP 500", "retry"))
    assert one.live().breaker == "open"
    assert one.want(0) is None
    monkeypatch.setattr(one.breaker, "_until", 0.0)
    assert one.live().breaker == "trial"
    want = one.want(0)
    assert want is not None
    assert want.slots == 1
    one.claimed(want, [asked(chat("a"))])
    assert one.want(0) is None
    one.note(Reply(200), WELL)
    assert one.live().breaker == "closed"


def test_those_who_wait_have_the_trial_before_new_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    one = desk(64)
    for _ in range(8):
        one.note(Reply(500), Failed("HTTP 500", "retry"))
    monkeypatch.setattr(one.breaker, "_until", 0.0)
    one.waiting = 1
    assert one.want(0) is None
    assert one.may_speak(asked(chat("a")), 100) == 0


def test_a_refused_request_tells_that_the_endpoint_lives() -> None:
    one = desk()
    for _ in range(20):
        one.note(Reply(404), Failed("HTTP 404", "fail"))
    assert one.live().breaker == "closed"


def test_a_further_call_waits_for_the_minutes_limit() -> None:
    one = desk(4, requests=1)
    assert one.may_speak(asked(chat("a")), 100) == 0
    assert 59 < one.may_speak(asked(chat("a")), 100) <= 60


def test_new_limits_count_at_once() -> None:
    one = desk(4)
    one.configure(Endpoint(1, "box", 8, 5, 1000, {"input_per_mtok": 1}, None, None))
    want = one.want(0)
    assert want is not None
    assert (want.slots, want.price) == (8, {"input_per_mtok": 1})
    assert one.live().tokens_limit == 1000


def test_the_page_is_told_how_each_endpoint_stands(sqlite: Database) -> None:
    with FaultBox(latency=0.3) as box:
        slow = endpoint(box.url, limits={"concurrency": 3, "tokens_per_minute": 100_000})
        two = [subject("x", "box"), subject("y", "locked")]
        run = planned([slow, endpoint(box.url, "locked", key_env="BOX_API_KEY")], two, repeats=6)

        async def look() -> None:
            stop = asyncio.Event()
            work = asyncio.create_task(supervise.collect_all(Settings(), keys={}, stop=stop))
            while len(box.seen) < 3:
                await asyncio.sleep(0.01)
            ((number, one),) = supervise.live().items()
            assert (one.endpoint_id, one.slug, one.in_flight, one.allowed, one.concurrency) == (
                number,
                "box",
                3,
                3,
                3,
            )
            assert (one.breaker, one.again_in, one.calls_per_minute, one.tokens_limit) == (
                "closed",
                None,
                3,
                100_000,
            )
            assert 0 < one.tokens_per_minute < 1000
            assert list(supervise.withheld().values()) == ["no key: BOX_API_KEY is not set here"]
            stop.set()
            await work

        asyncio.run(look())
        assert supervise.live() == {}
    assert states(run)["queued"] >= 6
