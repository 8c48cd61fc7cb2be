"""What the page of a run is made of, beyond its numbers: waves, what asking again costs, how endpoints stand."""

from dataclasses import dataclass
from datetime import timedelta

import pytest

from app import db
from app.batteries.shape import PromptShape
from app.db import Database
from app.runs.commands import add_wave
from app.subjects.shape import SubjectShape
from app.transcripts.added import once, prompts_by_wave
from app.transcripts.commands import extend
from app.transcripts.models import EndpointStop
from app.transcripts.run_page import Collecting, Limit, RunPage, collecting, run_page
from tests import seed
from tests.cast import PROMPTS, SUBJECTS, Draw, say

ONE_PROMPT, ONE_SUBJECT = PROMPTS[:1], SUBJECTS[1:2]


@dataclass(frozen=True)
class Stands:
    """How an endpoint stands."""

    allowed: int = 4
    concurrency: int = 4
    breaker: str = "closed"
    again_in: float | None = None


def begun(prompt: PromptShape, subject: SubjectShape, repeat: int) -> Draw:
    return say(prompt, subject, repeat) if repeat == 1 else Draw(state="queued")


def page(run_id: int, known: Collecting | None = None) -> RunPage:
    with db.reading() as session:
        found = run_page(session, run_id, db.now(), known)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("stands", "limit"),
    [
        (Stands(), Limit(4)),
        (Stands(allowed=2), Limit(2, "↓ after 429", "asked for 4 calls at once")),
        (Stands(breaker="open", again_in=17.6), Limit(4, "breaker open", "tries again in 18 s")),
        (Stands(breaker="trial"), Limit(4, "breaker open", "one call is on trial")),
        (Stands(again_in=0.2), Limit(4, "waits", "tries again in 1 s")),
    ],
)
def test_limits_say_why_they_are_less_than_asked_for(stands: Stands, limit: Limit) -> None:
    assert collecting({3: stands}, {}).limits == {3: limit}


def test_the_page_says_who_asks_the_endpoints(sqlite: Database) -> None:
    with sqlite.writing() as session:
        made = seed.study(session, subjects=SUBJECTS[:2], prompts=ONE_PROMPT, repeats=3, say=begun)
    two = made.endpoints["two"]
    assert page(1).limits_note == "limits as configured"
    assert page(1, Collecting({two: Limit(4)})).limits_note == "limits as the endpoint allows them now"
    elsewhere = Collecting(withheld={two: "another process speaks to it"})
    assert page(1, elsewhere).limits_note == "collected by another process; limits as configured"


def test_a_missing_key_is_told_while_draws_wait_for_it(sqlite: Database) -> None:
    with sqlite.writing() as session:
        made = seed.study(session, subjects=SUBJECTS[:2], prompts=ONE_PROMPT, repeats=3, say=begun)
        done = seed.run(session, made, subjects=SUBJECTS[:2], prompts=ONE_PROMPT, repeats=1)
    known = Collecting(withheld={made.endpoints["two"]: "no key: TWO_API_KEY is not set here"})
    assert page(1, known).withheld == [("two", "no key: TWO_API_KEY is not set here")]
    assert page(done, known).withheld == []


def test_a_stopped_endpoint_is_told_while_draws_are_left_there(sqlite: Database) -> None:
    with sqlite.writing() as session:
        made = seed.study(session, subjects=SUBJECTS[:3], prompts=ONE_PROMPT, repeats=3, say=begun)
        session.add(EndpointStop(run_id=1, endpoint_id=made.endpoints["two"], reason="HTTP 402"))
    assert page(1).stops == [("two", "HTTP 402")]


def test_asking_again_costs_what_the_subjects_answers_cost_so_far(sqlite: Database) -> None:
    def half(prompt: PromptShape, subject: SubjectShape, repeat: int) -> Draw:
        return Draw("fine", tokens=(100, 50)) if repeat <= 5 else Draw(state="failed", reason="cut")

    with sqlite.writing() as session:
        seed.study(session, subjects=ONE_SUBJECT, prompts=ONE_PROMPT, repeats=8, say=half)
    assert page(1).again_micro == 3 * (100 * 2 + 50 * 8)


def test_what_asking_again_costs_is_not_guessed(sqlite: Database) -> None:
    with sqlite.writing() as session:
        made = seed.study(session)  # the failing subject's price is unknown
        never = seed.run(session, made, subjects=ONE_SUBJECT, prompts=ONE_PROMPT, repeats=2, say=_all_fail)
    assert page(1).again_micro is None
    assert page(never).again_micro is None


def _all_fail(prompt: PromptShape, subject: SubjectShape, repeat: int) -> Draw:
    return Draw(state="failed", reason="cut")


def test_waves_are_listed_with_what_they_asked_and_why(database: Database) -> None:
    with database.writing() as session:
        made = seed.study(session, subjects=SUBJECTS[:2], repeats=2)
        add_wave(session, 1, repeats=5, keys=["number-plain"], temperatures=[0.0], reason="more numbers")
    shown = page(made.run_id)
    told = [
        (w.number, w.batteries, w.prompts, w.subjects, w.repeats, w.temperatures, w.reason)
        for w in shown.waves
    ]
    assert told == [(1, 1, 3, 2, 2, None, ""), (2, 1, 1, 2, 5, [0.0], "more numbers")]


def test_repeats_are_told_as_they_were_planned_prompt_by_prompt(sqlite: Database) -> None:
    with sqlite.writing() as session:
        made = seed.study(session, subjects=ONE_SUBJECT, repeats=2)
    assert page(made.run_id).repeats == (2, 2)
    with sqlite.writing() as session:
        extend(session, made.run_id, keys=["number-plain"], repeats=6)
    assert page(made.run_id).repeats == (2, 6)


def test_prompts_come_once_and_in_the_order_in_which_they_were_asked(database: Database) -> None:
    with database.writing() as session:
        seed.study(session, subjects=ONE_SUBJECT, repeats=1)
        add_wave(session, 1, keys=["who-plain"])
    with database.reading() as session:
        assert [prompt.key for prompt in once(prompts_by_wave(session, 1))] == [
            "number-plain",
            "who-plain",
            "said-prefill",
        ]


def test_a_run_tells_how_long_it_took(sqlite: Database) -> None:
    with sqlite.writing() as session:
        seed.study(session, subjects=ONE_SUBJECT, prompts=ONE_PROMPT, repeats=4, seconds=90.0)
    shown = page(1)
    assert shown.took == pytest.approx(90.0, abs=1.0)
    assert not shown.active
    assert shown.started_by == "local"


def test_there_is_no_page_of_a_run_that_is_not_there(sqlite: Database) -> None:
    with sqlite.reading() as session:
        assert run_page(session, 5, db.now() + timedelta(days=1)) is None
