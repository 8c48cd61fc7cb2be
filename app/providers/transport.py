"""The one seam to the network: an exact request goes out, what came back is a Reply, and no fault is raised.

The httpx interface is used on aiohttp's connections, and directly: a client of httpx's own slows down as its
connections grow, and its `AsyncClient` costs more than the call itself.
"""

import asyncio
import ssl
import time
from collections.abc import Collection, Mapping
from functools import cache, lru_cache

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport

from app.providers.reach import factory
from app.providers.scrub import scrubbed
from app.providers.sending import HEADER
from app.providers.wire import Reply, Request

REPLY_CAP = 32 * 1024 * 1024  # bytes of a decoded body
CONNECT_SECONDS = 10.0
TIMEOUT_SECONDS = 600.0  # of silence, and of the whole call: as long as the makers' own clients wait
# Below the five seconds after which llama.cpp and uvicorn close an idle connection: a request that is sent
# into a closing one is lost, and cannot be repeated safely.
IDLE_SECONDS = 4.0
OURS = {"accept": "application/json", "accept-encoding": "gzip, deflate", "user-agent": "styloscope"}

KEPT = frozenset(
    {
        "content-type", "content-length", "content-encoding", "date", "server", "via", "location", "keep-alive",
        "retry-after", "retry-after-ms", "x-should-retry", "request-id", "x-request-id", "cf-ray",
        "openai-version", "openai-model", "openai-processing-ms", "server-timing", "x-generation-id",
        "x-envoy-upstream-service-time", "apim-request-id", "x-ms-region", "x-groq-region",
    }
)  # fmt: skip
KEPT_FAMILIES = ("x-ratelimit-", "ratelimit", "anthropic-ratelimit-", "anthropic-priority-")


def _kept(headers: httpx.Headers, keys: tuple[str, ...]) -> dict[str, str]:
    """Return the headers that inform (tracing, rate limits, times), by their names in lower case."""
    return {
        name: scrubbed(value, keys).decode("utf-8", "replace")
        for raw_name, value in headers.raw
        if (name := _kept_name(raw_name)) is not None
    }


@lru_cache(maxsize=512)
def _kept_name(raw: bytes) -> str | None:
    name = raw.decode("latin-1").lower()
    return name if name in KEPT or name.startswith(KEPT_FAMILIES) else None


# In this order; everything else ends as a reset: a connection that was closed before the reply.
FAULTS: tuple[tuple[tuple[type[Exception], ...], str], ...] = (
    ((aiohttp.NonHttpUrlClientError, aiohttp.InvalidURL, aiohttp.ClientHttpProxyError), "unsendable"),
    ((aiohttp.ClientConnectorError, aiohttp.ClientSSLError, aiohttp.ClientProxyConnectionError), "connect"),
    ((aiohttp.ClientPayloadError,), "cut"),
    ((aiohttp.ClientResponseError, httpx.DecodingError, ValueError), "malformed"),
)


class _Arrival:
    """What has arrived of one reply so far, so that a fault on the way loses none of it."""

    __slots__ = ("chunks", "first", "headers", "keys", "size", "started", "status")

    def __init__(self, keys: tuple[str, ...]) -> None:
        self.keys = keys
        self.started = time.perf_counter()
        self.status = 0
        self.headers: dict[str, str] = {}
        self.chunks: list[bytes] = []
        self.size = 0
        self.first: float | None = None

    def reply(self, fault: str | None = None, detail: str = "") -> Reply:
        """Return it as a Reply, with no key left in it."""
        return Reply(
            status=self.status,
            headers=self.headers,
            body=scrubbed(b"".join(self.chunks), self.keys, cut=fault is not None),
            fault=fault,
            detail=scrubbed(detail.encode("utf-8", "replace"), self.keys).decode(),
            first_byte_ms=None if self.first is None else round((self.first - self.started) * 1000),
            total_ms=round((time.perf_counter() - self.started) * 1000),
        )


