"""Collecting: draws are asked of a real server, and what it said is in the database."""

import asyncio
import zlib

import pytest
from sqlalchemy import select

from app import db
from app.batteries.shape import Turn
from app.db import Database
from app.providers import openai_chat
from app.providers.wire import Answered, Call, Failed, Impossible, Reply, Request, Target
from app.settings import Settings
from app.transcripts import collect, supervise
from app.transcripts.draws import Asked, Draw
from app.transcripts.models import Message, RunBudget
from app.transcripts.settle import Step
from app.transcripts.verify import verify, watch
from tests.faultbox import FaultBox
from tests.scene import chat, collect_runs, endpoint, exchanges, ladder, planned, states, subject, transcripts


def path(tip: int | None) -> list[tuple[str, str]]:
    """Return role and text from the root to a message."""
    with db.reading() as session:
        said = []
        while tip is not None:
            message = session.get_one(Message, tip)
            said.append((message.role, message.text))
            tip = message.parent_id
        return said[::-1]


def test_every_draw_is_asked_once_and_kept_whole(database: Database) -> None:
    with FaultBox() as box:
        run = planned(endpoint(box.url), prompts=[chat("hello", "Say hello.")], repeats=3)
        collect_runs(run)
        assert states(run) == {"done": 3}
        assert box.asked == {"Say hello.": 3}
    for draw in transcripts(run):
        assert path(draw.tip_id) == [("user", "Say hello."), ("assistant", "answer to Say hello.")]
        assert (draw.stop_class, draw.served_model, draw.context) == ("natural", "m-served", "sent")
        assert (draw.input_tokens, draw.output_tokens, draw.attempt) == (11, 7, 1)
    call = exchanges(run)[0]
    assert (call.outcome, call.status, call.turn, call.n, call.attempt) == ("answer", 200, 1, 1, 1)
    assert zlib.decompress(call.request) == (
        b'{"model":"m","messages":[{"role":"user","content":"Say hello."}],"max_tokens":50,"temperature":1.0}'
    )


def test_the_answers_of_all_draws_hang_under_one_prompt(sqlite: Database) -> None:
    with FaultBox() as box:
        two = [subject("first"), subject("second")]
        run = planned(endpoint(box.url), two, [chat("hello", "Say hello.")], repeats=2)
        collect_runs(run)
    with db.reading() as session:
        prompt = session.scalars(select(Message).where(Message.made_by.is_(None))).one()
        answers = session.scalars(select(Message).where(Message.parent_id == prompt.id)).all()
    assert {answer.made_by for answer in answers} == {draw.id for draw in transcripts(run)}
    by_subject = {draw.subject_id: f"s{draw.subject_id} r{run} y{draw.study_id}" for draw in transcripts(run)}
    assert {answer.scope for answer in answers} == set(by_subject.values())
    assert prompt.scope == ""


def test_a_ladder_is_climbed_rung_by_rung_with_its_own_answers(database: Database) -> None:
    with FaultBox() as box:
        box.answer = lambda seen: f"answer {len(seen.body['messages'])}"
        run = planned(endpoint(box.url), prompts=[ladder("l", "First?", "Second?", "Third?")])
        collect_runs(run)
        assert [len(seen.body["messages"]) for seen in box.seen] == [1, 3, 5]
        assert [turn["content"] for turn in box.seen[2].body["messages"]] == [
            "First?", "answer 1", "Second?", "answer 3", "Third?",
        ]  # fmt: skip
    (draw,) = transcripts(run)
    assert (draw.state, draw.answered, draw.input_tokens) == ("done", 3, 33)
    assert [text for _role, text in path(draw.tip_id)] == [
        "First?", "answer 1", "Second?", "answer 3", "Third?", "answer 5",
    ]  # fmt: skip


def test_sums_of_a_run_are_those_of_its_calls(database: Database) -> None:
    with FaultBox() as box:
        priced = endpoint(box.url, price={"input_per_mtok": 2, "output_per_mtok": 10})
        run = planned(priced, prompts=[chat("a"), chat("b")], repeats=5)
        collect_runs(run)
    with db.reading() as session:
        sums = session.get_one(RunBudget, run)
    assert (sums.calls, sums.tokens, sums.spent_micro) == (10, 10 * 18, 10 * (2 * 11 + 10 * 7))
    assert (sums.reserved_calls, sums.reserved_micro, sums.reserved_tokens) == (0, 0, 0)
    assert {draw.cost_micro for draw in transcripts(run)} == {92}


