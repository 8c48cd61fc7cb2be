"""What a study wants: budgets in whole micro-dollars, and names that hide nothing."""

import pytest
from pydantic import ValidationError

from app.studies.shape import Budget, RunBlock, StudyHead, Wanted


@pytest.mark.parametrize(
    ("usd", "micro"),
    [(2.0, 2_000_000), (0.1, 100_000), (1.005, 1_005_000), (0.29, 290_000), (None, None)],
)
def test_dollars_become_whole_micro_dollars_as_they_are_written(usd: float | None, micro: int | None) -> None:
    assert Budget(usd=usd).micro == micro


def test_twenty_repeats_are_asked_unless_told_otherwise() -> None:
    assert RunBlock().repeats == 20
    assert RunBlock().temperatures is None


def test_what_was_wanted_comes_back_from_its_stored_form() -> None:
    wanted = Wanted(
        subjects=("raw",), batteries=("mine",), run=RunBlock(temperatures=(0, 0.7), budget=Budget(usd=0.1))
    )
    assert Wanted.model_validate(wanted.model_dump(mode="json")) == wanted


@pytest.mark.parametrize("title", ["two\nlines", " spaced ", "\u202eturned", "hid\u200bden", "x" * 301])
def test_a_title_is_one_line_that_hides_nothing(title: str) -> None:
    with pytest.raises(ValidationError):
        StudyHead(slug="a", title=title)


def test_a_question_may_have_lines_and_any_script() -> None:
    question = "Does it?\nकिं नु\u200d? 👩\u200d🔬"
    assert StudyHead(slug="a", title="t", question=question).question == question
