"""Which way a call takes and whom it trusts: what is named does it, and nothing of the environment."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from app.providers.transport import Transport
from tests.providers.test_transport import (
    AUTH,
    BODY,
    KEY,
    Peer,
    asking,
    connected,
    heard,
    http,
    saying,
    serving,
    told,
)

pytestmark = pytest.mark.anyio

# Made for these tests: an authority that signed one certificate for 127.0.0.1, for a hundred years.
CA = Path(__file__).with_name("loopback_ca.pem")
SERVER = Path(__file__).with_name("loopback_server.pem")
PASSWORD = "s3cret-of-the-proxy"


@asynccontextmanager
async def secure(peer: Peer) -> AsyncIterator[str]:
    """Serve over TLS with the test authority's certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(SERVER)
    async with serving(peer, context) as base_url:
        yield base_url


def keeping(requests: list[bytes], reply: bytes) -> Peer:
    """Return a peer that keeps the head of what it hears and says this."""

    async def peer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        requests.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(reply)
        await writer.drain()

    return peer


async def test_a_server_that_nobody_vouches_for_is_not_spoken_to() -> None:
    heads: list[bytes] = []
    async with secure(keeping(heads, http())) as base_url, connected() as transport:
        found = await transport.send(asking(base_url), AUTH, 5.0)
    assert (found.status, found.fault) == (0, "connect")
    assert "certificate" in found.detail.lower()
    assert heads == []


async def test_certificates_that_are_named_are_trusted_beside_the_public_ones() -> None:
    async with secure(saying(http())) as base_url, connected(ca_file=str(CA)) as transport:
        found = await transport.send(asking(base_url), AUTH, 5.0)
    assert (found.status, found.body, found.fault) == (200, BODY, None)


async def test_nothing_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"):
        monkeypatch.setenv(name, str(CA))
    assert (await told(saying(http()))).status == 200
    async with secure(saying(http())) as base_url, connected() as transport:
        assert (await transport.send(asking(base_url), AUTH, 5.0)).fault == "connect"


async def test_a_proxy_that_is_named_is_used() -> None:
    requests: list[bytes] = []

    async def peer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        requests.append(await heard(reader))
        writer.write(http())

    async with serving(peer) as proxy, connected(proxy=proxy.removesuffix("/v1")) as transport:
        found = await transport.send(asking("http://lab.invalid/v1"), AUTH, 5.0)
    assert found.status == 200
    assert requests[0].startswith(b"POST http://lab.invalid/v1/chat/completions HTTP/1.1\r\n")


@pytest.mark.parametrize(("scheme", "verb"), [("http", b"POST"), ("https", b"CONNECT")])
async def test_a_proxy_that_refuses_us_is_told_without_its_password_and_https_keeps_the_key(
    scheme: str, verb: bytes
) -> None:
    heads: list[bytes] = []
    refusing = keeping(heads, http(b"", "407 Proxy Authentication Required"))
    async with serving(refusing) as address:
        proxy = address.removesuffix("/v1").replace("://", f"://me:{PASSWORD}@")
        async with connected(proxy=proxy) as transport:
            found = await transport.send(asking(f"{scheme}://lab.invalid/v1"), AUTH, 5.0)
    assert found.status == 407 or (found.fault, "407" in found.detail) == ("unsendable", True)
    assert PASSWORD not in repr(found)
    assert heads[0].startswith(verb)
    assert b"proxy-authorization: basic " in heads[0].lower()
    assert (KEY.encode() in heads[0]) == (scheme == "http")


def test_a_certificate_file_that_cannot_be_read_is_an_error_at_once(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Transport(concurrency=1, ca_file=str(tmp_path / "none.pem"))
