"""The pages of search and their JSON: what stands on them, where each line leads, and what is said of bad input."""

import re
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from app.db import Database
from app.main import create_app
from app.reading import found as searching
from app.reading.search import letter
from app.reading.search_examples import SEARCH
from app.settings import Settings
from tests import seed
from tests.cast import Draw

pytestmark = pytest.mark.anyio
WHERE = "/studies/first-light/search"


@pytest.fixture
async def client(sqlite: Database, settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    with sqlite.writing() as session:
        seed.study(session, repeats=9)
    app = create_app(settings)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as client:
        yield client


async def read(client: httpx.AsyncClient, path: str, status: int = 200) -> str:
    reply = await client.get(path)
    assert reply.status_code == status, reply.text
    return reply.text


async def json_of(client: httpx.AsyncClient, query: str) -> dict[str, Any]:
    reply = await client.get(f"/api/v1/search?{query}")
    assert reply.status_code == 200, reply.text
    found: dict[str, Any] = reply.json()
    return found


async def test_a_list_has_a_line_for_each_answer_with_two_doors(client: httpx.AsyncClient) -> None:
    page = await read(client, f"{WHERE}?q=parrot")
    assert "<mark>parrot</mark>" in page
    assert "<b>18 answers</b>, newest first" in page
    for href in re.findall(r'<a class="said text small" href="([^"]+)"', page):
        message = href.partition("#")[2]
        assert f'id="{message}"' in await read(client, href)
    compare = re.search(r'href="(/studies/first-light/compare/[^"]+)">Compare<', page)
    assert compare
    assert "parrot" in await read(client, compare[1].replace("&amp;", "&"))


async def test_without_a_study_all_are_searched_and_named(client: httpx.AsyncClient) -> None:
    assert "First light · mode-collapse/who-plain" in await read(client, "/search?q=parrot")
    assert (await client.get("/studies/none/search")).status_code == 404


async def test_in_context_every_column_says_k_of_n(client: httpx.AsyncClient) -> None:
    page = await read(client, f"{WHERE}?q=model&as=kwic&prompt=who-plain")
    assert re.search(r"Reasoning, medium.*?7 of 7</b>.*?\[65–100\]", page, re.S)
    assert "intervals are Wilson" in page
    assert "Not found in" in page
    several = await read(client, f"{WHERE}?q=model&as=kwic")
    assert "draws of several prompts are not independent" in several
    assert "[" not in re.search(r"Reasoning, medium.*?answers", several, re.S)[0]  # type: ignore[index]


async def test_names_that_are_hidden_are_told_nowhere_but_in_addresses(client: httpx.AsyncClient) -> None:
    for view in ("", "&as=kwic"):
        for hide in ("kept", "shuffled"):
            page = await read(client, f"{WHERE}?q=model&hide={hide}{view}")
            said = re.sub(r"<[^>]+>", " ", page)
            for name in ("Reasoning, medium", "Default assistant", "four-think", "No alignment"):
                assert name not in said
            assert "/transcripts/" not in page  # whose page tells
            assert f"hide={hide}" in page


async def test_an_address_says_no_more_than_it_must(client: httpx.AsyncClient) -> None:
    reply = await client.get(f"{WHERE}?q=parrot&run=&battery=&subject=pirate&hide=&sort=newest")
    assert reply.status_code == 303
    assert reply.headers["location"] == f"{WHERE}?q=parrot&subject=pirate"
    wrong = await client.get(f"{WHERE}?q=parrot&run=x&battery=")
    assert wrong.headers["location"] == f"{WHERE}?q=parrot&run=x"
    assert (await client.get(wrong.headers["location"])).status_code == 422


async def test_what_narrows_is_shown_and_taken_away(client: httpx.AsyncClient) -> None:
    page = await read(client, f"{WHERE}?q=parrot&subject=pirate,reasoner&t=1&stop=cut,whole&branch=self")
    chips = dict(re.findall(r'<a class="chip" href="([^"]+)" aria-label="Without ([^"]+)"', page))
    assert set(chips.values()) == {
        "subject pirate or reasoner",
        "temperature 1",
        "ended cut or by itself",
        "branch self",
    }
    for href, words in chips.items():
        name = {"subject": "subject", "temperature": "t", "ended": "stop", "branch": "branch"}[
            words.split()[0]
        ]
        query = parse_qs(urlsplit(href.replace("&amp;", "&")).query)
        assert name not in query
        assert len(query) == 4
    assert '<option value="pirate,reasoner" selected>pirate or reasoner</option>' in page
    assert '<option value="self" selected>self</option>' in page
    assert '<option value="self/name">self / name</option>' in page
    assert "T not sent</option>" in page


@pytest.mark.parametrize(("query", "status", "said"), [
    ("q=%22x", 422, "At sign 1: the phrase that begins here has no closing"),
    ("q=moth+%2F(a%2F", 422, "At sign 7: the pattern /(a/ cannot be read: missing ): (a"),
    ("q=x&subject=nobody", 422, "subject: found &#39;nobody&#39;, expected one of base-raw"),
    ("q=x&as=cloud", 422, "as: found &#39;cloud&#39;, expected one of list, kwic"),
    ("q=x&before=none", 422, "before: found &#39;none&#39;"),
    ("q=x&before=1&after=2", 422, "after: found a second place"),
    ("q=zzyzx", 200, "There are no answers with “zzyzx” in study first-light"),
    ("q=zzyzx&as=kwic&subject=pirate", 200, "Look without the filters"),
    ("q=%3Cscript%3Ealert(1)%3C%2Fscript%3E", 200, "&lt;script&gt;alert(1)&lt;/script&gt;"),
])  # fmt: skip
async def test_nothing_and_bad_input_are_said_plainly(
    client: httpx.AsyncClient, query: str, status: int, said: str
) -> None:
    page = await read(client, f"{WHERE}?{query}", status)
    assert said in page
    assert "<script>alert" not in page


async def test_a_search_that_is_cut_says_what_was_seen_and_goes_on(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searching, "SECONDS", 0.0)
    page = await read(client, f"{WHERE}?q=%2Fparr%5Bo%5Dt%2F")
    assert "The time was up after 3 s before anything was found" in page


async def test_prompts_are_found_as_prompts(client: httpx.AsyncClient) -> None:
    page = await read(client, f"{WHERE}?q=number&role=prompt")
    assert page.count('<a class="said') == 1
    assert 'href="/studies/first-light/compare/mode-collapse/number-plain"' in page
    assert 'href="/library/batteries/mode-collapse#number-plain"' in page
    assert page.count("<mark>number</mark>") == 2
    assert "Nothing found" in await read(client, f"{WHERE}?q=number&role=prompt&theme=prefill")
    assert "<mark>Honestly</mark>" in await read(client, f"{WHERE}?q=%2FHonest(ly)%3F%2F&role=prompt")
    assert 'href="/studies/first-light/compare/mode-collapse/who-plain"' in await read(
        client, "/search?role=prompt&q=who"
    )
    left = await read(client, "/search?role=prompt&q=-who")
    assert "number-plain" in left
    assert "who-plain" not in left


async def test_every_page_has_a_way_to_search(client: httpx.AsyncClient) -> None:
    for path, action in (("/", "/search"), ("/runs", "/search"), ("/library", "/search"),
                         ("/studies/first-light/compare/mode-collapse/who-plain?hide=kept", WHERE)):  # fmt: skip
        page = await read(client, path)
        form = re.search(r'<form class="seek-field" action="([^"]+)".*?</form>', page, re.S)
        assert form
        assert form[1] == action
        assert 'data-key="Slash"' in form[0]
        assert ('name="hide" type="hidden" value="kept"' in form[0]) == ("hide" in path)


# ------------------------------------------------------------------ as JSON


async def test_the_same_as_json_page_by_page(client: httpx.AsyncClient) -> None:
    found = await json_of(client, "q=parrot&study=first-light&limit=10")
    assert found["looked_for"] == "answers with “parrot” in study first-light"
    assert (found["count"], len(found["found"]), found["previous"]) == ("18 answers", 10, None)
    line = found["found"][0]
    start, end = line["spans"][0]
    assert line["text"][start:end] == "parrot"
    assert set(line) == set(SEARCH["found"][0])
    assert set(found) == set(SEARCH)
    rest = (await client.get(found["next"])).json()
    assert (len(rest["found"]), rest["next"]) == (8, None)
    assert (await client.get(rest["previous"])).json()["found"] == found["found"]
    best = await json_of(client, "q=parrot&sort=best&limit=10")
    again = (await client.get(best["next"])).json()
    assert len({one["message"] for one in best["found"] + again["found"]}) == 18


async def test_columns_as_json(client: httpx.AsyncClient) -> None:
    found = await json_of(client, "q=model&as=kwic&prompt=who-plain&study=first-light")
    reasoner = next(one for one in found["columns"] if one["subject"] == "reasoner")
    assert (reasoner["k"], reasoner["n"], reasoner["temperature"], reasoner["prompts"]) == (7, 7, None, 1)
    assert reasoner["other_model"] == 1
    assert reasoner["interval"][0] == pytest.approx(0.6457, abs=1e-4)
    assert {place["found"] for place in reasoner["places"]} == {"model"}


async def test_prompts_as_json(client: httpx.AsyncClient) -> None:
    found = await json_of(client, "q=number&role=prompt")
    assert [one["prompt"] for one in found["found"]] == ["mode-collapse/number-plain"]


@pytest.mark.parametrize(("query", "message"), [
    ("subjct=x", "subjct: there is no such filter; there are battery"),
    ("q=/(/", "q, sign 2: the pattern /(/ cannot be read"),
    ("limit=0", "limit: found '0', expected 1 to 200"), ("limit=x", "limit: found 'x'"),
    ("run=9", "run: found 9"),
])  # fmt: skip
async def test_what_json_cannot_be_asked_is_422_with_the_place(
    client: httpx.AsyncClient, query: str, message: str
) -> None:
    reply = await client.get(f"/api/v1/search?{query}")
    assert reply.status_code == 422
    assert reply.json()["error"].startswith(message)


async def test_hostile_answers_are_text_everywhere(sqlite: Database, client: httpx.AsyncClient) -> None:
    with sqlite.writing() as session:
        seed.study(session, slug="bad", battery="bad", repeats=1, prompts=seed.PROMPTS[:1],
                   subjects=[seed.SUBJECTS[0].model_copy(update={"slug": "worse", "name": "<i>worse</i>"})],
                   say=lambda *_: Draw("fish <img src=x onerror=alert(1)> \u202efish\x00"))  # fmt: skip
    for view in ("", "&as=kwic"):
        page = await read(client, f"/studies/bad/search?q=fish{view}")
        assert "<img" not in page
        assert "<i>" not in page
        assert 'data-name="RLO"' in page


def test_letters_go_on_after_z() -> None:
    assert [letter(at) for at in (0, 25, 26, 27, 51, 52, 701, 702)] == [
        "A", "Z", "AA", "AB", "AZ", "BA", "ZZ", "AAA",
    ]  # fmt: skip
