"""The stream of events: ids only, so that each page fetches what its reader may see."""

import asyncio
import re
from collections.abc import AsyncIterator
from functools import partial
from typing import Annotated, Any

import anyio
import anyio.to_thread
import orjson
from fastapi import APIRouter, FastAPI, Query, Request
from fastapi.responses import StreamingResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from app import db
from app.live import log
from app.live.hub import Hub, Item
from app.web import LARGEST, PageError

router = APIRouter()
HEARTBEAT = 15.0
BACKLOG = 500  # more than this missed: the page is told to reload
RETRY_MS = 2000
DIGITS = re.compile("[0-9]{1,18}")


class TooMany(PageError):
    """More streams than one person, or this process, may keep open."""

    status = 503


def _look(last: int, limit: int = 1000) -> list[Item]:
    with db.reading() as session:
        return list(log.after(session, last, limit))


def _newest() -> int:
    with db.reading() as session:
        return log.newest(session)


async def in_thread(work: Any, *args: Any) -> Any:
    """Look at the database under a limiter of the stream's own: pages waiting for threads do not delay it."""
    return await anyio.to_thread.run_sync(partial(work, *args), limiter=_limiter())


def _limiter() -> anyio.CapacityLimiter:
    if not hasattr(_limiter, "made"):
        _limiter.made = anyio.CapacityLimiter(1)  # type: ignore[attr-defined]
    return _limiter.made  # type: ignore[attr-defined, no-any-return]


def start(app: FastAPI) -> asyncio.Task[None]:
    """Start the app's hub; cancel the task or close `app.state.hub` to end every stream."""
    app.state.hub = Hub(_look, _newest)
    return asyncio.create_task(app.state.hub.run(in_thread))


class SeenSoFar:
    """Set `request.state.seen` before anything is read: the event from which a page's own stream goes on.

    Read any later it could name an event that the page's snapshot of the database does not hold yet.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            hub = getattr(scope["app"].state, "hub", None)
            scope.setdefault("state", {})["seen"] = hub.last if hub else None
        await self.app(scope, receive, send)


@router.get("/events", include_in_schema=False)
async def events(
    request: Request, after: Annotated[int | None, Query(ge=0, le=LARGEST)] = None
) -> StreamingResponse:
    """Stream events after `Last-Event-ID` (or `?after=`), else from now on."""
    hub, person = request.app.state.hub, request.state.person.id
    if hub.full(person):
        raise TooMany("too many streams are open; close some pages")
    given = request.headers.get("last-event-id", "")
    last = int(given) if DIGITS.fullmatch(given) else after
    return StreamingResponse(
        _nothing() if request.state.head else _stream(hub, last, person),
        media_type="text/event-stream",
        headers={"cache-control": "no-cache", "x-accel-buffering": "no"},
    )


async def _nothing() -> AsyncIterator[bytes]:
    """Stream no event: who asks with HEAD would wait for the last."""
    return
    yield b""


async def _stream(hub: Hub, last: int | None, person: int) -> AsyncIterator[bytes]:
    queue = hub.subscribe(person)  # before the backlog is read, so that nothing falls between the two
    try:
        await hub.begun.wait()
        newest = await in_thread(_newest)
        another = last is not None and last > newest  # the reader comes from another database's log
        last = newest if last is None or another else last
        yield f"retry: {RETRY_MS}\nid: {last}\nevent: hello\ndata: {{}}\n\n".encode()
        missed = await in_thread(_look, last, BACKLOG + 1)
        if another or len(missed) > BACKLOG:
            missed = [(await in_thread(_newest), "reload", {})]
        for item in missed:
            last = item[0]
            yield _frame(item)
        while not hub.closing.is_set():
            try:
                fresh = await asyncio.wait_for(queue.get(), HEARTBEAT)
            except TimeoutError:
                yield b": still here\n\n"
                continue
            if fresh is None:
                return
            if fresh[0] > last:  # else it was among what was missed
                last = fresh[0]
                yield _frame(fresh)
    finally:
        hub.unsubscribe(queue)


def _frame(item: Item) -> bytes:
    number, kind, ids = item
    return b"id: %d\nevent: %b\ndata: %b\n\n" % (number, kind.encode(), orjson.dumps(ids))
