"""Who is asking: in local mode person 1, in team mode whoever the cookie or the API token shows."""

from dataclasses import dataclass

from anyio.to_thread import run_sync
from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.types import ASGIApp, Receive, Scope, Send

from app import db
from app.accounts import queries, secrets
from app.accounts.models import LOCAL
from app.settings import Settings


@dataclass(frozen=True, slots=True)
class Reader:
    """The person behind a request, as pages need it. `role` '' = nobody is signed in."""

    id: int
    name: str
    initials: str
    role: str = "viewer"


LOCAL_READER = Reader(LOCAL, "local", "ME", "admin")
NOBODY = Reader(0, "", "", "")


def cookie_name(settings: Settings) -> str:
    """Return the name of the cookie that signs in; browsers hold __Host- ones to this very origin, over TLS."""
    return "__Host-styloscope" if settings.public_url.startswith("https://") else "styloscope"


class WhoIsAsking:
    """Set `request.state.person` on every request."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self.team = settings.mode == "team"
        self.key, self.cookie = settings.secret_key, cookie_name(settings)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            # Static files are everybody's, and never wait for a thread.
            everybody = scope["path"].startswith("/static/")
            person = (
                await run_sync(self._asking, Headers(scope=scope)) if self.team and not everybody else None
            )
            scope.setdefault("state", {})["person"] = person or (NOBODY if self.team else LOCAL_READER)
        await self.app(scope, receive, send)

    def _asking(self, headers: Headers) -> Reader | None:
        shown = headers.get("authorization", "")
        if shown[:7].lower() == "bearer ":
            hashed, find = secrets.keyed(shown[7:].strip(), self.key), queries.by_token
        elif cookie := cookie_parser(headers.get("cookie", "")).get(self.cookie):
            hashed, find = secrets.keyed(cookie, self.key), queries.by_cookie
        else:
            return None
        with db.reading() as session:
            found = find(session, hashed)
            return Reader(found.id, found.name, found.initials, found.role) if found else None
