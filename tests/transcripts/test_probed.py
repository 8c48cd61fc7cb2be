"""What a probe changes of a run, and what it does not: an answer's meaning never changes under a planned draw."""

from typing import Any

import pytest
from sqlalchemy import select

from app import db, schema
from app.batteries.shape import PromptShape, Turn
from app.db import Database
from app.runs.commands import add_wave
from app.transcripts.models import Message, MessageLogprobs, RunProbe
from app.transcripts.plan import plan
from tests.faultbox import FaultBox, Seen
from tests.probes.put import put_probe
from tests.scene import chat, collect_runs, endpoint, planned, states, subject, transcripts

BEGUN = PromptShape(
    key="begun", family="f", mode="prefill", turns=(Turn(user="Go on."), Turn(assistant="Well"))
)
"""A prompt that is possible only where an answer's beginning is continued."""


def bodies(box: FaultBox) -> list[dict[str, Any]]:
    return [seen.body for seen in box.seen]


def test_a_run_planned_after_a_probe_asks_what_it_found_possible(database: Database) -> None:
    with FaultBox() as box:
        box.answer = lambda seen: seen.prompt.rpartition("\n")[2] + " and so on"
        before = planned(endpoint(box.url), prompts=[BEGUN])
        assert states(before) == {"impossible": 1}
        put_probe(prefill=True, prefill_repeats=True)
        after = planned(endpoint(box.url), prompts=[BEGUN])
        collect_runs(after)
        assert (states(before), states(after)) == ({"impossible": 1}, {"done": 1})
        with db.reading() as session:
            said = session.scalars(select(Message.text).where(Message.origin == "model")).all()
        assert said == [" and so on"]  # what the server repeats is cut, as the probe found that it does


def test_what_a_probe_found_lacking_is_impossible_and_says_who_found_it(database: Database) -> None:
    planned(endpoint("http://127.0.0.1:1/v1"), prompts=[BEGUN])
    put_probe(prefill=False, temperature=False)
    run = planned(endpoint("http://127.0.0.1:1/v1"), prompts=[BEGUN], temperatures=[0.5])
    reasons = {(one.temperature_milli, one.reason) for one in transcripts(run)}
    assert {milli for milli, _ in reasons} == {-1, 500}
    assert all(reason and "(found by the probe of " in reason for _, reason in reasons), reasons


def test_the_file_wins_over_the_probe(database: Database) -> None:
    box = endpoint("http://127.0.0.1:1/v1", can={"temperature": True, "prefill": False})
    planned(box)
    put_probe(temperature=False, prefill=True)
    run = planned(box, prompts=[chat("one"), BEGUN])
    assert [(one.state, one.temperature_milli) for one in transcripts(run)].count(("queued", 1000)) == 1
    assert [one.reason for one in transcripts(run) if one.state == "impossible"] == [
        "this endpoint does not continue a begun answer"
    ]


def test_a_probe_changes_nothing_of_a_run_that_was_planned_before_it(database: Database) -> None:
    with FaultBox() as box:
        cold = subject(sampling={"seed": 5})
        run = planned(endpoint(box.url), [cold], repeats=1)
        put_probe(temperature=False, seed=False)
        collect_runs(run)
        with db.writing() as session:  # a later wave of the same run goes on as the first
            wave = add_wave(session, run, repeats=2)
            plan(session, wave.id)
        collect_runs(run)
        assert [("temperature" in body, "seed" in body) for body in bodies(box)] == [(True, True)] * 2
        box.seen.clear()
        collect_runs(planned(endpoint(box.url), [cold]))
        assert [("temperature" in body, "seed" in body) for body in bodies(box)] == [(False, False)]


def test_two_runs_at_once_each_ask_by_their_own_probe(database: Database) -> None:
    with FaultBox() as box:
        first = planned(endpoint(box.url))
        put_probe(max_tokens_field="max_completion_tokens")
        second = planned(endpoint(box.url))
        collect_runs(first, second)
        assert sorted("max_completion_tokens" in body for body in bodies(box)) == [False, True]
        with db.reading() as session:
            kept = dict(session.execute(select(RunProbe.run_id, RunProbe.probe_id)).all())
        assert (kept[first], kept[second] is not None) == (None, True)


def with_logprobs(box: FaultBox, served: str = "m-served") -> None:
    """Let a box answer with one token and its log-probability."""

    def reply(seen: Seen) -> dict[str, Any]:
        token = {"token": "a", "bytes": [97], "logprob": -0.5, "top_logprobs": []}
        choice = {"message": {"content": "a"}, "finish_reason": "stop", "logprobs": {"content": [token]}}
        return {"model": served, "choices": [choice], "usage": {"prompt_tokens": 3, "completion_tokens": 1}}

    box.reply = reply  # type: ignore[method-assign]


@pytest.mark.parametrize(
    ("probed", "expected"),
    [({"logprobs_side": "before"}, "before"), ({"logprobs_side": "after"}, "after"), ({}, "unknown"),
     ({"logprobs_side": "before", "served": "another"}, "unknown")],
)  # fmt: skip
def test_log_probabilities_are_kept_with_their_side_of_the_sampler(
    sqlite: Database, probed: dict[str, str], expected: str
) -> None:
    with FaultBox() as box:
        with_logprobs(box)
        run = planned(endpoint(box.url), [subject(sampling={"logprobs": 0})])
        put_probe(**probed)  # type: ignore[arg-type]
        collect_runs(run)
        with db.reading() as session:
            assert session.scalars(select(MessageLogprobs.side)).all() == [expected]


def test_runs_of_before_probes_were_kept_stay_as_they_were_planned(database: Database) -> None:
    run = planned(endpoint("http://127.0.0.1:1/v1"))
    schema.migrate(database, "0001")
    schema.migrate(database)
    put_probe(temperature=False)
    with db.writing() as session:
        plan(session, add_wave(session, run, repeats=2).id)
    assert [one.temperature_milli for one in transcripts(run)] == [1000, 1000]
    assert states(run) == {"queued": 2}
