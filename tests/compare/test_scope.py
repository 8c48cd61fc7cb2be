"""The rail and the pager share one scope: all prompts of the chosen runs, by battery."""

import pytest

from app.compare.scope import Turn, asked, edge_prompt, scope
from app.compare.view import Place, View
from app.db import Database
from app.runs.models import WaveBattery
from tests import seed
from tests.cast import Draw
from tests.compare import cast

MANY = [cast.HABITS.model_copy(update={"key": f"prompt-{n:03}", "title": f"Prompt {n}"}) for n in range(150)]


def here(session, key: str, view: View = View()):  # type: ignore[no-untyped-def]  # noqa: B008
    found = asked(session, 1, view.chosen_runs)
    return scope(session, found.parts, Place("first-light", "mode-collapse", key, view))


def study(database: Database, prompts, **settings) -> None:  # type: ignore[no-untyped-def]
    with database.writing() as session:
        seed.study(session, subjects=cast.SUBJECTS[:1], prompts=prompts, repeats=1,
                   say=lambda *_: Draw("x"), **settings)  # fmt: skip


def test_a_prompt_has_its_place_and_its_neighbours(database: Database) -> None:
    study(database, cast.PROMPTS)
    with database.reading() as session:
        found = here(session, "habits-plain")
    assert found is not None
    assert (found.n, found.total) == (3, 5)
    assert found.before == Turn("mode-collapse", "number-terse")
    assert found.after == Turn("mode-collapse", "wish-prefill")
    (section,) = found.sections
    assert (section.title, section.size) == ("Mode collapse", 5)
    assert [entry.title for entry in section.entries][:2] == ["Any whole number, 0–100"] * 2
    assert [entry.wording for entry in section.entries][:2] == ["", "terse"]
    assert [entry.here for entry in section.entries] == [False, False, True, False, False]


def test_the_first_has_nothing_before_and_the_last_nothing_after(sqlite: Database) -> None:
    study(sqlite, cast.PROMPTS)
    with sqlite.reading() as session:
        first, last = here(session, "number-plain"), here(session, "sure-ladder")
    assert first is not None
    assert last is not None
    assert (first.before, last.after) == (None, None)


def test_the_view_goes_along_the_rail(sqlite: Database) -> None:
    study(sqlite, cast.PROMPTS)
    with sqlite.reading() as session:
        found = here(session, "habits-plain", View(rendered=True, col="base-raw@1", repeat="3"))
    assert found is not None
    assert found.sections[0].entries[0].url == (
        "/studies/first-light/compare/mode-collapse/number-plain?view=rendered&col=base-raw@1"
    )


def test_of_many_prompts_the_rail_shows_those_near(database: Database) -> None:
    study(database, MANY)
    with database.reading() as session:
        found = here(session, "prompt-075")
        first = here(session, "prompt-000")
    assert found is not None
    assert first is not None
    assert (found.n, found.total) == (76, 150)
    (section,) = found.sections
    assert [entry.title for entry in (section.entries[0], section.entries[-1])] == ["Prompt 55", "Prompt 95"]
    assert (section.more_before, section.more_after) == (True, True)
    assert (first.sections[0].more_before, first.sections[0].more_after) == (False, True)


@pytest.mark.parametrize(("last", "key"), [(False, "number-plain"), (True, "sure-ladder")])
def test_a_battery_leads_to_its_first_and_last_prompt(sqlite: Database, last: bool, key: str) -> None:
    study(sqlite, cast.PROMPTS)
    with sqlite.reading() as session:
        (part,) = asked(session, 1, ()).parts
        assert edge_prompt(session, part, last) == key


def test_a_wave_that_asked_some_prompts_narrows_the_scope_to_them(database: Database) -> None:
    study(database, cast.PROMPTS)
    with database.writing() as session:
        session.query(WaveBattery).update({"keys": ["habits-plain", "sure-ladder"]})
    with database.reading() as session:
        found = here(session, "habits-plain")
        (part,) = asked(session, 1, ()).parts
        assert edge_prompt(session, part, last=True) == "sure-ladder"
    assert found is not None
    assert (found.n, found.total, found.before) == (1, 2, None)
    assert found.after == Turn("mode-collapse", "sure-ladder")


def test_the_pager_turns_from_one_battery_into_the_next(sqlite: Database) -> None:
    study(sqlite, cast.PROMPTS)
    with sqlite.writing() as session:
        made = seed.study(session, slug="other", battery="second", subjects=[
            cast.SUBJECTS[0].model_copy(update={"slug": "other-raw"})], prompts=[cast.LADDER], repeats=1,
            say=lambda *_: Draw("x"))  # fmt: skip
        session.add(WaveBattery(wave_id=1, version_id=made.battery_version_id, position=1))
    with sqlite.reading() as session:
        found = here(session, "sure-ladder")
    assert found is not None
    assert [section.slug for section in found.sections] == ["mode-collapse", "second"]
    assert found.total == 6
    assert found.after == Turn("second", "")


def test_a_prompt_that_no_run_asked_is_not_there(sqlite: Database) -> None:
    study(sqlite, [cast.HABITS])
    with sqlite.reading() as session:
        assert here(session, "sure-ladder") is None
        assert here(session, "habits-plain", View(runs=(99,))) is None
