"""Planning: one row per draw, repeat by repeat, and a later wave asks only what is missing."""

import time
import tracemalloc
from collections import Counter

import pytest
from sqlalchemy import func, select

from app import db
from app.batteries.shape import Turn
from app.db import Database
from app.runs.commands import add_wave
from app.transcripts.models import NOT_SENT, Message, Transcript
from app.transcripts.plan import Planned, plan
from tests.scene import chat, endpoint, ladder, planned, states, subject, transcripts

NOWHERE = "http://127.0.0.1:9/v1"


def cells(run: int) -> list[tuple[int | None, int | None, int]]:
    return [(draw.prompt_id, draw.subject_version_id, draw.temperature_milli) for draw in transcripts(run)]


def wave(run: int, **wanted: object) -> Planned:
    with db.writing() as session:
        return plan(session, add_wave(session, run, **wanted).id)  # type: ignore[arg-type]


def test_every_cell_is_there_once_per_repeat(database: Database) -> None:
    two = [subject("x"), subject("y")]
    run = planned(endpoint(NOWHERE), two, [chat("a"), chat("b"), chat("c")], repeats=4)
    draws = transcripts(run)
    assert len(draws) == 24
    assert len({(draw.prompt_id, draw.subject_version_id, draw.repeat) for draw in draws}) == 24
    assert {(draw.state, draw.wave, draw.attempt) for draw in draws} == {("queued", 1, 0)}


def test_draws_are_ordered_repeat_by_repeat_each_in_an_order_of_its_own(database: Database) -> None:
    run = planned(endpoint(NOWHERE), prompts=[chat(f"p{n}") for n in range(20)], repeats=3)
    assert [draw.repeat for draw in transcripts(run)] == [1] * 20 + [2] * 20 + [3] * 20
    order = cells(run)
    first, second = order[:20], order[20:40]
    assert set(first) == set(second)
    assert first != second
    assert first != sorted(first), "an endpoint that slows down should not slow the same prompts each time"


def test_prompts_turns_are_written_once_and_shared_by_runs(database: Database) -> None:
    prompts = [chat("a", "Same words."), chat("b", "Same words."), chat("c", "Other words.")]
    planned(endpoint(NOWHERE), prompts=prompts)
    planned(endpoint(NOWHERE), prompts=prompts)
    with db.reading() as session:
        messages = session.scalars(select(Message)).all()
    assert sorted(message.text for message in messages) == ["Other words.", "Same words."]
    assert {(message.made_by, message.origin, message.scope) for message in messages} == {
        (None, "prompt", "")
    }


def test_a_prompt_of_several_turns_is_a_path_and_a_ladder_begins_with_its_first(sqlite: Database) -> None:
    shots = chat("shots").model_copy(update={"turns": (Turn(user="Q"), Turn(assistant="A"), Turn(user="Q2"))})
    run = planned(endpoint(NOWHERE), prompts=[shots, ladder("l", "One?", "Two?")])
    with db.reading() as session:
        messages = {message.id: message for message in session.scalars(select(Message))}
    roots = [messages[draw.root_id or 0] for draw in transcripts(run)]
    by_text = {root.text: root for root in roots}
    assert set(by_text) == {"Q2", "One?"}
    assert messages[by_text["Q2"].parent_id or 0].text == "A"
    assert by_text["One?"].parent_id is None


def test_a_prompts_own_repeats_stand_in_place_of_the_runs(sqlite: Database) -> None:
    run = planned(endpoint(NOWHERE), prompts=[chat("often", repeats=7), chat("plain")], repeats=2)
    assert states(run) == {"queued": 9}


def test_a_wave_asks_only_what_is_missing(database: Database) -> None:
    run = planned(endpoint(NOWHERE), prompts=[chat("a"), chat("b")], repeats=2)
    before = [draw.id for draw in transcripts(run)]
    assert wave(run, repeats=5, reason="the interval is too wide") == Planned(6, 0)
    assert wave(run) == Planned(0, 0)
    draws = transcripts(run)
    assert [draw.id for draw in draws[:4]] == before
    assert [(draw.repeat, draw.wave) for draw in draws[4:]] == [
        (3, 2),
        (3, 2),
        (4, 2),
        (4, 2),
        (5, 2),
        (5, 2),
    ]


def test_a_wave_adds_temperatures_beside_those_that_were_asked(sqlite: Database) -> None:
    run = planned(endpoint(NOWHERE), prompts=[chat("a")], repeats=2)
    assert wave(run, temperatures=[0, 1]) == Planned(2, 0)
    assert sorted(draw.temperature_milli for draw in transcripts(run)) == [0, 0, 1000, 1000]


