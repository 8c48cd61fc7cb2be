"""Carrying a probe through: lock, key, limits, retries, the ends it may come to, and what is kept of each."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest
from sqlalchemy import select

from app import db
from app.db import Database, now
from app.live.models import Event
from app.probes import asking
from app.probes.asking import Probing, begin
from app.probes.asks import CannotProbe
from app.settings import Settings
from app.subjects.commands import CUT_OFF, begin_probe
from app.subjects.models import Endpoint, Probe
from app.subjects.shape import EndpointShape
from app.transcripts.locks import Locks
from app.transcripts.work import last_minute
from tests.faultbox import FaultBox, Seen
from tests.ports import free_port
from tests.probes.pretender import Pretender
from tests.scene import endpoint, planned

KEY = "sk-very-secret-0123456789"


class Slept:
    """A clock's sleep that takes no time, and remembers."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)
        await asyncio.sleep(0)


def probing(
    shape: EndpointShape, keys: Mapping[str, str] = {}, sleep: asyncio.Future[None] | Slept | None = None
) -> Probe:
    """Register an endpoint, probe it and return the row."""
    planned(shape)

    async def run() -> int:
        begun = await begin(Settings(), shape.slug, keys=keys, sleep=sleep or Slept())  # type: ignore[arg-type]
        await begun.carry_through()
        return begun.probe_id

    number = asyncio.run(run())
    with db.reading() as session:
        return session.get_one(Probe, number)


def values(probe: Probe) -> dict[str, Any]:
    return {one["name"]: one["value"] for one in probe.found}


def test_a_probe_is_kept_with_what_it_found_used_and_cost(database: Database) -> None:
    with FaultBox() as box:
        pretender = Pretender.at(box, prefill="continues")
        price = {"input_per_mtok": 2, "output_per_mtok": 8}
        probe = probing(endpoint(box.url, price=price))
        assert (probe.state, probe.reason) == ("done", None)
        assert (probe.served_model, probe.version, probe.model) == ("m-2026-11-01", "fp-7", "m")
        assert values(probe)["prefill"] is True
        assert probe.calls == len(pretender.calls) + 1  # and one GET
        assert box.most_at_once == 1
        into, out = probe.input_tokens or 0, probe.output_tokens or 0
        assert (into > 200, 100 < out < 400) == (True, True)
        assert 2 * into + 8 * out <= (probe.cost_micro or 0) <= 2 * into + 8 * out + probe.calls
        assert probe.started_at <= (probe.finished_at or probe.started_at) <= now()
        with db.reading() as session:
            kinds = session.scalars(select(Event.kind).where(Event.kind.like("probe.%"))).all()
        assert (kinds[0], kinds[-1], len(kinds) < 6) == ("probe.progress", "probe.ended", True)


def test_what_is_not_told_is_not_counted_as_nothing(sqlite: Database) -> None:
    with FaultBox() as box:
        Pretender.at(box, counts=False)
        dear = probing(endpoint(box.url, price={"input_per_mtok": 2, "output_per_mtok": 8}))
        assert (dear.input_tokens, dear.output_tokens) == (None, None)
        assert (dear.cost_micro or 0) > 1000  # the most that it can have been
        assert probing(endpoint(box.url, slug="unpriced")).cost_micro is None


def test_a_key_is_sent_and_never_kept(database: Database) -> None:
    with FaultBox() as box:
        pretender = Pretender.at(box)
        echoing = pretender.__call__

        def leaky(seen: Seen) -> Any:
            body = echoing(seen.path, seen.body)
            if isinstance(body, dict):
                body["system_fingerprint"] = f"your key is {KEY}"
            return body

        box.reply = leaky  # type: ignore[method-assign]
        probe = probing(endpoint(box.url, key_env="BOX_API_KEY"), {"BOX_API_KEY": KEY})
        assert {seen.headers["authorization"] for seen in box.seen} == {f"Bearer {KEY}"}
        assert probe.version == "your key is [key removed]"
        assert KEY not in str(probe.found)


def test_without_its_key_an_endpoint_is_not_asked_and_nothing_is_written(sqlite: Database) -> None:
    with FaultBox() as box:
        shape = endpoint(box.url, key_env="BOX_API_KEY")
        with pytest.raises(CannotProbe, match="BOX_API_KEY: not set here, expected the key of endpoint box"):
            probing(shape, {"BOX_API_KEY": ""})
        assert (box.seen, count_probes()) == ([], 0)


def test_a_key_that_is_bound_to_another_address_is_not_sent(sqlite: Database) -> None:
    with FaultBox() as box:
        Pretender.at(box)
        planned(endpoint("https://elsewhere.example/v1", key_env="BOX_API_KEY"))
        with db.writing() as session:
            session.scalars(select(Endpoint)).one().base_url = box.url
        asyncio.run(carried("box", {"BOX_API_KEY": KEY}))
        assert not any("authorization" in seen.headers for seen in box.seen)


def test_one_speaks_to_an_endpoint_at_a_time(database: Database) -> None:
    with FaultBox() as box:
        planned(endpoint(box.url))
        held = Locks(db.current())
        assert held.take(1)
        with pytest.raises(CannotProbe, match="box is being asked just now, by a run or another probe"):
            asyncio.run(carried("box"))
        held.release(1)
        held.close()
        Pretender.at(box)
        asyncio.run(carried("box"))
        free = Locks(db.current())
        assert free.take(1)  # it was given back
        free.close()


async def carried(slug: str, keys: Mapping[str, str] = {}) -> Probing:
    begun = await begin(Settings(), slug, keys=keys, sleep=Slept())
    await begun.carry_through()
    return begun


