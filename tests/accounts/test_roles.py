"""Each route asks the role that it is declared to: tried as everybody, for every route that there is."""

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import pytest
from fastapi import APIRouter

from app import db, main
from app.accounts import roles
from app.accounts.models import ROLES
from app.db import Database
from app.settings import Settings
from tests.accounts import team
from tests.annotations import coded
from tests.journeys.databases import database_for
from tests.security.routes import Known, every_route
from tests.security.test_every_route import of

pytestmark = pytest.mark.anyio
ASKED = roles.declared()
SIGNS_OUT = {"POST /sign-out", "POST /me/password"}


@pytest.fixture(scope="module")
def shared(request: pytest.FixtureRequest) -> Iterator[Database]:
    """One database for the whole matrix."""
    with database_for(request, "sqlite") as shell:
        opened = db.Database(f"sqlite:///{shell.folder / 'styloscope.db'}")
        before = db.use(opened)
        with db.writing() as session:
            coded.study(session, repeats=1)
        for role in ROLES:
            team.person(f"the {role}", role)
        team.person("another admin", "admin")
        yield opened
        db.use(before)
        opened.close()


@pytest.fixture
async def clients(shared: Database, tmp_path: Path) -> AsyncIterator[dict[str, httpx.AsyncClient]]:
    """A browser for each role, and one that is not signed in (''); their streams end at once."""
    found = team.settings(tmp_path)
    async with AsyncExitStack() as stack:
        made = {"": await stack.enter_async_context(team.client(found))}
        for number, role in enumerate(ROLES, 2):
            made[role] = await stack.enter_async_context(team.client(found, number))
        for one in made.values():
            app = one._transport.app  # type: ignore[attr-defined]
            app.state.hub = main.live.Hub(main.live._look, main.live._newest)
            app.state.hub.close()
        yield made


def test_every_route_is_declared_once_and_nothing_else_is() -> None:
    assert {str(one) for one in every_route()} == set(ASKED)
    lines = [line.strip() for some in roles.DECLARED.values() for line in some.split("\n") if line.strip()]
    assert len(lines) == len(set(lines))
    assert set(roles.DECLARED) == {"open", *ROLES}


@pytest.mark.parametrize("route", every_route(), ids=str)
async def test_each_role_is_let_through_or_turned_away_as_declared(
    clients: dict[str, httpx.AsyncClient], route: Known
) -> None:
    asked = ASKED[str(route)]
    for role, one in clients.items():
        if str(route) in SIGNS_OUT and role:
            continue
        body = {"content": b"{}", "headers": {"content-type": "application/json"}}
        reply = await one.request(route.method, of(route), **({} if route.method == "GET" else body))
        enough = asked == "open" or (role and ROLES.index(role) >= ROLES.index(asked))
        to_sign_in = reply.status_code == 303 and reply.headers["location"].startswith("/sign-in")
        if enough:
            assert reply.status_code not in {401, 403} or (asked == "open" and reply.status_code == 401), (
                role,
                reply,
            )
            assert not to_sign_in or asked == "open", role
        elif role:
            assert reply.status_code == 403, role
        else:
            assert reply.status_code == 401 or to_sign_in, reply.status_code


def test_an_application_with_a_route_that_is_not_declared_does_not_start(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    router = APIRouter()

    @router.get("/new")
    def new() -> None:
        """Stand nowhere in the table."""

    known = main.routers()
    monkeypatch.setattr(main, "routers", lambda: [*known, router])
    with pytest.raises(roles.Undeclared, match="GET /new: no role is declared"):
        main.create_app(Settings())
    monkeypatch.setattr(main, "routers", lambda: known[1:])
    with pytest.raises(
        roles.Undeclared, match=r"GET /static/\{version\}/\{name:path\}: declared, and no route"
    ):
        main.create_app(Settings())


async def test_who_is_not_signed_in_is_led_back_to_the_page_they_wanted(
    clients: dict[str, httpx.AsyncClient],
) -> None:
    page = await clients[""].get("/studies/first-light/compare?hide=kept")
    api = await clients[""].get("/api/v1/runs")
    part = await clients[""].get("/-/runs")
    act = await clients[""].post("/runs")
    assert page.headers["location"] == "/sign-in?next=%2Fstudies%2Ffirst-light%2Fcompare%3Fhide%3Dkept"
    assert [reply.status_code for reply in (api, part, act)] == [401, 401, 401]
    assert api.json() == {"error": "Nobody is signed in, or not any more."}


async def test_what_a_role_may_not_is_said_in_words(clients: dict[str, httpx.AsyncClient]) -> None:
    told = (await clients["viewer"].post("/api/v1/studies/first-light/undo")).json()
    assert told == {"error": "This is for coders; you are a viewer."}


async def test_in_local_mode_the_one_person_may_all(shared: Database) -> None:
    transport = httpx.ASGITransport(main.create_app(Settings()))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8765") as one:
        assert (await one.get("/-/me")).json() == {"name": "local", "role": "admin"}
        assert (await one.get("/people")).status_code == 200
