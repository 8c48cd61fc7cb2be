"""The gate: the security headers, a known host, nothing for another site, HEAD as GET, no body without end."""

from collections.abc import AsyncIterator

import httpx
import pytest

from app import gate
from app.db import Database
from app.live.hub import Hub
from app.live.routes import _look, _newest
from app.main import create_app
from app.settings import Settings


@pytest.fixture
async def client(sqlite: Database, settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(settings)
    app.state.hub = Hub(_look, _newest)
    transport = httpx.ASGITransport(app)
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
    assert reply.headers["content-security-policy"] == gate.CONTENT_SECURITY_POLICY


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
    for name, value in gate.SECURITY_HEADERS.items():
        assert reply.headers[name] == value


def test_the_policy_allows_nothing_inline_and_nothing_elsewhere() -> None:
    assert "unsafe" not in gate.CONTENT_SECURITY_POLICY
    assert "http" not in gate.CONTENT_SECURITY_POLICY
    assert gate.CONTENT_SECURITY_POLICY.startswith("default-src 'none'; script-src 'self'; style-src 'self'")


@pytest.mark.anyio
@pytest.mark.parametrize("second", ["127.0.0.1:8765", "evil.example"])
async def test_two_hosts_are_none(client: httpx.AsyncClient, second: str) -> None:
    reply = await client.get("/healthz", headers=[("host", "127.0.0.1:8765"), ("host", second)])
    assert reply.status_code == 400


@pytest.mark.anyio
@pytest.mark.parametrize(
    "host", ["127.0.0.1:port", "127.0.0.1:", "[::1", "::1", "127.0.0.1:8765:1", "a@127.0.0.1", "127.0.0.1/x"]
)
async def test_what_is_no_host_is_not_taken_for_ours(client: httpx.AsyncClient, host: str) -> None:
    assert (await client.get("/healthz", headers={"host": host})).status_code == 400


FOLLOWED = {"sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}


@pytest.mark.anyio
@pytest.mark.parametrize("site", ["cross-site", "same-site"])
@pytest.mark.parametrize(
    ("how", "status"),
    [
        (FOLLOWED, 200),
        ({"sec-fetch-mode": "navigate", "sec-fetch-dest": "iframe"}, 403),
        ({"sec-fetch-mode": "no-cors", "sec-fetch-dest": "image"}, 403),
        ({"sec-fetch-mode": "cors", "sec-fetch-dest": "empty"}, 403),
        ({}, 403),
    ],
)
async def test_another_site_may_link_to_us_and_load_nothing_of_ours(
    client: httpx.AsyncClient, site: str, how: dict[str, str], status: int
) -> None:
    for path in ("/healthz", "/favicon.ico"):
        reply = await client.get(path, headers={"sec-fetch-site": site} | how)
        assert (path, reply.status_code) == (path, status)


@pytest.mark.anyio
async def test_a_form_of_another_site_is_no_link(client: httpx.AsyncClient) -> None:
    reply = await client.post("/runs", headers={"sec-fetch-site": "cross-site"} | FOLLOWED)
    assert reply.status_code == 403


@pytest.mark.anyio
@pytest.mark.parametrize("path", ["/", "/runs", "/healthz", "/favicon.ico", "/openapi.json", "/nowhere"])
async def test_head_is_answered_as_get_is(client: httpx.AsyncClient, path: str) -> None:
    head, got = await client.head(path), await client.get(path)
    assert (head.status_code, head.headers["content-type"]) == (got.status_code, got.headers["content-type"])


@pytest.mark.anyio
async def test_head_of_the_stream_does_not_wait_for_events(client: httpx.AsyncClient) -> None:
    reply = await client.head("/events")
    assert (reply.status_code, reply.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")


@pytest.mark.anyio
async def test_a_body_is_refused_before_it_is_read_where_its_length_is_told(
    client: httpx.AsyncClient,
) -> None:
    reply = await client.post("/runs", content=b"a" * (gate.LARGEST_BODY + 1))
    assert (reply.status_code, reply.json()) == (413, {"error": "found a body of more than 1024 KiB"})


@pytest.mark.anyio
async def test_a_body_without_end_is_read_no_further_than_the_largest(client: httpx.AsyncClient) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 1
            yield b"study=" + b"a" * (1 << 16)

    form = {"content-type": "application/x-www-form-urlencoded", "accept": "application/json"}
    reply = await client.post("/runs", content=endless(), headers=form)
    assert (reply.status_code, reply.json()) == (413, {"error": "found a body of more than 1024 KiB"})
    assert sent <= 20
