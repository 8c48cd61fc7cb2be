"""Databases for a whole file of tests, or several: a shell over an empty one, on the system that is asked for."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count

import pytest

from tests.journeys.shell import Shell, Typist
from tests.postgres import Server

_numbers = count()


@contextmanager
def database_for(request: pytest.FixtureRequest, system: str) -> Iterator[Shell]:
    """A shell over an empty database of this system."""
    typist: Typist = request.getfixturevalue("typist")
    folder = request.getfixturevalue("tmp_path_factory").mktemp("journey")
    if system == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), folder / "styloscope.db")
        yield Shell(typist, folder)
        return
    server: Server = request.getfixturevalue("postgres")
    name = f"journey_{os.getpid()}_{next(_numbers)}"
    server.admin(f"CREATE DATABASE {name} TEMPLATE template_head")
    yield Shell(typist, folder, server.url(name))
    server.admin(f"DROP DATABASE {name} WITH (FORCE)")
