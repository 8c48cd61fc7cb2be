"""What people do to a run: pause, cancel, resume, retry, extend. Each is one event, and loses no answer."""

import asyncio
from collections.abc import Callable

import pytest
from sqlalchemy import select

from app import db
from app.db import Database
from app.live.models import Event
from app.runs.models import Run
from app.settings import Settings
from app.studies.models import Study
from app.transcripts import supervise
from app.transcripts.commands import cancel, extend, pause, resume, retry, start, try_text
from app.transcripts.plan import Planned
from tests.faultbox import FaultBox
from tests.scene import chat, collect_runs, endpoint, exchanges, ladder, planned, states, transcripts


def events(run: int, *, progress: bool = False) -> list[str]:
    with db.reading() as session:
        rows = session.scalars(select(Event).order_by(Event.id)).all()
    found = [row.kind for row in rows if row.ids == {"run": run}]
    return found if progress else [kind for kind in found if kind != "run.progress"]


def do(command: Callable[..., object], run: int, **values: object) -> object:
    with db.writing() as session:
        return command(session, run, **values)


def test_a_tried_text_is_a_run_of_its_own_and_stays_one_text(database: Database) -> None:
    with FaultBox() as box:
        asked = planned(endpoint(box.url), prompts=[chat("one")])
        collect_runs(asked)
        with db.writing() as session:
            study = session.scalars(select(Study)).one()
            version = transcripts(asked)[0].subject_version_id
            assert version is not None
            run = try_text(session, study, chat("any", "say moth"), subject_version_ids=[version], repeats=3)
        collect_runs(run)
    found = transcripts(run)
    assert [(one.state, one.repeat) for one in found] == [("done", 1), ("done", 2), ("done", 3)]
    assert all(one.sha256 for one in found)
    assert events(run)[0] == "run.started"
    assert do(extend, run, repeats=4) == Planned(1, 0)
    with pytest.raises(ValueError, match="only tries a text"):
        do(extend, run, battery_version_ids=[transcripts(asked)[0].battery_version_id])


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not holds():
            await asyncio.sleep(0.005)


def interrupted(box: FaultBox, run: int, command: Callable[..., object], after: int) -> None:
    """Give a command while the run is being asked, once so many calls have come."""

    async def work() -> None:
        stop = asyncio.Event()
        collecting = asyncio.create_task(
            supervise.collect_all(Settings(), keys={}, stop=stop, runs={run}, grace=5)
        )
        await until(lambda: len(box.seen) >= after)
        await asyncio.to_thread(do, command, run)
        await asyncio.wait_for(collecting, 20)

    asyncio.run(work())


def test_pause_asks_nothing_more_and_keeps_what_was_under_way(database: Database) -> None:
    with FaultBox(latency=0.05) as box:
        run = planned(endpoint(box.url, limits={"concurrency": 4}), repeats=100)
        interrupted(box, run, pause, 6)
        asked = len(box.seen)
        assert states(run) == {"done": asked, "queued": 100 - asked}
        assert asked < 40
        do(resume, run)
        collect_runs(run)
        assert len(box.seen) == 100
    assert states(run) == {"done": 100}
    assert events(run) == ["run.paused", "run.resumed"]


def test_cancel_takes_queued_draws_away_and_resume_brings_them_back(database: Database) -> None:
    with FaultBox(latency=0.05) as box:
        run = planned(endpoint(box.url, limits={"concurrency": 4}), repeats=100)
        interrupted(box, run, cancel, 6)
        asked = len(box.seen)
        assert states(run) == {"done": asked, "cancelled": 100 - asked}
        assert do(resume, run) == 100 - asked
        collect_runs(run)
        assert len(box.seen) == 100
    assert states(run) == {"done": 100}


def test_cancel_of_a_run_with_nothing_left_to_ask_changes_nothing(sqlite: Database) -> None:
    with FaultBox() as box:
        run = planned(endpoint(box.url))
        collect_runs(run)
    before = events(run)
    assert do(cancel, run) == 0
    with db.reading() as session:
        assert session.get_one(Run, run).wanted == "go"
    assert events(run) == before


def test_retry_of_a_cancelled_run_without_failures_leaves_it_cancelled(sqlite: Database) -> None:
    run = planned(endpoint("http://127.0.0.1:9/v1"), repeats=2)
    do(cancel, run)
    assert do(retry, run) == 0
    assert states(run) == {"cancelled": 2}
    with db.reading() as session:
        assert session.get_one(Run, run).wanted == "cancel"


@pytest.mark.parametrize(("command", "state"), [(pause, "queued"), (cancel, "cancelled")])
def test_a_ladder_under_way_stops_after_the_rung_it_was_on(
    sqlite: Database, command: Callable[..., object], state: str
) -> None:
    with FaultBox(latency=0.1) as box:
        run = planned(endpoint(box.url), prompts=[ladder("l", *(f"T{n}?" for n in range(9)))])
        interrupted(box, run, command, 2)
        (draw,) = transcripts(run)
        assert (draw.state, draw.answered) == (state, len(box.seen))
        do(resume, run)
        collect_runs(run)
        assert len(box.seen) == 9
    assert states(run) == {"done": 1}


