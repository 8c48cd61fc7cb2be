"""Why an answer is unread is told exactly where it is unread."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.batteries.shape import Answer
from app.elicitation.answers import read_answer
from app.elicitation.unread import why_unread


def spec(kind: str, where: str = "whole", **more: Any) -> Answer:
    return Answer.model_validate({"kind": kind, "where": where, **more})


@pytest.mark.parametrize(
    ("answer", "text", "why"),
    [
        (spec("integer", min=0, max=100), "42", ""),
        (spec("integer", min=0, max=100), "101", "101 is more than 100"),
        (spec("integer", min=0, max=100), "-1", "-1 is less than 0"),
        (spec("integer"), "I pick 42", "more stands there than the number"),
        (spec("integer"), "forty", "there is no number"),
        (spec("integer"), "12.5", "12.5 is no whole number"),
        (spec("integer", "first", max=9), "it is 12, or 3", "12 is more than 9"),
        (spec("word"), "a red fox", "more stands there than one word"),
        (spec("word", "first"), "…", "there is no word"),
        (spec("word"), "!!", "it is not one word alone"),
        (spec("choice", of=["yes", "no"]), "yes, of course", "more stands there than the choice"),
        (spec("choice", of=["cats", "dogs"]), "birds", "it is none of the choices"),
        (spec("choice", "first", of=["cats", "dogs"]), "birds", "none of the choices is there"),
        (spec("yesno"), "No, they are not.", "more stands there than yes or no"),
        (spec("yesno"), "Perhaps", "it is not yes or no"),
        (spec("yesno", "first"), "Well, yes", "it does not open with yes or no"),
        (spec("line"), "one\ntwo", "more stands there than one line"),
        (spec("line"), " \n", "there is nothing"),
        (None, "42", "answers are read by people only"),
    ],
)
def test_why(answer: Answer | None, text: str, why: str) -> None:
    assert why_unread(answer, text) == why


@settings(deadline=None)
@given(
    st.sampled_from(["integer", "word", "choice", "yesno", "line"]),
    st.sampled_from(["whole", "first"]),
    st.text("yesno 12.-−\n,!?aé漢", max_size=16),
)
def test_a_reason_is_given_if_and_only_if_nothing_is_read(kind: str, where: str, text: str) -> None:
    answer = spec(
        kind,
        where,
        of=["yes", "no", "a"] if kind == "choice" else [],
        **({"max": 9} if kind == "integer" else {}),
    )
    assert bool(why_unread(answer, text)) == (read_answer(answer, text) is None)