class Transport:
    """The connections to one endpoint; make it and close it inside one event loop.

    `concurrency` is the size of its pool. Nothing comes from the environment: `proxy` is a URL, `ca_file` a
    file of certificates to trust beside the public ones. With `reach` only public addresses and these
    origins are connected to.
    """

    def __init__(
        self,
        *,
        concurrency: int,
        proxy: str = "",
        ca_file: str = "",
        cap: int = REPLY_CAP,
        reach: Collection[str] | None = None,
    ) -> None:
        self._concurrency = concurrency
        self._reach = None if proxy else reach  # behind a proxy it is the proxy that connects
        self._cap = cap
        self._trust = _trust(ca_file)
        self._inner = AiohttpTransport(
            verify=self._trust,
            trust_env=False,
            proxy=_way(proxy) if proxy else None,
            client=self._session,
        )
        self._last: tuple[str, Mapping[str, str], Mapping[str, str]] | None = None
        self._address: tuple[httpx.URL, httpx.Headers, tuple[str, ...]] = (httpx.URL(), httpx.Headers(), ())

    async def send(
        self, request: Request, auth_headers: Mapping[str, str], timeout: float = TIMEOUT_SECONDS
    ) -> Reply:
        """Send a request and return what came back; a network fault is a Reply too. Raises only on cancelling.

        `timeout` is in seconds, for silence and for the whole call. Redirects are never followed.
        """
        try:
            url, headers, keys = self._addressed(request, auth_headers)
            # As a stream, read at once: with `content` httpx copies all headers twice more, to add two that
            # aiohttp adds anyway.
            outgoing = httpx.Request(
                request.method, url, headers=headers, stream=httpx.ByteStream(request.body)
            )
            outgoing.read()
            outgoing.headers.encoding = headers.encoding  # else it is guessed anew for every single header
        except (httpx.InvalidURL, ValueError, TypeError) as error:
            # An error about an encoding would tell the key.
            why = str(error) if type(error) is ValueError else "its address or headers are none"
            return Reply(fault="unsendable", detail=why, total_ms=0)
        seconds = {"connect": min(CONNECT_SECONDS, timeout), "read": timeout, "pool": timeout}
        outgoing.extensions["timeout"] = seconds
        arrival = _Arrival(keys)
        try:
            async with asyncio.timeout(timeout):
                return await self._receive(outgoing, arrival)
        except (httpx.HTTPError, httpx.InvalidURL, aiohttp.ClientError, OSError, ValueError) as error:
            fault, detail = _fault(error, timeout)
            return arrival.reply("cut" if fault == "reset" and arrival.status else fault, detail)

    async def close(self) -> None:
        """Close every connection."""
        await self._inner.aclose()

    async def _receive(self, outgoing: httpx.Request, arrival: _Arrival) -> Reply:
        response = await self._inner.handle_async_request(outgoing)
        try:
            arrival.status = response.status_code
            arrival.headers = _kept(response.headers, arrival.keys)
            if 300 <= arrival.status < 400:
                return arrival.reply("redirect", arrival.headers.get("location", "no address given"))
            encoded = "content-encoding" in arrival.headers
            async for chunk in response.aiter_bytes() if encoded else response.stream:  # type: ignore[union-attr]
                if arrival.first is None:
                    arrival.first = time.perf_counter()
                arrival.chunks.append(chunk[: self._cap - arrival.size])
                arrival.size += len(chunk)
                if arrival.size > self._cap:
                    return arrival.reply("too_large", f"more than {self._cap} bytes")
            return arrival.reply()
        finally:
            await response.aclose()

    def _addressed(
        self, request: Request, auth_headers: Mapping[str, str]
    ) -> tuple[httpx.URL, httpx.Headers, tuple[str, ...]]:
        """Return the parsed address, all headers and the keys in them; the last call's where they are equal."""
        asked = (request.url, request.headers, auth_headers)
        if self._last != asked:
            _checked(request.headers, auth_headers)
            headers = httpx.Headers({**OURS, **request.headers, **auth_headers})
            keys = tuple(value.removeprefix("Bearer ") for value in auth_headers.values())
            self._address = (httpx.URL(request.url), headers, keys)
            self._last = (request.url, dict(request.headers), dict(auth_headers))
        return self._address

    def _session(self) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(
            limit=self._concurrency,
            keepalive_timeout=IDLE_SECONDS,
            ssl=self._trust,
            socket_factory=factory(self._reach),
        )
        return aiohttp.ClientSession(
            connector=connector, cookie_jar=aiohttp.DummyCookieJar(), trust_env=False, auto_decompress=False
        )


def _way(address: str) -> httpx.Proxy:
    """Return the proxy at an address; a user and password in it go into a header, which no error repeats."""
    proxy = httpx.Proxy(address)
    if proxy.auth is None:
        return proxy
    return httpx.Proxy(proxy.url, headers={"authorization": aiohttp.encode_basic_auth(*proxy.auth)})


def _trust(ca_file: str) -> ssl.SSLContext:
    """Return the certificates to trust: the public ones, and those of a file."""
    if not ca_file:
        return _public_trust()
    context = httpx.create_ssl_context(trust_env=False)
    context.load_verify_locations(cafile=ca_file)
    return context


@cache
def _public_trust() -> ssl.SSLContext:
    """Return the public certificates: read once a process, since it takes longer than many a call."""
    return httpx.create_ssl_context(trust_env=False)


def _checked(headers: Mapping[str, str], auth_headers: Mapping[str, str]) -> None:
    """Raise ValueError for a header that HTTP cannot carry, such as a key with a line end in it."""
    if not all(HEADER.fullmatch(name) for name in headers):
        raise ValueError("a header's name is none")
    for value in (*headers.values(), *auth_headers.values()):
        if any(sign < " " or sign == "\x7f" for sign in value):
            raise ValueError("a control character in a header")
    if not all(value.isascii() for value in auth_headers.values()):
        raise ValueError("a key that is not ASCII")


def _fault(error: Exception, timeout: float) -> tuple[str, str]:
    """Return the fault and its detail: by the error beneath where httpx's name for it is a coarse one."""
    if isinstance(error, httpx.HTTPError) and isinstance(error.__cause__, aiohttp.ClientError | OSError):
        error = error.__cause__
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        return "connect", f"no connection within {min(CONNECT_SECONDS, timeout):g} s"
    if isinstance(error, TimeoutError):
        return "timeout", f"no complete answer within {timeout:g} s"
    fault = next((name for kinds, name in FAULTS if isinstance(error, kinds)), "reset")
    return fault, f"{type(error).__name__}: {error}".rstrip(": ")
