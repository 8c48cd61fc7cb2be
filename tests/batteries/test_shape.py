"""Prompts: what makes one the same, and how its answer is told to be read."""

from typing import Any

import pytest

from app.batteries.history import Difference, answer_words, difference, families
from app.batteries.models import Prompt
from app.batteries.shape import Answer, PromptShape, Turn
from app.shape import fingerprint

GIVEN: dict[str, Any] = {
    "key": "number",
    "family": "number",
    "turns": [{"user": "Pick a number."}],
    "answer": {"kind": "integer", "min": 0},
}


def prompt(**changes: object) -> PromptShape:
    return PromptShape.model_validate(GIVEN | changes)


def row(key: str, family: str = "number", words: str = "Pick a number.") -> Prompt:
    """Return a prompt as the database holds it."""
    shape = prompt(key=key, family=family, turns=[{"user": words}])
    return Prompt(key=key, content_sha256=fingerprint(shape.identity()), shape=shape.model_dump(mode="json"))


def content(shape: PromptShape) -> str:
    return fingerprint(shape.identity())


def test_line_ends_of_a_turn_are_those_that_are_kept_and_sent() -> None:
    assert Turn(user="a\r\nb\rc\n").words == "a\nb\nc\n"


def test_the_hash_of_a_prompt_never_changes() -> None:
    # A change here would make a new version of every battery in every database: do not update it lightly.
    assert content(prompt()) == "555da9db1e9ad770f15fc7f7701522db456e545db329380042164dd8c031db05"
    assert fingerprint(prompt().asked()) == "9c0fcaa57e187e9820ee2a4d95251e60516b11f9c51c789cdcd3b349850381f5"


@pytest.mark.parametrize(
    "changes",
    [
        {"turns": [{"user": "Pick a number"}]},
        {"mode": "ladder"},
        {"max_tokens": 12},
        {"answer": None},
        {"answer": {"kind": "integer"}},
        {"condition": {"stakes": "high"}},
        {"variant": "terse"},
        {"family": "numbers"},
        {"branch": "abstract/number"},
    ],
)
def test_what_a_prompt_asks_and_measures_is_in_its_hash(changes: dict[str, object]) -> None:
    assert content(prompt(**changes)) != content(prompt())


@pytest.mark.parametrize(
    "changes",
    [
        {"title": "Any number"},
        {"note": "n"},
        {"source": "s"},
        {"theme": "collapse"},
        {"watch_for": ["hedging"]},
        {"repeats": 40},
    ],
)
def test_what_is_said_of_a_prompt_is_not(changes: dict[str, object]) -> None:
    assert content(prompt(**changes)) == content(prompt())


def test_equal_prompts_share_turns_and_mode_whatever_they_are_called() -> None:
    other = prompt(key="twin", family="other", variant="b", branch="x", answer=None)
    assert fingerprint(other.asked()) == fingerprint(prompt().asked())
    assert fingerprint(prompt(mode="ladder").asked()) != fingerprint(prompt().asked())


def test_versions_differ_by_added_removed_changed_and_order() -> None:
    one, two, three = row("one"), row("two"), row("three")
    assert difference([one, two], [one, two]) == Difference()
    assert difference([one, two], [two, one]) == Difference(turned=True)
    assert difference([one, two], [one, row("two", words="Pick two."), three]) == Difference(
        added=("three",), changed=("two",)
    )
    assert difference([one, two], [two]) == Difference(removed=("one",))


def test_prompts_stand_by_family_in_the_order_of_the_file() -> None:
    rows = [row("a", "x"), row("b", "y"), row("c", "x")]
    found = families(rows)
    assert [(family.slug, [one.prompt.key for one in family.prompts]) for family in found] == [
        ("x", ["a", "c"]),
        ("y", ["b"]),
    ]
    assert found[0].variants == ("plain",)


def test_a_prompt_is_told_as_new_or_changed_since_the_version_before() -> None:
    before = [row("same"), row("other")]
    found = families([row("same"), row("other", words="Pick."), row("late")], before)[0].prompts
    assert [(one.new, one.changed) for one in found] == [(False, ()), (False, ("turns",)), (True, ())]
    assert found[1].before is not None
    assert found[1].before.turns[0].words == "Pick a number."


def test_what_a_whole_family_shares_is_told_once() -> None:
    family = families([row("a"), row("b")])[0]
    assert (family.shared("mode"), family.shared("key")) == ("chat", "")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (None, "read by people only"),
        ({"kind": "integer"}, "a whole number, the whole answer"),
        ({"kind": "integer", "min": 0, "max": 9}, "a whole number from 0 to 9, the whole answer"),
        (
            {"kind": "integer", "min": 1, "where": "first"},
            "a whole number of at least 1, the first in the answer",
        ),
        ({"kind": "choice", "of": ["a", "b"]}, "one of a, b, the whole answer"),
        ({"kind": "yesno"}, "yes or no, the whole answer"),
        ({"kind": "word"}, "one word, the whole answer"),
        ({"kind": "line"}, "one line, the whole answer"),
    ],
)
def test_how_an_answer_is_read_is_said_in_words(answer: dict[str, object] | None, words: str) -> None:
    assert answer_words(None if answer is None else Answer.model_validate(answer)) == words
