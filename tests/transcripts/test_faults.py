"""Every fault of a provider ends in the right state, with its exchange kept; other subjects go on."""

import zlib
from typing import Any

import pytest
from sqlalchemy import select

from app import db
from app.db import Database
from app.providers import transport
from app.transcripts import limits, settle
from app.transcripts.commands import resume, retry
from app.transcripts.models import EndpointStop, Message
from tests.faultbox import FAULTS, FaultBox
from tests.scene import chat, collect_runs, endpoint, exchanges, ladder, planned, states, subject, transcripts


@pytest.fixture(autouse=True)
def _no_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries wait a hundredth of their time."""
    real = limits.backoff
    monkeypatch.setattr("app.transcripts.collect.backoff", lambda *a, **k: real(*a, **k) / 100)


def outcome_of(run: int) -> tuple[str, str | None, list[tuple[str, int | None]]]:
    """Return the one draw's state, its stop class or reason, and its calls as (outcome, status)."""
    (draw,) = transcripts(run)
    calls = [(call.outcome, call.status) for call in exchanges(run)]
    return draw.state, draw.stop_class if draw.state == "done" else draw.reason, calls


ANSWERED = ("answer", 200)
ONCE_AND_WELL: dict[str, tuple[str, int | None]] = {
    "429": ("retry", 429), "429-after": ("retry", 429), "500": ("retry", 500), "503": ("retry", 503),
    "error-in-200": ("retry", 200), "bad-json": ("retry", 200), "html": ("retry", 200),
    "reset": ("retry", None), "cut": ("retry", 200), "hang": ("retry", None),
}  # fmt: skip


