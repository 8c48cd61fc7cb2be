"""What each address asks of who comes: a line for every route. One that stands nowhere here stops the start."""

from collections.abc import Iterable, Mapping
from functools import cache
from urllib.parse import quote

from starlette.responses import RedirectResponse
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from app.accounts.models import ROLES
from app.web import PageError

# viewer: reads, and keeps what is their own. coder: marks, words the codebook, writes drafts and sets. admin: what
# costs money, reaches other machines, rules how a study is coded, and people. open: before anybody is signed in.
DECLARED: Mapping[str, str] = {
    "open": """
        GET /join/{token}
        GET /sign-in
        POST /join/{token}
        POST /sign-in
        POST /sign-out
        GET /favicon.ico
        GET /healthz
        GET /static/{version}/{name:path}
    """,
    "viewer": """
        GET /api/v1/studies/{slug}/rates
        GET /me
        GET /-/me
        GET /people
        POST /me/password
        POST /me/tokens
        POST /me/tokens/{number}/remove
        DELETE /api/v1/bookmarks/{number}
        GET /
        GET /-/go
        GET /-/home/runs
        GET /-/home/under-way
        GET /-/patterns
        GET /-/patterns/now
        GET /-/runs
        GET /-/runs/{run_id}
        GET /-/runs/{run_id}/changed
        GET /-/studies/{slug}/marks/{number}
        GET /-/studies/{slug}/place
        GET /-/studies/{slug}/tags/{tag}
        GET /-/transcripts/{number}/code
        GET /-/transcripts/{number}/token
        GET /api/v1/runs
        GET /api/v1/runs/{number}
        GET /api/v1/search
        GET /api/v1/studies/{slug}/agreement
        GET /api/v1/studies/{slug}/annotations
        GET /api/v1/studies/{slug}/annotations/{number}
        GET /api/v1/studies/{slug}/marks
        GET /api/v1/studies/{slug}/seen
        GET /api/v1/studies/{slug}/unseen
        GET /api/v1/transcripts
        GET /api/v1/transcripts/{number}
        GET /api/v1/transcripts/{number}/citation
        GET /api/v1/transcripts/{number}/exchanges
        GET /api/v1/transcripts/{number}/mine
        GET /bookmarks
        GET /code
        GET /compare
        GET /events
        GET /go
        GET /library
        GET /library/batteries/{slug}
        GET /library/batteries/{slug}/file
        GET /library/endpoints/{slug}
        GET /library/rules
        GET /library/styles/{slug}
        GET /library/subjects/{slug}
        GET /openapi.json
        GET /runs
        GET /runs/{run_id}
        GET /runs/{run_id}/draws
        GET /runs/{run_id}/failures
        GET /search
        GET /sets/{number}
        GET /studies
        GET /studies/{slug}
        GET /studies/{slug}/agreement
        GET /studies/{slug}/agreement/{tag}
        GET /studies/{slug}/code
        GET /studies/{slug}/codebook
        GET /studies/{slug}/codebook.yaml
        GET /studies/{slug}/codebook/revisions/{number}
        GET /studies/{slug}/compare
        GET /studies/{slug}/compare/{battery}
        GET /studies/{slug}/compare/{battery}/{key}
        GET /studies/{slug}/file
        GET /studies/{slug}/print
        GET /studies/{slug}/search
        GET /studies/{slug}/sets
        GET /studies/{slug}/tags/{tag}
        GET /studies/{slug}/unseen
        GET /transcripts/{number}
        GET /transcripts/{number}/cite
        GET /transcripts/{number}/code
        GET /transcripts/{number}/code/next
        POST /api/v1/bookmarks
        POST /api/v1/bookmarks/{number}/restore
        POST /api/v1/places
        POST /api/v1/seen
        POST /bookmarks/{number}/note
        POST /bookmarks/{number}/remove
        POST /bookmarks/{number}/restore
    """,
    "coder": """
        GET /studies/{slug}/tag-all
        POST /studies/{slug}/tag-all
        DELETE /api/v1/studies/{slug}/annotations/{number}
        GET /-/library/drafts
        GET /-/library/drafts/{number}/side
        GET /-/studies/{slug}/try/{run_id}
        GET /library/drafts/{number}
        GET /library/drafts/{number}/discard
        GET /library/drafts/{number}/file
        GET /library/drafts/{number}/import
        GET /studies/{slug}/codebook/import
        GET /studies/{slug}/codebook/new
        GET /studies/{slug}/sets/new
        GET /studies/{slug}/tags/{tag}/edit
        GET /studies/{slug}/try
        GET /studies/{slug}/try/{run_id}
        GET /studies/{slug}/try/{run_id}/keep
        GET /try
        PATCH /api/v1/studies/{slug}/annotations/{number}
        POST /-/studies/{slug}/try/{run_id}/keep
        POST /api/v1/studies/{slug}/annotations
        POST /api/v1/studies/{slug}/annotations/{number}/confirm
        POST /api/v1/studies/{slug}/passes
        POST /api/v1/studies/{slug}/redo
        POST /api/v1/studies/{slug}/undo
        POST /library/drafts
        POST /library/drafts/{number}
        POST /library/drafts/{number}/discard
        POST /library/drafts/{number}/import
        POST /library/{kind}/{slug}/clone
        POST /library/{kind}/{slug}/edit
        POST /sets/{number}
        POST /sets/{number}/away
        POST /sets/{number}/back
        POST /studies/{slug}/clone
        POST /studies/{slug}/codebook/import
        POST /studies/{slug}/codebook/new
        POST /studies/{slug}/codebook/revisions/{number}/restore
        POST /studies/{slug}/codebook/starter
        POST /studies/{slug}/edit
        POST /studies/{slug}/sets
        POST /studies/{slug}/tags/{tag}/archive
        POST /studies/{slug}/tags/{tag}/edit
        POST /studies/{slug}/tags/{tag}/merge
        POST /studies/{slug}/tags/{tag}/split
        POST /studies/{slug}/try/{run_id}/keep
    """,
    "admin": """
        POST /people/invite
        POST /people/invitations/{number}/withdraw
        POST /people/{number}/away
        POST /people/{number}/password
        POST /people/{number}/role
        POST /people/{number}/sign-out
        GET /-/runs/new
        GET /library/bring
        GET /library/drafts/{number}/publish
        GET /library/endpoints/{slug}/probe
        GET /runs/new
        POST /-/library/drafts/{number}/answers
        POST /-/studies/{slug}/try
        POST /-/studies/{slug}/try/turns
        POST /library/bring
        POST /library/built-in
        POST /library/drafts/{number}/publish
        POST /library/endpoints/{slug}/probe
        POST /runs
        POST /runs/{run_id}/cancel
        POST /runs/{run_id}/extend
        POST /runs/{run_id}/pause
        POST /runs/{run_id}/resume
        POST /runs/{run_id}/retry
        POST /studies/{slug}/agreement/{tag}/decide
        POST /studies/{slug}/coding-rule
        POST /studies/{slug}/try
    """,
}


