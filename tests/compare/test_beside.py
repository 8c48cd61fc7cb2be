"""Run beside run: a column of each run, what sets runs apart, and what is no evidence of a change."""

from datetime import timedelta

from app.compare.notes import Note
from app.compare.page import Page
from app.db import Database
from app.subjects.shape import Sampling
from tests import seed
from tests.cast import Draw
from tests.compare import cast
from tests.compare.reading import laid_out, panel, texts

RAW, DEFAULT = cast.SUBJECTS[0], cast.SUBJECTS[1]
TWO = [RAW, DEFAULT]
DAYS = timedelta(days=40)


def says(text: str):  # type: ignore[no-untyped-def]
    return lambda prompt, subject, repeat: Draw(f"{text} {subject.slug}")


def tokens(page: Page) -> list[str]:
    return [one.token for one in page.panels]


def note(page: Page, beginning: str) -> Note | None:
    return next((one for one in page.notes if one.text.startswith(beginning)), None)


def three_runs(database: Database) -> None:
    """Write a run of forty days ago and two of today."""
    with database.writing() as session:
        made = seed.study(
            session, subjects=TWO, prompts=[cast.HABITS], say=says("first"), repeats=3, ago=DAYS
        )
        seed.run(session, made, subjects=TWO, prompts=[cast.HABITS], say=says("second"), repeats=2)
        seed.run(session, made, subjects=[DEFAULT], prompts=[cast.HABITS], say=says("third"), repeats=2)


def test_runs_stand_beside_one_another_subject_by_subject(database: Database) -> None:
    three_runs(database)
    with database.reading() as session:
        page = laid_out(session, "habits-plain?beside=1")
        assert tokens(page) == ["default@1@1", "default@1@2", "default@1@3", "base-raw@1@1", "base-raw@1@2"]
        assert [text for one in page.panels for _, text in texts(one)] == [
            "first default", "second default", "third default", "first base-raw", "second base-raw",
        ]  # fmt: skip
        assert [one.head.ran.runs for one in page.panels if one.head.ran] == [
            "run 1", "run 2", "run 3", "run 1", "run 2",
        ]  # fmt: skip
        some = laid_out(session, "habits-plain?run=1,3&beside=1&cols=default@1")
        assert tokens(some) == ["default@1@1", "default@1@3"]
        assert tokens(laid_out(session, "habits-plain?run=all&beside=1")) == tokens(page)


def test_a_column_may_hold_one_run_for_itself_beside_others(database: Database) -> None:
    three_runs(database)
    with database.reading() as session:
        page = laid_out(
            session, "habits-plain?cols=default@1@1,default@1,default@1@2&col=default@1@2&repeat=2"
        )
        assert tokens(page) == ["default@1@1", "default@1", "default@1@2"]
        assert [text for one in page.panels for _, text in texts(one)] == [
            "first default", "third default", "second default",
        ]  # fmt: skip
        assert page.aside is not None
        assert (page.aside.run, page.aside.repeat) == (2, 2)
        assert [one.token for one in page.choice.all] == [
            "default@1",
            "base-raw@1",
            "default@1@1",
            "default@1@2",
        ]
        pooled = laid_out(session, "habits-plain?run=all&cols=default@1,default@1@1")
        assert [one.cell.n for one in pooled.panels] == [7, 3]
        assert pooled.panels[0].head.ran is not None
        assert pooled.panels[0].head.ran.runs == "runs 3, 2, 1"
        gone = laid_out(session, "habits-plain?cols=default@1@1,default@1@9,nobody@1@1")
        assert tokens(gone) == ["default@1@1"]
        assert gone.choice.gone == ("default@1@9", "nobody@1@1")


def test_old_addresses_mean_what_they_meant(database: Database) -> None:
    three_runs(database)
    with database.reading() as session:
        assert tokens(laid_out(session, "habits-plain?cols=default@1")) == ["default@1"]
        assert tokens(laid_out(session, "habits-plain?run=2")) == ["base-raw@1", "default@1"]
        plain = laid_out(session, "habits-plain?run=2")
        assert {one.head.ran for one in plain.panels} == {None}
        apart = laid_out(session, "habits-plain")
        assert [one.head.ran.runs for one in apart.panels if one.head.ran] == ["run 3", "run 2"]


def test_only_days_apart_is_a_clean_contrast_of_dates(database: Database) -> None:
    three_runs(database)
    with database.reading() as session:
        page = laid_out(session, "habits-plain?beside=1&cols=default")
        first, second, third = page.panels
        assert (second.head.differs, second.head.clean) == (("date",), True)
        assert second.head.against == "Default assistant run\N{NO-BREAK SPACE}1"
        assert third.head.against == "Default assistant run\N{NO-BREAK SPACE}1"
        same_day = laid_out(session, "habits-plain?beside=1&run=2,3&cols=default").panels[1].head
        assert (same_day.differs, same_day.against) == ((), "Default assistant run\N{NO-BREAK SPACE}2")
        assert first.head.differs == ()


def test_a_change_over_dates_is_judged_by_two_runs_of_one_day(database: Database) -> None:
    three_runs(database)
    with database.reading() as session:
        page = laid_out(session, "habits-plain?beside=1")
        found = note(page, "Runs over dates are judged")
        assert found is not None
        assert found.word == "runs 2 and 3 of one day"
        twins = laid_out(session, f"habits-plain?{found.href.partition('?')[2]}")
        assert tokens(twins) == ["default@1@2", "default@1@3", "base-raw@1@2"]
        assert note(twins, "Runs over dates") is None
        assert note(laid_out(session, "habits-plain"), "Runs over dates") is None


