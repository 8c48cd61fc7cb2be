"""Pace, time left, and each subject's part of a run."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import update

from app.batteries.shape import PromptShape
from app.db import Database, now
from app.subjects.models import Endpoint
from app.subjects.shape import SubjectShape
from app.transcripts.models import EndpointStop
from app.transcripts.progress import Pace, SubjectProgress, last_finished, seconds_left, subjects_of
from app.transcripts.queries import Counts, run_status
from app.transcripts.tallies import count
from tests import seed
from tests.cast import PROMPTS, SUBJECTS, Draw

ONE_PROMPT, ONE_SUBJECT = PROMPTS[:1], SUBJECTS[1:2]
Say = Callable[[PromptShape, SubjectShape, int], Draw]


def until(repeats: int, **values: object) -> Say:
    """Say that draws are done up to this repeat, and queued after it."""

    def say(prompt: PromptShape, subject: SubjectShape, repeat: int) -> Draw:
        return Draw("text", **values) if repeat <= repeats else Draw(state="queued")  # type: ignore[arg-type]

    return say


def progress(database: Database, run_id: int, *, later: float = 0.0) -> list[SubjectProgress]:
    with database.reading() as session:
        status = run_status(session, run_id)
        assert status is not None
        counted = count(session, run_id)
        return subjects_of(session, status, counted, now() + timedelta(seconds=later))


def test_subjects_come_in_the_studys_order_with_what_they_are(database: Database) -> None:
    with database.writing() as session:
        made = seed.study(session, repeats=2)
    found = progress(database, made.run_id)
    assert [(one.slug, one.endpoint, one.slot, one.number) for one in found] == [
        ("base-raw", "local-base", 1, 1),
        ("default-assistant", "two", 2, 1),
        ("pirate", "two", 2, 1),
        ("constitution", "three", 3, 1),
        ("reasoner", "four", 5, 1),
    ]
    assert [one.counts for one in found][3:] == [Counts(done=4, impossible=2), Counts(done=6)]
    assert found[3].impossible == "this model refuses prefill"
    assert found[0].concurrency == 4


def test_pace_is_taken_over_the_last_minute(database: Database) -> None:
    """120 draws over 120 seconds: one a second, whatever the run did before."""
    with database.writing() as session:
        made = seed.study(
            session, subjects=ONE_SUBJECT, prompts=ONE_PROMPT, repeats=120, seconds=120.0,
            say=until(120, latency_ms=700, tokens=(30, 20)),
        )  # fmt: skip
    [one] = progress(database, made.run_id)
    assert one.pace.per_second == pytest.approx(1.0, abs=0.1)
    assert one.pace.tokens_per_minute == pytest.approx(50 * 60, rel=0.1)
    assert one.pace.p50_ms == 700


def test_at_the_start_pace_is_taken_over_the_time_that_was(sqlite: Database) -> None:
    """20 draws in the first 10 seconds are two a second, not a third."""
    with sqlite.writing() as session:
        made = seed.study(
            session, subjects=ONE_SUBJECT, prompts=ONE_PROMPT, repeats=40, seconds=20.0, say=until(20)
        )
    [one] = progress(sqlite, made.run_id, later=-10.0)
    assert one.pace.per_second == pytest.approx(2.0, rel=0.2)


def test_a_run_that_stands_still_has_no_pace_but_keeps_its_latency(sqlite: Database) -> None:
    with sqlite.writing() as session:
        made = seed.study(
            session, subjects=ONE_SUBJECT, prompts=ONE_PROMPT, repeats=3, say=until(3, latency_ms=900)
        )
    [one] = progress(sqlite, made.run_id, later=300.0)
    assert one.pace == Pace(per_second=0.0, tokens_per_minute=None, p50_ms=900)


def test_a_failed_draw_counts_for_pace_and_has_no_latency(sqlite: Database) -> None:
    def say(prompt: PromptShape, subject: SubjectShape, repeat: int) -> Draw:
        return Draw(state="failed", reason="cut")

    with sqlite.writing() as session:
        made = seed.study(session, subjects=ONE_SUBJECT, prompts=ONE_PROMPT, repeats=30, seconds=30, say=say)
    [one] = progress(sqlite, made.run_id)
    assert one.pace.p50_ms is None
    assert one.pace.per_second == pytest.approx(1.0, rel=0.2)


def test_limits_are_the_endpoints_as_they_are_now(sqlite: Database) -> None:
    with sqlite.writing() as session:
        made = seed.study(session, subjects=ONE_SUBJECT, prompts=ONE_PROMPT, repeats=1)
        limits = {"concurrency": 160, "requests_per_minute": None, "tokens_per_minute": 800_000}
        session.execute(update(Endpoint).where(Endpoint.slug == "two").values(limits=limits))
    [one] = progress(sqlite, made.run_id)
    assert (one.concurrency, one.tokens_limit) == (160, 800_000)


def test_a_stopped_endpoint_says_why_for_this_run_alone(sqlite: Database) -> None:
    with sqlite.writing() as session:
        made = seed.study(session, subjects=SUBJECTS[:2], prompts=ONE_PROMPT, repeats=1)
        other = seed.run(session, made, subjects=SUBJECTS[:2], prompts=ONE_PROMPT, repeats=1)
        session.add(EndpointStop(run_id=other, endpoint_id=made.endpoints["two"], reason="401: bad key"))
    assert [one.stopped for one in progress(sqlite, other)] == [None, "401: bad key"]


def test_the_newest_end_is_told(sqlite: Database) -> None:
    with sqlite.writing() as session:
        made = seed.study(
            session, subjects=ONE_SUBJECT, prompts=ONE_PROMPT, repeats=4, seconds=40.0, say=until(2)
        )
    with sqlite.reading() as session:
        newest = last_finished(session, made.run_id)
        assert newest is not None
        assert (now() - newest).total_seconds() == pytest.approx(20.0, abs=5.0)
        assert last_finished(session, 99) is None


def part(endpoint: int, left: int, pace: float, stopped: str | None = None) -> SubjectProgress:
    return SubjectProgress(
        version_id=1, number=1, slug="a", name="A", style="s", slot=1, endpoint_id=endpoint, endpoint="e",
        concurrency=4, tokens_limit=None, counts=Counts(queued=left), pace=Pace(pace), spent_micro=0,
        impossible=None, stopped=stopped,
    )  # fmt: skip


def test_a_run_takes_as_long_as_its_slowest_endpoint() -> None:
    assert seconds_left([part(1, 100, 10.0), part(2, 30, 0.5)]) == 60.0


def test_subjects_of_one_endpoint_share_its_pace() -> None:
    assert seconds_left([part(1, 50, 4.0), part(1, 50, 6.0)]) == 10.0


def test_time_left_is_not_said_while_an_endpoint_has_not_answered() -> None:
    assert seconds_left([part(1, 10, 5.0), part(2, 10, 0.0)]) is None


def test_a_stopped_endpoint_keeps_no_run_waiting() -> None:
    assert seconds_left([part(1, 10, 5.0), part(2, 10, 0.0, "401")]) == 2.0
    assert seconds_left([part(2, 10, 0.0, "401")]) is None


def test_nothing_left_takes_no_time_to_say() -> None:
    assert seconds_left([part(1, 0, 5.0)]) is None
