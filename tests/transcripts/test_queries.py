"""How far a run is: its state in the agreed order, its counts and sums, and what `status --json` prints."""

import itertools
from datetime import UTC, datetime

import pytest
from sqlalchemy import event

from app.batteries.shape import PromptShape
from app.db import Database
from app.runs.models import Run
from app.subjects.shape import SubjectShape
from app.transcripts.models import RunBudget
from app.transcripts.queries import Counts, _unpriced, derived_state, run_status, runs_status, status_json
from tests import seed
from tests.cast import PROMPTS, SUBJECTS, Draw, say

ONE_PROMPT, ONE_SUBJECT = PROMPTS[:1], SUBJECTS[1:2]
UNPRICED = SUBJECTS[4:5]  # its endpoint's price is unknown


@pytest.mark.parametrize(
    ("counts", "wanted", "capped", "state"),
    [
        (Counts(running=1, queued=5, failed=1), "pause", True, "running"),
        (Counts(queued=5, done=1), "cancel", True, "cancelled"),
        (Counts(cancelled=5, done=1, failed=2), "cancel", False, "cancelled"),
        (Counts(queued=5, done=1), "pause", True, "budget"),
        (Counts(queued=5, done=1), "pause", False, "paused"),
        (Counts(queued=5, done=1), "go", False, "queued"),
        (Counts(done=4, failed=1), "go", False, "failed"),
        (Counts(done=4, failed=1), "pause", True, "failed"),
        (Counts(done=4, impossible=3), "go", False, "done"),
        (Counts(done=4), "pause", True, "done"),
        (Counts(impossible=3), "go", False, "done"),
        (Counts(), "go", False, "done"),
    ],
)
def test_the_state_is_the_first_that_holds(counts: Counts, wanted: str, capped: bool, state: str) -> None:
    assert derived_state(counts, wanted=wanted, capped=capped) == state


def test_counts_say_what_a_share_is_taken_of() -> None:
    counts = Counts(queued=1, running=2, done=3, failed=4, cancelled=5, impossible=6)
    assert (counts.possible, counts.total, counts.left) == (15, 21, 3)
    assert counts + Counts(done=1, impossible=1) == Counts(1, 2, 4, 4, 5, 7)


def test_a_run_tells_counts_calls_and_money(database: Database) -> None:
    with database.writing() as session:
        made = seed.study(session, budget_usd=4.0)
    with database.reading() as session:
        status = run_status(session, made.run_id)
    assert status is not None
    assert (status.study_slug, status.state, status.kind, status.wanted) == (
        "first-light",
        "failed",
        "asked",
        "go",
    )
    # 5 subjects × 3 prompts × 20 repeats; one subject refuses prefill, one fails 2 of 20 on each prompt
    assert status.counts == Counts(done=274, failed=6, impossible=20)
    assert status.calls == 274 + 6 * 4  # each failed draw was tried four times
    assert status.spent_micro == 24_810
    assert status.budget_micro == 4_000_000


def test_the_cost_is_null_while_a_price_is_unknown_and_known_otherwise(database: Database) -> None:
    with database.writing() as session:
        made = seed.study(session, subjects=SUBJECTS[:3], prompts=ONE_PROMPT, repeats=2)
        known = made.run_id
        unknown = seed.study(
            session, slug="two", battery="other", subjects=_renamed(UNPRICED), repeats=2
        ).run_id
    with database.reading() as session:
        first, second = run_status(session, known), run_status(session, unknown)
    assert first is not None
    assert second is not None
    assert first.cost_micro == first.spent_micro > 0
    assert second.cost_micro is None
    assert status_json(second)["cost_usd"] is None


def test_an_unpriced_answer_among_priced_ones_makes_the_whole_unknown(sqlite: Database) -> None:
    with sqlite.writing() as session:
        made = seed.study(session, subjects=SUBJECTS, prompts=ONE_PROMPT, repeats=1)
    with sqlite.reading() as session:
        status = run_status(session, made.run_id)
    assert status is not None
    assert status.spent_micro > 0
    assert status.cost_micro is None


