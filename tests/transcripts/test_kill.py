"""Any process may die at any moment: what it had saved stays, what was missing is asked again, and only that."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import func, select, text

from app import db
from app.db import Database
from app.transcripts.models import Exchange, RunBudget, Transcript
from app.transcripts.verify import verify, watch
from tests.faultbox import FaultBox
from tests.runner import MOMENTS
from tests.scene import chat, endpoint, exchanges, ladder, planned, states, subject

KILLS = 20
CONCURRENCY = 4
PROMPTS = [*(chat(f"c{n}", f"Question {n}?", repeats=5) for n in range(32)),
           *(ladder(f"l{n}", f"First {n}?", "Second?", "Third?", repeats=10) for n in range(4))]  # fmt: skip
DRAWS = 32 * 5 + 4 * 10
TURNS = 32 * 5 + 4 * 10 * 3


@contextmanager
def runner(database: Database, run: int) -> Iterator[subprocess.Popen[str]]:
    url = database.engine.url.render_as_string(hide_password=False)
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.runner", url, str(run)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        assert process.stdin
        assert process.stdout
        process.stdin.close()
        process.wait(30)
        process.stdout.close()


def begin(process: subprocess.Popen[str], moment: str = "go") -> int:
    """Let the runner fork a collector, which dies at a moment if one is named; return its process number."""
    assert process.stdin
    assert process.stdout
    process.stdin.write(f"{moment}\n")
    process.stdin.flush()
    return int(process.stdout.readline())


def ended(process: subprocess.Popen[str]) -> int:
    """Wait until the collector has ended; return how."""
    assert process.stdout
    return int(process.stdout.readline())


@pytest.mark.kill
def test_twenty_kills_lose_nothing_and_store_nothing_twice(database: Database) -> None:
    dice = random.Random(7)
    with FaultBox(latency=0.02) as box:
        there = endpoint(
            box.url, limits={"concurrency": CONCURRENCY}, price={"input_per_mtok": 1, "output_per_mtok": 1}
        )
        run = planned(there, [subject(sampling={"seed": 1})], PROMPTS)
        assert states(run) == {"queued": DRAWS}
        with runner(database, run) as process:
            for _ in range(KILLS):
                collector = begin(process)
                until = len(box.seen) + dice.randint(0, TURNS // KILLS)
                while len(box.seen) < until:
                    time.sleep(0.002)
                time.sleep(dice.uniform(0, 0.03))
                os.kill(collector, signal.SIGKILL)
                assert ended(process) == -signal.SIGKILL
            begin(process)
            assert ended(process) == 0
        asked = len(box.seen)
    assert states(run) == {"done": DRAWS}
    assert TURNS <= asked <= TURNS + KILLS * CONCURRENCY
    outcomes = Counter(call.outcome for call in exchanges(run))
    assert outcomes["answer"] == TURNS
    assert set(outcomes) <= {"answer", "unknown"}
    assert asked <= outcomes.total()  # a call is written down before it is made
    with database.reading() as session:
        report = verify(session, watch(database))
        assert report.problems == []
        cells = select(func.count(Transcript.id)).group_by(
            Transcript.prompt_id, Transcript.subject_version_id, Transcript.repeat
        )
        assert set(session.scalars(cells)) == {1}
        sums = session.get_one(RunBudget, run)
        assert sums.calls == outcomes.total()


@pytest.mark.kill
def test_a_kill_at_each_moment_of_a_draw_costs_at_most_the_calls_under_way(database: Database) -> None:
    often = [moment for moment in MOMENTS if moment != "taken over"]  # that happens once a process
    deaths = [f"{moment} {nth}" for moment in often for nth in (1, 4)]
    deaths.insert(3, "taken over 1")
    prompts = [*(chat(f"c{n}") for n in range(6)), ladder("l", "One?", "Two?", "Three?")]
    with FaultBox(latency=0.01) as box:
        there = endpoint(
            box.url, limits={"concurrency": 3}, price={"input_per_mtok": 1, "output_per_mtok": 1}
        )
        run = planned(there, prompts=prompts, repeats=8)
        with runner(database, run) as process:
            for death in deaths:
                begin(process, death)
                assert ended(process) == -signal.SIGKILL, death
                with database.reading() as session:
                    found = verify(session, watch(database)).problems
                assert {one.what for one in found} <= {"left running"}, (death, found)
            begin(process)
            assert ended(process) == 0
        asked = len(box.seen)
    assert states(run) == {"done": 7 * 8}
    turns = 6 * 8 + 3 * 8
    assert turns <= asked <= turns + len(deaths) * 3
    outcomes = Counter(call.outcome for call in exchanges(run))
    assert outcomes["answer"] == turns
    assert set(outcomes) == {"answer", "unknown"}
    with database.reading() as session:
        assert verify(session, watch(database)).problems == []


@pytest.mark.kill
def test_a_resumed_ladder_goes_on_at_the_rung_it_had_reached(database: Database) -> None:
    with FaultBox(latency=0.05) as box:
        box.answer = lambda seen: f"answer to {len(seen.body['messages'])}"
        run = planned(endpoint(box.url), prompts=[ladder("l", *(f"Turn {n}?" for n in range(1, 9)))])
        with runner(database, run) as process:
            collector = begin(process)
            while not _answered():
                time.sleep(0.002)
            os.kill(collector, signal.SIGKILL)
            ended(process)
            rungs = _answered()
            begin(process)
            assert ended(process) == 0
        lengths = [len(seen.body["messages"]) for seen in box.seen]
    assert states(run) == {"done": 1}
    assert sorted(set(lengths)) == [1, 3, 5, 7, 9, 11, 13, 15]
    assert lengths.count(1) == 1, "the first rung was saved and is not asked again"
    calls = exchanges(run)
    assert {(call.turn, call.attempt) for call in calls if call.turn <= rungs} == {
        (turn, 1) for turn in range(1, rungs + 1)
    }
    assert calls[-1].attempt == 2


def _answered() -> int:
    with db.reading() as session:
        return session.scalars(select(Transcript.answered)).one()


def test_a_process_that_wakes_up_after_another_took_its_place_changes_nothing(database: Database) -> None:
    if database.sqlite:
        pytest.skip("a file lock is held by a sleeping process, too")
    with FaultBox(latency=0.05) as box:
        steep = ladder("l", "One?", "Two?", "Three?", repeats=6)
        run = planned(endpoint(box.url, limits={"concurrency": 4}), prompts=[chat("a", repeats=30), steep])
        with runner(database, run) as first, runner(database, run) as second:
            sleeper = begin(first)
            while len(box.seen) < 8:
                time.sleep(0.002)
            os.kill(sleeper, signal.SIGSTOP)
            with db.writing() as session:  # as a server does that lost sight of it
                session.execute(text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                ))  # fmt: skip
            begin(second)
            while states(run).get("done", 0) < 20:
                time.sleep(0.01)
            os.kill(sleeper, signal.SIGCONT)
            assert ended(second) == 0
            assert ended(first) == 0
        asked = len(box.seen)
    assert states(run) == {"done": 36}
    turns = 30 + 6 * 3
    answers = Counter(call.outcome for call in exchanges(run))
    assert answers["answer"] == turns
    assert turns <= asked <= answers.total() <= turns + 3 * 4
    with database.reading() as session:
        assert verify(session, watch(database)).problems == []


def test_a_process_that_was_killed_leaves_its_calls_unknown(database: Database) -> None:
    with FaultBox() as box:
        box.fault = lambda _seen: "hang"
        run = planned(endpoint(box.url), prompts=[chat("a")], repeats=3)
        with runner(database, run) as process:
            collector = begin(process)
            while len(box.seen) < 3:
                time.sleep(0.005)
            os.kill(collector, signal.SIGKILL)
            ended(process)
            assert states(run) == {"running": 3}
            box.fault = lambda _seen: None
            begin(process)
            assert ended(process) == 0
    assert states(run) == {"done": 3}
    calls = sorted((call.transcript_id, call.n, call.attempt, call.outcome) for call in exchanges(run))
    assert [call[1:] for call in calls] == [(1, 1, "unknown"), (2, 2, "answer")] * 3
    with db.reading() as session:
        unknown = session.scalars(select(Exchange).where(Exchange.outcome == "unknown")).first()
        assert unknown is not None
        assert unknown.error == "the process that made this call ended before the answer was saved"
        assert unknown.reply is None