def test_without_two_runs_of_one_day_the_page_says_so(sqlite: Database) -> None:
    with sqlite.writing() as session:
        made = seed.study(session, subjects=TWO, prompts=[cast.HABITS], say=says("a"), repeats=1, ago=DAYS)
        seed.run(session, made, subjects=TWO, prompts=[cast.HABITS], say=says("b"), repeats=1)
    with sqlite.reading() as session:
        found = note(laid_out(session, "habits-plain?beside=1"), "Runs over dates")
    assert found is not None
    assert found.text.endswith("This prompt has no two runs of one day yet.")
    assert found.href == ""


def test_another_version_of_a_subject_is_told_with_its_settings(database: Database) -> None:
    warm = DEFAULT.model_copy(update={"sampling": Sampling(temperature=1, top_p=0.5, max_tokens=96)})
    seeded = DEFAULT.model_copy(update={"sampling": Sampling(temperature=1, max_tokens=96, seed=7)})
    with database.writing() as session:
        made = seed.study(session, subjects=[DEFAULT], prompts=[cast.HABITS], say=says("a"), repeats=1)
        for number, subject in ((2, warm), (3, seeded)):
            seed.version(session, made, subject, number)
            seed.run(session, made, subjects=[subject], prompts=[cast.HABITS], say=says("b"), repeats=1)
    with database.reading() as session:
        one, two, three = (panel.head for panel in laid_out(session, "habits-plain?beside=1").panels)
        only = laid_out(session, "habits-plain?beside=1&run=1,3").panels[1].head
    assert [head.ran.version for head in (one, two, three) if head.ran] == [
        "version 1",
        "version 2",
        "version 3",
    ]
    assert (two.differs, two.clean) == (("sampling",), True)
    assert only.differs == ("version",)


def test_runs_of_two_versions_of_a_battery_meet_where_the_text_is_the_same(database: Database) -> None:
    longer = cast.HABITS.model_copy(update={"max_tokens": 300})
    other = cast.NUMBER.model_copy(update={"turns": cast.NUMBER_TERSE.turns})
    with database.writing() as session:
        made = seed.study(
            session, subjects=[DEFAULT], prompts=[cast.HABITS, cast.NUMBER], say=says("a"), repeats=1
        )
        seed.battery_version(session, made, [longer, other])
        seed.run(session, made, subjects=[DEFAULT], prompts=[longer, other], say=says("b"), repeats=1)
    with database.reading() as session:
        page = laid_out(session, "habits-plain?beside=1")
        assert tokens(page) == ["default@1@1", "default@1@2"]
        assert page.panels[1].head.differs == ("max tokens",)
        assert page.panels[0].head.lines[1] == "≤ 96 tokens"
        assert page.panels[1].head.lines[1] == "≤ 300 tokens"
        assert note(page, "Other versions") is None
        changed = laid_out(session, "number-plain?beside=1")
        assert tokens(changed) == ["default@1@2"]
        found = note(changed, "Other versions")
        assert found is not None
        assert found.href == "/library/batteries/mode-collapse"


def test_hidden_names_hide_the_run_too(sqlite: Database) -> None:
    three_runs(sqlite)
    with sqlite.reading() as session:
        page = laid_out(session, "habits-plain?beside=1&hide=kept")
    assert {one.head.ran for one in page.panels} == {None}
    assert [one.head.name for one in page.panels] == ["A", "B", "C", "D", "E"]


def test_an_answer_is_compared_with_one_of_another_run(database: Database) -> None:
    three_runs(database)
    with database.reading() as session:
        page = laid_out(session, "habits-plain?beside=1&cols=default&diff=default@1@1:2")
    assert page.compared
    assert "<ins>second</ins>" in page.panels[1].cards[0].turns[0].html


def test_waves_are_told_where_a_cell_holds_several(database: Database) -> None:
    with database.writing() as session:
        made = seed.study(session, subjects=TWO, prompts=[cast.HABITS], say=says("a"), repeats=2, ago=DAYS)
        seed.wave(session, made, first=3, repeats=5, subjects=[DEFAULT], prompts=[cast.HABITS],
                  say=lambda p, s, repeat: Draw("b" if repeat == 5 else "a default"), reason="too few")  # fmt: skip
    with database.reading() as session:
        page = laid_out(session, "habits-plain?col=default@1&repeat=4")
        default, raw = panel(page, "default"), panel(page, "base-raw")
        assert default.head.ran is not None
        assert (default.head.ran.runs, default.head.ran.waves, raw.head.ran) == ("run 1", "wave 1 + 2", None)
        assert [(card.n, card.wave, card.waves) for card in default.cards] == [
            (4, "wave 2", ""), (1, "wave 2", "wave 2"),
        ]  # fmt: skip
        assert [(one.number, one.reason) for one in page.waves] == [(1, ""), (2, "too few")]
        later = laid_out(session, "habits-plain?wave=2")
        assert (panel(later, "default").cell.n, panel(later, "base-raw").cell.n) == (3, 0)
        assert note(later, "Only what wave 2") is not None
        assert [one.wave for one in panel(later, "default").cards] == ["", ""]
        assert laid_out(session, "habits-plain?cols=base-raw").waves == ()
        pooled = panel(laid_out(session, "habits-plain?run=all&cols=default"), "default")
        assert [card.waves for card in pooled.cards] == ["", "wave 1.2"]


def test_a_prompt_whose_runs_have_one_wave_reads_none(sqlite: Database) -> None:
    three_runs(sqlite)
    with sqlite.reading() as session:
        assert laid_out(session, "habits-plain").waves == ()
