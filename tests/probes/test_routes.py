"""An endpoint's page: what it can do and who says so, in every state of a probe, and the button that begins one."""

import asyncio
import html
import re
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import select, update

from app import db
from app.db import Database, now
from app.probes import running
from app.probes.queries import served_since
from app.subjects.models import Probe
from app.transcripts.locks import Locks
from tests import seed
from tests.faultbox import FaultBox
from tests.probes.pretender import Pretender
from tests.probes.put import finding, probe_of, put_probe
from tests.scene import endpoint, planned, subject

PAGE = "/library/endpoints/box"
KEY = "sk-very-secret-0123456789"
HOSTILE = "\u202e<script>alert(1)</script><img src=x>"


async def words(client: httpx.AsyncClient, path: str = PAGE) -> str:
    """Return a page's text on one line, without its tags."""
    reply = await client.get(path)
    assert reply.status_code == 200, path
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", reply.text)).split())


def set_columns(number: int, **values: object) -> None:
    with db.writing() as session:
        session.execute(update(Probe).where(Probe.id == number).values(**values))


@pytest.mark.anyio
async def test_an_endpoint_that_was_never_probed_says_what_it_would_come_to(
    client: httpx.AsyncClient,
) -> None:
    planned(endpoint("https://api.example/v1", price={"input_per_mtok": 2.5, "output_per_mtok": 10}))
    text = await words(client)
    assert "Not probed yet. What the study file leaves open is the wire's default." in text
    assert re.search(
        r"A probe is about 1\d calls, at most \d+ tokens in and \d+ out: at most \$ 0\.00\d\d\.", text
    )
    assert text.count("the wire's default") == 8


@pytest.mark.anyio
async def test_the_button_probes_and_the_page_shows_what_came(client: httpx.AsyncClient) -> None:
    with FaultBox() as box:
        Pretender.at(box, prefill="continues", refuses=frozenset({"top_k"}))
        planned(endpoint(box.url, can={"seed": False}))
        reply = await client.post(f"{PAGE}/probe")
        assert (reply.status_code, reply.headers["location"]) == (303, f"{PAGE}#probe")
        assert "being probed" in await words(client)
        await asyncio.gather(*running._tasks)
        page = (await client.get(PAGE)).text
        text = await words(client)
    assert 'data-probe-state="done"' in page
    assert 'data-live="probe.progress probe.ended" data-live-ids="endpoint=1"' in page
    assert "served by m-2026-11-01 fp-7" in text
    assert "Prefill yes found by the probe of" in text
    assert "Seed no as the study file says" in text
    assert "Seed yes observed, not guaranteed" in text
    assert "no differs: the file wins" in text
    assert "top_k not possible here HTTP 400: Unsupported parameter: top_k" in text
    assert "the same turn, and an answer begun with" in text
    part = (await client.get(f"{PAGE}/probe")).text
    assert part.strip() in page  # page and live update are one


