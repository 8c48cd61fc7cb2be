"""Collecting: draws are asked of a real server, and what it said is in the database."""

import zlib

from sqlalchemy import select

from app import db
from app.db import Database
from app.transcripts.models import Message, RunBudget
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
