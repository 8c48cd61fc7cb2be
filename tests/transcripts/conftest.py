"""A reader of pages over an empty database."""

from collections.abc import AsyncIterator

import httpx
import pytest

from app.db import Database
from app.main import create_app
from app.settings import Settings


@pytest.fixture
async def client(sqlite: Database, settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(create_app(settings))
    address, headers = "http://127.0.0.1:8765", {"accept": "text/html"}
    async with httpx.AsyncClient(transport=transport, base_url=address, headers=headers) as client:
        yield client
