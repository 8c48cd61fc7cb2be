"""A reused database is as good as a new one, whatever the test before left in it."""

from collections.abc import Iterator

import psycopg
import pytest

from tests.postgres import Server
from tests.reset import Reused

LOOK = "SELECT (SELECT count(*) FROM events), (SELECT count(*) FROM people), (SELECT name FROM instance)"
ROW = "INSERT INTO events (kind, ids, at) VALUES ('x', '{}', 0) RETURNING id"


@pytest.fixture
def reused(postgres: Server) -> Iterator[Reused]:
    yield Reused(postgres, "test_reused")
    postgres.admin("DROP DATABASE test_reused WITH (FORCE)")


def run(url: str, *statements: str) -> tuple[object, ...] | None:
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        for statement in statements:
            found = connection.execute(statement)  # type: ignore[arg-type]
        return found.fetchone() if found.description else None


@pytest.mark.parametrize(
    "left",
    [
        (ROW,),
        ("INSERT INTO events (kind, ids, at) SELECT 'x', '{}', 0 FROM generate_series(1, 3000)",),
        (ROW, "ANALYZE"),
        ("ALTER TABLE events DISABLE TRIGGER ALL",),
        ("CREATE TABLE more (id int)",),
        ("ALTER TABLE events ADD COLUMN more int",),
        ("DELETE FROM instance",),
    ],
    ids=["a row", "many rows", "statistics", "no triggers", "a table", "a column", "less than at first"],
)
def test_nothing_is_left_of_what_a_test_did(reused: Reused, left: tuple[str, ...]) -> None:
    before = run(reused.fresh(), LOOK)
    assert run(reused.fresh(), ROW) == (1,)
    run(reused.fresh(), *left)
    assert run(reused.fresh(), LOOK) == before
    assert run(reused.fresh(), ROW) == (1,)
    with pytest.raises(psycopg.errors.UndefinedTable):
        run(reused.fresh(), "SELECT * FROM more")
    with pytest.raises(psycopg.Error, match="frozen"):
        run(reused.fresh(), ROW, "UPDATE events SET kind = 'y'")


def test_who_is_still_connected_is_cut_off(reused: Reused) -> None:
    with psycopg.connect(reused.fresh().replace("+psycopg", "")) as held:
        held.execute("SELECT pg_advisory_lock(7)")
        run(reused.fresh(), ROW)
        with pytest.raises(psycopg.OperationalError):
            held.execute("SELECT 1")