def test_more_repeats_deepen_every_temperature_that_was_asked(sqlite: Database) -> None:
    two = [subject("x", sampling={"temperature": 0.2}), subject("y", sampling={"temperature": 0.3})]
    run = planned(endpoint(NOWHERE), two, [chat("a")])
    assert wave(run, temperatures=[1], subject_version_ids=[1]) == Planned(1, 0)
    assert wave(run, repeats=3) == Planned(3 * 2, 0)
    assert wave(run, repeats=3) == Planned(0, 0)
    asked = Counter((draw.subject_version_id, draw.temperature_milli) for draw in transcripts(run))
    assert asked == {(1, 200): 3, (1, 1000): 3, (2, 300): 3}


def test_a_new_subject_is_asked_at_the_temperatures_of_the_run(sqlite: Database) -> None:
    run = planned(endpoint(NOWHERE), [subject("x")], [chat("a")], temperatures=[0, 0.7])
    planned(endpoint(NOWHERE), [subject("y", sampling={"temperature": 0.3})])
    assert wave(run, temperatures=[1.5], subject_version_ids=[1]) == Planned(1, 0)
    assert wave(run, subject_version_ids=[2]) == Planned(3, 0)
    assert sorted(t.temperature_milli for t in transcripts(run) if t.subject_version_id == 2) == [
        0,
        700,
        1500,
    ]


def test_a_wave_can_be_narrowed_to_some_prompts(sqlite: Database) -> None:
    run = planned(endpoint(NOWHERE), prompts=[chat("a"), chat("b")])
    assert wave(run, repeats=3, keys=["b"]) == Planned(2, 0)


def test_temperatures_of_a_run_replace_each_subjects_own(sqlite: Database) -> None:
    two = [subject("x"), subject("y", sampling={"temperature": None})]
    run = planned(endpoint(NOWHERE), two, temperatures=[0, 0.7])
    assert sorted(draw.temperature_milli for draw in transcripts(run)) == [0, 0, 700, 700]
    own = planned(endpoint(NOWHERE), two)
    assert sorted(draw.temperature_milli for draw in transcripts(own)) == [NOT_SENT, 1000]


def test_an_endpoint_without_temperature_is_planned_once_and_cannot_be_asked_at_others(
    database: Database,
) -> None:
    run = planned(endpoint(NOWHERE, can={"temperature": False}), temperatures=[0, 0.7], repeats=2)
    found = sorted((draw.temperature_milli, draw.state, draw.reason) for draw in transcripts(run))
    why = "this endpoint takes no temperature, so it cannot be asked at a given one"
    assert found == [(-1, "queued", None)] * 2 + [(0, "impossible", why)] * 2 + [(700, "impossible", why)] * 2


def test_what_a_mode_rules_out_is_impossible_from_the_start(sqlite: Database) -> None:
    raw = endpoint(NOWHERE, "raw", wire="openai-completions")
    base = subject("base", "raw", mode="completion", template="{prompt}")
    run = planned(raw, [base], [chat("a"), ladder("l", "One?", "Two?")], repeats=3)
    assert states(run) == {"queued": 3, "impossible": 3}
    (why,) = {draw.reason for draw in transcripts(run) if draw.state == "impossible"}
    assert why == "a ladder needs a template of turns (before, user, assistant) on a raw-completion subject"


def test_equal_prompts_pool_by_turns_mode_and_the_length_that_was_allowed(sqlite: Database) -> None:
    one, other = chat("a", "Same."), chat("b", "Same.", variant="other")
    longer = chat("c", "Same.", max_tokens=99)
    run = planned(
        endpoint(NOWHERE), [subject("x"), subject("y", sampling={"max_tokens": 99})], [one, other, longer]
    )
    found = {(draw.prompt_id, draw.subject_id): draw.equal_sha256 for draw in transcripts(run)}
    prompts = sorted({prompt for prompt, _subject in found if prompt})
    x, y = sorted({subject for _prompt, subject in found if subject})
    a, b, c = prompts
    assert found[a, x] == found[b, x]
    assert found[a, x] != found[c, x]
    assert found[a, y] == found[c, x] == found[c, y]


def test_an_unknown_wave_is_refused(sqlite: Database) -> None:
    with db.writing() as session, pytest.raises(LookupError, match="no wave 99"):
        plan(session, 99)


def test_twenty_thousand_draws_are_planned_in_constant_memory(sqlite: Database) -> None:
    """A fifth of the goal, which the benchmark holds: 100,000 draws in three seconds."""
    tracemalloc.start()
    began = time.process_time()
    run = planned(endpoint(NOWHERE), prompts=[chat(f"p{n}") for n in range(100)], repeats=200)
    seconds = time.process_time() - began
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    with db.reading() as session:
        assert session.scalar(select(func.count()).where(Transcript.run_id == run)) == 20_000
    assert peak < 12_000_000
    assert seconds < 20  # tracing memory costs several times the work
