"""Every route, from the application itself: who may ask, what each reply carries, that no address breaks a page."""

from collections.abc import Iterator

import httpx
import pytest

from app import db, gate
from app.compare.view import SAID
from tests.security.routes import Known, every_route

pytestmark = pytest.mark.anyio

ROUTES = every_route()
PAGES = [one for one in ROUTES if one.method == "GET"]
WRITING = [one for one in ROUTES if one.method != "GET"]
REAL = {"run_id": "1", "number": "1", "slug": "first-light", "battery": "mode-collapse", "key": "number-plain",
        "version": "x", "name": "favicon.svg", "kind": "batteries",
        "tag": "hedging", "token": "x"}  # fmt: skip
KINDS = {"styles": "rlhf", "endpoints": "two", "subjects": "default", "batteries": "mode-collapse"}
FOREIGN = ("evil.example", "127.0.0.1.evil.example", "127.0.0.1@evil.example", "[::1", "", "xn--localhost-")
ELSEWHERE = (
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site", "origin": "http://127.0.0.1:8765"},
    {"origin": "http://127.0.0.1:8766"},
    {"origin": "https://127.0.0.1:8765.evil.example"},
    {"origin": "null"},
)
# As they stand in an address: numbers beyond every column, no numbers, other alphabets, separators, control and
# broken bytes, and what would be SQL, a path or a script if it were taken for one.
ODD = (
    "0", "-1", "9223372036854775808", "9" * 40, "1.5", "1_0", "%C2%B2", "%20", "%00", "%0A", "%FF%FE", "%ED%A0%80",
    "%F0%9F%98%80", "%2e%2e%2f%2e%2e%2fetc%2fpasswd", "%2F", "1%27%20OR%20%271%27=%271", "1);DROP%20TABLE%20runs",
    "%25", "_", "%3Cscript%3Ealert(1)%3C%2Fscript%3E", "%7B%7B7*7%7D%7D", "x" * 3000,
)  # fmt: skip
# What a database itself may refuse; the rest is read, and refused, before one is asked.
ODD_FOR_DATABASES = (
    "0",
    "-1",
    "9223372036854775808",
    "9" * 40,
    "%00",
    "%FF%FE",
    "1%27%20OR%20%271%27=%271",
    "x" * 3000,
)
WORST = ("a\0b", "9" * 30, "nan", "²", "<script>alert(1)</script>")
HOSTILE = (
    *WORST, "", "-1", "9223372036854775808", "1e400", "-inf", "١", "\ufffd", "\n", "' OR '1'='1", "../../passwd",
    '"><img src=x>', "%", "a" * 3000, ",".join(map(str, range(500))), "@@::,,", "x@1:2:3", "default@1:9" + "9" * 30,
    "default@nan", "default@1:0", "\u202e",
)  # fmt: skip
ANSWERED = {200, 303, 307, 400, 401, 404, 409, 422, 428, 429}


def of(route: Known, **changed: str) -> str:
    """The address of a route, with real names and numbers where it is not told others."""
    _, library, kind, *_ = [*route.path.split("/"), "", ""]
    real = REAL | ({"slug": KINDS[kind]} if library == "library" and kind in KINDS else {})
    return route.path.replace(":path", "").format(**real | changed)


def parameters(route: Known) -> Iterator[str]:
    yield from (name for name in REAL if f"{{{name}}}" in route.path.replace(":path", ""))


def carries_the_headers(reply: httpx.Response) -> bool:
    return all(reply.headers.get(name) == value for name, value in gate.SECURITY_HEADERS.items())


def test_the_matrix_holds_every_page_and_every_act() -> None:
    assert {"/", "/runs/{run_id}", "/transcripts/{number}", "/events", "/healthz"} <= {
        one.path for one in PAGES
    }
    assert {one.path.rpartition("/")[2] for one in WRITING} >= {"runs", "pause", "cancel", "resume", "retry"}


@pytest.mark.parametrize("route", ROUTES, ids=str)
async def test_no_route_answers_under_a_foreign_name(client: httpx.AsyncClient, route: Known) -> None:
    for host in FOREIGN:
        reply = await client.request(route.method, of(route), headers={"host": host})
        assert (reply.status_code, carries_the_headers(reply)) == (400, True), host


