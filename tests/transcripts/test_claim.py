"""Claims: never more than there are free slots, an equal share for each run, and a late finish changes nothing."""

from collections import Counter
from time import monotonic

import pytest
from sqlalchemy import select, text, update

from app import db
from app.db import Database
from app.providers.wire import Answered, Reply, Usage
from app.transcripts.budget import purses, put_back
from app.transcripts.calls import Opening
from app.transcripts.cards import Cards
from app.transcripts.claim import NEXT, Want, claim, runs_waiting
from app.transcripts.limits import Window
from app.transcripts.models import EndpointStop, Exchange, Message, RunBudget, Transcript
from app.transcripts.rows import Shared
from app.transcripts.save import current, save
from app.transcripts.settle import laid_back, settle
from tests.faultbox import FaultBox
from tests.scene import chat, collect_runs, endpoint, exchanges, planned, states, transcripts

NOWHERE = "http://127.0.0.1:9/v1"


def take(slots: int, *, after: int = 0, window: Window | None = None) -> tuple[Want, list[Opening]]:
    """Claim at the one endpoint as a writer does, in a transaction of its own."""
    want = Want(1, slots, {}, (window or Window(None, None)).admit, after)
    with db.writing() as session:
        waiting = runs_waiting(session, 1)
        held = purses(session, waiting)
        openings = claim(session, want, waiting, held, Cards())
        put_back(session, held.values())
    for opening in openings:
        opening.written()
    return want, openings


def test_a_claimed_row_is_a_call_about_to_be_sent(database: Database) -> None:
    run = planned(endpoint(NOWHERE), repeats=10)
    _want, openings = take(4)
    assert len(openings) == 4
    assert states(run) == {"queued": 6, "running": 4}
    assert [(call.outcome, call.n, call.attempt, call.reply) for call in exchanges(run)] == [
        ("sent", 1, 1, None)
    ] * 4
    assert {draw.attempt for draw in transcripts(run) if draw.state == "running"} == {1}


def test_draws_are_claimed_in_their_order(sqlite: Database) -> None:
    run = planned(endpoint(NOWHERE), prompts=[chat("a"), chat("b")], repeats=3)
    claimed = [opening.draw.id for _ in range(3) for opening in take(2)[1]]
    assert claimed == [draw.id for draw in transcripts(run)]


def test_runs_share_an_endpoint_equally_however_long_they_are(database: Database) -> None:
    long = planned(endpoint(NOWHERE), repeats=100)
    short = planned(endpoint(NOWHERE), repeats=5)
    assert Counter(opening.draw.run_id for opening in take(8)[1]) == {long: 4, short: 4}
    want, openings = take(8)
    assert Counter(opening.draw.run_id for opening in openings) == {long: 7, short: 1}
    assert not want.dry


def test_single_slots_go_round(sqlite: Database) -> None:
    runs = [planned(endpoint(NOWHERE), repeats=4) for _ in range(3)]
    after, order = 0, []
    for _ in range(6):
        want, openings = take(1, after=after)
        after = want.after
        order += [opening.draw.run_id for opening in openings]
    assert order == runs * 2


def test_nothing_left_is_told(sqlite: Database) -> None:
    planned(endpoint(NOWHERE), repeats=2)
    assert take(2)[0].dry is False
    assert take(2)[0].dry is True


@pytest.mark.parametrize("wanted", ["pause", "cancel"])
def test_a_run_that_should_not_go_on_is_not_claimed(sqlite: Database, wanted: str) -> None:
    run = planned(endpoint(NOWHERE), repeats=2)
    with db.writing() as session:
        session.execute(text("UPDATE runs SET wanted = :wanted"), {"wanted": wanted})
    assert take(2)[1] == []
    assert states(run) == {"queued": 2}


def test_an_endpoint_stopped_for_one_run_serves_the_others(sqlite: Database) -> None:
    stopped, other = planned(endpoint(NOWHERE), repeats=2), planned(endpoint(NOWHERE), repeats=2)
    with db.writing() as session:
        session.add(EndpointStop(run_id=stopped, endpoint_id=1, reason="no key"))
    assert {opening.draw.run_id for opening in take(4)[1]} == {other}


def test_the_minutes_limit_holds_back_the_rest_and_says_so(sqlite: Database) -> None:
    run = planned(endpoint(NOWHERE), repeats=5)
    want, openings = take(5, window=Window(3, None))
    assert (len(openings), want.held, want.dry) == (3, True, False)
    assert states(run) == {"queued": 2, "running": 3}
    with db.reading() as session:
        assert session.get_one(RunBudget, run).reserved_calls == 3


def test_a_finish_of_a_superseded_attempt_is_refused(database: Database) -> None:
    run = planned(endpoint(NOWHERE))
    ((_want, (late,)),) = [take(1)]
    step = settle(
        late.draw, Reply(200, {}, b"{}", total_ms=5), Answered("too late", "natural", "stop", usage=Usage())
    )
    with db.writing() as session:
        session.execute(update(Transcript).values(attempt=2))
        held = purses(session, [run])
        assert current(session, [step]) == []
        assert save(session, [], held, Shared()) == []
    (draw,) = transcripts(run)
    assert (draw.state, draw.attempt, draw.tip_id) == ("running", 2, None)
    with db.reading() as session:
        assert session.scalars(select(Message).where(Message.made_by.is_not(None))).all() == []


def test_a_draw_laid_back_is_queued_with_its_call_unknown_and_counted_at_its_most(database: Database) -> None:
    run = planned(endpoint(NOWHERE))
    _want, (opening,) = take(1)
    with db.writing() as session:
        held = purses(session, [run])
        save(session, [laid_back(opening.draw, "stopped")], held, Shared())
    assert states(run) == {"queued": 1}
    (call,) = exchanges(run)
    assert (call.outcome, call.error, call.tokens) == ("unknown", "stopped", opening.asked.most_tokens)


def test_claiming_looks_at_few_rows_however_many_are_queued(sqlite: Database) -> None:
    for _ in range(3):
        planned(endpoint(NOWHERE), prompts=[chat(f"p{n}") for n in range(20)], repeats=100)
    with db.reading() as session:
        query = NEXT.compile(session.get_bind()).string.replace("?", "2")
        plan = " ".join(row[3] for row in session.execute(text(f"EXPLAIN QUERY PLAN {query}")))
        assert "ix_transcripts_queue" in plan
        assert "TEMP B-TREE" not in plan
        began = monotonic()
        for _ in range(20):
            assert list(runs_waiting(session, 1)) == [1, 2, 3]
        assert monotonic() - began < 2


def test_never_more_calls_at_once_than_allowed(database: Database) -> None:
    with FaultBox(latency=0.01) as box:
        run = planned(endpoint(box.url, limits={"concurrency": 3}), repeats=40)
        collect_runs(run)
        assert box.most_at_once == 3
    with db.reading() as session:
        assert session.scalars(select(Exchange.n)).all() == [1] * 40
