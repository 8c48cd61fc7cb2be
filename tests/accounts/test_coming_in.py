"""Coming in and going out: invitations, passwords, cookies, tokens, and what happens when somebody leaves."""

import re
from pathlib import Path

import httpx
import pytest

from app import db
from app.accounts import commands, queries, secrets, sign_in_pages
from app.accounts.models import ApiToken, Invitation, Person, SignIn
from app.accounts.throttle import Throttle
from app.db import Database
from app.live.models import Event
from app.settings import Settings
from app.web import Invalid
from tests.accounts import team
from tests.accounts.team import KEY, PASSWORD, client

pytestmark = pytest.mark.anyio


@pytest.fixture
def server(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setattr(sign_in_pages, "_throttle", Throttle())
    return team.settings(tmp_path)


async def sign_in(one: httpx.AsyncClient, name: str, password: str = PASSWORD, **more: str) -> httpx.Response:
    return await one.post("/sign-in", data={"name": name, "password": password, **more})


async def test_somebody_is_invited_joins_and_is_signed_in(server: Settings) -> None:
    admin = team.person("root", "admin")
    async with client(server, admin) as one, client(server) as other:
        page = (await one.post("/people/invite", data={"role": "coder"})).text
        link = re.search(r"http://127\.0\.0\.1:8765(/join/[\w-]+)", page)
        assert link
        form = await other.get(link[1])
        short = await other.post(link[1], data={"name": "Ana", "password": "short"})
        joined = await other.post(link[1], data={"name": " Ana  Kowalska ", "password": PASSWORD})
        me = (await other.get("/-/me")).json()
        again = await other.get(link[1])
        page_again = (await one.get("/people")).text
    assert "Join as a coder" in form.text
    assert (short.status_code, "at least" in short.text.lower()) == (422, True)
    assert "Ana" in short.text  # the form comes back as it was
    assert (joined.status_code, joined.headers["location"]) == (303, "/")
    assert me == {"name": "Ana Kowalska", "role": "coder"}
    assert again.status_code == 404
    assert link[1] not in page_again  # a link is shown once
    with db.reading() as session:
        ana = queries.by_name(session, "ana kowalska")
        assert ana is not None
        assert (ana.initials, ana.role) == ("AK", "coder")
        assert ana.password is not None
        assert ana.password.startswith("$argon2id$")


async def test_nothing_that_opens_a_door_is_kept_as_it_is(server: Settings) -> None:
    ana = team.person("ana")
    cookie = team.cookie(ana)
    with db.writing() as session:
        token = commands.make_token(session, KEY, ana, "script")
        link = commands.invite(session, KEY, "viewer")
    with db.reading() as session:
        tables = (SignIn, ApiToken, Invitation)
        kept = [row.hash for table in tables for row in session.query(table).all()]
        told = str([(one.ids, one.before, one.after) for one in session.query(Event).all()])
    for secret in (cookie, token, link, PASSWORD):
        assert secret not in str(kept)
        assert secret not in told
    assert secrets.keyed(cookie, "another key") not in str(kept)


async def test_a_password_signs_in_and_the_way_goes_on_within_our_own_pages(server: Settings) -> None:
    team.person("ana")
    async with client(server) as one:
        form = await one.get("/sign-in?next=/runs")
        right = await sign_in(one, " ANA ", next="/runs?x=1")
        signed = await one.get("/sign-in?next=/bookmarks")
        elsewhere = [
            (await sign_in(one, "ana", next=way)).headers["location"]
            for way in (
                "https://evil.example/",
                "//evil.example",
                "/\\evil.example",
                "javascript:alert(1)",
                "runs",
                "",
            )
        ]
    assert 'value="/runs"' in form.text
    assert (right.status_code, right.headers["location"]) == (303, "/runs?x=1")
    cookie = right.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert signed.headers["location"] == "/bookmarks"
    assert elsewhere == ["/"] * 6


async def test_over_https_the_cookie_is_bound_to_the_host(server: Settings, tmp_path: Path) -> None:
    team.person("ana")
    found = team.settings(tmp_path, "https://127.0.0.1:8765")
    async with client(found) as one:
        cookie = (await sign_in(one, "ana")).headers["set-cookie"]
    assert cookie.startswith("__Host-styloscope=")
    assert "Secure" in cookie
    assert "Domain" not in cookie


@pytest.mark.parametrize(
    ("name", "password"), [("ana", "wrong"), ("nobody", PASSWORD), ("local", ""), ("", "")]
)
async def test_what_does_not_fit_is_told_alike_whoever_it_is(
    server: Settings, name: str, password: str
) -> None:
    team.person("ana")
    async with client(server) as one:
        reply = await sign_in(one, name, password)
        inside = await one.get("/-/me", headers={"accept": "application/json"})
    assert reply.status_code == 401
    assert sign_in_pages.WRONG in reply.text
    assert "set-cookie" not in reply.headers
    assert inside.status_code == 401


async def test_guessing_waits(server: Settings) -> None:
    team.person("ana")
    async with client(server) as one:
        replies = [(await sign_in(one, "ana", f"wrong {nth}")).status_code for nth in range(7)]
        right = await sign_in(one, "ana")
    assert replies[:6] == [401] * 6
    assert replies[6] == 429
    assert right.status_code == 429  # whoever waits waits, right or not
    assert "Too many wrong passwords" in right.text


def test_each_wrong_guess_doubles_the_wait_up_to_a_quarter_of_an_hour() -> None:
    now = [0.0]
    throttle = Throttle(lambda: now[0])
    waits = []
    for _ in range(20):
        throttle.wrong("a")
        waits.append(throttle.wait("a"))
    assert waits[:8] == [0, 0, 0, 0, 0, 2, 4, 8]
    assert waits[-1] == 900
    assert throttle.wait("b") == 0
    now[0] = 900
    assert throttle.wait("a") == 0
    throttle.right("a")
    throttle.wrong("a")
    assert throttle.wait("a") == 0


async def test_signing_out_here_and_everywhere(server: Settings) -> None:
    ana = team.person("ana")
    async with client(server, ana) as one, client(server, ana) as other, client(server) as program:
        made = (await one.post("/me/tokens", data={"name": "script"})).text
        found = re.search(r"Bearer ([\w-]+)", made)
        assert found
        bearer = {"authorization": f"Bearer {found[1]}"}
        by_token = (await program.get("/-/me", headers=bearer)).json()
        await one.post("/sign-out")
        gone = await one.get("/-/me", headers={"accept": "application/json"})
        still = await other.get("/-/me")
        await other.post("/sign-out", data={"everywhere": "true"})
        no_token = await program.get("/-/me", headers=bearer)
    assert by_token["name"] == "ana"
    assert (gone.status_code, still.status_code, no_token.status_code) == (401, 200, 401)
    with db.reading() as session:
        assert session.query(SignIn).count() == 0


async def test_a_new_password_signs_every_browser_out(server: Settings) -> None:
    ana = team.person("ana")
    async with client(server, ana) as one, client(server, ana) as other:
        wrong = await one.post("/me/password", data={"old": "wrong", "new": "another long one"})
        short = await one.post("/me/password", data={"old": PASSWORD, "new": "short"})
        told = await one.post("/me/password", data={"old": PASSWORD, "new": "another long one"})
        gone = await other.get("/-/me", headers={"accept": "application/json"})
        old = await sign_in(other, "ana")
        new = await sign_in(other, "ana", "another long one")
    assert (wrong.status_code, short.status_code) == (422, 422)
    assert (told.headers["location"], gone.status_code, old.status_code, new.status_code) == (
        "/sign-in",
        401,
        401,
        303,
    )


async def test_who_is_sent_away_is_out_at_once_and_their_name_stays(server: Settings) -> None:
    admin, ana = team.person("root", "admin"), team.person("ana")
    async with client(server, admin) as one, client(server, ana) as other:
        assert (await other.get("/-/me")).status_code == 200
        await one.post(f"/people/{ana}/away")
        out = await other.get("/-/me", headers={"accept": "application/json"})
        no_more = await sign_in(other, "ana")
        listed = (await one.get("/people")).text
        await one.post(f"/people/{ana}/away", data={"back": "true"})
        back = await sign_in(other, "ana")
    assert (out.status_code, no_more.status_code, back.status_code) == (401, 401, 303)
    assert ">left<" in listed


async def test_a_role_holds_from_the_next_request_on(server: Settings) -> None:
    admin, ana = team.person("root", "admin"), team.person("ana", "viewer")
    async with client(server, admin) as one, client(server, ana) as other:
        before = (await other.get("/-/me")).json()["role"]
        await one.post(f"/people/{ana}/role", data={"role": "coder"})
        after = (await other.get("/-/me")).json()["role"]
        odd = await one.post(f"/people/{ana}/role", data={"role": "king"})
    assert (before, after, odd.status_code) == ("viewer", "coder", 422)


async def test_the_last_admin_stays_and_local_is_nobody_to_send_away(server: Settings) -> None:
    admin = team.person("root", "admin")
    async with client(server, admin) as one:
        for address, data in ((f"/people/{admin}/away", {}), (f"/people/{admin}/role", {"role": "coder"})):
            assert (await one.post(address, data=data)).status_code == 422
        for address in ("/people/1/away", "/people/999/away", "/people/999/role"):
            assert (await one.post(address, data={"role": "coder"})).status_code == 404
    with db.reading() as session:
        assert queries.admins(session) == 1


async def test_somebody_else_s_token_is_not_found(server: Settings) -> None:
    ana, ben = team.person("ana"), team.person("ben")
    with db.writing() as session:
        commands.make_token(session, KEY, ana, "hers")
        session.flush()
        number = session.query(ApiToken).one().id
    async with client(server, ben) as one, client(server, ana) as other:
        assert (await one.post(f"/me/tokens/{number}/remove")).status_code == 404
        assert (await other.post(f"/me/tokens/{number}/remove")).status_code == 303
        assert (await other.post(f"/me/tokens/{number}/remove")).status_code == 404


async def test_a_link_sets_a_new_password_once_and_a_withdrawn_one_lets_nobody_in(server: Settings) -> None:
    admin, ana = team.person("root", "admin"), team.person("ana")
    async with client(server, admin) as one, client(server) as other:
        page = (await one.post(f"/people/{ana}/password")).text
        link = re.search(r"(/join/[\w-]+)", page)
        assert link
        form = (await other.get(link[1])).text
        set_anew = await other.post(link[1], data={"password": "a third long one"})
        me = (await other.get("/-/me")).json()
        invited = re.search(
            r"(/join/[\w-]+)", (await one.post("/people/invite", data={"role": "viewer"})).text
        )
        assert invited
        with db.reading() as session:
            number = queries.open_invitations(session)[0].id
        await one.post(f"/people/invitations/{number}/withdraw")
        late = await other.post(invited[1], data={"name": "Ben", "password": PASSWORD})
    assert "Set a new password" in form
    assert (set_anew.status_code, me["name"]) == (303, "ana")
    assert late.status_code == 404


@pytest.mark.parametrize("name", ["", " ", "a" * 81, "ev\u202eil", "nul\0"])
def test_a_name_is_one_that_can_be_read(name: str) -> None:
    with pytest.raises(Invalid):
        commands.named(name)


@pytest.mark.parametrize(
    ("text", "kept"), [("Ana Kowalska", "AK"), ("ana", "AN"), ("a b c d", "ABC"), ("", "?")]
)
def test_initials_are_made_of_a_name(text: str, kept: str) -> None:
    assert commands.initialled(text) == kept


async def test_two_cannot_have_one_name_whatever_its_case(server: Settings) -> None:
    team.person("ana")
    with db.writing() as session:
        link = commands.invite(session, KEY, "coder")
    async with client(server) as one:
        taken = await one.post(f"/join/{link}", data={"name": "ANA", "password": PASSWORD})
        free = await one.post(f"/join/{link}", data={"name": "Ben", "password": PASSWORD})
    assert (taken.status_code, "somebody has already" in taken.text) == (422, True)
    assert free.status_code == 303
    with db.reading() as session:
        assert session.query(Person).count() == 3
