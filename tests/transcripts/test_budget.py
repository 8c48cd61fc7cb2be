"""Budgets: what calls cost, and that a cap is never passed where prices are known."""

import asyncio
import subprocess
import sys

import pytest
from sqlalchemy.orm import Session

from app import db
from app.db import Database
from app.providers.wire import Usage
from app.runs.commands import Budget
from app.transcripts import supervise
from app.transcripts.budget import SUMS, Purse, Spent, priced, tokens_in, tokens_out
from app.transcripts.collect import collect
from app.transcripts.commands import resume
from app.transcripts.desk import Desk
from app.transcripts.models import RunBudget
from app.transcripts.verify import verify, watch
from app.transcripts.work import Work, work
from app.transcripts.writer import Writer
from tests.faultbox import FaultBox
from tests.scene import chat, collect_runs, endpoint, exchanges, planned, states, subject, transcripts

PRICE = {"input_per_mtok": 2.5, "output_per_mtok": 10}


def test_dollars_per_million_tokens_are_micro_dollars_per_token_rounded_up() -> None:
    assert priced(PRICE, 1000, 100) == 3500
    assert priced({"input_per_mtok": 0.15, "output_per_mtok": 0.6}, 100, 1) == 16
    assert priced({"input_per_mtok": 0, "output_per_mtok": 0}, 1000, 1000) == 0
    assert priced({"input_per_mtok": None, "output_per_mtok": 10}, 1, 1) is None


def test_cached_and_reasoning_tokens_are_tokens() -> None:
    assert tokens_in(Usage(input=10, cache_read=5, cache_write=2)) == 17
    assert tokens_out(Usage(output=7, reasoning=100)) == 107
    assert tokens_in(Usage()) is None
    assert tokens_out(Usage(output=0)) == 0


def test_a_reservation_that_does_not_fit_is_refused_and_marks_the_run() -> None:
    purse = Purse(1, "go", 1, 1000, None, None, False, (0,) * len(SUMS))
    assert purse.reserve(600, 10)
    assert not purse.reserve(600, 10)
    assert purse.capped
    purse.settle(600, 10, Spent(100, 5, True))
    assert not purse.capped
    assert purse.reserve(600, 10)
    assert purse.moved == {"reserved_micro": 600, "reserved_calls": 1, "reserved_tokens": 10, "spent_micro": 100,
                           "calls": 1, "tokens": 5}  # fmt: skip


@pytest.mark.parametrize("cap", [Budget(micro=9_000), Budget(calls=7), Budget(tokens=700)])
def test_a_cap_is_never_passed_and_the_rest_stays_queued(database: Database, cap: Budget) -> None:
    with FaultBox(latency=0.01) as box:
        box.usage = (40, 50)  # all that was asked for
        there = endpoint(box.url, price=PRICE, limits={"concurrency": 8})
        run = planned(there, prompts=[chat("a", "x")], repeats=40, budget=cap)
        collect_runs(run)
    with db.reading() as session:
        sums = session.get_one(RunBudget, run)
    done = states(run)["done"]
    assert states(run) == {"done": done, "queued": 40 - done}
    assert (sums.calls, sums.spent_micro, sums.tokens) == (done, done * 600, done * 90)
    assert sums.capped
    assert sums.spent_micro <= (cap.micro or 10**9)
    assert sums.calls <= (cap.calls or 10**9)
    assert sums.tokens <= (cap.tokens or 10**9)
    # Not stopped long before it either: one more call at its most would not fit.
    most = exchanges(run)[0]
    assert done >= {9_000: 13, 7: 7, 700: 5}[cap.micro or cap.calls or cap.tokens or 0], most.tokens


def test_a_raised_cap_lets_the_run_go_on(sqlite: Database) -> None:
    with FaultBox() as box:
        run = planned(endpoint(box.url), repeats=10, budget=Budget(calls=4))
        collect_runs(run)
        assert states(run) == {"done": 4, "queued": 6}
        with db.writing() as session:
            assert resume(session, run, budget=Budget(calls=100)) == 6
        collect_runs(run)
    assert states(run) == {"done": 10}


