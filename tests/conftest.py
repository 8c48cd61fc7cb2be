"""Fixtures of all tests: both databases made by the migrations, a fresh one per test."""

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from app import db, schema
from app.settings import Settings
from tests.journeys.shell import Typist
from tests.postgres import Server, binaries
from tests.reset import Reused


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what drives a browser: Playwright keeps an event loop running in its thread, so that no asynchronous
    test could run in the same process. `make test` gives the two kinds processes of their own."""
    for item in items:
        if {"playwright", "page", "browser"} & set(getattr(item, "fixturenames", ())):
            item.add_marker("browser")


def missing(what: str) -> None:
    """Skip loudly on a laptop; fail where CI is set, since there a missing part hides what it should test."""
    if os.environ.get("CI"):
        pytest.fail(f"{what} is missing and CI is set")
    print(f"\n*** SKIPPED: {what} is missing ***", file=sys.stderr)
    pytest.skip(f"{what} is missing")


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty SQLite database at head, copied for each test."""
    path = tmp_path_factory.mktemp("template") / "styloscope.db"
    database = db.Database(f"sqlite:///{path}")
    schema.migrate(database)
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    return path


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A PostgreSQL server for this test run, with a template database at head."""
    if binaries() is None:
        missing("PostgreSQL")
    server = Server()
    server.admin("CREATE DATABASE template_head")
    database = db.Database(server.url("template_head"))
    schema.migrate(database)
    database.close()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def postgres_reused(postgres: Server) -> Reused:
    """One database of that server, brought back to head before each test that asks for it."""
    return Reused(postgres, f"test_{os.getpid()}")


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of an empty database at head, on each of the two systems in turn."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "styloscope.db")
        yield f"sqlite:///{tmp_path / 'styloscope.db'}"
        return
    reused: Reused = request.getfixturevalue("postgres_reused")
    yield reused.fresh()


@pytest.fixture
def database(database_url: str) -> Iterator[db.Database]:
    """An empty database at head, in use by this process; runs the test on both systems."""
    opened = db.Database(database_url)
    before = db.use(opened)
    yield opened
    db.use(before)
    opened.close()


@pytest.fixture
def sqlite(sqlite_template: Path, tmp_path: Path) -> Iterator[db.Database]:
    """An empty SQLite database at head, for tests where the system does not matter."""
    shutil.copy(sqlite_template, tmp_path / "styloscope.db")
    opened = db.Database(f"sqlite:///{tmp_path / 'styloscope.db'}")
    before = db.use(opened)
    yield opened
    db.use(before)
    opened.close()


@pytest.fixture(scope="session")
def typist() -> Iterator[Typist]:
    """What types the commands of `tests.journeys.shell`."""
    typist = Typist()
    yield typist
    typist.close()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings whose data folder is this test's own."""
    return Settings(data=tmp_path)


@pytest.fixture
def anyio_backend() -> str:
    """Asynchronous tests run on asyncio, as the product does."""
    return "asyncio"
