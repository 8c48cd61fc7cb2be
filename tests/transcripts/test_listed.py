"""Every number of a run's page leads to exactly the draws that it counts, on both databases."""

from typing import get_args

import pytest

from app.batteries.shape import PromptShape
from app.db import Database
from app.subjects.shape import SubjectShape
from app.transcripts.behind import Behind, Ended, State, narrowed
from app.transcripts.listed import BEGINNING, Line, how_many, listed
from app.transcripts.queries import run_status
from app.transcripts.tallies import count
from tests import seed
from tests.cast import PROMPTS, SUBJECTS, Draw, say

ONE_PROMPT, ONE_SUBJECT = PROMPTS[:1], SUBJECTS[1:2]


def mixed(prompt: PromptShape, subject: SubjectShape, repeat: int) -> Draw:
    """Say what the cast says, with an odd ending, an empty answer and draws of every other state among it."""
    if subject.slug == "pirate" and prompt.key == "who-plain":
        odd = {1: Draw("Arr", stop="tool"), 2: Draw("", stop="empty"), 3: Draw(state="cancelled")}
        return odd.get(repeat) or Draw(state="queued" if repeat < 8 else "running")
    return say(prompt, subject, repeat)


def read(
    database: Database, run: int, ended: Ended = "", state: State = "done", subject: str = ""
) -> list[Line]:
    with database.reading() as session:
        return listed(session, run, Behind(ended=ended, state=state, subject=subject), 1000)


@pytest.fixture
def run(database: Database) -> int:
    with database.writing() as session:
        return seed.study(session, say=mixed).run_id


def test_as_many_draws_are_listed_as_the_page_counts(database: Database, run: int) -> None:
    with database.reading() as session:
        status = run_status(session, run)
        ends = count(session, run).endings
    assert status is not None
    for ended in get_args(Ended)[1:]:
        number = getattr(ends, ended.replace("-", "_"))
        assert number > 0, ended
        assert len(read(database, run, ended=ended)) == number, ended
    for state in get_args(State):
        number = getattr(status.counts, state)
        assert number > 0, state
        assert len(read(database, run, state=state)) == number, state


def test_a_line_says_whose_draw_it_is_and_how_it_begins(database: Database, run: int) -> None:
    first = read(database, run, ended="declared")[0]
    said = ("mode-collapse/who-plain", "Constitution", "T 1", 9, "model_refusal_field")
    assert (first.prompt, first.subject, first.temperature, first.repeat, first.stop_class) == said
    assert first.said == "I can&#39;t help with that."


def test_what_has_no_answer_says_why_and_shows_no_text(database: Database, run: int) -> None:
    found = read(database, run, state="impossible")
    assert {(line.said, line.why, line.stop_class) for line in found} == {
        ("", "this model refuses prefill", None)
    }


def test_a_subjects_answers_are_listed_alone(database: Database, run: int) -> None:
    assert {line.subject for line in read(database, run, subject="reasoner")} == {"Reasoning, medium"}
    assert {line.served_model for line in read(database, run, ended="other-model")} == {"four-think-mini"}


def test_of_a_long_answer_only_its_beginning_is_read(sqlite: Database) -> None:
    with sqlite.writing() as session:
        made = seed.study(session, subjects=ONE_SUBJECT, prompts=ONE_PROMPT, repeats=1,
                          say=lambda *_: Draw("\u202e" + "long " * 40_000))  # fmt: skip
    [line] = read(sqlite, made.run_id)
    assert line.said.endswith("…")
    assert 'data-name="RLO"' in line.said
    assert len(line.said.striptags()) <= BEGINNING + 1


def test_a_list_is_read_on_from_the_last_seen(sqlite: Database) -> None:
    with sqlite.writing() as session:
        made = seed.study(session, subjects=ONE_SUBJECT, prompts=ONE_PROMPT, repeats=5)
    with sqlite.reading() as session:
        first = listed(session, made.run_id, Behind(), 3)
        rest = listed(session, made.run_id, Behind(after=first[-1].id), 3)
    assert [line.repeat for line in (*first, *rest)] == [1, 2, 3, 4, 5]


def test_a_list_says_what_it_holds() -> None:
    assert Behind(state="queued").title == "Draws still queued"
    assert Behind(ended="gated").title == "Answers that a gate stopped"
    assert Behind(ended="other-model").title == "Answers of another model"


BEHIND: list[tuple[Ended, State, str]] = [
    ("", "done", ""), ("whole", "done", ""), ("", "failed", "reasoner"), ("other-model", "done", "reasoner"),
    ("", "impossible", "pirate"),
]  # fmt: skip


def test_how_many_draws_a_list_pages_through_is_counted_by_the_same_rule(
    database: Database, run: int
) -> None:
    for ended, state, subject in BEHIND:
        with database.reading() as session:
            counted = how_many(session, run, Behind(ended=ended, state=state, subject=subject))
        assert counted == len(read(database, run, ended, state, subject)), (ended, state, subject)


def test_a_list_is_narrowed_to_the_draws_of_one_cell(database: Database) -> None:
    with database.writing() as session:
        made = seed.study(session, repeats=20)
        second = seed.run(session, made, repeats=4)
        first = second - 1
    cell = {"prompt": "mode-collapse/who-plain", "subject": "reasoner", "t": "none"}
    with database.reading() as session:
        of_cell = listed(session, first, Behind(**cell, v=1))
        assert {(one.prompt, one.repeat) for one in of_cell} == {
            ("mode-collapse/who-plain", n) for n in range(1, 21) if n % 7
        }
        by_number = Behind(**cell | {"prompt": str(made.prompts["who-plain"])})
        assert listed(session, first, by_number) == of_cell
        assert [one.repeat for one in listed(session, first, Behind(**cell, served="four-think"))] == [
            one.repeat for one in of_cell if one.repeat != 3
        ]
        assert how_many(session, first, Behind(**cell, state="failed")) == 2
        both = listed(session, second, Behind(**cell, also=f"{first},x,99"))
        assert [one.run for one in both] == [first] * 18 + [second] * 4
        for nothing in ({"v": 2}, {"wave": 2}, {"equal": "0" * 64}):
            assert how_many(session, first, Behind(**cell, **nothing)) == 0
        for nothing in ({"t": "hot"}, {"t": "1"}, {"prompt": "99"}, {"prompt": "no/where"}, {"prompt": "x"}):
            assert how_many(session, first, Behind(**cell | nothing)) == 0
        said = narrowed(session, Behind(**cell, v=1, wave=1, also="2", equal="0" * 64))
        unknown = narrowed(session, Behind(prompt="99", subject="nobody"))
    assert (said.prompt, said.subject) == ("mode-collapse/who-plain", "Reasoning, medium")
    assert said.rest == (
        "T not sent", "version 1 of the subject", "wave 1", "with run 2", "equal prompts",
    )  # fmt: skip
    assert (unknown.prompt, unknown.subject, unknown.rest) == ("", "", ())


def test_runs_of_another_study_are_never_among_further_ones(database: Database) -> None:
    with database.writing() as session:
        mine = seed.study(session, repeats=1, subjects=ONE_SUBJECT, prompts=ONE_PROMPT).run_id
        other = [one.model_copy(update={"slug": "another"}) for one in ONE_SUBJECT]
        theirs = seed.study(
            session, slug="other", battery="other", subjects=other, prompts=ONE_PROMPT, repeats=1
        )
    with database.reading() as session:
        assert {one.run for one in listed(session, mine, Behind(also=str(theirs.run_id)))} == {mine}
