"""Two processes never speak to one endpoint, and whoever takes a lock takes over what its holder left."""

import asyncio
import subprocess
import sys
import threading
import time
from pathlib import Path

from sqlalchemy import select, text

from app import db
from app.db import Database
from app.runs.commands import set_wanted
from app.settings import Settings
from app.transcripts import supervise
from app.transcripts.locks import Locks, take_over
from app.transcripts.models import Exchange, RunBudget
from tests.faultbox import FaultBox
from tests.scene import chat, collect_runs, endpoint, planned, states, subject, transcripts
from tests.transcripts.test_claim import NOWHERE, take


def test_a_lock_is_held_once_until_it_is_given_back(database: Database) -> None:
    first, second = Locks(database), Locks(database)
    assert first.take(1)
    assert first.take(1), "whoever holds it holds it"
    assert not second.take(1)
    assert second.take(2)
    first.release(1)
    assert second.take(1)
    first.close()
    second.close()


def test_a_database_opened_by_another_name_has_the_same_locks(sqlite: Database, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "link.db").symlink_to(sqlite.engine.url.database or "")
    linked = Database(f"sqlite:///{tmp_path / 'other' / 'link.db'}")
    first, second = Locks(sqlite), Locks(linked)
    assert first.take(1)
    assert not second.take(1)
    first.close()
    second.close()
    linked.close()


def test_locks_end_with_their_holder(database: Database) -> None:
    first, second = Locks(database), Locks(database)
    assert first.take(1)
    first.close()
    assert second.take(1)
    second.close()


def test_a_lost_session_is_noticed(database: Database) -> None:
    locks = Locks(database)
    locks.take(1)
    assert locks.hold([1])
    if not database.sqlite:
        with database.writing() as session:
            session.execute(
                text("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'")
            )
        assert not locks.hold([1])
        assert locks.take(1), "a session of its own is opened anew"
    locks.close()


def test_a_lock_given_back_to_a_lost_session_does_not_hide_the_loss_of_the_others(database: Database) -> None:
    locks = Locks(database)
    assert locks.take(1)
    assert locks.take(2)
    assert not locks.hold([1, 2, 3])
    if not database.sqlite:
        with database.writing() as session:
            session.execute(
                text("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'")
            )
    locks.release(1)
    assert locks.hold([2]) == database.sqlite
    locks.close()


def test_taking_over_queues_running_draws_and_settles_their_calls(database: Database) -> None:
    run = planned(endpoint(NOWHERE, price={"input_per_mtok": 1, "output_per_mtok": 1}), repeats=3)
    take(2)
    with db.writing() as session:
        assert take_over(session, 1) == 2
        assert take_over(session, 1) == 0
    assert states(run) == {"queued": 3}
    with db.reading() as session:
        calls = session.scalars(select(Exchange)).all()
        sums = session.get_one(RunBudget, run)
    assert {call.outcome for call in calls} == {"unknown"}
    assert (sums.calls, sums.reserved_calls, sums.reserved_tokens) == (2, 0, 0)
    assert sums.tokens == sum(call.tokens or 0 for call in calls)


def test_taking_over_a_cancelled_run_cancels_what_was_running(database: Database) -> None:
    run = planned(endpoint(NOWHERE), repeats=2)
    take(2)
    with db.writing() as session:
        set_wanted(session, run, "cancel")
        take_over(session, 1)
    assert states(run) == {"cancelled": 2}


def test_other_endpoints_are_left_alone(sqlite: Database) -> None:
    run = planned([endpoint(NOWHERE, "a"), endpoint(NOWHERE, "b")], [subject("x", "a"), subject("y", "b")])
    take(5)
    with db.writing() as session:
        assert take_over(session, 2) == 0
    assert states(run) == {"running": 1, "queued": 1}


