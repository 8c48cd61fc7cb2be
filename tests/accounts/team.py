"""A team's server: its settings, its people, and clients that are signed in as them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import httpx

from app import db
from app.accounts import commands, secrets
from app.accounts.models import Person
from app.accounts.person import cookie_name
from app.main import create_app
from app.settings import Settings

KEY = "a-key-of-tests-0123456789-abcdefgh"
PASSWORD = "correct horse battery"
HASH = secrets.hash_of(PASSWORD)  # hashed once: it is slow on purpose


def settings(data: Path, public_url: str = "http://127.0.0.1:8765") -> Settings:
    return replace(Settings(data=data), mode="team", public_url=public_url, secret_key=KEY)


def person(name: str, role: str = "coder") -> int:
    """Write somebody who can sign in."""
    with db.writing() as session:
        row = Person(name=name, initials=name[:2].upper(), role=role, password=HASH)
        session.add(row)
        session.flush()
        return row.id


def cookie(number: int) -> str:
    """Sign a browser of somebody's in; return what its cookie holds."""
    with db.writing() as session:
        return commands.sign_in(session, KEY, number)


@asynccontextmanager
async def client(
    found: Settings, number: int | None = None, **headers: str
) -> AsyncIterator[httpx.AsyncClient]:
    """A browser before a team's server, signed in as somebody or not."""
    transport = httpx.ASGITransport(create_app(found))
    cookies = {} if number is None else {cookie_name(found): cookie(number)}
    sent = {"accept": "text/html", **headers}
    async with httpx.AsyncClient(
        transport=transport, base_url="http://127.0.0.1:8765", headers=sent, cookies=cookies
    ) as made:
        yield made