def test_a_reply_that_nobody_foresaw_fails_its_draw_alone_and_is_kept(
    sqlite: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = openai_chat.read

    def read(target: Target, call: Call, reply: Reply) -> Answered | Failed:
        if b"odd" in reply.body:
            raise ZeroDivisionError
        return real(target, call, reply)

    monkeypatch.setattr(openai_chat, "read", read)
    with FaultBox() as box:
        run = planned(endpoint(box.url), prompts=[chat("a", "even"), chat("b", "odd"), chat("c", "even too")])
        collect_runs(run)
    assert states(run) == {"done": 2, "failed": 1}
    failed = next(draw for draw in transcripts(run) if draw.state == "failed")
    assert failed.reason == "its reply could not be read: ZeroDivisionError"
    call = next(call for call in exchanges(run) if call.transcript_id == failed.id)
    assert b"answer to odd" in zlib.decompress(call.reply or b"")


def test_a_fault_of_ours_between_two_calls_fails_its_draw_alone_and_ends_nothing_else(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No task may die unheard: its draw would be held, and the collector wait, for ever."""
    real = collect.opened

    def broken(draw: Draw, *rest: Asked) -> Step:
        if draw.repeat == 2:
            raise KeyError("innards")
        return real(draw, *rest)

    told: list[str] = []
    monkeypatch.setattr(collect.log, "exception", lambda words, *rest: told.append(words % rest))
    monkeypatch.setattr(collect, "opened", broken)
    monkeypatch.setattr(collect, "backoff", lambda *_, **__: 0.0)
    with FaultBox() as box:
        box.faults(["500"] * 3)
        run = planned(endpoint(box.url, limits={"concurrency": 3}), repeats=3)
        collect_runs(run)
    assert states(run) == {"done": 2, "failed": 1}
    (failed,) = (draw for draw in transcripts(run) if draw.state == "failed")
    assert failed.reason == "it could not be asked to its end: KeyError"
    assert told == [f"transcript {failed.id} could not be asked to its end"]
    with database.reading() as session:
        assert verify(session, watch(database)).problems == []


def test_a_call_that_cannot_be_made_fails_its_draw_alone(
    sqlite: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = openai_chat.request

    def request(target: Target, call: Call) -> Request | Impossible:
        if call.turns[0].text == "odd":
            raise KeyError("odd")
        return real(target, call)

    monkeypatch.setattr(openai_chat, "request", request)
    with FaultBox() as box:
        run = planned(endpoint(box.url), prompts=[chat("a", "even"), chat("b", "odd")], repeats=2)
        collect_runs(run)
        assert len(box.seen) == 2
    assert states(run) == {"done": 2, "failed": 2}
    assert {draw.reason for draw in transcripts(run) if draw.state == "failed"} == {
        "its call could not be made: KeyError: 'odd'"
    }


def test_what_turns_out_impossible_takes_its_cell_along_unasked(sqlite: Database) -> None:
    """Only the wire knows that this endpoint takes no prefill: planning asks the modes alone."""
    prefilled = chat("p").model_copy(
        update={"mode": "prefill", "turns": (Turn(user="Finish."), Turn(assistant="Once upon"))}
    )
    with FaultBox() as box:
        run = planned(endpoint(box.url, can={"prefill": False}), prompts=[prefilled, chat("a")], repeats=3)
        collect_runs(run)
        assert len(box.seen) == 3
    assert states(run) == {"done": 3, "impossible": 3}
    assert {draw.reason for draw in transcripts(run) if draw.state == "impossible"} == {
        "this endpoint does not continue a begun answer"
    }


def test_a_rung_and_what_follows_it_may_be_saved_together(sqlite: Database) -> None:
    """The rate limit holds the second rung back; the collector is stopped before it may be asked."""
    with FaultBox() as box:
        slow = endpoint(box.url, limits={"requests_per_minute": 1})
        run = planned(slow, prompts=[ladder("l", "One?", "Two?")])

        async def stopped() -> None:
            stop = asyncio.Event()
            work = asyncio.create_task(supervise.collect_all(Settings(), keys={}, stop=stop, runs={run}))
            while not transcripts(run)[0].answered:
                await asyncio.sleep(0.01)
            stop.set()
            await work

        asyncio.run(stopped())
    (draw,) = transcripts(run)
    assert (draw.state, draw.answered, draw.attempt) == ("queued", 1, 1)
    assert path(draw.tip_id) == [("user", "One?"), ("assistant", "answer to One?")]
    with db.reading() as session:
        assert verify(session, watch(sqlite)).problems == []


def test_many_replies_saved_at_once_keep_their_own_text(database: Database) -> None:
    """A marked reply of one subject never shows in the column of another."""
    with FaultBox(latency=0.02) as one, FaultBox(latency=0.02) as two:
        one.answer = lambda seen: f"from one: {seen.prompt}"
        two.answer = lambda seen: f"from two: {seen.prompt}"
        there = [
            endpoint(one.url, "one", limits={"concurrency": 16}),
            endpoint(two.url, "two", limits={"concurrency": 16}),
        ]
        prompts = [chat(f"p{n}", f"prompt {n}") for n in range(25)]
        run = planned(there, [subject("x", "one"), subject("y", "two")], prompts, repeats=2)
        collect_runs(run)
    by_subject = {1: "one", 2: "two"}
    for draw in transcripts(run):
        (_user, asked), (_model, said) = path(draw.tip_id)
        assert said == f"from {by_subject[draw.subject_id or 0]}: {asked}"
