"""What is wanted of a run: its first wave, later ones, its caps and whether it should go on."""

import pytest
from sqlalchemy import select

from app import db
from app.db import Database
from app.runs.commands import Budget, add_wave, make_run, set_budget, set_wanted
from app.runs.models import Run, Wave, WaveBattery, WaveSubject
from tests.scene import chat, endpoint, planned, subject

NOWHERE = "http://127.0.0.1:9/v1"


@pytest.fixture
def run(sqlite: Database) -> int:
    """A run of two subjects and one battery, two repeats."""
    return planned(endpoint(NOWHERE), [subject("x"), subject("y")], [chat("a"), chat("b")], repeats=2)


def test_a_run_is_made_with_its_first_wave_and_wants_to_go(run: int) -> None:
    with db.reading() as session:
        row = session.get_one(Run, run)
        wave = session.scalars(select(Wave)).one()
        batteries, subjects = (
            session.scalars(select(WaveBattery)).all(),
            session.scalars(select(WaveSubject)).all(),
        )
    assert (row.wanted, row.kind, row.budget_calls) == ("go", "asked", None)
    assert (wave.number, wave.repeats, wave.temperatures) == (1, 2, None)
    assert [one.position for one in batteries] == [0]
    assert [one.position for one in sorted(subjects, key=lambda one: one.position)] == [0, 1]


def test_each_run_orders_its_draws_by_a_seed_of_its_own(run: int) -> None:
    other = planned(endpoint(NOWHERE), [subject("x")])
    with db.reading() as session:
        assert session.get_one(Run, run).seed != session.get_one(Run, other).seed


def test_a_run_of_nothing_is_refused(run: int) -> None:
    with db.writing() as session, pytest.raises(ValueError, match="at least one battery and one subject"):
        make_run(session, study_id=1, battery_version_ids=[], subject_version_ids=[1], repeats=1)


def test_no_repeats_are_refused(run: int) -> None:
    with pytest.raises(ValueError, match="repeats: found 0, expected at least 1"), db.writing() as session:
        add_wave(session, run, repeats=0)


def test_a_wave_keeps_what_it_does_not_name(run: int) -> None:
    with db.writing() as session:
        wave = add_wave(session, run, repeats=9, reason="more")
        asked = (
            select(WaveSubject.version_id)
            .where(WaveSubject.wave_id == wave.id)
            .order_by(WaveSubject.position)
        )
        assert session.scalars(asked).all() == [1, 2]
        assert (wave.number, wave.repeats, wave.reason) == (2, 9, "more")
        later = add_wave(session, run, temperatures=[0.5])
        assert (later.number, later.repeats, later.temperatures) == (3, 9, [0.5])


def test_a_wave_of_a_new_subject_asks_it_as_often_as_the_others(run: int) -> None:
    planned(endpoint(NOWHERE), [subject("z")])
    with db.writing() as session:
        wave = add_wave(session, run, subject_version_ids=[3])
        assert wave.repeats == 2
        assert session.scalars(
            select(WaveSubject.version_id).where(WaveSubject.wave_id == wave.id)
        ).all() == [3]
        both = add_wave(session, run)
        everyone = select(WaveSubject.version_id).where(WaveSubject.wave_id == both.id)
        assert set(session.scalars(everyone)) == {1, 2, 3}


def test_what_is_wanted_is_stored_and_what_was_wanted_is_told(run: int) -> None:
    with db.writing() as session:
        assert set_wanted(session, run, "pause") == "go"
        assert set_wanted(session, run, "cancel") == "pause"
    with db.reading() as session:
        assert session.get_one(Run, run).wanted == "cancel"


def test_caps_are_replaced_together(run: int) -> None:
    with db.writing() as session:
        set_budget(session, run, Budget(micro=2_000_000, calls=100))
        row = session.get_one(Run, run)
        assert (row.budget_micro, row.budget_calls, row.budget_tokens) == (2_000_000, 100, None)


def test_an_unknown_run_is_told_by_its_number(sqlite: Database) -> None:
    with db.writing() as session:
        for act in (lambda: add_wave(session, 7), lambda: set_wanted(session, 7, "go"),
                    lambda: set_budget(session, 7, Budget())):  # fmt: skip
            with pytest.raises(LookupError, match="there is no run 7"):
                act()
