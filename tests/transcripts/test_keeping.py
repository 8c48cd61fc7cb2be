"""A text that was tried becomes a prompt of a battery: under its labels, in a version of its own, or not at all."""

import pytest
from sqlalchemy import select

from app.batteries.queries import battery, prompts_of, versions
from app.batteries.shape import PromptShape
from app.db import Database
from app.live.models import Event
from app.studies.models import Study
from app.transcripts.keeping import KeepForm, Keeping, first_form, keep, keeping
from tests import seed
from tests.cast import PROMPTS
from tests.tries import TRIED

FRESH = TRIED.model_copy(update={"family": "tried"})
NEW = {
    "slug": "moths",
    "name": "Moths",
    "key": "moth-plain",
    "family": "moth",
    "variant": "plain",
    "mode": "chat",
}
INTO = {
    "battery": "mode-collapse",
    "key": "number-terse",
    "family": "number",
    "variant": "terse",
    "mode": "chat",
}


@pytest.fixture
def studied(database: Database) -> Database:
    with database.writing() as session:
        seed.study(session, repeats=1)
    return database


def checked(database: Database, text: PromptShape = TRIED, **fields: str) -> Keeping:
    with database.reading() as session:
        return keeping(session, text, KeepForm(**fields))


def kept(database: Database, asked: bool = True, **fields: str) -> None:
    with database.writing() as session:
        made = keeping(session, TRIED, KeepForm(**fields))
        assert made.shape is not None, made.wrong
        keep(session, session.scalars(select(Study)).one(), made.shape, asked=asked)


def test_a_new_battery_holds_it_and_is_asked_by_the_study(studied: Database) -> None:
    kept(studied, **NEW)
    with studied.reading() as session:
        row = battery(session, "moths")
        assert row is not None
        (version,) = versions(session, row.id)
        (prompt,) = prompts_of(session, version.id)
        assert PromptShape.model_validate(prompt.shape) == TRIED.model_copy(
            update={"key": "moth-plain", "family": "moth"}
        )
        assert session.scalars(select(Study)).one().wanted["batteries"] == ["mode-collapse", "moths"]
        assert session.scalars(select(Event.kind)).all() == ["study.applied"]


def test_a_battery_that_runs_asked_gets_a_new_version_with_it_at_the_end(studied: Database) -> None:
    kept(studied, asked=False, **INTO)
    with studied.reading() as session:
        row = battery(session, "mode-collapse")
        assert row is not None
        newest, before = versions(session, row.id)
        assert [one.key for one in prompts_of(session, newest.id)] == [
            *(one.key for one in PROMPTS), "number-terse",
        ]  # fmt: skip
        assert len(prompts_of(session, before.id)) == len(PROMPTS)
        assert session.scalars(select(Study)).one().wanted["batteries"] == ["mode-collapse"]


@pytest.mark.parametrize(
    ("changed", "field", "said"),
    [
        ({"key": "Moth Plain"}, "key", "found 'Moth Plain', expected 1 to 64 of a-z"),
        ({"key": "number-plain", "battery": "mode-collapse"}, "key", "found 'number-plain' again"),
        ({"family": ""}, "family", "found '', expected 1 to 64"),
        ({"variant": ""}, "variant", "found an empty text"),
        ({"battery": "mode-collapse", "family": "number"}, "variant", "of 'number-plain' again"),
        ({"battery": "none"}, "battery", "expected a battery that is there"),
        ({"slug": "mode-collapse"}, "slug", "which is there already"),
        ({"slug": "_moths"}, "slug", "expected 1 to 64"),
        ({"name": " "}, "name", "expected a name"),
        ({"mode": "prefill"}, "turns", "expected user, …, assistant in turn"),
    ],
)
def test_what_cannot_be_says_why_by_its_field(
    sqlite: Database, changed: dict[str, str], field: str, said: str
) -> None:
    with sqlite.writing() as session:
        seed.study(session, repeats=1)
    found = checked(sqlite, **NEW | changed)
    assert found.shape is None
    assert said in found.wrong[field]


def test_the_form_opens_where_the_family_is_at_home(sqlite: Database) -> None:
    with sqlite.writing() as session:
        seed.study(session, repeats=1)
    with sqlite.reading() as session:
        study = session.scalars(select(Study)).one()
        change = first_form(
            session, study, TRIED.model_copy(update={"family": "number", "branch": "abstract"})
        )
        fresh = first_form(session, study, FRESH)
    assert (change.battery, change.family, change.branch, change.variant) == (
        "mode-collapse", "number", "abstract", "",
    )  # fmt: skip
    assert (fresh.battery, fresh.slug, fresh.name) == ("", "first-light-tried", "Tried in First light")
    assert (fresh.family, fresh.variant) == ("", "plain")


def test_the_rules_of_the_study_method_are_told_of_this_prompt_alone(sqlite: Database) -> None:
    with sqlite.writing() as session:
        seed.study(session, repeats=1)
    found = checked(sqlite, **NEW)
    assert {one.prompt for one in found.minded} == {"moth-plain"}
    assert "wordings" in {one.rule for one in found.minded}