def test_two_processes_at_once_ask_each_draw_once_and_never_together(database: Database) -> None:
    """Both bring the run to its end; an endpoint never sees more calls at once than one of them may make."""
    url = database.engine.url.render_as_string(hide_password=False)
    with FaultBox(latency=0.01) as box:
        two = [
            endpoint(box.url, "a", limits={"concurrency": 3}),
            endpoint(box.url, "b", limits={"concurrency": 3}),
        ]
        run = planned(
            two, [subject("x", "a"), subject("y", "b")], [chat(f"p{n}") for n in range(30)], repeats=3
        )
        processes = [
            subprocess.Popen([sys.executable, "-m", "tests.runner", url, str(run)], stdin=subprocess.PIPE,
                             stdout=subprocess.PIPE, text=True)
            for _ in range(2)
        ]  # fmt: skip
        for process in processes:
            assert process.stdin
            process.stdin.write("go\n")
            process.stdin.close()
        for process in processes:
            assert process.wait(60) == 0
            assert process.stdout
            assert process.stdout.read().split()[1] == "0"
            process.stdout.close()
        assert len(box.seen) == 180
        assert box.most_at_once <= 6
    assert states(run) == {"done": 180}
    assert {draw.attempt for draw in transcripts(run)} == {1}


def test_what_another_process_asks_is_only_waited_for(sqlite: Database) -> None:
    told: list[str] = []
    holder = Locks(sqlite)
    with FaultBox() as box:
        run = planned(endpoint(box.url))
        holder.take(1)
        threading.Timer(0.5, holder.close).start()

        async def wait() -> None:
            await supervise.collect_all(
                Settings(), keys={}, stop=asyncio.Event(), runs={run}, say=told.append
            )

        asyncio.run(asyncio.wait_for(wait(), 20))
    assert states(run) == {"done": 1}
    assert told == ["box: another process, or a probe, speaks to it; its draws stay queued for it"]


def test_without_its_key_an_endpoint_is_left_to_others_and_that_is_said(sqlite: Database) -> None:
    told: list[str] = []
    with FaultBox() as box:
        run = planned(endpoint(box.url, key_env="BOX_API_KEY"))

        async def ask(keys: dict[str, str]) -> None:
            await supervise.collect_all(
                Settings(), keys=keys, stop=asyncio.Event(), runs={run}, say=told.append
            )

        asyncio.run(asyncio.wait_for(ask({}), 20))
        assert states(run) == {"queued": 1}
        assert told == ["box: no key: BOX_API_KEY is not set here; its draws stay queued for it"]
        asyncio.run(asyncio.wait_for(ask({"BOX_API_KEY": "sk-very-secret-1"}), 20))
        assert box.seen[0].headers["authorization"] == "Bearer sk-very-secret-1"
    assert states(run) == {"done": 1}


def test_a_key_is_not_sent_to_an_address_it_was_not_named_for(sqlite: Database) -> None:
    with FaultBox() as old, FaultBox() as new:
        keys = {"BOX_API_KEY": "sk-very-secret-1"}
        first = planned(endpoint(old.url, key_env="BOX_API_KEY"))
        planned(endpoint(new.url, key_env="BOX_API_KEY"), [subject("other")])  # the endpoint has moved since
        collect_runs(first, keys=keys)
        assert "authorization" not in old.seen[0].headers


def test_a_collector_that_is_stopped_gives_calls_their_grace_and_lays_back_the_rest(
    database: Database,
) -> None:
    with FaultBox(latency=0.3) as box:
        run = planned(endpoint(box.url, limits={"concurrency": 2}), repeats=10)

        async def stopped(grace: float) -> None:
            stop = asyncio.Event()
            work = asyncio.create_task(
                supervise.collect_all(Settings(), keys={}, stop=stop, runs={run}, grace=grace)
            )
            before = len(box.seen)
            while len(box.seen) < before + 2:
                await asyncio.sleep(0.005)
            stop.set()
            await asyncio.wait_for(work, 20)

        asyncio.run(stopped(5))
        assert states(run) == {"done": 2, "queued": 8}
        began = time.monotonic()
        asyncio.run(stopped(0))
        assert time.monotonic() - began < 5
        assert states(run) == {"done": 2, "queued": 8}
    with db.reading() as session:
        outcomes = sorted(session.scalars(select(Exchange.outcome)))
    assert outcomes == ["answer", "answer", "unknown", "unknown"]
