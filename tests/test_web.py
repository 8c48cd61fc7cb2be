"""What every page shares: static files under their version, and errors as a page or as JSON."""

from collections.abc import AsyncIterator

import httpx
import pytest

from app import web
from app.db import Database
from app.main import create_app
from app.settings import Settings


@pytest.fixture
async def client(sqlite: Database, settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(create_app(settings))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8765") as client:
        yield client


@pytest.mark.anyio
async def test_static_files_may_be_kept_for_ever_under_their_version(client: httpx.AsyncClient) -> None:
    name = next(iter(sorted(name for name in web.assets() if name.endswith(".svg"))))
    lasting = await client.get(web.asset_url(name))
    stale = await client.get(f"/static/0000000000/{name}")
    assert lasting.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert stale.headers["cache-control"] == "no-cache"
    assert lasting.content == stale.content == (web.STATIC / name).read_bytes()


@pytest.mark.anyio
@pytest.mark.parametrize(
    "name", ["../app/settings.py", "%2e%2e/app/settings.py", "..%2fapp%2fsettings.py", "css/"]
)
async def test_nothing_outside_the_static_folder_is_served(client: httpx.AsyncClient, name: str) -> None:
    assert (await client.get(f"/static/{web.build()}/{name}")).status_code == 404


@pytest.mark.anyio
async def test_an_error_is_json_where_json_is_asked_for(client: httpx.AsyncClient) -> None:
    reply = await client.get("/api/v1/nowhere")
    assert reply.status_code == 404
    assert reply.json() == {"error": "Not Found"}


def test_a_missing_vendored_file_says_what_to_run() -> None:
    with pytest.raises(KeyError, match="run `make setup`"):
        web.asset_url("vendor/missing.js")


@pytest.mark.anyio
async def test_an_error_keeps_the_headers_that_belong_to_it(client: httpx.AsyncClient) -> None:
    for accept in ("text/html", "application/json"):
        reply = await client.delete("/healthz", headers={"accept": accept})
        assert (reply.status_code, reply.headers["allow"]) == (405, "GET")
