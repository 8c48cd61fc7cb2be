"""The pages of agreement: numbers with what they are read with, and one click to exactly the texts behind each."""

import re

import pytest

from app import db
from app.annotations.models import CodingRule, Decision
from app.db import Database
from app.settings import Settings
from tests.annotations import apart, coded
from tests.annotations.asking import API, STUDY
from tests.annotations.coded import Coded
from tests.compare.reading import browser

pytestmark = pytest.mark.anyio
PAGE = f"{STUDY}/agreement"


@pytest.fixture
def study(sqlite: Database) -> Coded:
    made = apart.study(sqlite)
    apart.codes(made, made.hand(), "110010")
    apart.codes(made, apart.coder(made, "Ana <b>"), "100011")
    return made


async def test_a_tags_number_stands_with_percent_prevalence_n_and_interval_evidence_19(
    study: Coded, settings: Settings
) -> None:
    async with browser(settings) as client:
        page = (await client.get(PAGE)).text
    line = re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page[page.index("Hedging") : page.index("Refusal")]))
    for said in ("0.39", "no interval", "67 %", "50 %", "6 of 6"):
        assert said in line, said
    assert "No α where all judgements are the same" in page  # refusal, which nobody marked
    assert "NaN" not in page


@pytest.mark.parametrize("by", ["tag", "subject", "pair", "revision"])
async def test_each_count_of_disagreements_leads_to_exactly_those_texts(
    study: Coded, settings: Settings, by: str
) -> None:
    async with browser(settings) as client:
        page = (await client.get(f"{PAGE}?by={by}")).text
        doors = re.findall(r'<a class="link" href="([^"]+/agreement/[^"]+)"[^>]*>(\d+)</a>', page)
        assert doors
        for door, count in doors:
            behind = (await client.get(door.replace("&amp;", "&"))).text
            assert behind.count('<article class="differing"') == int(count), door


async def test_coders_words_stand_side_by_side_and_a_decision_is_a_click(
    study: Coded, settings: Settings
) -> None:
    async with browser(settings) as client:
        shown = (await client.get(f"{PAGE}/hedging")).text
        number = study.answers[1][0]
        taken = re.search(rf'id="t{number}".*?name="marks" value="(\d+)"', shown, re.S)
        assert taken
        told = await client.post(
            f"{PAGE}/hedging/decide",
            data={
                "transcript": str(number),
                "state": "present",
                "marks": taken[1],
                "why": "so <b>",
                "back": "by=tag",
            },
        )
        after = (await client.get(f"{PAGE}/hedging")).text
        back = await client.post(f"{PAGE}/hedging/decide", data={"transcript": str(number)})
        odd = await client.post(f"{PAGE}/hedging/decide", data={"transcript": str(number), "state": "maybe"})
    assert "Ana &lt;b&gt;: not there" in shown
    assert "local: present" in shown
    assert "unresolved" in shown
    assert (told.status_code, told.headers["location"]) == (303, f"{PAGE}/hedging?by=tag#t{number}")
    assert "present, decided" in after
    assert "so &lt;b&gt;" in after
    assert (back.status_code, odd.status_code) == (303, 422)
    with db.reading() as session:
        assert session.query(Decision).one().replaced_at is not None


async def test_the_other_coefficients_are_behind_show_data(study: Coded, settings: Settings) -> None:
    async with browser(settings) as client:
        plain = (await client.get(PAGE)).text
        data = (await client.get(f"{PAGE}?data=true&by=pair")).text
    for word in ("Cohen κ", "Fleiss κ", "AC1", "F1 exact", "α_u"):
        assert word not in plain
        assert word in data


async def test_how_the_study_is_coded_is_ruled_on_the_page(study: Coded, settings: Settings) -> None:
    async with browser(settings) as client:
        hidden = (await client.get(PAGE)).text
        await client.post(f"{STUDY}/coding-rule")
        shown = (await client.get(PAGE)).text
        await client.post(f"{STUDY}/coding-rule", data={"hide": "true"})
    assert "until one's own pass over it" in hidden
    assert "Hide others' marks until one's own pass" in shown.replace("&#39;", "'")
    with db.reading() as session:
        assert session.query(CodingRule).one().others_hidden


async def test_without_passes_the_page_says_what_is_needed(sqlite: Database, settings: Settings) -> None:
    with sqlite.writing() as session:
        coded.study(session)
    async with browser(settings) as client:
        page = (await client.get(PAGE)).text
        none = (await client.get(f"{PAGE}/hedging")).text
        nothing = await client.get(f"{PAGE}/nothing")
        nowhere = await client.get(f"{PAGE}/hedging?by=pair&part=7-9")
    assert "Nothing to compare yet" in page
    assert "No text on which they differ" in none
    assert (nothing.status_code, nowhere.status_code) == (404, 404)


async def test_the_api_tells_the_same_numbers_and_why_there_is_none(study: Coded, settings: Settings) -> None:
    async with browser(settings) as client:
        told = (await client.get(f"{API}/agreement")).json()
        pairs = (await client.get(f"{API}/agreement?by=pair")).json()
    hedging, refusal = told["rows"]
    assert round(hedging["alpha"], 4) == 0.3889
    assert (hedging["double_coded"], hedging["coded"], hedging["differ"]) == (6, 6, 2)
    assert refusal["alpha"] == {"value": None, "why": coded_alike()}
    assert pairs["rows"][0]["part"] == "1-2"


def coded_alike() -> str:
    return "all judgements are the same: chance cannot be told from agreement"
