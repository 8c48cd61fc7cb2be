"""What every reply has: the security headers, a known host, and no write from another site."""

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
@pytest.mark.parametrize("host", ["127.0.0.1:8765", "localhost", "LOCALHOST:80", "[::1]:8765", "[::1]"])
async def test_our_own_names_are_served(client: httpx.AsyncClient, host: str) -> None:
    reply = await client.get("/openapi.json", headers={"host": host})
    assert reply.status_code == 200


@pytest.mark.anyio
@pytest.mark.parametrize("path", ["/", "/openapi.json", "/events", "/static/x/css/none.css", "/runs"])
@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:8765", ""]
)
async def test_any_other_host_is_refused_on_every_path(
    client: httpx.AsyncClient, path: str, host: str
) -> None:
    reply = await client.get(path, headers={"host": host})
    assert reply.status_code == 400
    assert reply.headers["content-security-policy"] == web.CONTENT_SECURITY_POLICY


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"origin": "https://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "http://127.0.0.1:9999"}, 403),
        ({"sec-fetch-site": "same-origin"}, 405),
        ({"origin": "http://127.0.0.1:8765"}, 405),
        ({}, 405),
    ],
)
async def test_a_write_must_come_from_our_own_pages(
    client: httpx.AsyncClient, headers: dict[str, str], status: int
) -> None:
    reply = await client.post("/openapi.json", headers=headers, content=b"{}")
    assert reply.status_code == status


@pytest.mark.anyio
@pytest.mark.parametrize("path", ["/openapi.json", "/nowhere", "/favicon.ico"])
async def test_every_reply_has_the_security_headers(client: httpx.AsyncClient, path: str) -> None:
    reply = await client.get(path)
    for name, value in web.SECURITY_HEADERS.items():
        assert reply.headers[name] == value


def test_the_policy_allows_nothing_inline_and_nothing_elsewhere() -> None:
    assert "unsafe" not in web.CONTENT_SECURITY_POLICY
    assert "http" not in web.CONTENT_SECURITY_POLICY
    assert web.CONTENT_SECURITY_POLICY.startswith("default-src 'none'; script-src 'self'; style-src 'self'")


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