@pytest.mark.anyio
async def test_a_button_without_its_key_is_off_and_says_so(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    with FaultBox() as box:
        planned(endpoint(box.url, key_env="BOX_API_KEY"))
        monkeypatch.delenv("BOX_API_KEY", raising=False)
        page = (await client.get(PAGE)).text
        assert re.search(r'<button class="action main" type="submit" disabled id="probe-now"', page)
        assert "BOX_API_KEY is not set in this process, so that nothing can be asked." in await words(client)
        reply = await client.post(f"{PAGE}/probe", headers={"accept": "text/html"})
        assert (reply.status_code, box.seen) == (422, [])
        assert "BOX_API_KEY: not set here, expected the key of endpoint box." in reply.text
        monkeypatch.setenv("BOX_API_KEY", KEY)
        page = (await client.get(PAGE)).text
        assert "set in this process" in page
        assert KEY not in page


@pytest.mark.anyio
async def test_one_probe_at_a_time(client: httpx.AsyncClient) -> None:
    planned(endpoint("http://127.0.0.1:1/v1"))
    held = Locks(db.current())
    assert held.take(1)
    reply = await client.post(f"{PAGE}/probe", headers={"accept": "text/html"})
    held.close()
    assert (reply.status_code, "box is being asked just now" in reply.text) == (422, True)
    with db.reading() as session:
        assert session.scalars(select(Probe.id)).all() == []


@pytest.mark.anyio
async def test_a_server_that_ends_breaks_its_probes_off(client: httpx.AsyncClient) -> None:
    with FaultBox() as box:
        box.fault = lambda _seen: "hang"
        planned(endpoint(box.url))
        await client.post(f"{PAGE}/probe")
        while not box.seen:
            await asyncio.sleep(0.01)
        await running.stop()
    assert (probe_of(1).state, probe_of(1).calls) == ("broken", 1)
    text = await words(client)
    assert "broken off" in text
    assert "the process that asked was stopped" in text


@pytest.mark.anyio
async def test_the_library_tells_when_each_endpoint_was_probed(client: httpx.AsyncClient) -> None:
    planned([endpoint("http://127.0.0.1:1/v1"), endpoint("http://127.0.0.1:2/v1", slug="other")], [subject()])
    put_probe("box")
    put_probe("other", state="failed")
    text = await words(client, "/library")
    assert text.count("not probed yet") == 1
    assert re.search(r"probed 20\d\d-\d\d-\d\d \d\d:\d\d UTC", text)


@pytest.mark.anyio
async def test_what_is_not_there_is_told(client: httpx.AsyncClient) -> None:
    planned(endpoint("http://127.0.0.1:1/v1"))
    for path in ("/library/endpoints/nothing", "/library/endpoints/nothing/probe"):
        assert (await client.get(path)).status_code == 404
    assert (await client.post("/library/endpoints/nothing/probe")).status_code == 422


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"state": "failed", "reason": "no connection: refused"}, "It could not be probed no connection: refused"),
        ({"state": "broken", "reason": "HTTP 401: no"}, "The probe was broken off What was found before is shown"),
        ({"state": "running", "reason": "the same call again"}, "asking: the same call again"),
        ({"state": "running", "heard_at": now() - timedelta(hours=1)}, "Cut off Whoever asked has said nothing"),
        ({"model": "m-old"}, "Reached otherwise now It was asked as it was reached then"),
        ({"base_url": "https://old.example/v1"}, "base url: probed as https://old.example/v1, now http://127.0.0.1:1/v1"),
        ({"cost_micro": 4200, "input_tokens": None}, "tokens not told · at most $ 0.0042"),
    ],
)  # fmt: skip
@pytest.mark.anyio
async def test_every_state_of_a_probe_is_told_in_words(
    client: httpx.AsyncClient, values: dict[str, object], says: str
) -> None:
    planned(endpoint("http://127.0.0.1:1/v1"))
    set_columns(put_probe(prefill=True), **values)
    text = await words(client)
    assert says in text
    follows = values.keys() <= {"cost_micro", "input_tokens"}
    assert ("Prefill yes found by the probe" in text) == follows


@pytest.mark.anyio
async def test_earlier_probes_are_kept_and_can_be_read(client: httpx.AsyncClient) -> None:
    planned(endpoint("http://127.0.0.1:1/v1"))
    first = put_probe(prefill=True)
    put_probe(prefill=False)
    put_probe(state="failed")
    text = await words(client)
    assert "3 probes" in text
    assert "in use" in text
    assert "Prefill no found by the probe" in text
    older = await words(client, f"{PAGE}?probe={first}")
    assert "This is an earlier probe. The newest" in older
    assert f'hx-get="{PAGE}/probe?probe={first}"' in (await client.get(f"{PAGE}?probe={first}")).text
    assert "earlier" not in await words(client, f"{PAGE}?probe=99")


@pytest.mark.anyio
async def test_what_a_provider_says_is_text_and_its_tricks_are_named(client: httpx.AsyncClient) -> None:
    planned(endpoint("http://127.0.0.1:1/v1"))
    number = put_probe()
    told = finding("seed", None, "unknown", HOSTILE) | {"evidence": [{"asked": "a", "came": HOSTILE}]}
    set_columns(number, found=[told], version=HOSTILE, reason=HOSTILE, state="failed", served_model=HOSTILE)
    page = (await client.get(PAGE)).text
    assert "<script>alert" not in page
    assert "<img" not in page
    assert page.count("&lt;script&gt;alert(1)&lt;/script&gt;") == 5


def test_the_newest_model_that_served_is_found_in_both_databases(database: Database) -> None:
    with db.writing() as session:
        number = seed.study(session, repeats=4).endpoints["four"]
    with db.reading() as session:
        found = served_since(session, number, now() - timedelta(hours=1))
        assert found is not None
        assert found[0] == "four-think"
        assert served_since(session, number, now()) is None
        assert served_since(session, 99, now() - timedelta(hours=1)) is None


@pytest.mark.anyio
async def test_another_model_that_serves_since_is_told(client: httpx.AsyncClient) -> None:
    with db.writing() as session:
        seed.study(session, repeats=4)
    probe = put_probe("four", served="four-think-mini")
    assert "Another model serves now" not in await words(client, "/library/endpoints/four")
    set_columns(probe, started_at=now() - timedelta(hours=1))
    text = await words(client, "/library/endpoints/four")
    assert "Another model serves now What was found may not hold any more: probe again." in text
    assert "probed as four-think-mini, and since then four-think served (transcript " in text
