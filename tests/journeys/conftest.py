"""Databases that are kept through a file of tests, a study collected once for several, the browser's fixtures."""

from collections.abc import Iterator

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
from tests.journeys.databases import database_for
from tests.journeys.shell import Served, Shell


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
