"""A page is kept as it was printed until anything in the database changes."""

import gc
from typing import Any

import pytest
from markupsafe import Markup
from sqlalchemy import create_engine, text

from app.compare import printed as module
from app.compare.printed import LONGEST, Printed, Shelf, printed
from app.db import Database
from app.settings import Settings
from app.studies.models import Study
from tests import seed
from tests.cast import Draw
from tests.compare import cast
from tests.compare.reading import BATTERY, browser


def page(length: int = 1000) -> Printed:
    return Printed("title", Markup(""), Markup("x" * length))


def test_a_version_stays_while_nothing_is_written_and_changes_with_every_commit(sqlite: Database) -> None:
    first = sqlite.version()
    with sqlite.reading() as session:
        session.execute(text("SELECT 1"))
    assert sqlite.version() == first
    seen = {first}
    for number in range(3):
        with sqlite.writing() as session:
            session.add(Study(slug=f"study-{number}", title="x"))
        seen.add(sqlite.version())
    assert len(seen) == 4


def test_another_process_writing_changes_the_version_too(sqlite: Database) -> None:
    before = sqlite.version()
    other = create_engine(sqlite.engine.url)
    with other.begin() as connection:
        connection.execute(text("INSERT INTO studies (slug, title, question, wanted, created_at) "
                                "VALUES ('theirs', 'Theirs', '', '{}', 0)"))  # fmt: skip
    other.dispose()
    assert sqlite.version() != before


def test_what_was_rolled_back_changes_nothing(sqlite: Database) -> None:
    def fail() -> None:
        with sqlite.writing() as session:
            session.add(Study(slug="never", title="x"))
            session.flush()
            raise ZeroDivisionError

    before = sqlite.version()
    with pytest.raises(ZeroDivisionError):
        fail()
    assert sqlite.version() == before


@pytest.mark.anyio
async def test_a_reader_sees_what_was_written_since(sqlite: Database, settings: Settings) -> None:
    def say(word: str) -> Any:
        return lambda *_: Draw(word)

    with sqlite.writing() as session:
        made = seed.study(
            session, subjects=cast.SUBJECTS[:1], prompts=[cast.HABITS], say=say("first"), repeats=1
        )
    async with browser(settings) as client:
        assert "first" in (await client.get(f"{BATTERY}/habits-plain")).text
        with sqlite.writing() as session:
            seed.run(
                session, made, subjects=cast.SUBJECTS[:1], prompts=[cast.HABITS], say=say("second"), repeats=1
            )
        later = (await client.get(f"{BATTERY}/habits-plain")).text
    assert "second" in later


@pytest.mark.anyio
async def test_a_page_read_again_is_not_laid_out_again(
    sqlite: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with sqlite.writing() as session:
        seed.study(session, subjects=cast.SUBJECTS, prompts=cast.PROMPTS, say=cast.say, repeats=2)
    times = 0
    really = module._print

    def counted(context: dict[str, Any]) -> Printed:
        nonlocal times
        times += 1
        return really(context)

    monkeypatch.setattr(module, "_print", counted)
    async with browser(settings) as client:
        for address in (
            "habits-plain",
            "habits-plain",
            "number-plain",
            "habits-plain",
            "habits-plain?hide=kept",
        ):
            assert (await client.get(f"{BATTERY}/{address}")).status_code == 200
    assert times == 3


def test_two_databases_never_share_a_page(sqlite: Database, tmp_path: Any) -> None:
    (tmp_path / "other.db").write_bytes((tmp_path / "styloscope.db").read_bytes())
    other = Database(f"sqlite:///{tmp_path / 'other.db'}")
    shelves = [module._shelves.setdefault(one, Shelf()) for one in (sqlite, other)]
    assert shelves[0] is not shelves[1]
    before = len(module._shelves)
    other.close()
    del other, shelves
    gc.collect()
    assert len(module._shelves) < before


def test_where_no_version_is_told_nothing_is_kept(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_print", lambda context: page(context["length"]))
    first = printed(database, "/x", lambda: {"length": 1})
    again = printed(database, "/x", lambda: {"length": 2})
    assert (len(first), len(again)) == ((1, 1) if database.sqlite else (1, 2))


def test_a_shelf_forgets_all_at_a_new_version() -> None:
    shelf = Shelf()
    shelf.put(1, "/a", page())
    shelf.put(2, "/b", page())
    assert shelf.get(2, "/a") is None
    assert shelf.get(1, "/b") is None
    assert shelf.get(2, "/b") == page()


def test_a_shelf_holds_so_much_and_drops_what_was_read_least_lately(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST", 2500)
    shelf = Shelf()
    for name in ("/a", "/b"):
        shelf.put(1, name, page())
    assert shelf.get(1, "/a") is not None
    shelf.put(1, "/c", page())
    assert [name for name in ("/a", "/b", "/c") if shelf.get(1, name)] == ["/a", "/c"]
    shelf.put(1, "/a", page(500))
    assert shelf.size == 1500


def test_a_page_as_long_as_a_book_is_printed_each_time() -> None:
    shelf = Shelf()
    shelf.put(1, "/long", page(LONGEST + 1))
    assert shelf.get(1, "/long") is None
