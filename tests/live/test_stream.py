"""The stream: what was missed, then what comes, each once and in order; it ends when the server closes."""

import asyncio
from collections.abc import AsyncIterator

import anyio.to_thread
import httpx
import pytest
from sqlalchemy.exc import OperationalError

from app import db
from app.db import Database
from app.live import hub as hub_module
from app.live import log
from app.live.hub import Hub
from app.live.routes import BACKLOG, _look, _newest, _stream
from app.main import create_app
from app.settings import Settings

pytestmark = pytest.mark.anyio
ME, SOMEBODY = 1, 2


def say(kind: str, number: int = 0) -> None:
    with db.writing() as session:
        log.record(session, kind, {"n": number})


@pytest.fixture
async def hub(database: Database) -> AsyncIterator[Hub]:
    made = Hub(_look, _newest)
    task = asyncio.create_task(made.run(anyio.to_thread.run_sync))
    while made not in hub_module._hubs:
        await asyncio.sleep(0)
    yield made
    made.close()
    await task


async def frames(stream: AsyncIterator[bytes], count: int) -> list[bytes]:
    async with asyncio.timeout(10):
        return [await anext(stream) for _ in range(count)]


async def test_it_greets_with_the_newest_id_so_that_a_reader_resumes_from_there(hub: Hub) -> None:
    await anyio.to_thread.run_sync(say, "run")
    stream = _stream(hub, None, ME)
    assert await frames(stream, 1) == [b"retry: 2000\nid: 1\nevent: hello\ndata: {}\n\n"]
    await stream.aclose()


async def test_what_was_missed_comes_first_and_then_what_is_new(hub: Hub) -> None:
    await anyio.to_thread.run_sync(say, "run", 1)
    await anyio.to_thread.run_sync(say, "run", 2)
    stream = _stream(hub, 1, ME)
    assert (await frames(stream, 2))[1] == b'id: 2\nevent: run\ndata: {"n":2}\n\n'
    await anyio.to_thread.run_sync(say, "run", 3)
    assert await frames(stream, 1) == [b'id: 3\nevent: run\ndata: {"n":3}\n\n']
    await stream.aclose()


async def test_two_readers_each_hear_everything_once(hub: Hub) -> None:
    streams = [_stream(hub, 0, ME), _stream(hub, 0, ME)]
    for stream in streams:
        await frames(stream, 1)
    for number in range(1, 6):
        await anyio.to_thread.run_sync(say, "run", number)
    for stream in streams:
        heard = await frames(stream, 5)
        assert [frame.split(b"\n")[0] for frame in heard] == [b"id: %d" % n for n in range(1, 6)]
        await stream.aclose()


async def test_a_change_in_another_process_is_heard_without_a_bell(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub_module, "wake", lambda: None)
    stream = _stream(hub, 0, ME)
    await frames(stream, 1)
    await anyio.to_thread.run_sync(say, "run", 7)
    assert b'"n":7' in (await frames(stream, 1))[0]
    await stream.aclose()


async def test_who_missed_too_much_is_told_to_reload(hub: Hub) -> None:
    def many() -> None:
        with db.writing() as session:
            for number in range(BACKLOG + 1):
                log.record(session, "run", {"n": number})

    await anyio.to_thread.run_sync(many)
    stream = _stream(hub, 0, ME)
    assert (await frames(stream, 2))[1].startswith(b"id: %d\nevent: reload\n" % (BACKLOG + 1))
    await stream.aclose()


async def test_a_reader_that_lags_is_told_to_reload_and_costs_no_more(hub: Hub) -> None:
    queue = hub.subscribe(ME)
    for number in range(hub_module.QUEUE + 10):
        hub._publish((number, "run", {}))
    first = queue.get_nowait()
    assert first is not None
    assert first[1] == "reload"
    assert queue.qsize() == 9
    hub.unsubscribe(queue)


async def test_a_reader_of_an_older_database_with_more_events_is_told_to_reload(hub: Hub) -> None:
    await anyio.to_thread.run_sync(say, "run")
    stream = _stream(hub, 900, ME)
    assert (await frames(stream, 2))[1] == b"id: 1\nevent: reload\ndata: {}\n\n"
    await anyio.to_thread.run_sync(say, "run", 2)
    assert (await frames(stream, 1))[0].startswith(b"id: 2\nevent: run\n")
    await stream.aclose()


async def test_a_database_that_is_away_for_a_moment_costs_no_event(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub_module, "INTERVAL", 0.01)
    faults = iter([True, False, True, True])

    def flaky(last: int) -> list[hub_module.Item]:
        if next(faults, False):
            raise OperationalError("SELECT", {}, Exception("the server closed the connection"))
        return _look(last)

    hub = Hub(flaky, _newest)
    task = asyncio.create_task(hub.run(anyio.to_thread.run_sync))
    stream = _stream(hub, 0, ME)
    await frames(stream, 1)
    for number in range(3):
        await anyio.to_thread.run_sync(say, "run", number)
    assert [frame.split(b"\n")[0] for frame in await frames(stream, 3)] == [b"id: 1", b"id: 2", b"id: 3"]
    await stream.aclose()
    hub.close()
    await task


async def test_closing_ends_every_stream(hub: Hub) -> None:
    stream = _stream(hub, 0, ME)
    await frames(stream, 1)
    ended = asyncio.create_task(frames(stream, 1))
    await asyncio.sleep(0)
    hub.close()
    with pytest.raises(StopAsyncIteration):
        await ended


async def test_a_person_has_so_many_streams_and_leaves_room_for_others(
    sqlite: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub_module, "MOST_EACH", 2)
    monkeypatch.setattr(hub_module, "MOST", 3)
    hub = Hub(_look, _newest)
    mine = [hub.subscribe(ME), hub.subscribe(ME)]
    assert (hub.full(ME), hub.full(SOMEBODY)) == (True, False)
    hub.subscribe(SOMEBODY)
    hub.unsubscribe(mine[0])
    assert (hub.full(ME), hub.full(SOMEBODY)) == (False, False)
    hub.subscribe(ME)
    assert (hub.full(ME), hub.full(SOMEBODY)) == (True, True)
    app = create_app(settings)
    app.state.hub = hub
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8765") as client:
        reply = await client.get("/events", headers={"accept": "application/json"})
    assert (reply.status_code, reply.json()) == (
        503,
        {"error": "too many streams are open; close some pages"},
    )
