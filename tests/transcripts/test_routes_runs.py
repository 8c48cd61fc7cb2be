"""Pages of runs as they are sent: what is shown of a run, and what is not there."""

import re

import httpx
import pytest
from sqlalchemy import update

from app import db
from app.batteries.shape import PromptShape
from app.subjects.models import Endpoint
from app.subjects.shape import SubjectShape
from app.transcripts.models import EndpointStop
from tests import seed
from tests.cast import Draw
from tests.transcripts.run_pages import HOSTILE, ONE_PROMPT, ONE_SUBJECT, begun, get, made, words


@pytest.mark.anyio
async def test_healthz_answers_without_writing(client: httpx.AsyncClient) -> None:
    assert (await client.get("/healthz")).json()["status"] == "ok"


@pytest.mark.anyio
async def test_without_runs_the_list_says_how_to_make_one(client: httpx.AsyncClient) -> None:
    text = await get(client, "/runs")
    assert "No runs yet" in text
    assert ".venv/bin/styloscope run STUDY.yaml" in text


@pytest.mark.anyio
async def test_the_list_shows_each_run_with_state_draws_and_spending(client: httpx.AsyncClient) -> None:
    made(title=HOSTILE)
    text = await get(client, "/runs")
    assert 'href="/runs/1"' in text
    assert "274 of 280" in text
    assert "6 failed" in text
    assert "≥ $ 0.02" in text
    assert "<script>alert" not in text
    assert words(await get(client, "/-/runs")) in words(text)


@pytest.mark.anyio
async def test_a_long_list_is_read_by_the_last_seen(client: httpx.AsyncClient) -> None:
    found = made(subjects=ONE_SUBJECT, prompts=ONE_PROMPT, repeats=1)
    with db.writing() as session:
        for _ in range(26):
            seed.run(session, found, subjects=ONE_SUBJECT, prompts=ONE_PROMPT, repeats=1)
    first = await get(client, "/runs")
    assert 'href="/runs?before=3"' in first
    second = await get(client, "/runs?before=3")
    assert 'href="/runs/2"' in second
    assert 'href="/runs/3"' not in second
    assert "data-live=" not in second  # old lines do not move


@pytest.mark.anyio
async def test_a_runs_page_tells_all_that_became_of_it(client: httpx.AsyncClient) -> None:
    made(budget_usd=4.0)
    text = words(await get(client, "/runs/1"))
    for part in (
        "First light, run 1",
        "1 battery · 3 prompts · 5 subjects · 20 repeats",
        "274 done of 280 possible",
        "some failed",
        "6 failed · 1 cause",
        "20 not possible here",
        "of $ 4.00 budget",
        "258 whole",
        "10 cut by length",
        "2 declared no",
        "4 gated",
        "2 served by another model",
        "20 not possible here: this model refuses prefill",
        "502 from upstream provider &#34;hosted-b&#34;, after 4 tries",
        "four · Reasoning, medium",
        "read 6 exchanges",
        "Ask all 6 again",
    ):
        assert part in text, part


@pytest.mark.anyio
async def test_every_number_of_a_runs_page_leads_to_its_draws(client: httpx.AsyncClient) -> None:
    made()
    doors = re.findall(r'href="(/runs/1/draws[^"]*)"><b>(\d+)', await get(client, "/runs/1"))
    assert len(doors) == 7
    for path, number in doors:
        text = await get(client, path)
        assert len(re.findall('<li><a href="/transcripts/', text)) == min(int(number), 50), path
    more = re.findall(r'href="(/runs/1/draws[^"]*)">More<', await get(client, "/runs/1/draws?ended=whole"))
    assert "repeat 1<" not in await get(client, more[0].replace("&amp;", "&"))
    assert "No draw of this run is one of these" in await get(client, "/runs/1/draws?state=cancelled")
    await get(client, "/runs/2/draws", status=404)
    await get(client, "/runs/1/draws?ended=badly", status=422)


@pytest.mark.anyio
async def test_the_live_part_is_the_same_as_in_the_page(client: httpx.AsyncClient) -> None:
    made(say=begun, repeats=4, wanted="pause")  # at rest, so that its pace is not told
    page, part = await get(client, "/runs/1"), await get(client, "/-/runs/1")
    assert 'hx-get="/-/runs/1"' in page
    assert 'data-live-ids="run=1"' in page
    assert part.strip() in page


