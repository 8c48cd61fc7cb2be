"""The application over the database of a test."""

from collections.abc import AsyncIterator

import httpx
import pytest

from app.db import Database
from app.main import create_app
from app.settings import Settings


@pytest.fixture
async def client(sqlite: Database, settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the application, which keeps nothing to itself but what its server would."""
    transport = httpx.ASGITransport(create_app(settings))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8765") as client:
        yield client
