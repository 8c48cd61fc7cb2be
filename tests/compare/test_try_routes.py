"""The pages of Try: what they show, what they ask, where each step leads, and what they refuse."""

import re
from html import unescape

import pytest
from sqlalchemy import func, select

from app import db
from app.db import Database
from app.runs.models import Run, Wave
from app.settings import Settings
from app.studies.models import Study
from app.transcripts.models import Transcript
from tests import seed
from tests.cast import SUBJECTS, Draw
from tests.compare.reading import browser
from tests.draws import Seeded
from tests.transcripts.run_pages import HOSTILE, get, words
from tests.tries import tried

pytestmark = pytest.mark.anyio
TRY = "/studies/first-light/try"
NUMBER = "/studies/first-light/compare/mode-collapse/number-plain"
FORM = {"chosen": "1", "mode": "chat", "turn": "Is a moth honest?", "s": ["pirate", "base-raw"], "draws": "2"}


@pytest.fixture
def made(sqlite: Database) -> Seeded:
    with sqlite.writing() as session:
        return seed.study(session, repeats=1)


def one(made: Seeded, **values: object) -> int:
    """Write a scratch run of two subjects; return its number."""
    with db.writing() as session:
        return tried(session, made, **{"subjects": SUBJECTS[:2], **values}).run_id  # type: ignore[arg-type]


async def test_an_empty_page_ticks_whom_the_study_asks(settings: Settings, made: Seeded) -> None:
    async with browser(settings) as client:
        reply = await client.get("/try?prompt=1")
        assert (reply.status_code, reply.headers["location"]) == (303, f"{TRY}?prompt=1")
        text = await get(client, TRY)
    assert text.count('name="s"') == text.count("checked form=") == len(SUBJECTS)
    assert "Nothing asked yet" in text
    assert re.search(r'id="ask"[^>]*>|disabled[^>]*id="ask"', text)
    assert "disabled" in text


async def test_a_page_without_a_study_leads_to_the_studies(settings: Settings, sqlite: Database) -> None:
    async with browser(settings) as client:
        assert (await client.get("/try")).headers["location"] == "/studies"
        await get(client, TRY, 404)


async def test_a_prompt_is_opened_to_be_changed_from_compare_and_from_the_library(
    settings: Settings, made: Seeded
) -> None:
    number = made.prompts["number-plain"]
    async with browser(settings) as client:
        compare = await get(client, f"{NUMBER}?cols=pirate@1,base-raw@1")
        link = f"{TRY}?prompt={number}&s=pirate&s=base-raw"
        assert link in unescape(compare)
        hidden = await get(client, f"{NUMBER}?hide=kept")
        assert f'{TRY}?prompt={number}"' in hidden
        assert f'href="/try?prompt={number}"' in await get(client, "/library/batteries/mode-collapse")
        text = await get(client, link)
    assert "Pick any whole number from 0 to 100." in text
    assert re.findall(r'value="([\w-]+)" checked form=', text) == ["base-raw", "pirate"]


async def test_what_it_would_come_to_is_told_as_it_is_written_and_nothing_kept(
    settings: Settings, made: Seeded
) -> None:
    async with browser(settings) as client:
        text = (await client.post(f"/-{TRY}", data=FORM)).text
        raw = (await client.post(f"/-{TRY}", data=FORM | {"mode": "completion"})).text
        boxes = (await client.post(f"/-{TRY}/turns", data=FORM | {"mode": "prefill"})).text
    assert "draws 4 calls 4" in words(text)
    assert 'hx-swap-oob="innerHTML"' in text
    assert "You are a pirate." in text
    assert "Default, as a pirate not possible: a raw completion prompt" in words(raw)
    assert "draws 2" in words(raw)
    assert boxes.count("<textarea") == 2
    assert "the answer is made to begin with" in boxes
    with db.reading() as session:
        assert session.scalar(select(func.count()).select_from(Run)) == 1


async def test_asking_plans_a_scratch_run_and_leads_to_its_page(settings: Settings, made: Seeded) -> None:
    async with browser(settings) as client:
        reply = await client.post(TRY, data=FORM | {"turn": ["One\r\ntwo", ""], "temperatures": "0, 1"})
        assert (reply.status_code, reply.headers["location"]) == (303, f"{TRY}/2")
        text = await get(client, f"{TRY}/2")
        part = await get(client, f"/-{TRY}/2")
    with db.reading() as session:
        run, wave = session.get_one(Run, 2), session.scalars(select(Wave).where(Wave.run_id == 2)).one()
        assert (run.kind, wave.repeats, wave.temperatures) == ("scratch", 2, [0.0, 1.0])
        assert session.scalar(select(func.count()).where(Transcript.run_id == 2)) == 8
    assert "\nOne\ntwo</textarea>" in text
    assert 'data-live-ids="run=2"' in text
    assert part.strip() in text
    assert words(part).count("2 waiting") == 4


