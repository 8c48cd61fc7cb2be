"""What people do with runs from a page: each button changes just what it says, and comes back to the run."""

import anyio
import anyio.to_thread
import httpx
import pytest
from sqlalchemy import func, select

from app import db
from app.live.models import Event
from app.runs.models import Run, Wave
from app.transcripts.models import RunBudget
from app.transcripts.queries import Counts
from tests import seed
from tests.cast import Draw
from tests.transcripts.run_pages import HOSTILE, ONE_PROMPT, ONE_SUBJECT, begun, counts, get, made, words


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
