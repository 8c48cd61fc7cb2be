"""A database for a whole file of tests, on each of the two systems, and the browser's fixtures."""

import os
import shutil
from collections.abc import Iterator
from itertools import count
from pathlib import Path

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
from tests.journeys.shell import Shell
from tests.postgres import Server

_numbers = count()


@pytest.fixture(scope="module")
def sqlite_shell(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Shell:
    """A shell over an empty SQLite database, kept through a file of tests."""
    folder = tmp_path_factory.mktemp("journey")
    shutil.copy(sqlite_template, folder / "styloscope.db")
    return Shell(folder)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def shell(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    """A shell over an empty database of each system in turn, kept through a file of tests."""
    if request.param == "sqlite":
        yield request.getfixturevalue("sqlite_shell")
        return
    server: Server = request.getfixturevalue("postgres")
    name = f"journey_{os.getpid()}_{next(_numbers)}"
    server.admin(f"CREATE DATABASE {name} TEMPLATE template_head")
    yield Shell(tmp_path_factory.mktemp("journey"), server.url(name))
    server.admin(f"DROP DATABASE {name} WITH (FORCE)")
