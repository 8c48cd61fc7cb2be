"""What has become of a run's draws: endings as the wire told them, spending, models that stood in, fill by cell."""

import shutil
from pathlib import Path

import pytest

from app.batteries.shape import PromptShape
from app.db import Database
from app.subjects.shape import SubjectShape
from app.transcripts import tallies as module
from app.transcripts.models import Transcript
from app.transcripts.queries import Counts, run_status
from app.transcripts.tallies import Endings, count, tallies
from tests import seed
from tests.cast import PROMPTS, SUBJECTS, Draw

ONE_PROMPT, ONE_SUBJECT = PROMPTS[:1], SUBJECTS[1:2]
STOPS = (
    "natural", "stop_sequence", "length", "context_overflow", "model_refusal_field", "classifier_refusal",
    "prompt_blocked", "output_filtered", "empty", "tool", "paused", "unknown",
)  # fmt: skip


def one_of_each_stop(prompt: PromptShape, subject: SubjectShape, repeat: int) -> Draw:
    return Draw("text", stop=STOPS[repeat - 1])


def test_three_kinds_of_no_and_the_cuts_are_counted_apart(database: Database) -> None:
    with database.writing() as session:
        made = seed.study(
            session, subjects=ONE_SUBJECT, prompts=ONE_PROMPT, repeats=len(STOPS), say=one_of_each_stop
        )
    with database.reading() as session:
        counted = count(session, made.run_id)
    assert counted.endings == Endings(
        whole=2, cut=2, declared=1, gated=3, empty=1, otherwise=3, other_model=0
    )


def test_a_model_stands_in_where_it_is_not_its_cells_most_common_one(sqlite: Database) -> None:
    served = ("two-large", "two-large", "two-small", None, "two-other")

    def say(prompt: PromptShape, subject: SubjectShape, repeat: int) -> Draw:
        return Draw("text", served=served[repeat - 1] or "two-large")

    with sqlite.writing() as session:
        made = seed.study(session, subjects=ONE_SUBJECT, prompts=ONE_PROMPT, repeats=5, say=say)
    with sqlite.reading() as session:
        assert count(session, made.run_id).endings.other_model == 2


def test_cells_hold_counts_by_subject_temperature_and_prompt(database: Database) -> None:
    with database.writing() as session:
        made = seed.study(session)
    with database.reading() as session:
        cells = count(session, made.run_id).cells
    reasoner, constitution = made.versions["reasoner"], made.versions["constitution"]
    assert cells[reasoner, -1][made.prompts["number-plain"]] == Counts(done=18, failed=2)
    assert cells[constitution, 1000][made.prompts["said-prefill"]] == Counts(impossible=20)
    assert len(cells) == 5


def test_spending_is_known_by_subject_and_unknown_where_a_price_is(sqlite: Database) -> None:
    with sqlite.writing() as session:
        made = seed.study(session, repeats=3)
    with sqlite.reading() as session:
        counted = count(session, made.run_id)
        status = run_status(session, made.run_id)
    by_slug = {slug: counted.spent_micro.get(version) for slug, version in made.versions.items()}
    assert by_slug["base-raw"] == 0
    assert by_slug["reasoner"] is None
    assert status is not None
    assert sum(micro or 0 for micro in by_slug.values()) == status.spent_micro


def test_an_impossible_subject_says_why(sqlite: Database) -> None:
    with sqlite.writing() as session:
        made = seed.study(session, repeats=2)
    with sqlite.reading() as session:
        assert count(session, made.run_id).impossible == {
            made.versions["constitution"]: "this model refuses prefill"
        }


def test_what_was_counted_is_kept_while_nothing_changes(
    sqlite: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with sqlite.writing() as session:
        made = seed.study(session, subjects=ONE_SUBJECT, prompts=ONE_PROMPT, repeats=2)
    counted = counting(monkeypatch)
    with sqlite.reading() as session:
        first = tallies(session, made.run_id, Counts(done=2))
        assert tallies(session, made.run_id, Counts(done=2)) is first
        assert tallies(session, made.run_id, Counts(done=1, queued=1)) is not first
    assert counted == [made.run_id, made.run_id]


def test_while_draws_run_a_count_may_be_a_little_old_and_at_the_end_never(
    sqlite: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with sqlite.writing() as session:
        made = seed.study(session, subjects=ONE_SUBJECT, prompts=ONE_PROMPT, repeats=3)
    counted = counting(monkeypatch)
    monkeypatch.setattr(module, "REST", 1_000_000_000)
    with sqlite.reading() as session:
        first = tallies(session, made.run_id, Counts(done=1, running=2))
        assert tallies(session, made.run_id, Counts(done=2, running=1)) is first
        assert tallies(session, made.run_id, Counts(done=3)) is not first
    assert len(counted) == 2


def test_counts_of_two_databases_are_kept_apart(
    sqlite: Database, sqlite_template: Path, tmp_path: Path
) -> None:
    shutil.copy(sqlite_template, tmp_path / "other.db")
    other = Database(f"sqlite:///{tmp_path / 'other.db'}")
    for where, repeats in ((sqlite, 2), (other, 3)):
        with where.writing() as session:
            seed.study(session, subjects=ONE_SUBJECT, prompts=ONE_PROMPT, repeats=repeats)
    with sqlite.reading() as here, other.reading() as there:
        same = Counts(done=2)
        assert tallies(here, 1, same).endings.whole == 2
        assert tallies(there, 1, same).endings.whole == 3
    other.close()


def test_draws_without_a_prompt_or_subject_are_counted_too(sqlite: Database) -> None:
    with sqlite.writing() as session:
        made = seed.study(session, subjects=ONE_SUBJECT, prompts=ONE_PROMPT, repeats=1)
        session.add(
            Transcript(
                run_id=made.run_id, study_id=made.study_id, temperature_milli=-2, repeat=1, state="queued"
            )
        )
    with sqlite.reading() as session:
        assert count(session, made.run_id).cells[0, -2] == {0: Counts(queued=1)}


def counting(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Note each run that is counted anew."""
    counted: list[int] = []

    def noted(session: object, run_id: int) -> module.Tallies:
        counted.append(run_id)
        return count(session, run_id)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "count", noted)
    return counted