def test_a_draw_that_waits_for_its_next_try_does_not_hold_up_a_pause(sqlite: Database) -> None:
    with FaultBox() as box:
        box.fault = lambda _seen: "429"
        run = planned(endpoint(box.url), repeats=2)
        interrupted(box, run, pause, 2)
    assert states(run) == {"queued": 2}
    assert {call.outcome for call in exchanges(run)} == {"retry"}


def test_retry_asks_failed_draws_again_and_leaves_the_others(sqlite: Database) -> None:
    with FaultBox() as box:
        box.faults(["404"])
        run = planned(endpoint(box.url), repeats=5)
        collect_runs(run)
        assert states(run) == {"done": 4, "failed": 1}
        assert do(retry, run) == 1
        collect_runs(run)
        assert len(box.seen) == 6
    assert states(run) == {"done": 5}
    assert sorted(draw.attempt for draw in transcripts(run)) == [1, 1, 1, 1, 2]
    again = [call for call in exchanges(run) if call.attempt == 2]
    assert [(call.turn, call.n, call.outcome) for call in again] == [(1, 2, "answer")]


def test_a_resumed_run_has_its_tries_again_where_the_endpoint_was_never_left(sqlite: Database) -> None:
    """Another run keeps the endpoint busy, so that it stays with the collector that saw this one stopped."""
    with FaultBox(latency=0.02) as box:
        there = endpoint(box.url, limits={"concurrency": 3})
        other = planned(there, prompts=[chat("other")], repeats=2000)
        run = planned(there, prompts=[chat("a", "mine")], repeats=3)
        fault = "401"
        box.fault = lambda seen: fault if seen.prompt == "mine" else None

        async def work() -> None:
            nonlocal fault
            stop = asyncio.Event()
            serving = asyncio.create_task(supervise.collect_all(Settings(), keys={}, stop=stop, grace=1))
            await until(lambda: states(run).get("failed", 0) > 0 and "running" not in states(run))
            fault, asked = "500", sum(seen.prompt == "mine" for seen in box.seen)
            await asyncio.to_thread(do, retry, run)
            await until(lambda: states(run) == {"failed": 3})
            assert sum(seen.prompt == "mine" for seen in box.seen) == asked + 3 * 4
            assert "queued" in states(other)
            stop.set()
            await serving

        asyncio.run(work())


def test_resume_leaves_failed_draws_failed(sqlite: Database) -> None:
    with FaultBox() as box:
        box.faults(["404"])
        run = planned(endpoint(box.url), repeats=2)
        collect_runs(run)
        assert do(resume, run) == 0
        collect_runs(run)
        assert len(box.seen) == 2
    assert states(run) == {"done": 1, "failed": 1}


def test_extend_asks_only_what_is_new(database: Database) -> None:
    with FaultBox() as box:
        run = planned(endpoint(box.url), prompts=[chat("a"), chat("b")], repeats=2)
        collect_runs(run)
        with db.writing() as session:
            assert extend(session, run, repeats=3, reason="wider").queued == 2
        collect_runs(run)
        assert len(box.seen) == 6
    assert sorted((draw.wave, draw.repeat) for draw in transcripts(run)) == [
        (1, 1),
        (1, 1),
        (1, 2),
        (1, 2),
        (2, 3),
        (2, 3),
    ]
    assert events(run) == ["run.extended"]


def test_a_wave_that_comes_while_the_run_is_asked_is_taken_up(sqlite: Database) -> None:
    with FaultBox(latency=0.05) as box:
        run = planned(endpoint(box.url), repeats=8)
        interrupted(box, run, lambda session, run: extend(session, run, repeats=10), 3)
        assert len(box.seen) == 10
    assert states(run) == {"done": 10}


def test_start_makes_plans_and_tells(sqlite: Database) -> None:
    with FaultBox() as box:
        first = planned(endpoint(box.url))
        with db.writing() as session:
            run, made = start(
                session, study_id=1, battery_version_ids=[1], subject_version_ids=[1], repeats=3
            )
        assert (run, made.queued) == (first + 1, 3)
        collect_runs(run)
    assert states(run) == {"done": 3}
    assert events(run) == ["run.started"]


def test_progress_is_told_at_most_once_a_second_and_at_the_end(sqlite: Database) -> None:
    with FaultBox(latency=0.02) as box:
        run = planned(endpoint(box.url), repeats=60)
        collect_runs(run)
    with db.reading() as session:
        told = session.scalars(select(Event).where(Event.kind == "run.progress").order_by(Event.id)).all()
        finished = [draw.finished_at for draw in transcripts(run)]
    assert 2 <= len(told) <= 6
    last = max(moment for moment in finished if moment)
    assert told[-1].at >= last


def test_a_repeated_pause_is_no_second_event(sqlite: Database) -> None:
    run = planned(endpoint("http://127.0.0.1:9/v1"))
    do(pause, run)
    do(pause, run)
    assert events(run) == ["run.paused"]
