"""A reading tried on answers: pasted ones, and what was answered to the prompt before."""

import pytest

from app import db
from app.authoring.queries import past_answers
from app.authoring.trying import answers, answers_in, tried
from app.batteries.shape import Answer
from app.db import Database
from tests import seed
from tests.authoring.drafts import begun, row_of
from tests.cast import PROMPTS, Draw

NUMBER = Answer(kind="integer", min=0, max=100)


def test_values_come_by_how_common_they_are_and_reasons_too() -> None:
    found = tried(NUMBER, ["42", "7", "42.", "ten", "eleven", "101", "**42**"])
    assert [(one.text, one.count) for one in found.values] == [("42", 3), ("7", 1)]
    assert [(one.text, one.count, one.examples) for one in found.unread] == [
        ("there is no number", 2, ("ten", "eleven")),
        ("101 is more than 100", 1, ("101",)),
    ]
    assert (found.k, found.total) == (4, 7)
    assert found.read is not None
    assert round(found.read.value, 3) == 0.571
    assert found.values[0].examples == ("42", "42.", "**42**")
    assert found.values[1].share == pytest.approx(1 / 3)


def test_no_answers_are_no_rate() -> None:
    assert tried(NUMBER, []).read is None
    assert tried(None, ["x"]).unread[0].text == "answers are read by people only"


@pytest.mark.parametrize(
    ("pasted", "found"),
    [
        ("a\n\n b \n", ["a", " b "]),
        ("a\nb\n---\nc\n\n---\n\n---\nd", ["a\nb", "c", "d"]),
        ("", []),
        ("---", []),
    ],
)
def test_answers_stand_one_a_line_or_between_lines_of_dashes(pasted: str, found: list[str]) -> None:
    assert answers_in(pasted) == found


def test_past_draws_are_the_newest_answers_under_the_key(database: Database) -> None:
    key = PROMPTS[0].key
    with db.writing() as session:
        seed.study(session, prompts=PROMPTS[:2], repeats=3, say=lambda _p, _s, n: Draw(
            text=f"{n}", state="failed" if n == 2 else "done", reason="no" if n == 2 else None))  # fmt: skip
    with db.reading() as session:
        battery = session.connection().exec_driver_sql("SELECT slug FROM batteries").scalars().one()
        found = past_answers(session, battery, key, 100)
        assert past_answers(session, battery, key, 2) == found[:2]
        assert past_answers(session, battery, "other", 100) == []
    assert set(found) == {"1", "3"}
    number = begun("battery", battery)
    with db.reading() as session:
        shown = answers(session, row_of(number), PROMPTS[0], pasted="", source="")
    assert (shown.source, shown.past) == ("past", len(found))
    assert shown.tried is not None
    assert shown.tried.total == len(found)
