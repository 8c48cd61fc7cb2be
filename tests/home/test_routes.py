"""The first page as it is sent, and what no page of ours may hold."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from app import web
from app.db import Database
from app.main import create_app
from app.settings import Settings
from app.studies.models import Study
from app.subjects.queries import SLOTS
from tests import seed
from tests.cast import PROMPTS, SUBJECTS, Draw

UI = Path(web.ROOT, "templates", "ui")
PATTERNS = "".join(path.read_text() for path in sorted(Path(web.ROOT, "templates/home").rglob("*.html")))
MACRO = re.compile(r"{% macro ([a-z]\w*)\(")


@pytest.fixture
async def client(sqlite: Database, settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(create_app(settings))
    headers = {"accept": "text/html"}
    async with httpx.AsyncClient(
        transport=transport, base_url="http://127.0.0.1:8765", headers=headers
    ) as client:
        yield client


@pytest.mark.anyio
async def test_an_empty_product_offers_three_ways_to_begin(client: httpx.AsyncClient) -> None:
    text = (await client.get("/")).text
    for command in (
        "make demo",
        "styloscope check study.yaml",
        "styloscope run study.yaml",
        "/library/bring",
        "/library/drafts",
    ):
        assert command in text
    assert "data-live=" not in text


@pytest.mark.anyio
async def test_a_study_leads_to_compare_and_to_its_run(client: httpx.AsyncClient, sqlite: Database) -> None:
    with sqlite.writing() as session:
        seed.study(session, repeats=1)
    text = (await client.get("/")).text
    assert 'href="/studies/first-light/compare"' in text
    assert 'href="/runs/1"' in text
    assert "Default, as a pirate" in text
    assert "14 of 14" in text
    assert "1 not possible here" in text


@pytest.mark.anyio
async def test_a_study_that_was_not_run_leads_to_its_first_run(
    client: httpx.AsyncClient, sqlite: Database
) -> None:
    with sqlite.writing() as session:
        session.add(Study(slug="later", title="<b>Later</b>", question="Why & when?"))
    text = (await client.get("/")).text
    assert 'href="/runs/new?study=later"' in text
    assert "&lt;b&gt;Later&lt;/b&gt;" in text
    assert "Why &amp; when?" in text


@pytest.mark.anyio
async def test_the_moving_part_is_the_same_markup_as_in_the_page(
    client: httpx.AsyncClient, sqlite: Database
) -> None:
    with sqlite.writing() as session:
        seed.study(session, repeats=1)
    whole, part = (await client.get("/")).text, (await client.get("/-/home/runs")).text
    assert part.strip() in whole
    assert "<html" not in part


@pytest.mark.anyio
@pytest.mark.parametrize(("cookie", "written"), [("dark", ' data-theme="dark"'), ("light", ' data-theme="light"'),
                                                 ("", ""), ('"><script>', "")])  # fmt: skip
async def test_the_theme_is_written_by_the_server(
    client: httpx.AsyncClient, cookie: str, written: str
) -> None:
    text = (await client.get("/", headers={"cookie": f"theme={cookie}"})).text
    assert re.search(r"<html lang=\"en\"([^>]*?) data-client=", text)[1] == written  # type: ignore[index]


@pytest.mark.anyio
async def test_a_wrong_address_is_answered_in_the_same_frame(client: httpx.AsyncClient) -> None:
    reply = await client.get("/nowhere")
    assert reply.status_code == 404
    assert "<h1>Not found</h1>" in reply.text
    assert 'class="masthead"' in reply.text


@pytest.mark.parametrize("path", sorted(UI.glob("*.html")), ids=lambda path: path.name)
def test_every_macro_stands_on_the_patterns_page(path: Path) -> None:
    missing = [name for name in MACRO.findall(path.read_text()) if not re.search(rf"\.{name}\(", PATTERNS)]
    # `slot` is only how the others find a hue; `defs` stands in the layout, once for every page.
    assert [name for name in missing if name not in {"slot", "defs"}] == []


def test_a_stage_wears_the_same_hue_and_glyph_whoever_asks() -> None:
    marks = web.templates().get_template("ui/marks.html").module
    assert {stage: int(marks.slot(stage)) for stage in SLOTS} == SLOTS
    assert "▲" in marks.glyph("constitutional") == marks.glyph(3)


@pytest.mark.parametrize("path", sorted(UI.glob("*.html")), ids=lambda path: path.name)
def test_every_macro_says_its_arguments_above_it(path: Path) -> None:
    text = path.read_text()
    for name in MACRO.findall(text):
        assert re.search(rf"{{# {name}\(", text), f"{path.name}: {name} has no comment with its arguments"


@pytest.mark.anyio
async def test_no_page_holds_a_style_attribute_or_a_script_of_its_own(client: httpx.AsyncClient) -> None:
    for address in ("/", "/-/patterns", "/nowhere"):
        text = (await client.get(address)).text
        assert not re.search(r"<[a-z][^>]*\sstyle=", text)
        assert not re.search(r"<[a-z][^>]*\son[a-z]+=", text)
        assert not re.search(r"<style|<script(?![^>]* src=)", text)


def test_the_sheets_and_scripts_keep_to_their_size() -> None:
    long = [
        path.name
        for path in [*web.STATIC.glob("css/*.css"), *web.STATIC.glob("js/*.js")]
        if len(path.read_text().splitlines()) > 200
    ]
    assert long == []


def test_a_colour_is_chosen_in_one_file_only() -> None:
    """Other sheets name tokens; shadows and the masks of fading text are the exceptions."""
    found = {}
    for path in web.STATIC.glob("css/*.css"):
        if path.name in {"tokens.css", "print.css"}:
            continue
        colours = re.findall(
            r"(?<![\w-])#[0-9a-f]{3,8}\b", re.sub(r"(box-shadow|mask-image):[^;]*;", "", path.read_text())
        )
        if colours:
            found[path.name] = colours
    assert found == {}


@pytest.mark.anyio
async def test_every_link_of_the_masthead_is_answered(client: httpx.AsyncClient, sqlite: Database) -> None:
    for filled in (False, True):
        if filled:
            with sqlite.writing() as session:
                seed.study(session, repeats=1)
        text = (await client.get("/")).text
        links = re.findall(r'<a href="([^"]+)" data-go=', text)
        assert links == ["/", "/library", "/runs", "/compare", "/code"]
        for link in links:
            reply = await client.get(link, follow_redirects=True)
            assert (link, reply.status_code) == (link, 200)
            assert reply.text.count('aria-current="page"') >= 1


@pytest.mark.anyio
async def test_what_is_under_way_stands_above_the_studies(
    client: httpx.AsyncClient, sqlite: Database
) -> None:
    with sqlite.writing() as session:
        seed.study(session, repeats=1, wanted="pause", say=lambda *_: Draw(state="queued"))
    text = (await client.get("/")).text
    assert text.index("Under way") < text.index('<ul class="studies">') < text.index("Latest runs")
    assert "Run 1, First light" in (await client.get("/-/home/under-way")).text


@pytest.mark.anyio
async def test_it_offers_where_one_was_what_is_unseen_and_the_latest_notes(
    client: httpx.AsyncClient, sqlite: Database
) -> None:
    with sqlite.writing() as session:
        made = seed.study(session, repeats=1)
    text = (await client.get("/")).text
    assert "14 of 14 unseen" in text
    assert "Continue" not in text
    assert "Latest notes" not in text
    number = made.transcripts["who-plain", "pirate", 1]
    await client.post("/api/v1/bookmarks", json={"transcript": number, "note": "<i>aye</i>"})
    address = "/studies/first-light/compare/mode-collapse/who-plain?col=pirate@1&hide=kept"
    await client.post("/api/v1/places", json={"address": address, "title": "<b>Who</b>"})
    await client.post("/api/v1/seen", json={"transcripts": list(made.transcripts.values())})
    text = (await client.get("/")).text
    assert f'href="{address.replace("&", "&amp;")}"' in text
    assert "&lt;b&gt;Who&lt;/b&gt;" in text
    assert "&lt;i&gt;aye&lt;/i&gt;" in text
    assert f'href="/transcripts/{number}"' in text
    assert "all seen" in text


@pytest.mark.anyio
async def test_where_letters_lead_is_a_page_without_a_script(
    sqlite: Database, client: httpx.AsyncClient
) -> None:
    with sqlite.writing() as session:
        seed.study(session, title="<i>Evil</i>", prompts=PROMPTS[:1], subjects=SUBJECTS[:1], repeats=1)
    home = (await client.get("/studies/first-light?x=%22%3E")).text
    assert 'href="/go?at=/studies/first-light%3Fx%3D%2522%253E" data-palette' in home
    text = (
        await client.get("/go?q=number&at=/studies/first-light/compare/mode-collapse/x%3Fgroup%3Dstyle")
    ).text
    assert 'href="/studies/first-light/compare/mode-collapse/number-plain?group=style"' in text
    assert 'name="at" value="/studies/first-light/compare/mode-collapse/x?group=style"' in text
    text = (await client.get("/-/go?q=" + "%3Ci%3E")).text
    assert "&lt;i&gt;Evil" in text
    assert "<i>" not in text
    assert 'role="option"' in text
