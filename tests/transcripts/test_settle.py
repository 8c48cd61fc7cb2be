"""What one reply makes of its draw, without network or database."""

from dataclasses import replace
from typing import Any

import pytest

from app.batteries.shape import PromptShape
from app.providers.wire import Answered, Failed, Reasoning, Reply, Usage
from app.subjects.shape import snapshot_of
from app.transcripts.calls import Opening
from app.transcripts.cards import PromptCard, RunCard, subject_card
from app.transcripts.draws import Asked, Draw, elicit
from app.transcripts.identity import transcript_sha256
from app.transcripts.settle import Step, laid_back, opened, settle
from tests.scene import chat, endpoint, ladder, subject

PRICE = {"input_per_mtok": 1, "output_per_mtok": 10}
USAGE = Usage(input=10, output=5, raw={"total": 15})
WELL = Answered("fine", "natural", "stop", usage=USAGE, served_model="m-1", effective={"top_p": 1, "seed": 5})
OK = Reply(200, {"date": "today"}, b'{"ok": 1}', first_byte_ms=40, total_ms=50)


def asked(prompt: PromptShape, price: dict[str, Any] = PRICE, **values: Any) -> Draw:
    """Return a draw whose first call is under way."""
    there = endpoint("http://127.0.0.1:9/v1")
    snapshot = snapshot_of(there, subject(**values)).model_dump(mode="json")
    path = ({"role": "user", "text": prompt.turns[0].words, "parts": None, "origin": "prompt"},)
    turns = len(prompt.turns) if prompt.mode == "ladder" else 1
    card = PromptCard(f"b/{prompt.key}", prompt, path, turns)
    draw = Draw(
        7, 2, 3, 4, 5, 6, 1, 1000, 1, 0, 70, card, subject_card("default", snapshot), RunCard(3, 2), price
    )
    return sent(draw)


def sent(draw: Draw, call: Asked | None = None) -> Draw:
    call = call or elicit(draw)  # type: ignore[assignment]
    assert isinstance(call, Asked)
    Opening(draw, call, 1, 900, exchange_id=99, n=draw.calls_of_turn.get(call.turn, 0) + 1).written()
    return draw


def of(step: Step, name: str) -> list[Any]:
    return [row[name] for row in step.said]


def test_an_answer_is_one_message_with_all_that_is_known_of_it() -> None:
    draw = asked(chat("a", "Why?"), sampling={"seed": 4})
    step = settle(draw, OK, WELL)
    (row,) = step.said
    assert (row["role"], row["text"], row["origin"], row["made_by"]) == ("assistant", "fine", "model", 7)
    assert (row["scope"], row["served_model"]) == ("s6 r2 y3", "m-1")
    assert (row["stop_class"], row["stop_raw"]) == ("natural", "stop")
    assert (row["first_byte_ms"], row["latency_ms"], row["parts"]) == (40, 50, None)
    assert row["usage"] == {"input": 10, "cache_read": None, "cache_write": None, "output": 5, "reasoning": None,
                            "raw": {"total": 15}}  # fmt: skip
    assert draw.asked is not None
    assert row["seed"] == draw.asked.request.seed is not None
    assert (step.state, step.reason) == ("done", None)
    assert (draw.input_tokens, draw.output_tokens, draw.cost_micro, draw.latency_ms) == (10, 5, 60, 50)


def test_reasoning_stands_before_the_answer_with_its_source() -> None:
    thought = Reasoning("hm\r\nso", "reasoning_content")
    step = settle(asked(chat("a")), OK, replace(WELL, reasoning=(thought,)))
    assert of(step, "role") == ["reasoning", "assistant"]
    assert step.said[0]["text"] == "hm\nso"
    assert step.said[0]["parts"] == [{"type": "source", "field": "reasoning_content", "kind": "full"}]
    assert of(step, "stop_class") == [None, "natural"]


def test_the_hash_is_that_of_the_path_and_the_settings() -> None:
    step = settle(asked(chat("a", "Why?"), system="Be brief."), OK, WELL)
    path = [
        {"role": "user", "text": "Why?", "origin": "prompt"},
        {"role": "assistant", "text": "fine", "origin": "model", "stop_class": "natural", "stop_raw": "stop"},
    ]
    plain = {"max_tokens": 50, "temperature": 1.0}
    assert step.sha256 == transcript_sha256(
        path, system="Be brief.", template=None, asked=plain, sent=plain, effective={"top_p": 1}
    )


def test_the_seed_is_no_part_of_the_settings() -> None:
    step = settle(asked(chat("a"), sampling={"seed": 4}), OK, WELL)
    assert step.settings is not None
    _digest, three = step.settings
    assert "seed" not in {**three["asked"], **three["sent"], **three["effective"]}


def test_a_failed_call_is_tried_again_until_four_have_failed() -> None:
    draw = asked(chat("a"))
    gone = Failed("HTTP 500: no", "retry")
    states = []
    for _ in range(4):
        step = settle(draw, Reply(500), gone)
        states.append((step.state, step.ended.columns["outcome"] if step.ended else "", step.reason))
        assert draw.asked is not None
        sent(draw, draw.asked)
    assert states == [("running", "retry", None)] * 3 + [("failed", "failed", "HTTP 500: no (after 4 tries)")]


