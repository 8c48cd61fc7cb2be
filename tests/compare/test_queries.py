"""What a page reads, it reads by an index: on both databases, whatever else is in the tables."""

import re
from typing import Any

import pytest
from sqlalchemy import event, text

from app.batteries.shape import Turn
from app.db import Database
from tests import seed
from tests.cast import Draw
from tests.compare import cast
from tests.compare.reading import laid_out

# Small by nature: runs, waves, batteries, subjects, settings. The planner may read a whole small table.
GROWING = ("transcripts", "messages", "exchanges", "prompts", "battery_prompts", "renderings")


def brief(*_: Any) -> Draw:
    return Draw("x")


@pytest.fixture
def filled(database: Database) -> Database:
    """Two studies, so that a look without an index would read what is not on the page; statistics are taken."""
    prompts = [
        cast.HABITS.model_copy(
            update={
                "key": f"prompt-{n}",
                "family": f"family-{n // 3}",
                "turns": (Turn(user=f"Question {n}?"),),
            }
        )
        for n in range(60)
    ]
    with database.writing() as session:
        seed.study(
            session, subjects=cast.SUBJECTS[:3], prompts=[*cast.PROMPTS, *prompts], say=cast.say, repeats=6
        )
        others = [one.model_copy(update={"slug": f"other-{one.slug}"}) for one in cast.SUBJECTS[:3]]
        seed.study(
            session, slug="other", battery="other", subjects=others, prompts=prompts, say=brief, repeats=6
        )
        session.execute(text("ANALYZE"))
    return database


def asked_by(database: Database, address: str) -> list[tuple[str, Any]]:
    """Return each statement that a page sends, with its parameters."""
    sent: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        sent.append((statement, parameters))

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        with database.reading() as session:
            laid_out(session, address)
    finally:
        event.remove(database.engine, "before_cursor_execute", note)
    return sent


def scans(database: Database, statement: str, parameters: Any) -> list[str]:
    """Return the growing tables that a statement would read from end to end."""
    with database.engine.connect() as connection:
        if database.sqlite:
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
            lines = [str(row[3]) for row in plan]
            found = [found[1] for line in lines if (found := re.match(r"SCAN (\w+)(?! USING)", line))]
        else:
            # On tables this small a scan is cheaper than any index: what is asked is whether one could be used.
            connection.exec_driver_sql("SET enable_seqscan = off")
            plan = connection.exec_driver_sql(f"EXPLAIN {statement}", parameters).all()
            found = [found[1] for row in plan if (found := re.search(r"Seq Scan on (\w+)", str(row[0])))]
    return [table for table in found if table in GROWING]


ADDRESSES = ["habits-plain", "sure-ladder?align=1", "habits-plain?run=all", "habits-plain?all=1&run=1"]


def test_no_table_that_grows_is_read_from_end_to_end(filled: Database) -> None:
    for address in ADDRESSES:
        read = asked_by(filled, address)
        assert read
        found = {statement: scans(filled, statement, parameters) for statement, parameters in read}
        assert not {statement: tables for statement, tables in found.items() if tables}, address


def test_a_family_is_found_without_reading_its_battery(sqlite: Database) -> None:
    with sqlite.writing() as session:
        seed.study(session, subjects=cast.SUBJECTS[:1], prompts=cast.PROMPTS, say=cast.say, repeats=1)
    family = next(one for one in asked_by(sqlite, "number-plain") if "family" in one[0].split("WHERE")[-1])
    with sqlite.engine.connect() as connection:
        plan = [
            str(row[3]) for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {family[0]}", family[1])
        ]
    assert plan[0] == "SEARCH prompts USING INDEX ix_prompts_family (battery_id=? AND family=?)"


def test_a_page_asks_few_times_whatever_it_shows(filled: Database) -> None:
    asked_by(filled, "habits-plain")  # a subject's snapshot is read once
    counts = {address: len(asked_by(filled, address)) for address in ADDRESSES}
    # one of them only begins; a pool looks for equal prompts
    assert {**counts, ADDRESSES[2]: counts[ADDRESSES[2]] - 1} == dict.fromkeys(ADDRESSES, 11 + filled.sqlite)


def test_the_cells_of_a_prompt_are_read_from_an_index_alone(sqlite: Database) -> None:
    with sqlite.writing() as session:
        seed.study(session, subjects=cast.SUBJECTS[:1], prompts=[cast.HABITS], say=cast.say, repeats=1)
    cells = next(one for one in asked_by(sqlite, "habits-plain") if "GROUP BY" in one[0])
    with sqlite.engine.connect() as connection:
        plan = [str(row[3]) for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {cells[0]}", cells[1])]
    assert plan == [
        "SEARCH transcripts USING COVERING INDEX ix_transcripts_cell (study_id=? AND prompt_id=?)"
    ]