def test_retries_count_as_calls(sqlite: Database) -> None:
    with FaultBox() as box:
        box.faults(["500", "500"])
        run = planned(endpoint(box.url, limits={"concurrency": 1}), repeats=10, budget=Budget(calls=4))
        collect_runs(run)
        assert len(box.seen) == 4
    assert states(run)["done"] == 2


def test_two_endpoints_share_one_cap(database: Database) -> None:
    with FaultBox(latency=0.005) as one, FaultBox(latency=0.005) as two:
        there = [endpoint(one.url, "one"), endpoint(two.url, "two")]
        run = planned(there, [subject("x", "one"), subject("y", "two")], repeats=30, budget=Budget(calls=25))
        collect_runs(run)
        assert len(one.seen) + len(two.seen) == 25
    assert states(run) == {"done": 25, "queued": 35}


def test_two_processes_and_two_runs_never_pass_a_cap_together(database: Database) -> None:
    """Each of three endpoints is asked by whichever process took it, and both runs wait at each."""
    url = database.engine.url.render_as_string(hide_password=False)
    slugs = ("a", "b", "c")
    with FaultBox(latency=0.005) as box:
        there = [endpoint(box.url, slug, limits={"concurrency": 5}, price=PRICE) for slug in slugs]
        caps = [Budget(calls=25), Budget(micro=10_000)]
        runs = [
            planned(there, [subject(slug, slug) for slug in slugs], repeats=50, budget=cap) for cap in caps
        ]
        processes = [
            subprocess.Popen([sys.executable, "-m", "tests.runner", url, str(run)], stdin=subprocess.PIPE,
                             stdout=subprocess.PIPE, text=True)
            for run in runs
        ]  # fmt: skip
        for process in processes:
            printed, _ = process.communicate("go\n", timeout=60)
            assert printed.split()[1] == "0"
    with db.reading() as session:
        assert verify(session, watch(database)).problems == []
    with db.reading() as session:
        by_calls, by_money = (session.get_one(RunBudget, run) for run in runs)
    assert (by_calls.calls, by_calls.capped) == (25, True)
    assert (by_money.spent_micro <= 10_000, by_money.capped) == (True, True)
    assert 10_000 - by_money.spent_micro < 1000, "not stopped long before it either"


def test_a_cap_that_one_endpoint_meets_does_not_end_the_run_before_a_free_one_was_asked(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with FaultBox() as box:
        there = [endpoint(box.url, "dear", price=PRICE),
                 endpoint(box.url, "free", price={"input_per_mtok": 0, "output_per_mtok": 0})]  # fmt: skip
        both = [subject("x", "dear"), subject("y", "free")]
        run = planned(there, both, repeats=5, budget=Budget(micro=1))

        looks: list[bool] = []  # at each look, whether the run was capped

        def looked(session: Session) -> list[Work]:
            looks.append(session.get_one(RunBudget, run).capped)
            return work(session)

        async def late(desk: Desk, writer: Writer) -> None:
            while desk.endpoint.slug == "free" and looks.count(True) < 2 and not desk.stopping:
                await asyncio.sleep(0.005)
            await collect(desk, writer)

        monkeypatch.setattr(supervise, "collect", late)
        monkeypatch.setattr(supervise, "work", looked)
        collect_runs(run)
    assert states(run) == {"done": 5, "queued": 5}
    with db.reading() as session:
        assert session.get_one(RunBudget, run).capped


def test_an_unknown_price_is_null_and_never_zero(sqlite: Database) -> None:
    with FaultBox() as box:
        run = planned(endpoint(box.url), [subject()])
        collect_runs(run)
    assert [draw.cost_micro for draw in transcripts(run)] == [None]
    assert [call.cost_micro for call in exchanges(run)] == [None]


def test_untold_usage_is_unknown_in_the_answer_and_at_its_most_in_the_sum(sqlite: Database) -> None:
    with FaultBox() as box:
        box.usage = None
        run = planned(endpoint(box.url, price=PRICE))
        collect_runs(run)
    (draw,), (call,) = transcripts(run), exchanges(run)
    assert (draw.cost_micro, draw.input_tokens, draw.output_tokens) == (None, None, None)
    with db.reading() as session:
        assert session.get_one(RunBudget, run).spent_micro == call.cost_micro
    assert call.cost_micro is not None
    assert call.cost_micro > 0
