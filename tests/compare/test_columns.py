"""Which columns stand side by side, and which run's draws are in them."""

from app.db import Database
from app.subjects.shape import Sampling
from tests import seed
from tests.cast import Draw
from tests.compare import cast
from tests.compare.reading import laid_out, panel

RAW, DEFAULT = cast.SUBJECTS[0], cast.SUBJECTS[1]


def tokens(session, address: str) -> list[str]:  # type: ignore[no-untyped-def]
    return [one.token for one in laid_out(session, address).panels]


def plain(text: str):  # type: ignore[no-untyped-def]
    return lambda prompt, subject, repeat: Draw(text)


def test_a_column_is_a_subject_at_a_temperature_in_the_studys_order(sqlite: Database) -> None:
    with sqlite.writing() as session:
        seed.study(session, subjects=cast.SUBJECTS, prompts=[cast.HABITS], say=cast.say, repeats=2)
    with sqlite.reading() as session:
        every = ["base-raw@1", "default@1", "constitution@1", "base-scaffold@1", "reasoner@none"]
        assert tokens(session, "habits-plain") == every
        assert tokens(session, "habits-plain?group=style") == [
            "base-raw@1", "base-scaffold@1", "default@1", "constitution@1", "reasoner@none",
        ]  # fmt: skip
        assert tokens(session, "habits-plain?cols=reasoner,base-raw@1") == ["reasoner@none", "base-raw@1"]
        assert tokens(session, "habits-plain?t=none") == ["reasoner@none"]
        assert tokens(session, "habits-plain?cols=nobody") == []
        shuffled = tokens(session, "habits-plain?hide=shuffled")
        assert sorted(shuffled) == sorted(every)
        assert shuffled == tokens(session, "habits-plain?hide=shuffled")


def test_at_most_ten_columns_stand_on_a_page(sqlite: Database) -> None:
    many = [DEFAULT.model_copy(update={"slug": f"subject-{n:02}", "name": f"Subject {n}"}) for n in range(12)]
    with sqlite.writing() as session:
        seed.study(session, subjects=many, prompts=[cast.HABITS], say=plain("here"), repeats=1)
    with sqlite.reading() as session:
        page = laid_out(session, "habits-plain")
        assert len(page.panels) == 10
        assert len(page.choice.all) == 12
        assert tokens(session, "habits-plain?cols=subject-11") == ["subject-11@1"]


def test_a_column_shows_its_newest_run_unless_another_is_chosen(database: Database) -> None:
    with database.writing() as session:
        made = seed.study(
            session, subjects=[RAW, DEFAULT], prompts=[cast.HABITS], say=plain("first"), repeats=3
        )
        first = made.run_id
        second = seed.run(
            session, made, subjects=[RAW], prompts=[cast.HABITS], say=plain("second"), repeats=2
        )
    with database.reading() as session:
        page = laid_out(session, "habits-plain")
        assert [(draw.text, draw.row.run_id) for draw in panel(page, "base-raw").cell.draws] == [
            ("second", second), ("second", second),
        ]  # fmt: skip
        assert {draw.row.run_id for draw in panel(page, "default").cell.draws} == {first}
        chosen = panel(laid_out(session, f"habits-plain?run={first}"), "base-raw")
        assert [draw.text for draw in chosen.cell.draws] == ["first"] * 3
        assert list(page.runs) == [second, first]


def test_runs_are_pooled_where_asked_for(database: Database) -> None:
    with database.writing() as session:
        made = seed.study(session, subjects=[RAW], prompts=[cast.HABITS], say=plain("first"), repeats=3)
        first = made.run_id
        second = seed.run(
            session, made, subjects=[RAW], prompts=[cast.HABITS], say=plain("second"), repeats=2
        )
    with database.reading() as session:
        page = laid_out(session, f"habits-plain?run=all&col=base-raw@1&repeat={first}.2")
    raw = panel(page, "base-raw")
    assert raw.cell.n == 5
    assert raw.cell.column.runs == (second, first)
    assert page.aside is not None
    assert (page.aside.run, page.aside.repeat) == (first, 2)
    assert raw.before == f"{first}.1"


def test_equal_prompts_of_two_batteries_are_pooled_but_not_with_another_length_limit(
    database: Database,
) -> None:
    short = cast.HABITS.model_copy(update={"key": "habits-short", "max_tokens": 8})
    twin = cast.HABITS.model_copy(update={"key": "habits-twin"})
    with database.writing() as session:
        seed.study(session, subjects=[RAW], prompts=[cast.HABITS, short, twin], say=plain("here"), repeats=3)
    with database.reading() as session:
        alone = panel(laid_out(session, "habits-plain"), "base-raw").cell
        pooled = panel(laid_out(session, "habits-plain?run=all"), "base-raw").cell
    assert (alone.n, alone.unequal) == (3, 0)
    assert (pooled.n, pooled.unequal) == (6, 3)


def test_a_subject_that_was_not_asked_has_a_column_that_says_so(sqlite: Database) -> None:
    with sqlite.writing() as session:
        made = seed.study(session, subjects=[RAW, DEFAULT], prompts=cast.PROMPTS, say=plain("x"), repeats=1)
        seed.run(session, made, subjects=[DEFAULT], prompts=[cast.HABITS], say=plain("y"), repeats=1)
        newest = made.run_id
    with sqlite.reading() as session:
        page = laid_out(session, f"number-plain?run={newest}")
    default = panel(page, "default")
    assert default.head.temperature == ""
    assert default.absent[0].text == "Not asked: the chosen runs did not put this prompt to this subject."
    assert page.aside is None


def test_one_subject_at_two_temperatures_is_two_columns(sqlite: Database) -> None:
    warm = DEFAULT.model_copy(update={"sampling": Sampling(temperature=0.7)})
    with sqlite.writing() as session:
        made = seed.study(session, subjects=[DEFAULT], prompts=[cast.HABITS], say=plain("hot"), repeats=2)
        seed.run(session, made, subjects=[warm], prompts=[cast.HABITS], say=plain("warm"), repeats=2)
    with sqlite.reading() as session:
        page = laid_out(session, "habits-plain")
    assert [(one.token, one.head.temperature) for one in page.panels] == [
        ("default@0.7", "T 0.7"), ("default@1", "T 1"),
    ]  # fmt: skip
    assert page.choice.temperatures == ((700, "T 0.7"), (1000, "T 1"))
    assert page.panels[1].head.differs == ("sampling",)
