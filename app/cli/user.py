"""The `user` command: who may come in, where no page can say so yet."""

import json
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from app.cli.main import command, fail

if TYPE_CHECKING:
    from app.db import Database
    from app.settings import Settings

Act = Literal["list", "invite", "role", "away", "back", "password"]
Name = Annotated[
    str, typer.Argument(metavar="[NAME]", help="Whom it is about, for role, away, back and password.")
]


@command("user")
def user(
    act: Annotated[Act, typer.Argument(help="What to do.")],
    name: Name = "",
    role: Annotated[str, typer.Option("--role", help="viewer, coder or admin.")] = "",
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON document and nothing else.")
    ] = False,
) -> None:
    """Invite people to a team's server, and say what they may: invite prints a link that lets one in, once."""
    from app.cli.local import local_settings
    from app.schema import open_ready

    found = local_settings()
    if found.mode != "team":
        fail("STYLOSCOPE_MODE: found 'local', where there is one person; expected 'team'")
    open_ready(found)
    told = _list() if act == "list" else _done(found, act, name, role)
    print(json.dumps(told, ensure_ascii=False) if as_json else _said(told))


def _done(settings: "Settings", act: str, name: str, role: str) -> dict[str, Any]:
    from app import db
    from app.accounts import commands
    from app.web import PageError

    try:
        with db.writing() as session:
            if act == "invite":
                made = commands.invite(session, settings.secret_key, role or "coder")
                return {"role": role or "coder", "link": _link(settings, made)}
            number = _number(session, name)
            if act == "role":
                commands.give_role(session, number, role, by=None)
                return {"name": name, "role": role}
            if act == "password":
                made = commands.invite(session, settings.secret_key, "viewer", person=number)
                return {"name": name, "link": _link(settings, made)}
            commands.send_away(session, number, by=None, back=act == "back")
            return {"name": name, "left": act == "away"}
    except PageError as error:
        fail(error.message)


def _link(settings: "Settings", token: str) -> str:
    return f"{settings.public_url.rstrip('/')}/join/{token}"


def _number(session: Any, name: str) -> int:
    from app.accounts import queries

    found = queries.by_name(session, name) if name else None
    if found is None:
        fail(f"NAME: found {name!r}, expected somebody of `styloscope user list`")
    return found.id


def _list() -> dict[str, Any]:
    from app import db
    from app.accounts import queries

    with db.reading() as session:
        return {"people": [
            {"name": one.person.name, "role": one.person.role, "signs_in": one.person.password is not None,
             "left": one.person.left_at is not None, "browsers": one.browsers}
            for one in queries.people(session)
        ]}  # fmt: skip


def _said(told: dict[str, Any]) -> str:
    if "people" in told:
        return "\n".join(_line(one) for one in told["people"])
    if "link" in told:
        return f"Give this link to the person that it is for; it lets one in, once, within a week:\n{told['link']}"
    return ", ".join(f"{name} {value}" for name, value in told.items())


def _line(one: dict[str, Any]) -> str:
    return f"{one['name']}: {one['role']}" + (", left" if one["left"] else "")


def need_an_admin(opened: "Database") -> None:
    """Fail where nobody could let anybody in: no admin, and none invited."""
    from app.accounts import queries

    with opened.reading() as session:
        invited = any(one.role == "admin" for one in queries.open_invitations(session))
        if not queries.admins(session) and not invited:
            fail("There is no admin yet; `styloscope user invite --role admin` prints a link that makes one.")