class Undeclared(RuntimeError):
    """A route without a role, or a role for a route that is not there."""


class NotAllowed(PageError):
    """Somebody's role is not enough."""

    status = 403


class NotSignedIn(PageError):
    """Nobody is signed in."""

    status = 401


@cache
def declared() -> dict[str, str]:
    """Return the role that each route asks, by its method and path."""
    return {
        line.strip(): role for role, lines in DECLARED.items() for line in lines.split("\n") if line.strip()
    }


def named(route: Route) -> list[str]:
    """Return a route as the table names it, once for each method."""
    return [f"{method} {route.path}" for method in sorted((route.methods or set()) - {"HEAD"})]


def guard(routes: Iterable[BaseRoute]) -> None:
    """Put every route behind the role that it is declared to ask; raise Undeclared where the table is not true."""
    known = declared()
    seen: set[str] = set()
    for route in routes:
        assert isinstance(route, Route)
        asks = {name: known.get(name) for name in named(route)}
        missing = sorted(name for name, role in asks.items() if role is None)
        if missing:
            raise Undeclared(f"{', '.join(missing)}: no role is declared (app/accounts/roles.py)")
        seen |= asks.keys()
        if not isinstance(route.app, Guarded):  # routes are made once, and served by every application
            route.app = Guarded(route.app, {name.split(" ")[0]: role or "" for name, role in asks.items()})
    if stale := sorted(known.keys() - seen):
        raise Undeclared(f"{', '.join(stale)}: declared, and no route has that address")


class Guarded:
    """A route's application behind the role that each method asks."""

    def __init__(self, app: ASGIApp, asks: Mapping[str, str]) -> None:
        self.app, self.asks = app, asks

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        has, asked = scope["state"]["person"].role, self.asks[scope["method"]]
        if asked == "open" or (has and ROLES.index(has) >= ROLES.index(asked)):
            await self.app(scope, receive, send)
        elif has:
            raise NotAllowed(f"This is for {asked}s; you are a {has}.")
        else:
            await turned_away(scope)(scope, receive, send)


def turned_away(scope: Scope) -> ASGIApp:
    """Send a browser that opens a page to where people sign in; tell others that nobody is signed in."""
    wanted = dict(scope["headers"]).get(b"accept", b"")
    path = scope["path"]
    page = scope["method"] == "GET" and b"text/html" in wanted and not path.startswith(("/api/", "/-/"))
    if not page:
        raise NotSignedIn("Nobody is signed in, or not any more.")
    query = scope["query_string"].decode("latin-1")
    address = path + (f"?{query}" if query else "")
    return RedirectResponse(f"/sign-in?next={quote(address, safe='')}", 303)