@pytest.mark.parametrize("route", WRITING, ids=str)
async def test_no_act_is_obeyed_from_another_site(client: httpx.AsyncClient, route: Known) -> None:
    for headers in ELSEWHERE:
        reply = await client.request(route.method, of(route), headers=headers)
        assert (reply.status_code, carries_the_headers(reply)) == (403, True), headers


@pytest.mark.parametrize("route", PAGES, ids=str)
async def test_every_page_answers_with_its_headers_and_ignores_what_it_does_not_know(
    client: httpx.AsyncClient, route: Known
) -> None:
    listing = "{" not in route.path or route.path.endswith("/annotations")
    strict = route.path.startswith("/api/v1/") and listing
    for query in ("", "?unknown=1&unknown=2&%FF=%FF&=&&&a[]=b"):
        reply = await client.get(of(route) + query, headers={"accept": "text/html"})
        gone = route.path in ("/-/runs/new", "/join/{token}")
        expected = {422} if strict and query else {404} if gone else {200, 303}
        assert (reply.status_code in expected, carries_the_headers(reply)) == (True, True), reply.status_code


@pytest.mark.parametrize("route", [one for one in ROUTES if "{" in one.path], ids=str)
async def test_no_odd_name_or_number_in_an_address_breaks_a_page(
    client: httpx.AsyncClient, filled: db.Database, route: Known
) -> None:
    for name in parameters(route):
        for odd in ODD if filled.sqlite else ODD_FOR_DATABASES:
            reply = await client.request(route.method, of(route, **{name: odd}))
            assert reply.status_code in ANSWERED, (name, odd)
            assert carries_the_headers(reply)


@pytest.mark.parametrize("route", [one for one in ROUTES if one.query or one.form], ids=str)
async def test_no_hostile_value_of_a_field_breaks_a_page(
    client: httpx.AsyncClient, filled: db.Database, route: Known
) -> None:
    real = {"study": "first-light", "chosen": "1", "b": "mode-collapse", "s": "default", "repeats": "1"}
    own = {name: value for name, value in real.items() if name in (*route.query, *route.form)}
    for name in (*route.query, *route.form):
        for value in (*WORST, "-1", "' OR '1'='1", "a" * 3000) if filled.sqlite else ("a\0b", "9" * 30, "-1"):
            fields = own | {name: value}
            if route.form:
                reply = await client.request(route.method, of(route), data=fields)
            else:
                reply = await client.get(of(route), params=fields)
            assert reply.status_code in ANSWERED, (name, value)


async def test_no_hostile_part_of_a_view_breaks_compare(client: httpx.AsyncClient) -> None:
    names = [name for name, _ in SAID.values()]
    at_once = [dict.fromkeys(names, value) for value in HOSTILE]
    for view in (*at_once, *({name: value} for name in names for value in WORST)):
        reply = await client.get(
            "/studies/first-light/compare/mode-collapse/number-plain",
            params=view,
            headers={"accept": "text/html"},
        )
        no_set = bool(view.get("set"))  # none of these is the number of one
        assert reply.status_code in ({400} if "a\0b" in view.values() else {422} if no_set else {200, 404}), (
            view
        )
        assert "<script>alert" not in reply.text


async def test_a_stream_is_resumed_from_any_number_or_none(client: httpx.AsyncClient) -> None:
    for given in ("0", "-1", "9" * 30, "²", "x", "", "1\t", "99999999999999999999"):
        reply = await client.get("/events", headers={"last-event-id": given.encode("latin-1")})
        assert (reply.status_code, reply.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
        assert reply.text.startswith("retry: "), given


async def test_a_fault_of_ours_is_told_without_its_innards_and_with_the_headers(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("secret innards")

    monkeypatch.setattr("app.home.queries.lines", broken)
    reply = await client.get("/", headers={"accept": "text/html"})
    assert (reply.status_code, carries_the_headers(reply)) == (500, True)
    assert "innards" not in reply.text
