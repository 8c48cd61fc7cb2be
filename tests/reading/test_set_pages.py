"""The pages of working sets: keeping a search, reading what a set is, wording it anew, putting it away."""

import re

import httpx
import pytest

from app.db import Database
from app.settings import Settings
from tests import seed
from tests.compare.reading import browser

STUDY = "/studies/first-light"


@pytest.fixture
def made(sqlite: Database) -> seed.Seeded:
    with sqlite.writing() as session:
        return seed.study(session, repeats=2)


async def keep(client: httpx.AsyncClient, **form: str) -> httpx.Response:
    sent = {"filter": "subject=pirate", "name": "Arr <b>", "reason": "to read", "kind": "frozen"} | form
    return await client.post(f"{STUDY}/sets", data=sent)


@pytest.mark.anyio
@pytest.mark.usefixtures("made")
async def test_a_search_is_kept_and_its_page_tells_what_it_is(settings: Settings) -> None:
    async with browser(settings) as client:
        empty = (await client.get(f"{STUDY}/sets")).text
        form = (await client.get(f"{STUDY}/sets/new?subject=pirate")).text
        kept = await keep(client)
        shown = (await client.get(kept.headers["location"])).text
        listed = (await client.get(f"{STUDY}/sets")).text
    assert "No set yet" in empty
    assert "answers of pirate" in form
    assert (kept.status_code, kept.headers["location"]) == (303, "/sets/1")
    assert re.search(r"[0-9a-f]{64}", shown)
    assert "members and texts match the hash" in shown
    assert f'href="{STUDY}/search?set=1"' in shown
    assert "export first-light --set 1" in shown
    for page in (shown, listed):
        assert "Arr &lt;b&gt;" in page
        assert "<b>" not in page.split("Arr", 1)[1][:20]
    assert "to read" in listed


@pytest.mark.anyio
@pytest.mark.usefixtures("made")
async def test_a_pattern_can_be_frozen_and_not_kept_live(settings: Settings) -> None:
    async with browser(settings) as client:
        form = (await client.get(f"{STUDY}/sets/new?q=/arr/i")).text
        live = await keep(client, filter="q=/arr/i", kind="live")
        frozen = await keep(client, filter="q=/arr/i")
    assert "A live set is not possible here: a pattern" in form
    assert live.status_code == 422
    assert "freeze it" in live.text
    assert frozen.status_code == 303


@pytest.mark.anyio
@pytest.mark.usefixtures("made")
async def test_what_cannot_be_kept_comes_back_as_it_was_typed(settings: Settings) -> None:
    async with browser(settings) as client:
        wrong = await keep(client, name=" ", reason="because of this")
        unread = await keep(client, filter="subject=nobody")
    assert (wrong.status_code, unread.status_code) == (422, 422)
    assert "a set needs a name" in wrong.text
    assert "because of this" in wrong.text
    assert "found &#39;nobody&#39;" in unread.text


@pytest.mark.anyio
@pytest.mark.usefixtures("made")
async def test_a_set_is_worded_anew_put_away_and_taken_back(settings: Settings) -> None:
    async with browser(settings) as client:
        await keep(client, name="First")
        await keep(client, name="Second")
        await client.post("/sets/1", data={"name": "Renamed", "reason": "now"})
        taken = await client.post("/sets/1", data={"name": "Second", "reason": "now"})
        await client.post("/sets/1/away")
        away, listed = (await client.get("/sets/1")).text, (await client.get(f"{STUDY}/sets")).text
        await client.post("/sets/1/back")
        back = (await client.get("/sets/1")).text
        missing = await client.get("/sets/99")
    assert taken.status_code == 422
    assert "Renamed" in away
    assert "was put away" in away
    assert listed.index("Second") < listed.index("Renamed")
    assert "was put away" not in back
    assert missing.status_code == 404