def test_a_failed_draw_without_a_price_does_not_make_the_cost_unknown(sqlite: Database) -> None:
    with sqlite.writing() as session:
        made = seed.study(session, subjects=ONE_SUBJECT, prompts=ONE_PROMPT, repeats=3, say=_first_fails)
    with sqlite.reading() as session:
        status = run_status(session, made.run_id)
    assert status is not None
    assert status.counts == Counts(done=2, failed=1)
    assert status.cost_micro is not None


def test_status_json_holds_the_agreed_fields_and_no_others(sqlite: Database) -> None:
    with sqlite.writing() as session:
        made = seed.study(session, subjects=ONE_SUBJECT, prompts=ONE_PROMPT, repeats=2)
        session.get_one(Run, made.run_id).created_at = datetime(2026, 3, 1, 9, 5, 7, 42_000, UTC)
        session.get_one(RunBudget, made.run_id).spent_micro = 1_234_567
    with sqlite.reading() as session:
        status = run_status(session, made.run_id)
    assert status is not None
    assert status_json(status) == {
        "id": made.run_id,
        "study": "first-light",
        "state": "done",
        "queued": 0,
        "running": 0,
        "done": 2,
        "failed": 0,
        "cancelled": 0,
        "impossible": 0,
        "calls": 2,
        "cost_usd": 1.234567,
        "created_at": "2026-03-01T09:05:07.042Z",
    }


def test_a_run_that_never_called_has_no_sums_and_is_free_so_far(sqlite: Database) -> None:
    with sqlite.writing() as session:
        made = seed.study(session, subjects=ONE_SUBJECT, prompts=ONE_PROMPT, repeats=2, say=_queued)
        session.delete(session.get_one(RunBudget, made.run_id))
    with sqlite.reading() as session:
        status = run_status(session, made.run_id)
    assert status is not None
    assert (status.calls, status.tokens, status.cost_micro, status.state) == (0, 0, 0, "queued")


def test_runs_come_newest_first_and_page_by_the_last_seen(database: Database) -> None:
    with database.writing() as session:
        made = seed.study(session, subjects=ONE_SUBJECT, prompts=ONE_PROMPT, repeats=1)
        first = made.run_id
        more = [
            seed.run(session, made, subjects=ONE_SUBJECT, prompts=ONE_PROMPT, repeats=1) for _ in range(4)
        ]
    with database.reading() as session:
        page = [run.id for run in runs_status(session, limit=3)]
        rest = [run.id for run in runs_status(session, before=page[-1], limit=3)]
    assert page + rest == [*reversed(more), first]


def test_runs_of_one_study_leave_the_others_out(sqlite: Database) -> None:
    with sqlite.writing() as session:
        made = seed.study(session, subjects=ONE_SUBJECT, prompts=ONE_PROMPT, repeats=1)
        seed.study(session, slug="two", battery="other", subjects=_renamed(ONE_SUBJECT), repeats=1)
    with sqlite.reading() as session:
        assert [run.study_slug for run in runs_status(session, study_id=made.study_id)] == ["first-light"]


def test_there_is_no_status_of_a_run_that_is_not_there(sqlite: Database) -> None:
    with sqlite.reading() as session:
        assert run_status(session, 99) is None
        assert runs_status(session) == []


def test_whether_a_price_was_unknown_is_one_look_into_an_index(sqlite: Database) -> None:
    """However many draws a run has: an index that holds only those is the one that is taken."""
    with sqlite.reading() as session:
        statements: list[str] = []
        event.listen(sqlite.engine, "before_cursor_execute", lambda *said: statements.append(said[2]))
        _unpriced(session, [1])
        plan = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statements[-1]}", (1, 1, 0))
        assert "ix_transcripts_unpriced" in str(plan.all())


_names = itertools.count()


def _renamed(subjects: tuple[SubjectShape, ...]) -> tuple[SubjectShape, ...]:
    return tuple(one.model_copy(update={"slug": f"{one.slug}-{next(_names)}"}) for one in subjects)


def _queued(prompt: PromptShape, subject: SubjectShape, repeat: int) -> Draw:
    return Draw(state="queued")


def _first_fails(prompt: PromptShape, subject: SubjectShape, repeat: int) -> Draw:
    return Draw(state="failed", reason="timeout") if repeat == 1 else say(prompt, subject, repeat)
