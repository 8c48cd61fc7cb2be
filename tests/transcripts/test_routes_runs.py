"""Pages of runs as they are sent: what is shown of a run, what its buttons do, what is refused and how."""

import re
from collections.abc import AsyncIterator

import anyio
import anyio.to_thread
import httpx
import pytest
from sqlalchemy import func, select, update

from app import db
from app.batteries.shape import PromptShape
from app.db import Database
from app.live.models import Event
from app.main import create_app
from app.runs.models import Run, Wave
from app.settings import Settings
from app.subjects.models import Endpoint
from app.subjects.shape import SubjectShape
from app.transcripts.models import EndpointStop, RunBudget
from app.transcripts.queries import Counts, run_status
from tests import seed
from tests.cast import PROMPTS, SUBJECTS, Draw, say

ONE_PROMPT, ONE_SUBJECT = PROMPTS[:1], SUBJECTS[1:2]
HOSTILE = "<script>alert(1)</script>\u202e"


@pytest.fixture
async def client(sqlite: Database, settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(create_app(settings))
    address, headers = "http://127.0.0.1:8765", {"accept": "text/html"}
    async with httpx.AsyncClient(transport=transport, base_url=address, headers=headers) as client:
        yield client


def begun(prompt: PromptShape, subject: SubjectShape, repeat: int) -> Draw:
    """Half of the draws are there; the others wait."""
    return say(prompt, subject, repeat) if repeat <= 2 else Draw(state="queued")


def made(**values: object) -> seed.Seeded:
    with db.writing() as session:
        return seed.study(session, **values)  # type: ignore[arg-type]


def counts(run_id: int) -> Counts:
    with db.reading() as session:
        found = run_status(session, run_id)
    assert found is not None
    return found.counts


def words(html: str) -> str:
    """The text of a page, its tags and runs of blanks taken out."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


async def get(client: httpx.AsyncClient, path: str, status: int = 200) -> str:
    reply = await client.get(path)
    assert reply.status_code == status, path
    return reply.text


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
async def test_a_run_that_waits_can_be_paused_and_a_paused_one_resumed(client: httpx.AsyncClient) -> None:
    made(say=begun, repeats=4)
    assert 'data-key="KeyP"' in (page := await get(client, "/runs/1"))
    assert ">Pause <" in page
    reply = await client.post("/runs/1/pause")
    assert (reply.status_code, reply.headers["location"]) == (303, "/runs/1")
    assert ">Resume <" in await get(client, "/runs/1")
    await client.post("/runs/1/resume")
    assert ">Pause <" in await get(client, "/runs/1")


@pytest.mark.anyio
async def test_cancelling_leaves_what_came_and_resuming_takes_it_up_again(client: httpx.AsyncClient) -> None:
    made(say=begun, repeats=4, subjects=ONE_SUBJECT, prompts=ONE_PROMPT)
    await client.post("/runs/1/cancel")
    assert counts(1) == Counts(done=2, cancelled=2)
    assert "2 cancelled" in words(await get(client, "/runs/1"))
    await client.post("/runs/1/resume")
    assert counts(1) == Counts(done=2, queued=2)


@pytest.mark.anyio
async def test_failed_draws_are_asked_again(client: httpx.AsyncClient) -> None:
    made()
    await client.post("/runs/1/retry")
    assert counts(1) == Counts(done=274, queued=6, impossible=20)


@pytest.mark.anyio
async def test_a_wave_asks_what_is_missing_and_is_listed_with_its_reason(client: httpx.AsyncClient) -> None:
    made(subjects=ONE_SUBJECT, prompts=ONE_PROMPT, repeats=2)
    reply = await client.post("/runs/1/extend", data={"repeats": "5", "reason": f"more, {HOSTILE}"})
    assert reply.status_code == 303
    assert counts(1) == Counts(done=2, queued=3)
    text = await get(client, "/runs/1")
    assert "Waves" in text
    assert "more, &lt;script&gt;" in text


@pytest.mark.anyio
async def test_a_wave_may_ask_further_subjects_alone(client: httpx.AsyncClient) -> None:
    found = made(prompts=ONE_PROMPT, repeats=1)
    with db.writing() as session:
        seed.run(session, found, subjects=ONE_SUBJECT, prompts=ONE_PROMPT, repeats=2)
    text = await get(client, "/runs/2")
    assert "Only further subjects" in text
    assert "Only further batteries" not in text
    assert f'name="s" value="{found.versions["pirate"]}"' in text
    assert f'name="s" value="{found.versions["default-assistant"]}"' not in text
    await client.post("/runs/2/extend", data={"repeats": "2", "s": str(found.versions["pirate"])})
    assert counts(2) == Counts(done=2, queued=2)


@pytest.mark.anyio
@pytest.mark.parametrize(
    "data",
    [
        {},
        {"repeats": "0"},
        {"repeats": "x"},
        {"repeats": "5", "temperatures": "hot"},
        {"repeats": "5", "s": "99"},
        {"repeats": "5", "b": "9" * 30},
    ],
)
async def test_a_wave_that_cannot_be_is_refused_and_changes_nothing(
    client: httpx.AsyncClient, data: dict[str, str]
) -> None:
    made(subjects=ONE_SUBJECT, prompts=ONE_PROMPT, repeats=2)
    assert (await client.post("/runs/1/extend", data=data)).status_code == 422
    with db.reading() as session:
        assert session.scalar(select(func.count()).select_from(Wave)) == 1
        assert session.scalar(select(func.count()).select_from(Event)) == 0


@pytest.mark.anyio
async def test_a_cap_that_was_reached_is_said_and_can_be_raised(client: httpx.AsyncClient) -> None:
    made(say=begun, repeats=4, budget_usd=0.01)
    with db.writing() as session:
        session.get_one(RunBudget, 1).capped = True
    text = await get(client, "/runs/1")
    assert "The budget is reached" in text
    assert (await client.post("/runs/1/resume", data={"max_usd": "cheap"})).status_code == 422
    alone = await client.post("/runs/1/resume", data={"max_usd": "2"})
    assert alone.status_code == 422
    assert "expected a cap on calls beside it" in alone.text  # one of its subjects has no known price
    await client.post("/runs/1/resume", data={"max_usd": "2", "max_calls": "500"})
    with db.reading() as session:
        assert session.get_one(Run, 1).budget_micro == 2_000_000
        assert not session.get_one(RunBudget, 1).capped


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
@pytest.mark.parametrize("what", ["pause", "cancel", "resume", "retry", "extend"])
async def test_nothing_can_be_done_with_a_run_that_is_not_there(client: httpx.AsyncClient, what: str) -> None:
    reply = await client.post(f"/runs/99/{what}", data={"repeats": "3"})
    assert reply.status_code == 404
    assert "There is no run 99" in reply.text


@pytest.mark.anyio
async def test_another_site_cannot_press_the_buttons(client: httpx.AsyncClient) -> None:
    made(say=begun, repeats=4)
    reply = await client.post("/runs/1/cancel", headers={"sec-fetch-site": "cross-site"})
    assert reply.status_code == 403
    assert counts(1).cancelled == 0


@pytest.mark.anyio
async def test_prices_that_change_later_do_not_change_what_was_spent(client: httpx.AsyncClient) -> None:
    made(subjects=ONE_SUBJECT, prompts=ONE_PROMPT, repeats=2)
    before = words(await get(client, "/-/runs/1"))
    with db.writing() as session:
        session.execute(update(Endpoint).values(price={"input_per_mtok": None, "output_per_mtok": None}))
    assert words(await get(client, "/-/runs/1")) == before


@pytest.mark.anyio
async def test_runs_whose_draws_are_long_in_planning_keep_no_page_waiting(client: httpx.AsyncClient) -> None:
    made(prompts=ONE_PROMPT, subjects=ONE_SUBJECT, repeats=2)
    anyio.to_thread.current_default_thread_limiter().total_tokens = 2  # as the server has it with SQLite
    replies: list[httpx.Response] = []

    async def extend(repeats: int) -> None:
        replies.append(await client.post("/runs/1/extend", data={"repeats": str(repeats)}))

    async with anyio.create_task_group() as group:
        with db.current().writers, anyio.fail_after(20):  # another run is being planned, and takes its time
            group.start_soon(extend, 3)
            group.start_soon(extend, 4)
            await anyio.wait_all_tasks_blocked()
            await get(client, "/runs/1")
            assert replies == []
    assert [reply.status_code for reply in replies] == [303, 303]


@pytest.mark.anyio
@pytest.mark.parametrize(("wanted", "said"), [("pause", "pausing"), ("cancel", "cancelling")])
async def test_a_stop_shows_at_once_while_draws_are_in_flight(
    client: httpx.AsyncClient, wanted: str, said: str
) -> None:
    made(say=lambda *_: Draw(state="running"), repeats=1, wanted=wanted)
    text = await get(client, "/runs/1")
    assert f">{said}</span>" in text
    assert 'id="act-pause"' not in text
    assert ('id="act-resume"' in text) == (wanted == "pause")


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