async def test_what_cannot_be_asked_comes_back_as_it_was_written(settings: Settings, made: Seeded) -> None:
    async with browser(settings) as client:
        for changed in ({"draws": "many"}, {"s": []}, {"turn": " "}, {"mode": "prefill"}):
            reply = await client.post(TRY, data=FORM | changed)
            assert reply.status_code == 422, changed
        assert (
            "<script>alert" not in (await client.post(TRY, data=FORM | {"turn": HOSTILE, "draws": "0"})).text
        )
        more = await client.post(TRY, data=FORM | {"more": "1"})
    assert more.status_code == 200
    assert more.text.count("<textarea") == 3
    with db.reading() as session:
        assert session.scalar(select(func.count()).select_from(Run)) == 1


async def test_answers_failures_and_what_is_missing_stand_side_by_side(
    settings: Settings, made: Seeded
) -> None:
    def say(prompt: object, subject: object, repeat: int) -> Draw:
        return (Draw(HOSTILE, stop="length"), Draw(state="failed", reason="502 bad gateway"))[repeat - 1]

    run = one(made, say=say)
    async with browser(settings) as client:
        text = await get(client, f"{TRY}/{run}")
    assert "<script>alert" not in text
    assert "1 failed: 502 bad gateway" in words(text)
    assert text.count(">cut</span>") == 2
    assert "Ask 2 again" in text
    assert "2 of 4" in words(text)
    assert 'href="/studies/first-light/compare/_first-light/t-' in text
    assert 'name="draws" type="number" value="2"' in text


async def test_acts_come_back_to_where_it_was_tried(settings: Settings, made: Seeded) -> None:
    run = one(made, say=lambda *_: Draw(state="queued"))
    async with browser(settings) as client:
        for act, data in (("cancel", {}), ("resume", {}), ("extend", {"repeats": "3"})):
            reply = await client.post(f"/runs/{run}/{act}", data=data)
            assert (reply.status_code, reply.headers["location"]) == (303, f"{TRY}/{run}"), act
        assert "6 waiting" in words(await get(client, f"/-{TRY}/{run}")).replace("3 waiting", "6 waiting", 1)
        assert "only tries a text" in await get(client, f"/runs/{run}")
        assert f'href="/runs/{run}"' not in await get(client, "/runs")


async def test_a_transcript_of_it_leads_back_to_where_it_was_tried(settings: Settings, made: Seeded) -> None:
    run = one(made, say=lambda *_: Draw("Moth."))
    with db.reading() as session:
        number = session.scalars(select(Transcript.id).where(Transcript.run_id == run)).first()
    async with browser(settings) as client:
        text = await get(client, f"/transcripts/{number}")
        assert f'href="{TRY}/{run}"' in text
        (beside,) = re.findall(r'href="([^"]+)"[^>]*>Beside the others', text)
        assert "Moth." in await get(client, unescape(beside))


async def test_other_runs_have_pages_of_their_own(settings: Settings, made: Seeded) -> None:
    with db.writing() as session:
        session.add(Study(slug="other", title="Other"))
    async with browser(settings) as client:
        assert (await client.get(f"{TRY}/1")).headers["location"] == "/runs/1"
        assert (await client.get(f"/-{TRY}/1")).headers["location"] == "/-/runs/1"
        await get(client, f"{TRY}/99", 404)
        await get(client, f"/studies/other/try/{one(made)}", 404)


async def test_the_texts_tried_before_are_listed_and_the_older_ones_a_step_away(
    settings: Settings, made: Seeded
) -> None:
    with db.writing() as session:
        runs = [tried(session, made, subjects=SUBJECTS[:1], repeats=1).run_id for _ in range(31)]
    async with browser(settings) as client:
        text = await get(client, f"{TRY}/{runs[-1]}")
        older = await get(client, f"{TRY}?before={runs[1]}")
    assert text.count('<span dir="auto">Is a moth honest?</span>') == 30
    assert f'href="?before={runs[1]}"' in text
    assert f'href="{TRY}/{runs[-2]}" aria-label="Tried before it"' in text
    assert f'href="{TRY}/{runs[0]}' in older
    assert f'href="{TRY}/{runs[1]}' not in older
