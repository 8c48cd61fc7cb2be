"""Who is asking. Until accounts exist this is person 1, `local`."""

from dataclasses import dataclass

from starlette.types import ASGIApp, Receive, Scope, Send

from app.accounts.models import LOCAL


@dataclass(frozen=True, slots=True)
class Reader:
    """The person behind a request, as pages need it."""

    id: int
    name: str
    initials: str


LOCAL_READER = Reader(LOCAL, "local", "ME")


class WhoIsAsking:
    """Set `request.state.person` on every request."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope.setdefault("state", {})["person"] = LOCAL_READER
        await self.app(scope, receive, send)
