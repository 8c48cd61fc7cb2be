"""Signing in and out, and joining by an invitation. The only pages that somebody unknown is shown."""

from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from app import db
from app.accounts import commands, queries, secrets
from app.accounts.person import cookie_name
from app.accounts.throttle import Throttle
from app.web import Invalid, NotFound, page, slow

router = APIRouter(include_in_schema=False)
Text = Annotated[str, Form(max_length=400)]
WRONG = "This name and password do not belong together."
_throttle = Throttle()


def way(text: str) -> str:
    """Return an address of ours to go on to; anything else leads home."""
    parts = urlsplit(text)
    ours = (
        text.startswith("/") and not text.startswith(("//", "/\\")) and not parts.netloc and not parts.scheme
    )
    return text if ours and text.isprintable() and "\\" not in text else "/"


@router.get("/sign-in")
def show(request: Request, next: Annotated[str, Query(max_length=2000)] = "/") -> Response:
    """Show the form that signs in; who is signed in already goes on."""
    if request.state.person.id:
        return RedirectResponse(way(next), 303)
    return page(request, "accounts/sign_in.html", next=way(next), wrong="", name="")


@router.post("/sign-in")
async def sign_in(request: Request, name: Text = "", password: Text = "", next: Annotated[str, Form(max_length=2000)] = "/") -> Response:  # fmt: skip  # noqa: E501
    """Sign a browser in; wrong guesses wait, longer each time."""
    return await slow(_sign_in, request, name, password, way(next))


def _sign_in(request: Request, name: str, password: str, next: str) -> Response:
    about = (f"name {name.strip().lower()[:100]}", f"from {request.client.host if request.client else ''}")
    wait = _throttle.wait(*about)
    if wait:
        return _again(
            request, f"Too many wrong passwords. Try again in {round(wait) + 1} seconds.", name, next, 429
        )
    with db.reading() as session:
        person = queries.by_name(session, name)
        kept = person.password if person and person.left_at is None else None
    if not secrets.fits(password, kept) or person is None:
        _throttle.wrong(*about)
        return _again(request, WRONG, name, next, 401)
    _throttle.right(*about)
    return _signed_in(request, person.id, next)


def _again(request: Request, wrong: str, name: str, next: str, status: int) -> HTMLResponse:
    return page(request, "accounts/sign_in.html", next=next, wrong=wrong, name=name, status_code=status)


def _signed_in(request: Request, person: int, next: str) -> Response:
    settings = request.app.state.settings
    with db.writing() as session:
        token = commands.sign_in(session, settings.secret_key, person)
    reply = RedirectResponse(next, 303)
    reply.set_cookie(cookie_name(settings), token, httponly=True, samesite="lax", path="/",
                     secure=settings.public_url.startswith("https://"),
                     max_age=int(commands.SIGNED_IN_FOR.total_seconds()))  # fmt: skip
    return reply


@router.post("/sign-out")
def sign_out(request: Request, everywhere: Annotated[bool, Form()] = False) -> Response:
    """Sign this browser out, or every one of the reader's, with their API tokens."""
    settings, person = request.app.state.settings, request.state.person.id
    shown = request.cookies.get(cookie_name(settings), "")
    with db.writing() as session:
        if everywhere:
            commands.sign_out_everywhere(session, person)
        commands.sign_out(session, secrets.keyed(shown, settings.secret_key))
    reply = RedirectResponse("/sign-in", 303)
    reply.delete_cookie(cookie_name(settings), path="/", httponly=True, samesite="lax",
                        secure=settings.public_url.startswith("https://"))  # fmt: skip
    return reply


@router.get("/join/{token}")
def invited(request: Request, token: str) -> HTMLResponse:
    """Show the form of an invitation, or that it lets nobody in any more."""
    return _joining(request, token, "", {})


def _joining(request: Request, token: str, wrong: str, sent: dict[str, str]) -> HTMLResponse:
    with db.reading() as session:
        found = queries.invitation(session, _hashed(request, token))
        if found is None:
            raise NotFound("This invitation was used, withdrawn or is too old. Ask for a new one.")
        return page(request, "accounts/join.html", token=token, wrong=wrong, sent=sent, role=found.role,
                    again=found.person_id is not None, shortest=secrets.SHORTEST,
                    status_code=422 if wrong else 200)  # fmt: skip


def _hashed(request: Request, token: str) -> str:
    return secrets.keyed(token, request.app.state.settings.secret_key)


@router.post("/join/{token}")
async def join(
    request: Request, token: str, name: Text = "", initials: Text = "", password: Text = ""
) -> Response:
    """Let somebody in by their invitation, and sign their browser in."""
    return await slow(_join, request, token, name, initials, password)


def _join(request: Request, token: str, name: str, initials: str, password: str) -> Response:
    hashed = _hashed(request, token)
    with db.reading() as session:
        if queries.invitation(session, hashed) is None:  # before a password is hashed for nothing
            raise NotFound("This invitation was used, withdrawn or is too old. Ask for a new one.")
    try:
        made = secrets.hash_of(password)
        with db.writing() as session:
            person = commands.join(session, hashed, name, initials, made).id
    except Invalid as error:
        return _joining(request, token, error.message, {"name": name, "initials": initials})
    return _signed_in(request, person, "/")
