"""The writer: a database that fails for a moment costs nothing, one that stays away ends collecting, resumably."""

import asyncio
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app import db
from app.db import Database
from app.settings import Settings
from app.transcripts import settle, supervise, writer
from app.transcripts.verify import verify, watch
from app.transcripts.watch import Look, Silence, collect_and_show
from tests.faultbox import FaultBox
from tests.scene import chat, collect_runs, collecting, endpoint, exchanges, ladder, planned, states


class Flaky:
    """The writing door, failing at the end of the writer's transactions with these numbers (None = all), so that
    all of it is undone."""

    def __init__(self, fails: set[int] | None) -> None:
        self.fails = fails
        self.count = 0
        self.door = db.writing

    @contextmanager
    def writing(self) -> Iterator[Session]:
        with self.door() as session:
            yield session
            if not isinstance(threading.current_thread(), writer.Writer):
                return
            self.count += 1
            session.flush()
            if self.fails is None or self.count in self.fails:
                raise OperationalError("COMMIT", {}, Exception("disk I/O error"))


@pytest.fixture(autouse=True)
def _no_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer.time, "sleep", lambda _seconds: None)


# Thirteen replies and the first claim: by ones fourteen writes, by twos at least eight.
ONE_BY_ONE = [(1, nth) for nth in range(1, 15)]
BY_TWOS = [(2, nth) for nth in range(1, 9)]


@pytest.mark.parametrize(("slots", "nth"), [*ONE_BY_ONE, *BY_TWOS])
def test_each_write_may_fail_once_and_nothing_is_lost_or_twice(
    sqlite: Database, monkeypatch: pytest.MonkeyPatch, slots: int, nth: int
) -> None:
    flaky = Flaky({nth})
    monkeypatch.setattr(writer.db, "writing", flaky.writing)
    with FaultBox() as box:
        box.faults([None, "500"])
        prompts = [*(chat(f"c{n}") for n in range(8)), ladder("l", "One?", "Two?", "Three?")]
        run = planned(endpoint(box.url, limits={"concurrency": slots}), prompts=prompts)
        collect_runs(run)
        assert len(box.seen) == 12
    assert flaky.count > nth
    assert states(run) == {"done": 9}
    assert Counter(call.outcome for call in exchanges(run)) == {"answer": 11, "retry": 1}
    with sqlite.reading() as session:
        assert verify(session, watch(sqlite)).problems == []


def test_a_database_that_stays_away_ends_collecting_and_the_rest_is_asked_later(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    flaky = Flaky(set())
    with FaultBox() as box:
        run = planned(endpoint(box.url, limits={"concurrency": 2}), repeats=20)
        monkeypatch.setattr(writer.db, "writing", flaky.writing)
        box.answer = lambda seen: "x" if len(box.seen) < 10 else setattr(flaky, "fails", None) or "y"  # type: ignore[func-returns-value]
        with pytest.raises(OperationalError, match="disk I/O error"):
            collect_runs(run)
        monkeypatch.undo()
        counts = states(run)
        assert counts["running"] <= 2
        collect_runs(run)
        assert len(box.seen) <= 22
    assert states(run) == {"done": 20}
    with database.reading() as session:
        assert verify(session, watch(database)).problems == []


def test_ladders_that_wait_for_their_next_rung_do_not_outlive_the_writer(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    flaky = Flaky(set())
    with FaultBox(latency=0.02) as box:
        steep = ladder("l", "One?", "Two?", "Three?")
        run = planned(endpoint(box.url, limits={"concurrency": 2}), prompts=[steep], repeats=5)
        monkeypatch.setattr(writer.db, "writing", flaky.writing)
        box.answer = lambda seen: "x" if len(box.seen) < 4 else setattr(flaky, "fails", None) or "y"  # type: ignore[func-returns-value]
        with pytest.raises(OperationalError, match="disk I/O error"):
            asyncio.run(collecting(run, seconds=15, grace=0.1))
        monkeypatch.undo()
        collect_runs(run)
    assert states(run) == {"done": 5}
    with database.reading() as session:
        assert verify(session, watch(database)).problems == []


def test_a_try_that_the_database_refuses_frees_its_slot_once(
    sqlite: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = settle._columns

    def refused(outcome: str, *values: Any) -> dict[str, Any]:
        columns = told(outcome, *values)
        return columns | {"headers": object()} if outcome == "retry" else columns

    monkeypatch.setattr(settle, "_columns", refused)
    with FaultBox(latency=0.02) as box:
        box.faults(["500"] * 4)
        run = planned(endpoint(box.url, limits={"concurrency": 2}), repeats=20)
        collect_runs(run)
        assert box.most_at_once == 2
    assert states(run) == {"done": 16, "failed": 4}


def test_a_server_begins_again_when_the_database_is_back(
    sqlite: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    flaky = Flaky(None)
    monkeypatch.setattr(supervise, "AGAIN", 0.05)
    with FaultBox() as box:
        run = planned(endpoint(box.url), repeats=3)
        monkeypatch.setattr(writer.db, "writing", flaky.writing)

        async def serve() -> None:
            stop = asyncio.Event()
            work = asyncio.create_task(supervise.collect_for_ever(Settings(), keys={}, stop=stop))
            async with asyncio.timeout(20):
                while flaky.count < 8:
                    await asyncio.sleep(0.01)
                flaky.fails = set()
                while states(run) != {"done": 3}:
                    await asyncio.sleep(0.02)
            stop.set()
            await work

        asyncio.run(serve())


def test_a_lost_lock_session_gives_up_what_runs_and_takes_it_up_again(database: Database) -> None:
    if database.sqlite:
        pytest.skip("a file lock is not lost")
    with FaultBox(latency=0.05) as box:
        run = planned(endpoint(box.url, limits={"concurrency": 2}), repeats=40)

        async def work() -> None:
            collecting = asyncio.create_task(
                supervise.collect_all(Settings(), keys={}, stop=asyncio.Event(), runs={run})
            )
            while len(box.seen) < 4:
                await asyncio.sleep(0.01)
            await asyncio.to_thread(_end_lock_sessions)
            await asyncio.wait_for(collecting, 30)

        asyncio.run(work())
    assert states(run) == {"done": 40}
    with database.reading() as session:
        assert verify(session, watch(database)).problems == []


def test_a_server_that_drops_every_connection_costs_no_draw(database: Database) -> None:
    if database.sqlite:
        pytest.skip("a file has no connections to drop")
    with FaultBox(latency=0.02) as box:
        prompts = [chat("c"), ladder("l", "One?", "Two?")]
        run = planned(endpoint(box.url, limits={"concurrency": 3}), prompts=prompts, repeats=30)

        async def work() -> Look:
            shown = collect_and_show(Settings(), run, keys={}, screen=Silence(), stop=asyncio.Event())
            collecting = asyncio.create_task(shown)
            for calls in (5, 20, 35):
                while len(box.seen) < calls:
                    await asyncio.sleep(0.01)
                await asyncio.to_thread(_end_all_sessions)
            return await asyncio.wait_for(collecting, 30)

        assert asyncio.run(work()).status.state == "done"
    assert states(run) == {"done": 60}
    with database.reading() as session:
        assert verify(session, watch(database)).problems == []


def _end_all_sessions() -> None:
    with db.writing() as session:
        session.execute(text(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        ))  # fmt: skip


def _end_lock_sessions() -> None:
    with db.writing() as session:
        session.execute(text("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"))
