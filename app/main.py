"""The web application: `create_app()` puts routes, middleware and background work together."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from types import ModuleType

import anyio.to_thread
from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.exception_handlers import request_validation_exception_handler
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from app import __version__, db
from app.accounts import people_pages, roles, sign_in_pages
from app.accounts.person import WhoIsAsking
from app.annotations.routers import ROUTERS as CODING
from app.authoring import discarding, files, import_page, tried_page
from app.authoring import routes as authoring
from app.compare import cite_pages, print_pages, seen_pages, try_routes
from app.compare import routes as compare
from app.gate import Gate
from app.home import bring, go_pages
from app.home import routes as home
from app.live import routes as live
from app.probes import routes as probes
from app.reading import kept, personal, search, search_api, set_pages
from app.settings import Settings
from app.settings import settings as read_settings
from app.subjects import routes as subjects
from app.transcripts import acts, api, library
from app.transcripts import routes as runs
from app.transcripts import show as transcript
from app.web import PageError, show_error, static_router

FIRST_PAGE = 0.5  # seconds
health = APIRouter(include_in_schema=False)
SHOWN = 80  # characters of a value that could not be read


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Start what runs beside the pages, and end it so that Ctrl-C is obeyed with streams open."""
    if db.current().sqlite:
        # More threads are slower here: they wait for one another's locks and for the interpreter's.
        anyio.to_thread.current_default_thread_limiter().total_tokens = 2
    task = live.start(app)
    stop = asyncio.Event()
    collecting = asyncio.create_task(_collect(app, stop))
    try:
        yield
    finally:
        app.state.hub.close()
        stop.set()  # calls under way have some seconds to come back
        if app.state.probing is not None:
            await app.state.probing.stop()
        await asyncio.gather(collecting, return_exceptions=True)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _collect(app: FastAPI, stop: asyncio.Event) -> None:
    """Collect what runs have queued, where this server was given a way to."""
    if app.state.load_supervise is None:
        return
    # The network's libraries take as long to load as all the pages: the first page goes before them.
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), FIRST_PAGE)
        return
    app.state.supervise = await asyncio.to_thread(app.state.load_supervise)
    await app.state.supervise.collect_for_ever(app.state.settings, keys=os.environ, stop=stop)


def create_app(
    settings: Settings | None = None, *, load_supervise: Callable[[], ModuleType] | None = None
) -> FastAPI:
    """Build the application. A database must be open (`schema.open_ready`) before it is started.

    `load_supervise` returns the module `transcripts.supervise` once the server has started; without it the
    server only shows what others collect.
    """
    settings = settings or read_settings()
    app = FastAPI(
        title="Styloscope",
        version=__version__,
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
    )
    app.state.settings = settings
    app.state.supervise, app.state.load_supervise = None, load_supervise
    app.state.probing = None
    for router in routers():
        # As they are: a router that is included whole is matched three times over, half of what a kept page costs.
        app.router.routes.extend(router.routes)
    roles.guard(app.router.routes)
    app.add_middleware(WhoIsAsking, settings=settings)
    app.add_middleware(live.SeenSoFar)
    app.add_middleware(Gate, settings=settings)
    app.add_exception_handler(PageError, _page_error)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(RequestValidationError, _unreadable)
    return app


def routers() -> list:  # type: ignore[type-arg]
    """Return every package's routes. No two answer the same address: what is asked for most stands first."""
    return [
        static_router,
        health,
        compare.router,
        seen_pages.router,
        transcript.router,
        *CODING,
        search.router,
        search_api.router,
        live.router,
        home.router,
        bring.router,
        go_pages.router,
        runs.router,
        acts.router,
        api.router,
        personal.router,
        kept.router,
        cite_pages.router,
        print_pages.router,
        set_pages.router,
        try_routes.router,
        authoring.router,
        discarding.router,
        files.router,
        import_page.router,
        tried_page.router,
        subjects.router,
        probes.router,
        library.router,
        sign_in_pages.router,
        people_pages.router,
    ]


@health.get("/healthz")
def healthz() -> dict[str, str]:
    """Answer that the server and its database are there, without writing."""
    db.ping()
    return {"status": "ok", "version": __version__}


def _page_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, PageError)
    return show_error(request, error.status, error.message)


def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return show_error(request, error.status_code, str(error.detail), error.headers)


async def _unreadable(request: Request, error: Exception) -> Response:
    """Answer an address that names nothing, or a field that cannot be read, as a page; to the API in full."""
    assert isinstance(error, RequestValidationError)
    if request.url.path.startswith("/api/"):
        return await request_validation_exception_handler(request, error)
    first = error.errors()[0]
    place, *names = first["loc"]
    if place == "path":
        return show_error(request, 404, "There is no such page.")
    found = repr(first.get("input"))[:SHOWN]
    return show_error(request, 422, f"{'.'.join(map(str, names))}: found {found}. {first['msg']}.")
