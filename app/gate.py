"""The gate that every request passes: our own names alone, nothing that another site sends, no body without end.

Localhost is no boundary: any page in the reader's browser can send requests to it, and a name can be made to
resolve to it.
"""

import re
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from fastapi import Request, Response
from fastapi.responses import JSONResponse
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.settings import Settings
from app.web import show_error

READING = {"GET", "HEAD", "OPTIONS"}
OURS = {None, "same-origin", "none"}  # Sec-Fetch-Site; "same-site" would be another program's port
HOST = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:[0-9]{1,5})?")
LARGEST_BODY = 1 << 20  # bytes: a form with every field filled is some thousands
TOO_LARGE = f"found a body of more than {LARGEST_BODY >> 10} KiB"
CONTENT_SECURITY_POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "font-src 'self'",
        "connect-src 'self'",
        "worker-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "object-src 'none'",
    ]
)
SECURITY_HEADERS = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}


class Gate:
    """Turn away what is not for us, and put the security headers on every reply.

    Host must be one name of ours (DNS rebinding). A request that a browser sends for another site may only be a
    link that somebody follows; where the browser does not tell, an unsafe method must come from our own origin.
    A client that tells neither Sec-Fetch-Site nor Origin is no browser, and passes.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        public = urlsplit(settings.public_url).hostname
        self.hosts = {host.lower() for host in settings.allowed_hosts} | (
            {public.lower()} if public else set()
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun = False

        async def guarded(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                out = MutableHeaders(scope=message)
                for name, value in SECURITY_HEADERS.items():
                    out[name] = value
            await send(message)

        app: Callable[[Scope, Receive, Send], Awaitable[None]] = self.refusal(scope) or self.app
        scope = _as_read(scope)
        try:
            await app(scope, _bounded(receive), guarded)
        except Exception:
            if not begun:
                told = show_error(Request(scope), 500, "The fault is ours; the server's log tells more.")
                await told(scope, receive, guarded)
            raise  # to the log

    def refusal(self, scope: Scope) -> Response | None:
        """Return the reply that turns a request away, or None."""
        headers = Headers(scope=scope)
        hosts = headers.getlist("host")  # of two, a proxy may have believed the other one
        host = hosts[0].lower() if len(hosts) == 1 else ""
        name = HOST.fullmatch(host)
        if name is None or name[1] not in self.hosts:
            return JSONResponse({"error": "this host name is not served here"}, 400)
        if "\0" in scope["path"] or b"%00" in scope["query_string"]:
            return JSONResponse({"error": "found U+0000 in the address, which is in no name"}, 400)
        if not _for_us(scope["method"], headers, host):
            return JSONResponse({"error": "cross-site request refused"}, 403)
        length = headers.get("content-length", "")
        if length.isdecimal() and int(length) > LARGEST_BODY:
            return JSONResponse({"error": TOO_LARGE}, 413)
        return None


def _for_us(method: str, headers: Headers, host: str) -> bool:
    """Tell whether a request was sent by our own pages, by hand, by a link, or by no browser."""
    site = headers.get("sec-fetch-site")
    if site not in OURS:
        link = headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest") == "document"
        return method in READING and link
    if method in READING or site is not None:
        return True
    origin = headers.get("origin")
    return origin is None or urlsplit(origin).netloc.lower() == host


def _as_read(scope: Scope) -> Scope:
    """Let HEAD be answered as GET (the server leaves the body out); `request.state.head` tells it from one."""
    scope.setdefault("state", {})["head"] = scope["method"] == "HEAD"
    return {**scope, "method": "GET"} if scope["state"]["head"] else scope


def _bounded(receive: Receive) -> Receive:
    """Stop receiving a body at its largest: one sent in chunks does not tell its length beforehand."""
    size = 0

    async def received() -> Message:
        nonlocal size
        message = await receive()
        size += len(message.get("body", b""))
        if size > LARGEST_BODY:
            raise HTTPException(413, TOO_LARGE)
        return message

    return received