@pytest.mark.anyio
async def test_a_stopped_endpoint_is_named_with_its_reason(client: httpx.AsyncClient) -> None:
    found = made(say=begun, repeats=4)
    with db.writing() as session:
        stop = EndpointStop(run_id=1, endpoint_id=found.endpoints["two"], reason="HTTP 401: no such key")
        session.add(stop)
    text = words(await get(client, "/runs/1"))
    assert "two was stopped for this run" in text
    assert "HTTP 401: no such key" in text


@pytest.mark.anyio
async def test_failures_are_read_with_what_was_sent_and_what_came_back(client: httpx.AsyncClient) -> None:
    made()
    cause = re.search(r"cause=(\w+)", await get(client, "/runs/1"))
    assert cause is not None
    text = words(await get(client, f"/runs/1/failures?cause={cause[1]}"))
    assert text.count("× Reasoning, medium, repeat") == 6
    assert "POST https://four.example/v1/chat/completions" in text
    assert "upstream unavailable" in text
    assert "Call 4" in text


@pytest.mark.anyio
async def test_a_long_list_of_failures_goes_on(client: httpx.AsyncClient) -> None:
    made(
        subjects=ONE_SUBJECT,
        prompts=ONE_PROMPT,
        repeats=12,
        say=lambda *_: Draw(state="failed", reason="cut"),
    )
    first = await get(client, "/runs/1/failures")
    assert 'href="/runs/1/failures?after=10"' in first
    assert (await get(client, "/runs/1/failures?after=10")).count('class="failed-draw"') == 2


@pytest.mark.anyio
async def test_a_run_without_failures_says_so(client: httpx.AsyncClient) -> None:
    made(subjects=ONE_SUBJECT, prompts=ONE_PROMPT, repeats=2)
    assert "Nothing failed in this run" in await get(client, "/runs/1/failures")


@pytest.mark.anyio
async def test_hostile_words_of_a_provider_stay_words(client: httpx.AsyncClient) -> None:
    def failing(prompt: PromptShape, subject: SubjectShape, repeat: int) -> Draw:
        return Draw(state="failed", reason=HOSTILE, exchanges=((500, HOSTILE, HOSTILE),))

    renamed = tuple(one.model_copy(update={"name": HOSTILE}) for one in ONE_SUBJECT)
    made(title=HOSTILE, subjects=renamed, prompts=ONE_PROMPT, repeats=1, say=failing)
    for path in ("/runs", "/runs/1", "/runs/1/failures", "/runs/new?study=first-light"):
        assert "<script>alert" not in await get(client, path)


@pytest.mark.anyio
@pytest.mark.parametrize(
    "path",
    ["/runs/99", "/-/runs/99", "/runs/99/failures", "/runs/1/failures?cause=nothing", "/runs/new?study=x"],
)
async def test_what_is_not_there_is_not_found(client: httpx.AsyncClient, path: str) -> None:
    made(subjects=ONE_SUBJECT, prompts=ONE_PROMPT, repeats=1)
    await get(client, path, 404)


@pytest.mark.anyio
async def test_prices_that_change_later_do_not_change_what_was_spent(client: httpx.AsyncClient) -> None:
    made(subjects=ONE_SUBJECT, prompts=ONE_PROMPT, repeats=2)
    before = words(await get(client, "/-/runs/1"))
    with db.writing() as session:
        session.execute(update(Endpoint).values(price={"input_per_mtok": None, "output_per_mtok": None}))
    assert words(await get(client, "/-/runs/1")) == before


@pytest.mark.anyio
async def test_a_run_of_which_nothing_came_says_that_all_failed(client: httpx.AsyncClient) -> None:
    made(say=lambda *_: Draw(state="failed", reason="no"), repeats=1)
    for path in ("/runs", "/runs/1", "/studies", "/studies/first-light", "/"):
        text = await get(client, path)
        assert "all failed" in text, path
        assert "some failed" not in text, path


@pytest.mark.anyio
async def test_the_failed_draws_of_a_subject_are_read_alone(client: httpx.AsyncClient) -> None:
    made()
    path = "/runs/1/draws?state=failed&subject=reasoner"
    assert path.replace("&", "&amp;") in await get(client, "/runs/1")
    assert "6 draws." in words(await get(client, path))
