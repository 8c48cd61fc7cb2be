"""What every page shares: templates, the reading dependency, errors and static files."""

import hashlib
import mimetypes
import secrets
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Any, ParamSpec, TypeVar

import anyio
import anyio.to_thread
from fastapi import APIRouter, Depends, Request, Response
from fastapi import Path as InPath
from fastapi.responses import HTMLResponse, JSONResponse, StreamingResponse
from fastapi.templating import Jinja2Templates
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from sqlalchemy.orm import Session

from app import __version__, db

ROOT = Path(__file__).resolve().parent.parent
STATIC = ROOT / "static"
LARGEST = 2**63 - 1
# The number of a row in an address: what no column can hold names nothing, and is never asked for.
Number = Annotated[int, InPath(ge=1, le=LARGEST)]

P = ParamSpec("P")
T = TypeVar("T")


# ------------------------------------------------------------------ reading and slow work


def _reading() -> Iterator[Session]:
    with db.reading() as session:
        yield session


# scope="function": closed before the reply is sent, so that no streamed reply holds a session.
ReadDep = Annotated[Session, Depends(_reading, scope="function")]

_slow_limiter = anyio.CapacityLimiter(2)


async def slow(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run slow work in a thread under a limiter of its own, so that it never keeps a page waiting."""
    return await anyio.to_thread.run_sync(lambda: work(*args, **kwargs), limiter=_slow_limiter)


# ------------------------------------------------------------------ errors


class PageError(Exception):
    """An error with a status and a line for the reader. Raise it, never return it: returning would commit."""

    status = 400

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class NotFound(PageError):
    """No such thing, or not for this person."""

    status = 404


class Invalid(PageError):
    """Bad input."""

    status = 422


def show_error(
    request: Request, status: int, message: str, headers: Mapping[str, str] | None = None
) -> Response:
    """Answer an error as a page, or as JSON where JSON was asked for."""
    if request.url.path.startswith("/api/") or "text/html" not in request.headers.get("accept", "text/html"):
        return JSONResponse({"error": message}, status, headers)
    shown = page(request, "error.html", status_code=status, status=status, message=message)
    shown.headers.update(headers or {})
    return shown


# ------------------------------------------------------------------ templates and static files


@dataclass(frozen=True, slots=True)
class Asset:
    """A static file held in memory."""

    body: bytes
    media_type: str
    sha: str


@cache
def assets() -> dict[str, Asset]:
    """Read every static file once; keys are paths below `static/`."""
    found = {}
    for path in sorted(STATIC.rglob("*")):
        if path.is_file() and not path.name.startswith("."):
            body = path.read_bytes()
            kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
            found[path.relative_to(STATIC).as_posix()] = Asset(
                body, kind, hashlib.sha256(body).hexdigest()[:12]
            )
    return found


@cache
def build() -> str:
    """Return one short hash over all static files: the version in their address."""
    return hashlib.sha256("".join(asset.sha for asset in assets().values()).encode()).hexdigest()[:10]


def asset_url(name: str) -> str:
    """Return the address of a static file; it changes with the files, so that browsers may keep it for ever."""
    if name not in assets():
        raise KeyError(f"no static file {name!r}; run `make setup` if it is one of static/vendor")
    return f"/static/{build()}/{name}"


@cache
def templates() -> Jinja2Templates:
    """Build the one template environment: autoescaping on, an undefined name is an error."""
    environment = Environment(
        loader=FileSystemLoader(ROOT / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.globals.update(asset=asset_url, version=__version__)
    return Jinja2Templates(env=environment)


def page(request: Request, template: str, *, status_code: int = 200, **context: Any) -> HTMLResponse:
    """Render a whole page. `here` (the section of the masthead) may be among the context."""
    return templates().TemplateResponse(request, template, _framed(request, context), status_code=status_code)


def _framed(request: Request, context: dict[str, Any]) -> dict[str, Any]:
    """Add what the layout needs to the context of a page."""
    theme = request.cookies.get("theme", "")
    return (
        {"here": ""}
        | context
        | {
            "person": request.state.person,
            "theme": theme if theme in {"light", "dark"} else "",
            "client": secrets.token_hex(4),
            "seen": getattr(request.state, "seen", None),
        }
    )


AT_ONCE = 32_000  # characters of a streamed page that are sent together


def streamed(request: Request, template: str, **context: Any) -> StreamingResponse:
    """Render a long page piece by piece as it is taken, each piece in a thread of slow work."""
    pieces = templates().env.get_template(template).generate(_framed(request, context) | {"request": request})
    return StreamingResponse(_taken(pieces, request.state.head), media_type="text/html; charset=utf-8")


async def _taken(pieces: Iterator[str], nothing: bool) -> AsyncIterator[str]:
    while not nothing and (piece := await slow(_take, pieces)):
        yield piece


def _take(pieces: Iterator[str]) -> str:
    """Return what comes next, as much as is worth sending; '' at the end."""
    taken: list[str] = []
    size = 0
    for piece in pieces:
        taken.append(piece)
        size += len(piece)
        if size >= AT_ONCE:
            break
    return "".join(taken)


def partial(request: Request, template: str, *, status_code: int = 200, **context: Any) -> HTMLResponse:
    """Render a part of a page for a live update: the same template and context as in the page."""
    context.update(person=request.state.person)
    return templates().TemplateResponse(request, template, context, status_code=status_code)


static_router = APIRouter()


@static_router.get("/static/{version}/{name:path}", include_in_schema=False)
async def static(version: str, name: str) -> Response:
    """Serve a static file from memory, never waiting for a thread."""
    asset = assets().get(name)
    if asset is None:
        raise NotFound("no such file")
    lasting = "public, max-age=31536000, immutable" if version == build() else "no-cache"
    return Response(asset.body, media_type=asset.media_type, headers={"cache-control": lasting})


@static_router.get("/favicon.ico", include_in_schema=False)
async def favicon() -> Response:
    """Serve the icon where browsers look for it unasked."""
    return Response(assets()["favicon.svg"].body, media_type="image/svg+xml")