def count_probes() -> int:
    with db.reading() as session:
        return len(session.scalars(select(Probe.id)).all())


@pytest.mark.parametrize(
    ("fault", "calls", "says"),
    [
        ("401", 1, "HTTP 401: Incorrect API key provided"),
        ("402", 1, "HTTP 402: Payment required"),
        ("money", 1, "HTTP 429: You exceeded your current quota"),
        ("404", 4, "HTTP 404: No such model"),
        ("429", 3, "HTTP 429: Rate limit reached"),
        ("503", 3, "HTTP 503: Overloaded"),
        ("bad-json", 3, "expected JSON"),
        ("html", 3, "expected JSON, got text/html"),
        ("reset", 3, "the connection was closed before the answer"),
        ("cut", 3, "the answer was cut off"),
        ("error-in-200", 3, "HTTP 502: upstream failed"),
    ],
)
def test_an_endpoint_that_never_answers_could_not_be_probed(
    sqlite: Database, fault: str, calls: int, says: str
) -> None:
    with FaultBox() as box:
        box.fault = lambda _seen: fault
        probe = probing(endpoint(box.url))
        assert (probe.state, probe.calls) == ("failed", calls)
        assert (probe.reason or "").startswith(says), probe.reason


def test_a_dead_server_could_not_be_probed(sqlite: Database) -> None:
    probe = probing(
        endpoint(f"http://127.0.0.1:{free_port()}/v1", price={"input_per_mtok": 1, "output_per_mtok": 1})
    )
    assert (probe.state, probe.cost_micro) == ("failed", 0)
    assert (probe.reason or "").startswith("no connection")


def test_a_call_is_asked_again_where_the_reply_asks_for_it(sqlite: Database) -> None:
    with FaultBox() as box:
        Pretender.at(box)
        box.faults(["503", "429-after", None, None, "500"])
        slept = Slept()
        probe = probing(endpoint(box.url), sleep=slept)
        assert (probe.state, len(slept.seconds)) == ("done", 3)
        assert slept.seconds[1] == 0.0  # as the reply asked
        assert probe.calls == len(box.seen)


def test_a_question_that_fails_is_unknown_and_the_others_are_asked(sqlite: Database) -> None:
    with FaultBox() as box:
        Pretender.at(box, prefill="continues")
        box.fault = lambda seen: "503" if seen.body.get("n") == 2 else None
        probe = probing(endpoint(box.url))
        assert probe.state == "done"
        unknown = {one["name"] for one in probe.found if one["standing"] == "unknown"}
        assert unknown == {"n", "context"}


def test_a_key_that_is_taken_away_on_the_way_breaks_the_probe_off(sqlite: Database) -> None:
    with FaultBox() as box:
        Pretender.at(box)
        box.fault = lambda seen: "401" if "stop" in seen.body else None
        probe = probing(endpoint(box.url))
        assert (probe.state, (probe.reason or "")[:8]) == ("broken", "HTTP 401")
        assert values(probe)["seed"] is True  # what came is kept, and nothing follows from it


def test_a_probe_cannot_make_more_calls_than_it_may(
    sqlite: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "MOST", 5)
    with FaultBox() as box:
        Pretender.at(box)
        probe = probing(endpoint(box.url))
        assert (probe.state, probe.calls, len(box.seen)) == ("broken", 5, 5)
        assert probe.reason == "it would take more than 5 calls"


def test_the_limits_of_the_endpoint_hold_for_probe_and_run_together(database: Database) -> None:
    with FaultBox() as box:
        Pretender.at(box)
        planned(endpoint(box.url, limits={"requests_per_minute": 5}))

        async def five() -> list[float]:
            begun = await begin(Settings(), "box", keys={}, sleep=Slept())
            waits: list[float] = []

            async def stopping(seconds: float) -> None:
                waits.append(seconds)
                raise asyncio.CancelledError

            begun.sleep = stopping
            with pytest.raises(asyncio.CancelledError):
                await begun.carry_through()
            return waits

        (wait,) = asyncio.run(five())
        assert len(box.seen) == 5
        assert 50 < wait <= 60
        with db.reading() as session:
            recent = last_minute(session, 1)
        assert len(recent) == 5
        assert all(ago < 5 for ago, _ in recent)


def test_a_probe_that_is_stopped_says_so_and_gives_its_lock_back(database: Database) -> None:
    with FaultBox() as box:
        planned(endpoint(box.url))
        box.fault = lambda _seen: "hang"

        async def stopped() -> int:
            begun = await begin(Settings(), "box", keys={})
            task = asyncio.create_task(begun.carry_through())
            while not box.seen:
                await asyncio.sleep(0.01)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            return begun.probe_id

        number = asyncio.run(stopped())
        with db.reading() as session:
            probe = session.get_one(Probe, number)
        assert (probe.state, probe.calls) == ("broken", 1)
        assert probe.reason == asking.STOPPED
        box.fault = lambda _seen: None
        Pretender.at(box)
        asyncio.run(carried("box"))


def test_a_probe_that_its_process_left_running_is_broken_once_the_next_begins(sqlite: Database) -> None:
    with FaultBox() as box:
        Pretender.at(box)
        planned(endpoint(box.url))
        with db.writing() as session:
            left = begin_probe(session, session.scalars(select(Endpoint)).one()).id
        asyncio.run(carried("box"))
        with db.reading() as session:
            probe = session.get_one(Probe, left)
        assert (probe.state, probe.reason) == ("broken", CUT_OFF)
