"""The page for paper as it is sent: which prompts in which order under which view; hidden names stay so."""

import re
from collections.abc import AsyncIterator

import httpx
import pytest

from app.db import Database
from app.reading import sets
from app.reading.filters import Filter
from app.settings import Settings
from app.studies.models import Study
from tests import seed
from tests.compare import cast
from tests.compare.reading import BATTERY, browser
from tests.draws import Seeded
from tests.reading.people import LOCAL

PRINT = "/studies/first-light/print"
KEYS = [one.key for one in cast.PROMPTS]


@pytest.fixture
def made(sqlite: Database) -> Seeded:
    with sqlite.writing() as session:
        return seed.study(session, subjects=cast.SUBJECTS, prompts=cast.PROMPTS, say=cast.say, repeats=4)


@pytest.fixture
async def client(made: Seeded, settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    async with browser(settings) as client:
        yield client


async def sheets(client: httpx.AsyncClient, query: str = "") -> list[str]:
    reply = await client.get(f"{PRINT}?{query}")
    assert reply.status_code == 200, reply.text
    assert "paper-end" in reply.text
    return re.findall(r'<section class="print-sheet".*?</section>', reply.text, re.DOTALL)


def ticked(found: list[str]) -> list[str]:
    return [one.split('name="prompt" value="')[1].split('"')[0].partition("/")[2] for one in found]


@pytest.mark.anyio
async def test_a_sheet_a_prompt_in_the_order_of_the_battery(client: httpx.AsyncClient) -> None:
    assert ticked(await sheets(client)) == KEYS
    assert ticked(await sheets(client, "battery=mode-collapse")) == KEYS
    found = await sheets(client, "prompt=mode-collapse/sure-ladder&prompt=mode-collapse/habits-plain")
    assert ticked(found) == ["habits-plain", "sure-ladder"]
    assert "Which of your habits would you keep" in found[0]
    assert "2 of 2" in found[1]
    assert "push: doubt" in found[1]
    assert found[1].count("rung") == 3
    assert f"{BATTERY}/sure-ladder?run=1<" in found[1]  # of the runs it shows, whatever is run later
    assert (await client.head(PRINT)).text == ""
    assert (
        f"{PRINT}?prompt=mode-collapse/habits-plain&amp;cols=default@1"
        in (await client.get(f"{BATTERY}/habits-plain?cols=default@1&col=default@1&repeat=2")).text
    )


@pytest.mark.anyio
async def test_columns_pins_sets_and_hidden_names_are_as_on_compare(
    client: httpx.AsyncClient, made: Seeded, sqlite: Database
) -> None:
    [one] = await sheets(client, "prompt=mode-collapse/habits-plain&cols=default@1,base-raw@1&pin=base-raw@1")
    assert re.findall(r"<h3>(?:<span.*?</span>)? ?(.*?)</h3>", one) == ["Base, raw", "Default assistant"]
    hidden = await sheets(client, "hide=kept&cols=default@1,base-raw@1")
    told = "".join(hidden)
    for word in (
        "default@1",
        "base-raw",
        "Default assistant",
        "Base, raw",
        "one.example",
        "style-",
        "transcript ",
    ):
        assert word not in told, word
    assert "names hidden" in told
    with sqlite.writing() as session:
        members = [
            made.transcripts["habits-plain", "default", 2],
            made.transcripts["sure-ladder", "default", 1],
        ]
        study = session.get_one(Study, made.study_id)
        number = sets.freeze(session, study, "Two", "why", Filter(study=study.slug), LOCAL, members).id
    found = await sheets(client, f"set={number}")
    assert ticked(found) == ["habits-plain", "sure-ladder"]
    assert "<h3>" in found[0]
    assert found[0].count('class="print-answer"') == 1


@pytest.mark.anyio
async def test_what_is_not_there_is_said(client: httpx.AsyncClient) -> None:
    for address, words in [
        ("/studies/nobody/print", "There is no study nobody."),
        (f"{PRINT}?battery=other", "no chosen run of this study asks"),
        (f"{PRINT}?prompt=mode-collapse/nobody", "mode-collapse/nobody"),
        (f"{PRINT}?prompt=", "no chosen run of this study asks"),
        (f"{PRINT}?set=99", "There is no working set 99."),
    ]:
        reply = await client.get(address)
        assert reply.status_code == 404, address
        assert words in reply.text
    assert await sheets(client, "run=77") == []
