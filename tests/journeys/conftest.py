"""Databases that are kept through a file of tests, a study collected once for several, the browser's fixtures."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count

import pytest

from tests.browser.conftest import (  # noqa: F401
    _verify_url,
    accessible,
    browser_context_args,
    browser_type_launch_args,
    open_page,
    page,
    second_page,
)
from tests.journeys.collected import Journey, collected
from tests.journeys.shell import Served, Shell
from tests.postgres import Server

_numbers = count()


@contextmanager
def database_for(request: pytest.FixtureRequest, system: str) -> Iterator[Shell]:
    """A shell over an empty database of this system."""
    folder = request.getfixturevalue("tmp_path_factory").mktemp("journey")
    if system == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), folder / "styloscope.db")
        yield Shell(folder)
        return
    server: Server = request.getfixturevalue("postgres")
    name = f"journey_{os.getpid()}_{next(_numbers)}"
    server.admin(f"CREATE DATABASE {name} TEMPLATE template_head")
    yield Shell(folder, server.url(name))
    server.admin(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="module")
def sqlite_shell(request: pytest.FixtureRequest) -> Iterator[Shell]:
    """A shell over an SQLite database, for journeys where the system does not matter."""
    with database_for(request, "sqlite") as shell:
        yield shell


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def shell(request: pytest.FixtureRequest) -> Iterator[Shell]:
    """A shell over a database of each system in turn."""
    with database_for(request, request.param) as shell:
        yield shell


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def journey(request: pytest.FixtureRequest) -> Iterator[Journey]:
    """A study collected by commands on each system, for several files of tests."""
    with database_for(request, request.param) as shell, collected(shell) as journey:
        yield journey


@pytest.fixture(scope="session")
def served(journey: Journey) -> Iterator[Served]:
    """The dashboard over the collected study."""
    with journey.shell.serving() as served:
        yield served


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep together what shares a database or a server: each would else be made on every worker."""
    for item in items:
        if "tests/journeys" in item.path.as_posix():
            fixtures: list[str] = getattr(item, "fixturenames", [])
            place = "collected" if "journey" in fixtures else item.path.stem
            params = getattr(getattr(item, "callspec", None), "params", {})
            system = params.get("journey", params.get("shell", ""))
            item.add_marker(pytest.mark.xdist_group(f"{place}-{system}"))