@pytest.mark.parametrize("name", ONCE_AND_WELL)
def test_a_passing_fault_is_asked_again_and_stays_beside_the_answer(
    sqlite: Database, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    if name == "hang":
        monkeypatch.setattr(transport.Transport.send, "__defaults__", (1.0,))
    with FaultBox() as box:
        box.faults([name])
        run = planned(endpoint(box.url))
        collect_runs(run)
        assert len(box.seen) == 2
    assert outcome_of(run) == ("done", "natural", [ONCE_AND_WELL[name], ANSWERED])


LASTING = {
    "500": "HTTP 500: The server had an error",
    "reset": "the connection was closed before the answer",
    "bad-json": "expected JSON, got application/json that is not JSON",
    "html": "expected JSON, got text/html that is not JSON",
}


@pytest.mark.parametrize("name", LASTING)
def test_a_lasting_fault_fails_the_draw_after_four_tries(sqlite: Database, name: str) -> None:
    with FaultBox() as box:
        box.fault = lambda _seen: name
        run = planned(endpoint(box.url))
        collect_runs(run)
        assert len(box.seen) == 4
    state, reason, calls = outcome_of(run)
    assert (state, [outcome for outcome, _status in calls]) == (
        "failed",
        ["retry", "retry", "retry", "failed"],
    )
    assert reason is not None
    assert reason.startswith(LASTING[name])
    assert reason.endswith("(after 4 tries)")


@pytest.mark.parametrize("name", ["401", "402", "403", "money"])
def test_no_key_and_no_money_stop_the_endpoint_for_the_run_alone(sqlite: Database, name: str) -> None:
    with FaultBox() as bad, FaultBox() as good:
        bad.fault = lambda _seen: name
        two = [endpoint(bad.url, "bad", limits={"concurrency": 1}), endpoint(good.url, "good")]
        run = planned(two, [subject("x", "bad"), subject("y", "good")], repeats=5)
        collect_runs(run)
        assert (len(bad.seen), len(good.seen)) == (1, 5)
        assert states(run) == {"done": 5, "failed": 1, "queued": 4}
        with db.reading() as session:
            stop = session.scalars(select(EndpointStop)).one()
        assert stop.run_id == run
        assert stop.reason == next(draw.reason for draw in transcripts(run) if draw.state == "failed")
        bad.fault = lambda _seen: None
        with db.writing() as session:
            retry(session, run)
        collect_runs(run)
    assert states(run) == {"done": 10}


def test_a_lacking_capability_rules_out_the_cell_and_no_other(sqlite: Database) -> None:
    with FaultBox() as box:
        box.fault = lambda seen: "lacking" if seen.body["temperature"] == 0.5 else None
        one_by_one = endpoint(box.url, limits={"concurrency": 1})
        run = planned(
            one_by_one, [subject("warm"), subject("cool", sampling={"temperature": 0.5})], repeats=4
        )
        collect_runs(run)
        assert len(box.seen) == 5
    assert states(run) == {"done": 4, "impossible": 4}
    assert {draw.reason for draw in transcripts(run) if draw.state == "impossible"} == {
        "HTTP 400: Unsupported parameter: 'temperature' is not supported with this model. (unsupported_parameter)"
    }
    assert [call.outcome for call in exchanges(run)].count("impossible") == 1


@pytest.mark.parametrize(("name", "stop"), [("blocked", "prompt_blocked"), ("overflow", "context_overflow")])
def test_a_no_is_an_answer_and_is_never_asked_again(sqlite: Database, name: str, stop: str) -> None:
    with FaultBox() as box:
        box.faults([name])
        run = planned(endpoint(box.url))
        collect_runs(run)
        assert len(box.seen) == 1
    state, stop_class, calls = outcome_of(run)
    assert (state, stop_class, calls[0][1]) == ("done", stop, 400)


def test_a_reply_too_large_to_keep_fails_once(sqlite: Database) -> None:
    with FaultBox() as box:
        box.faults(["huge"])
        run = planned(endpoint(box.url))
        collect_runs(run)
        assert len(box.seen) == 1
    state, reason, calls = outcome_of(run)
    assert (state, calls) == ("failed", [("failed", 200)])
    assert reason is not None
    assert reason.startswith("the answer is too large to be kept")


@pytest.mark.parametrize(("name", "text", "mark"), [
    ("surrogates", "a \ufffd b", "replaced_surrogates"), ("nul", "a\ufffdb", "replaced_nul"),
])  # fmt: skip
def test_text_that_cannot_be_stored_is_mended_and_marked_its_bytes_kept(
    database: Database, name: str, text: str, mark: str
) -> None:
    with FaultBox() as box:
        box.faults([name])
        run = planned(endpoint(box.url))
        collect_runs(run)
    assert outcome_of(run)[0] == "done"
    (draw,), (call,) = transcripts(run), exchanges(run)
    with db.reading() as session:
        answer = session.get_one(Message, draw.tip_id)
    assert answer.text == text
    assert answer.parts is not None
    assert mark in [part["type"] for part in answer.parts]
    assert call.reply is not None
    assert zlib.decompress(call.reply) == FAULTS[name].body


def test_nobody_at_the_address_fails_without_a_cost(
    sqlite: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with FaultBox() as box:
        gone = box.url
    run = planned(endpoint(gone, price={"input_per_mtok": 1, "output_per_mtok": 1}))
    collect_runs(run)
    state, reason, calls = outcome_of(run)
    assert (state, [status for _outcome, status in calls]) == ("failed", [None] * settle.TRIES)
    assert reason is not None
    assert reason.startswith("no connection")
    assert [call.cost_micro for call in exchanges(run)] == [0, 0, 0, 0]


def test_a_call_that_may_have_been_paid_for_counts_at_its_most(sqlite: Database) -> None:
    with FaultBox() as box:
        box.faults(["cut"])
        run = planned(endpoint(box.url, price={"input_per_mtok": 1, "output_per_mtok": 100}))
        collect_runs(run)
    lost, answered = exchanges(run)
    length = len(zlib.decompress(lost.request))
    assert (lost.cost_micro, lost.tokens) == (length + 100 * 50, length + 50)
    assert (answered.cost_micro, answered.tokens) == (11 + 100 * 7, 18)


def test_a_ladder_ends_at_a_gate_and_goes_past_a_cut(sqlite: Database) -> None:
    with FaultBox() as box:
        turns: dict[str, Any] = {"Gate?": "blocked"}
        box.fault = lambda seen: turns.get(seen.body["messages"][-1]["content"])
        box.stop = "length"
        run = planned(
            endpoint(box.url),
            prompts=[ladder("gated", "A?", "Gate?", "C?"), ladder("cut", "A?", "B?")],
        )
        collect_runs(run)
    gated, cut = sorted(transcripts(run), key=lambda draw: draw.prompt_id or 0)
    assert (gated.state, gated.stop_class, gated.answered) == ("done", "prompt_blocked", 2)
    assert (cut.state, cut.stop_class, cut.answered) == ("done", "length", 2)
    assert gated.reason == cut.reason == "turn 1: length"


def test_a_ladder_that_fails_half_way_keeps_its_rungs_and_is_retried_from_there(sqlite: Database) -> None:
    with FaultBox() as box:
        broken = {"B?": "404"}
        box.fault = lambda seen: broken.get(seen.body["messages"][-1]["content"])
        run = planned(endpoint(box.url), prompts=[ladder("l", "A?", "B?", "C?")])
        collect_runs(run)
        (draw,) = transcripts(run)
        assert (draw.state, draw.answered) == ("failed", 1)
        broken.clear()
        with db.writing() as session:
            assert retry(session, run) == 1
        collect_runs(run)
        assert [len(seen.body["messages"]) for seen in box.seen] == [1, 3, 3, 5]
    (draw,) = transcripts(run)
    assert (draw.state, draw.answered, draw.attempt, draw.reason) == ("done", 3, 2, None)
    assert [(call.turn, call.n, call.attempt) for call in exchanges(run)] == [
        (1, 1, 1), (2, 1, 1), (2, 2, 2), (3, 1, 2),
    ]  # fmt: skip


def test_a_dead_endpoint_opens_its_breaker_and_stops_for_the_run(
    sqlite: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits.Breaker, "FIRST", 0.01)
    monkeypatch.setattr(limits.Breaker, "TIMES", 3)
    with FaultBox() as dead, FaultBox() as alive:
        dead.fault = lambda _seen: "503"
        two = [endpoint(dead.url, "dead", limits={"concurrency": 4}), endpoint(alive.url, "alive")]
        run = planned(two, [subject("x", "dead"), subject("y", "alive")], repeats=30)
        collect_runs(run)
        assert len(alive.seen) == 30
        assert len(dead.seen) < 20
        counts = states(run)
        assert counts["done"] == 30
        assert counts["queued"] > 20
        with db.reading() as session:
            stop = session.scalars(select(EndpointStop)).one()
        assert stop.reason.startswith("the endpoint is down: HTTP 503: Overloaded")
        dead.fault = lambda _seen: None
        with db.writing() as session:
            resume(session, run)
        collect_runs(run)
    assert states(run) == {"done": 60 - counts["failed"], "failed": counts["failed"]}


def test_an_answer_that_the_database_refuses_fails_alone_its_raw_reply_kept(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with FaultBox() as box:
        # A count that no column holds: the providers let it through, the database does not.
        monkeypatch.setattr(
            "app.transcripts.settle.tokens_in", lambda usage: 2**70 if usage.input == 13 else usage.input
        )
        box.latency = 0.05
        real = box.reply

        def reply(seen: Any) -> Any:
            box.usage = (13, 1) if seen.prompt == "bad" else (11, 7)
            return real(seen)

        box.reply = reply  # type: ignore[method-assign]
        prompts = [chat(f"p{n}", "bad" if n == 3 else f"good {n}") for n in range(8)]
        run = planned(endpoint(box.url, limits={"concurrency": 8}), prompts=prompts)
        collect_runs(run)
    assert states(run) == {"done": 7, "failed": 1}
    bad = next(draw for draw in transcripts(run) if draw.state == "failed")
    call = next(call for call in exchanges(run) if call.transcript_id == bad.id)
    assert bad.reason is not None
    assert bad.reason.startswith("its reply could not be saved")
    assert call.reply is not None
    assert b"answer to bad" in zlib.decompress(call.reply)
