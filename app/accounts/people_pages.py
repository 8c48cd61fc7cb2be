"""Who there is, what they may, and one's own password and tokens."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from app import db
from app.accounts import commands, queries, secrets
from app.accounts.models import ROLES, Person
from app.web import Invalid, Number, ReadDep, page, slow

router = APIRouter(include_in_schema=False)
Text = Annotated[str, Form(max_length=400)]
MAY = {"viewer": "reads", "coder": "reads and marks", "admin": "runs, rules and lets people in"}


def _people(request: Request, link: str = "") -> HTMLResponse:
    with db.reading() as session:
        return page(request, "accounts/people.html", here="people", lines=queries.people(session),
                    roles=ROLES, MAY=MAY, team=request.app.state.settings.mode == "team", link=link,
                    invitations=queries.open_invitations(session))  # fmt: skip


@router.get("/people")
def show(request: Request) -> HTMLResponse:
    """Show who there is, and to an admin who is invited."""
    return _people(request)


@router.post("/people/invite")
def invite(request: Request, role: Text = "coder") -> HTMLResponse:
    """Make an invitation, and show its link: once."""
    settings = request.app.state.settings
    with db.writing() as session:
        made = commands.invite(session, settings.secret_key, role, by=request.state.person.id)
    return _people(request, f"{settings.public_url.rstrip('/')}/join/{made}")


@router.post("/people/invitations/{number}/withdraw")
def withdraw(request: Request, number: Number) -> Response:
    """Let an invitation let nobody in any more."""
    with db.writing() as session:
        commands.withdraw(session, number, by=request.state.person.id)
    return RedirectResponse("/people", 303)


@router.post("/people/{number}/role")
def role(request: Request, number: Number, role: Text = "") -> Response:
    """Give somebody a role."""
    with db.writing() as session:
        commands.give_role(session, number, role, by=request.state.person.id)
    return RedirectResponse("/people", 303)


@router.post("/people/{number}/away")
def away(request: Request, number: Number, back: Annotated[bool, Form()] = False) -> Response:
    """Let somebody in no more, or again."""
    with db.writing() as session:
        commands.send_away(session, number, by=request.state.person.id, back=back)
    return RedirectResponse("/people", 303)


@router.post("/people/{number}/sign-out")
def sign_out(request: Request, number: Number) -> Response:
    """Sign somebody out everywhere."""
    with db.writing() as session:
        commands.sign_out_everywhere(session, number)
    return RedirectResponse("/people", 303)


@router.post("/people/{number}/password")
def new_password(request: Request, number: Number) -> HTMLResponse:
    """Make a link by which somebody sets a new password, and show it: once."""
    settings = request.app.state.settings
    with db.writing() as session:
        row = session.get(Person, number)
        if row is None or row.left_at is not None:
            raise Invalid("This person cannot come in.")
        made = commands.invite(
            session, settings.secret_key, row.role, by=request.state.person.id, person=number
        )
    return _people(request, f"{settings.public_url.rstrip('/')}/join/{made}")


# ------------------------------------------------------------------ one's own


def _own(request: Request, *, token: str = "", wrong: str = "", said: str = "") -> HTMLResponse:
    with db.reading() as session:
        mine = queries.tokens_of(session, request.state.person.id)
        return page(request, "accounts/me.html", here="people", tokens=mine, token=token, wrong=wrong, said=said,
                    team=request.app.state.settings.mode == "team", shortest=secrets.SHORTEST,
                    status_code=422 if wrong else 200)  # fmt: skip


@router.get("/me")
def me(request: Request) -> HTMLResponse:
    """Show one's own password and tokens."""
    return _own(request)


@router.post("/me/tokens")
def make_token(request: Request, name: Text = "") -> HTMLResponse:
    """Make an API token, and show it: once."""
    try:
        with db.writing() as session:
            key = request.app.state.settings.secret_key
            made = commands.make_token(session, key, request.state.person.id, name)
    except Invalid as error:
        return _own(request, wrong=error.message)
    return _own(request, token=made)


@router.post("/me/tokens/{number}/remove")
def remove_token(request: Request, number: Number) -> Response:
    """Remove an API token."""
    with db.writing() as session:
        commands.remove_token(session, request.state.person.id, number)
    return RedirectResponse("/me", 303)


@router.post("/me/password")
async def password(request: Request, old: Text = "", new: Text = "") -> Response:
    """Set a new password; every browser is signed out, this one too."""
    return await slow(_password, request, old, new)


def _password(request: Request, old: str, new: str) -> Response:
    person = request.state.person.id
    with db.reading() as session:
        kept = session.get_one(Person, person).password
    try:
        if not secrets.fits(old, kept):
            raise Invalid("old password: found another one than yours")
        made = secrets.hash_of(new)
        with db.writing() as session:
            commands.set_password(session, person, made)
    except Invalid as error:
        return _own(request, wrong=error.message)
    return RedirectResponse("/sign-in", 303)


@router.get("/-/me")
def who(request: Request, session: ReadDep) -> dict[str, str]:
    """Tell who is signed in, and what they may."""
    return {"name": request.state.person.name, "role": request.state.person.role}