@pytest.mark.parametrize(("then", "state", "stop", "cell"), [
    ("fail", "failed", False, False), ("stop", "failed", True, False), ("impossible", "impossible", False, True),
])  # fmt: skip
def test_what_follows_from_a_failure(then: Any, state: str, stop: bool, cell: bool) -> None:
    step = settle(asked(chat("a")), Reply(400), Failed("no", then))
    assert (step.state, step.stop, step.cell_impossible, step.reason) == (state, stop, cell, "no")


def test_a_provider_error_is_no_answer() -> None:
    step = settle(asked(chat("a")), OK, replace(WELL, stop_class="provider_error", stop_raw="error"))
    assert (step.state, step.said) == ("failed", [])


def test_each_rung_is_saved_with_the_turn_it_answers() -> None:
    draw = asked(ladder("l", "One?", "Two?"))
    first = settle(draw, OK, WELL)
    assert (first.state, of(first, "text")) == ("running", ["fine"])
    assert first.opening is not None
    assert first.opening.turn == 2
    assert [turn.text for turn in first.opening.call.turns] == ["One?", "fine", "Two?"]
    sent(draw, first.opening)
    last = settle(draw, OK, replace(WELL, text="bye"))
    assert (last.state, of(last, "role"), of(last, "text")) == (
        "done",
        ["user", "assistant"],
        ["Two?", "bye"],
    )
    assert of(last, "origin") == ["prompt", "model"]
    assert {row["made_by"] for row in last.said} == {7}
    assert (draw.answered, draw.input_tokens, draw.cost_micro, draw.latency_ms) == (2, 20, 120, 100)


@pytest.mark.parametrize(
    "gate", ["prompt_blocked", "output_filtered", "classifier_refusal", "context_overflow"]
)
def test_a_gate_ends_a_ladder(gate: Any) -> None:
    step = settle(asked(ladder("l", "One?", "Two?")), OK, replace(WELL, text="", stop_class=gate))
    assert (step.state, step.opening, of(step, "text")) == ("done", None, [""])


@pytest.mark.parametrize("stop", ["length", "model_refusal_field", "tool", "unknown"])
def test_a_no_or_a_cut_does_not_end_a_ladder_and_is_flagged(stop: Any) -> None:
    draw = asked(ladder("l", "One?", "Two?"))
    step = settle(draw, OK, replace(WELL, stop_class=stop))
    assert (step.state, step.reason) == ("running", f"turn 1: {stop}")
    assert step.opening is not None
    sent(draw, step.opening)
    assert settle(draw, OK, WELL).reason == f"turn 1: {stop}"


def test_tokens_that_one_rung_does_not_tell_are_unknown_for_the_whole() -> None:
    draw = asked(ladder("l", "One?", "Two?", "Three?"))
    for usage in (USAGE, Usage(), USAGE):
        step = settle(draw, OK, replace(WELL, usage=usage))
        if step.opening:
            sent(draw, step.opening)
    assert (draw.input_tokens, draw.output_tokens, draw.cost_micro, draw.latency_ms) == (
        None,
        None,
        None,
        150,
    )


def test_the_raw_reply_is_kept_whatever_it_says() -> None:
    step = settle(
        asked(chat("a")), Reply(500, {"x-request-id": "r1"}, b"oh \xff"), Failed("bad\0 word", "fail")
    )
    assert step.ended is not None
    columns = step.ended.columns
    assert (columns["reply"], columns["status"], columns["headers"]) == (
        b"oh \xff",
        500,
        {"x-request-id": "r1"},
    )
    assert columns["error"] == "bad\ufffd word"
    assert columns["reply_sha256"] == "16f7dec19f7558e367ea2f284b67c735a8323b9e7d644d0bf97282a8bf96fc0e"


def test_nothing_arrived_is_null_and_not_an_empty_reply() -> None:
    step = settle(asked(chat("a")), Reply(fault="reset"), Failed("gone", "fail"))
    assert step.ended is not None
    assert [step.ended.columns[name] for name in ("reply", "reply_sha256", "status", "headers")] == [None] * 4


def test_a_call_that_is_given_up_is_unknown_and_counts_what_was_set_aside() -> None:
    draw = asked(chat("a"))
    step = laid_back(draw, "stopped")
    assert step.state == "queued"
    assert step.ended is not None
    assert (step.ended.columns["outcome"], step.ended.used.micro) == ("unknown", 900)
    draw.exchange_id = 0  # nothing is under way between two tries
    assert laid_back(draw, "stopped").ended is None


def test_a_further_try_asks_the_same_call() -> None:
    draw = asked(chat("a"))
    assert opened(draw).opening is draw.asked


def test_the_most_a_call_can_use_is_its_body_and_the_longest_answer() -> None:
    call = asked(chat("a")).asked
    assert call is not None
    assert call.most_tokens == len(call.request.body) + 50
