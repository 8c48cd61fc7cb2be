"""Texts that are only tried: each alone in a version of a hidden battery, and found again."""

from sqlalchemy import select

from app.batteries.commands import put_tried
from app.batteries.models import BatteryVersion, Prompt
from app.batteries.queries import battery, prompts_of
from app.batteries.shape import PromptShape, Turn
from app.db import Database

MOTH = PromptShape(key="any", family="moth", turns=(Turn(user="Is a moth honest?"),))
TERSE = MOTH.model_copy(update={"turns": (Turn(user="Moth: honest?"),)})


def test_each_text_is_alone_in_a_version_of_its_own(database: Database) -> None:
    with database.writing() as session:
        first, second = put_tried(session, "first-light", MOTH), put_tried(session, "first-light", TERSE)
    with database.reading() as session:
        found = battery(session, "_first-light")
        assert found is not None
        assert [row.number for row in session.scalars(select(BatteryVersion).order_by("number"))] == [1, 2]
        (moth,), (terse,) = prompts_of(session, first.id), prompts_of(session, second.id)
    assert PromptShape.model_validate(moth.shape).turns == MOTH.turns
    assert (moth.family, terse.family) == ("moth", "moth")
    assert moth.key.startswith("t-")
    assert moth.key != terse.key


def test_the_same_text_finds_its_version_again_in_its_study_alone(database: Database) -> None:
    with database.writing() as session:
        first = put_tried(session, "first-light", MOTH)
        again = put_tried(session, "first-light", MOTH.model_copy(update={"key": "other", "title": "Moths"}))
        elsewhere = put_tried(session, "second-light", MOTH)
    assert first.id == again.id != elsewhere.id
    with database.reading() as session:
        assert len(session.scalars(select(Prompt)).all()) == 2
