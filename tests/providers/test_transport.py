"""The seam to the network, against a real server on loopback that misbehaves in every way."""

import asyncio
import gzip
import json
import socket
import ssl
import struct
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from app.providers.registry import provider
from app.providers.scrub import REMOVED
from app.providers.transport import Transport
from app.providers.wire import Reply, Request
from tests.providers.said import CHAT, OPENAI, chat

pytestmark = pytest.mark.anyio

KEY = "sk-test/0123456789+abc"
AUTH = {"authorization": f"Bearer {KEY}"}
BODY = json.dumps(chat("Hi.")).encode()

Peer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def heard(reader: asyncio.StreamReader) -> bytes:
    """Return one whole HTTP request."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
    return head + await reader.readexactly(int(length.split(b":")[1]))


def http(body: bytes = BODY, status: str = "200 OK", *headers: str, length: int | None = None) -> bytes:
    """Return an HTTP reply; `length` lies about its body."""
    size = len(body) if length is None else length
    lines = [f"HTTP/1.1 {status}", "Content-Type: application/json", f"Content-Length: {size}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def saying(raw: bytes, *, reset: bool = False) -> Peer:
    """Return a peer that hears one request, says this, and closes (or resets) the connection."""

    async def peer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await heard(reader)
        writer.write(raw)
        await writer.drain()
        if reset:
            linger = struct.pack("ii", 1, 0)
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            writer.transport.abort()

    return peer


@asynccontextmanager
async def serving(peer: Peer, tls: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    """Serve on a free port of loopback; yield the base URL."""

    async def closing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await peer(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(closing, "127.0.0.1", 0, ssl=tls)
    scheme = "https" if tls else "http"
    try:
        yield f"{scheme}://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
    finally:
        server.close()


@asynccontextmanager
async def connected(**options: object) -> AsyncIterator[Transport]:
    transport = Transport(**({"concurrency": 4} | options))  # type: ignore[arg-type]
    try:
        yield transport
    finally:
        await transport.close()


def asking(base_url: str) -> Request:
    return Request(f"{base_url}/chat/completions", b'{"model":"m"}', {"content-type": "application/json"}, {})


async def told(peer: Peer, timeout: float = 5.0, **options: object) -> Reply:
    """Return what one request to this peer comes back with."""
    async with serving(peer) as base_url, connected(**options) as transport:
        return await transport.send(asking(base_url), AUTH, timeout)


async def test_the_exact_body_goes_out_with_the_key_and_nothing_that_identifies_more() -> None:
    requests: list[bytes] = []

    async def peer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        requests.append(await heard(reader))
        writer.write(http())

    assert (await told(peer)).status == 200
    head, _, body = requests[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /v1/chat/completions HTTP/1.1\r\n")
    names = sorted(line.split(b":")[0].decode().lower() for line in head.split(b"\r\n")[1:])
    assert names == [
        "accept", "accept-encoding", "authorization", "content-length", "content-type", "host", "user-agent",
    ]  # fmt: skip
    assert f"authorization: Bearer {KEY}".lower() in head.decode().lower()
    assert body == b'{"model":"m"}'


async def test_a_reply_comes_whole_with_the_headers_that_inform() -> None:
    peer = saying(
        http(
            BODY, "429 Too Many Requests", "X-Request-Id: req_1", "Retry-After: 7", "Set-Cookie: a=b",
            "X-RateLimit-Remaining-Tokens: 0", "anthropic-organization-id: org-1", "openai-organization: lab",
        )
    )  # fmt: skip
    found = await told(peer)
    assert (found.status, found.body, found.fault) == (429, BODY, None)
    assert found.headers == {
        "content-type": "application/json",
        "content-length": str(len(BODY)),
        "x-request-id": "req_1",
        "retry-after": "7",
        "x-ratelimit-remaining-tokens": "0",
    }
    assert found.first_byte_ms is not None
    assert found.total_ms is not None
    assert 0 <= found.first_byte_ms <= found.total_ms


async def test_the_first_byte_and_the_last_have_each_their_time() -> None:
    async def peer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await heard(reader)
        writer.write(http(length=len(BODY))[: -len(BODY)] + BODY[:5])
        await asyncio.sleep(0.15)
        writer.write(BODY[5:])

    found = await told(peer)
    assert found.body == BODY
    assert found.first_byte_ms is not None
    assert found.total_ms is not None
    assert found.total_ms - found.first_byte_ms >= 100


async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await heard(reader)
    await reader.read()  # until the other side gives up


async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await heard(reader)
    writer.write(http(length=10_000)[: -len(BODY)])
    for _ in range(1000):
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.01)


async def test_a_server_that_hangs_is_left() -> None:
    found = await told(hang, timeout=0.2)
    assert (found.fault, found.detail) == ("timeout", "no complete answer within 0.2 s")
    assert found.first_byte_ms is None
    assert found.total_ms is not None
    assert found.total_ms >= 190


async def test_a_server_that_drips_for_ever_is_left_with_what_it_gave() -> None:
    found = await told(drip, timeout=0.3)
    assert found.fault == "timeout"
    assert found.status == 200
    assert found.body.startswith(b"  ")


async def test_a_body_shorter_than_promised_is_cut_and_kept() -> None:
    found = await told(saying(http(BODY[:20], length=len(BODY))))
    assert (found.status, found.fault, found.body) == (200, "cut", BODY[:20])


async def test_a_connection_reset_within_the_body_is_a_cut_too() -> None:
    found = await told(saying(http(BODY[:20], length=len(BODY)), reset=True))
    assert (found.status, found.fault) == (200, "cut")


async def test_a_chunked_body_without_its_end_is_cut_and_kept() -> None:
    raw = b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"a":\r\n'
    found = await told(saying(raw))
    assert (found.fault, found.body) == ("cut", b'{"a":')


async def test_a_connection_closed_or_reset_before_any_reply() -> None:
    for peer in (saying(b""), saying(b"", reset=True)):
        found = await told(peer)
        assert (found.status, found.fault, found.body) == (0, "reset", b"")


async def test_nobody_listening() -> None:
    async with serving(hang) as base_url:
        gone = base_url
    async with connected() as transport:
        found = await transport.send(asking(gone), AUTH, 5.0)
    assert (found.status, found.fault) == (0, "connect")
    assert "127.0.0.1" in found.detail


async def test_what_is_no_http_is_malformed() -> None:
    assert (await told(saying(b"SSH-2.0-OpenSSH_9.2\r\n\r\n"))).fault == "malformed"
    assert (await told(saying(b"HTTP/1.1 200 OK\r\nX: " + b"y" * 200_000 + b"\r\n\r\n"))).fault == "malformed"


async def test_a_redirect_is_never_followed() -> None:
    calls = 0

    async def peer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal calls
        calls += 1
        await heard(reader)
        writer.write(http(b"", "307 Temporary Redirect", "Location: http://127.0.0.1:1/elsewhere"))

    found = await told(peer)
    assert (found.status, found.fault, found.detail) == (307, "redirect", "http://127.0.0.1:1/elsewhere")
    assert calls == 1


async def test_a_huge_reply_is_kept_to_the_cap() -> None:
    found = await told(saying(http(b"x" * 300_000)), cap=100_000)
    assert (found.fault, found.detail) == ("too_large", "more than 100000 bytes")
    assert found.body == b"x" * 100_000


async def test_a_bomb_is_measured_unpacked() -> None:
    bomb = gzip.compress(b"0" * 50_000_000)
    assert len(bomb) < 100_000
    found = await told(saying(http(bomb, "200 OK", "Content-Encoding: gzip")), cap=1_000_000)
    assert (found.fault, len(found.body)) == ("too_large", 1_000_000)


@pytest.mark.parametrize(("name", "pack"), [("gzip", gzip.compress), ("deflate", zlib.compress)])
async def test_packed_replies_are_unpacked(name: str, pack: Callable[[bytes], bytes]) -> None:
    found = await told(saying(http(pack(BODY), "200 OK", f"Content-Encoding: {name}")))
    assert (found.body, found.fault) == (BODY, None)


async def test_a_reply_that_only_says_it_is_packed_is_malformed() -> None:
    found = await told(saying(http(BODY, "200 OK", "Content-Encoding: gzip")))
    assert found.fault == "malformed"


async def test_a_wrong_content_type_is_left_to_the_provider() -> None:
    page = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 15\r\n\r\n<html>Hm</html>"
    found = await told(saying(page))
    assert (found.headers["content-type"], found.fault) == ("text/html", None)
    assert provider("openai-chat").read(OPENAI, CHAT, found).then == "retry"  # type: ignore[union-attr]


async def test_an_echoed_key_is_stored_nowhere() -> None:
    echo = json.dumps({"error": {"message": f"Incorrect API key {KEY}", "url": "sk-test%2F0123456789%2Babc"}})
    body = (echo + '"sk-test\\/0123456789+abc"').encode()
    found = await told(saying(http(body, "401 Unauthorized", f"X-Request-Id: {KEY}", f"Location: /?k={KEY}")))
    assert found.body.count(REMOVED) == 3
    assert "0123456789" not in repr(found)
    redirected = await told(saying(http(b"", "302 Found", f"Location: /?k={KEY}")))
    assert (redirected.fault, redirected.detail) == ("redirect", "/?k=[key removed]")


@pytest.mark.parametrize("url", ["http://", "not a url", "http://127.0.0.1:99999/v1", "ftp://127.0.0.1/v1"])
async def test_an_address_that_is_none_is_not_sent_to(url: str) -> None:
    async with connected() as transport:
        found = await transport.send(asking(url), AUTH, 1.0)
    assert found.fault in ("unsendable", "connect")


async def test_a_key_that_is_no_header_is_not_sent_and_not_told() -> None:
    async with serving(hang) as base_url, connected() as transport:
        for key in ("sk-caf\u00e9-0123456789", "sk-line\r\nx-evil: 1"):
            found = await transport.send(asking(base_url), {"authorization": f"Bearer {key}"}, 1.0)
            assert found.fault == "unsendable"
            assert "sk-" not in found.detail


@pytest.mark.parametrize("name", ["x-a\r\nx-evil", "x a", "x:a", ""])
async def test_a_header_s_name_that_is_none_is_not_sent(name: str) -> None:
    async with serving(hang) as base_url, connected() as transport:
        found = await transport.send(replace(asking(base_url), headers={name: "1"}), AUTH, 1.0)
    assert (found.fault, found.detail) == ("unsendable", "a header's name is none")


async def test_a_key_that_was_cut_off_with_its_reply_is_stored_nowhere() -> None:
    body = b'{"error":{"message":"Incorrect key ' + KEY.encode()
    found = await told(saying(http(body[:-4], "401 Unauthorized", length=len(body) + 9)))
    assert (found.fault, found.body) == ("cut", b'{"error":{"message":"Incorrect key ' + REMOVED)


async def test_connections_are_used_again_and_the_pool_is_no_larger_than_asked() -> None:
    open_at_once, most, opened = 0, 0, 0

    async def peer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal open_at_once, most, opened
        open_at_once, opened = open_at_once + 1, opened + 1
        most = max(most, open_at_once)
        try:
            while True:
                await heard(reader)
                writer.write(http())
        finally:
            open_at_once -= 1

    async with serving(peer) as base_url, connected(concurrency=3) as transport:
        replies = await asyncio.gather(*(transport.send(asking(base_url), AUTH, 5.0) for _ in range(30)))
    assert {reply.status for reply in replies} == {200}
    assert (most, opened) == (3, 3)


async def test_two_keys_on_one_transport_never_mix() -> None:
    keys: list[bytes] = []

    async def peer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in range(3):
            request = await heard(reader)
            keys.append(
                next(line for line in request.split(b"\r\n") if line.lower().startswith(b"x-api-key"))
            )
            writer.write(http())

    async with serving(peer) as base_url, connected(concurrency=1) as transport:
        for key in ("first-key", "second-key", "first-key"):
            await transport.send(asking(base_url), {"x-api-key": key}, 5.0)
    assert [line.split(b": ")[1] for line in keys] == [b"first-key", b"second-key", b"first-key"]


async def test_cancelling_goes_through_and_closes_the_connection() -> None:
    left = asyncio.Event()

    async def peer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await heard(reader)
        await reader.read()
        left.set()

    async with serving(peer) as base_url, connected() as transport:
        task = asyncio.create_task(transport.send(asking(base_url), AUTH, 60.0))
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.wait_for(left.wait(), 5.0)
