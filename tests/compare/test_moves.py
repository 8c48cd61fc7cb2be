"""What can be done with a column, and the page that comes of it."""

from urllib.parse import urlsplit

import pytest
from sqlalchemy.orm import Session

from app.compare.moves import Move
from app.compare.page import Page
from app.db import Database
from tests import seed
from tests.cast import Draw
from tests.compare import cast
from tests.compare.reading import BATTERY, laid_out

FIVE = ["base-raw@1", "default@1", "constitution@1", "base-scaffold@1", "reasoner@none"]


@pytest.fixture
def study(sqlite: Database) -> Database:
    with sqlite.writing() as session:
        seed.study(session, subjects=cast.SUBJECTS, prompts=[cast.HABITS], say=cast.say, repeats=2)
    return sqlite


def tokens(page: Page) -> list[str]:
    return [one.token for one in page.panels]


def after(session: Session, page: Page, name: str) -> Page:
    """Go where a move leads."""
    move = getattr(page.moves, name)
    url = urlsplit(move.url if isinstance(move, Move) else move)
    return laid_out(session, f"{url.path.removeprefix(BATTERY)[1:]}?{url.query}")


def test_a_column_moves_one_place_or_to_the_end(study: Database) -> None:
    with study.reading() as session:
        page = laid_out(session, "habits-plain?col=constitution@1")
        assert tokens(page) == FIVE
        left = after(session, page, "left")
        assert tokens(left) == [
            "base-raw@1",
            "constitution@1",
            "default@1",
            "base-scaffold@1",
            "reasoner@none",
        ]
        assert tokens(after(session, left, "right")) == FIVE
        assert tokens(after(session, page, "first"))[0] == "constitution@1"
        assert tokens(after(session, page, "out")) == [one for one in FIVE if one != "constitution@1"]
        assert page.moves is not None
        assert page.moves.left.said == "Default + constitution, T 1 moved to place 2 of 5"
        assert page.moves.runs == ""


def test_at_the_edges_there_is_nowhere_to_go(study: Database) -> None:
    with study.reading() as session:
        first = laid_out(session, "habits-plain?col=base-raw@1").moves
        last = laid_out(session, "habits-plain?col=reasoner@none").moves
        alone = laid_out(session, "habits-plain?cols=default").moves
    assert first is not None
    assert last is not None
    assert alone is not None
    assert (first.left.url, first.first.url, last.right.url) == ("", "", "")
    assert first.right.url != ""
    assert alone.out.url == ""


def test_a_pinned_column_stands_first_and_moves_among_its_like(study: Database) -> None:
    with study.reading() as session:
        page = after(session, laid_out(session, "habits-plain?col=base-scaffold@1"), "pin")
        assert tokens(page)[:2] == ["base-scaffold@1", "base-raw@1"]
        assert [one.cell.column.pinned for one in page.panels] == [True, False, False, False, False]
        assert page.moves is not None
        assert (page.moves.left.url, page.moves.right.url) == ("", "")
        two = laid_out(session, "habits-plain?pin=base-scaffold@1,default@1&col=default@1")
        assert tokens(after(session, two, "left"))[:2] == ["default@1", "base-scaffold@1"]
        assert [one.token for one in after(session, two, "pin").panels if one.cell.column.pinned] == [
            "base-scaffold@1"
        ]
        gone = after(session, two, "out")
        assert gone.place.view.pin == ("base-scaffold@1",)
        third = laid_out(session, "habits-plain?pin=base-scaffold@1,default@1&col=base-raw@1")
        assert third.moves is not None
        assert third.moves.left.url == ""


def test_each_head_pins_its_own_column(study: Database) -> None:
    with study.reading() as session:
        page = laid_out(session, "habits-plain?pin=default@1")
        by_token = {one.token: urlsplit(one.pin).query for one in page.panels}
    assert by_token["default@1"] == ""
    assert by_token["base-raw@1"] == "pin=default@1,base-raw@1"


def test_moving_gives_up_the_order_by_style(study: Database) -> None:
    with study.reading() as session:
        page = laid_out(session, "habits-plain?group=style&col=default@1")
        moved = after(session, page, "left")
    assert tokens(page)[2] == "default@1"
    assert tokens(moved)[1] == "default@1"
    assert not moved.place.view.group


def test_shuffled_columns_are_neither_moved_nor_pinned(study: Database) -> None:
    with study.reading() as session:
        page = laid_out(session, "habits-plain?hide=shuffled&pin=default@1")
        plain = laid_out(session, "habits-plain?hide=shuffled")
    assert tokens(page) == tokens(plain)
    assert page.moves is not None
    assert {page.moves.left.url, page.moves.first.url, page.moves.pin.url, page.moves.order} == {""}
    assert {one.pin for one in page.panels} == {""}


def test_the_runs_of_a_column_are_one_link_away(sqlite: Database) -> None:
    with sqlite.writing() as session:
        made = seed.study(session, subjects=cast.SUBJECTS[:2], prompts=[cast.HABITS], repeats=1,
                          say=lambda *_: Draw("a"))  # fmt: skip
        seed.run(
            session,
            made,
            subjects=cast.SUBJECTS[:1],
            prompts=[cast.HABITS],
            repeats=1,
            say=lambda *_: Draw("b"),
        )
    with sqlite.reading() as session:
        page = laid_out(session, "habits-plain?col=base-raw@1&pin=default@1")
        beside = after(session, page, "runs")
        assert tokens(beside) == ["base-raw@1@1", "base-raw@1@2"]
        assert tokens(after(session, laid_out(session, "habits-plain?beside=1&col=base-raw@1@2"), "runs")) == [
            "base-raw@1@1", "base-raw@1@2",
        ]  # fmt: skip
