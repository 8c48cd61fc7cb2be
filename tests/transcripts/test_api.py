"""`/api/v1`: what an outside program reads, page by page, and what it is refused."""

import base64
import json
import zlib
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from sqlalchemy import insert

from app.db import Database, now, writing
from app.main import create_app
from app.settings import Settings
from app.transcripts import api_examples
from app.transcripts.models import Exchange
from tests import seed
from tests.cast import SUBJECTS, Draw
from tests.draws import Seeded

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def client(database: Database, settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(create_app(settings))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8765") as client:
        yield client


@pytest.fixture
def seeded(database: Database) -> Seeded:
    """The seeded study, two repeats: 30 draws of which two are impossible."""
    with database.writing() as session:
        return seed.study(session, repeats=2)


async def read(client: httpx.AsyncClient, path: str, **query: Any) -> dict[str, Any]:
    reply = await client.get(f"/api/v1{path}", params=query or None)
    assert reply.status_code == 200, reply.text
    found: dict[str, Any] = reply.json()
    return found


async def refused(client: httpx.AsyncClient, path: str) -> int:
    reply = await client.get(f"/api/v1{path}")
    assert reply.headers["content-type"] == "application/json"
    return reply.status_code


class TestRuns:
    async def test_are_listed_newest_first_page_by_page(
        self, client: httpx.AsyncClient, seeded: Seeded
    ) -> None:
        first = seeded.run_id
        with writing() as session:
            second = seed.run(session, seeded, repeats=1)
            third = seed.run(session, seeded, repeats=1)
        page = await read(client, "/runs", limit=2)
        assert [run["id"] for run in page["runs"]] == [third, second]
        assert page["next"] == f"/api/v1/runs?limit=2&before={second}"
        last = (await client.get(page["next"])).json()
        assert ([run["id"] for run in last["runs"]], last["next"]) == ([first], None)

    async def test_tell_state_counts_and_sums(self, client: httpx.AsyncClient, seeded: Seeded) -> None:
        [run] = (await read(client, "/runs", study="first-light"))["runs"]
        assert (run["study"], run["state"], run["done"], run["impossible"]) == ("first-light", "done", 28, 2)
        assert run["cost_usd"] is None  # one subject's price is unknown

    async def test_one_tells_what_each_wave_asked(self, client: httpx.AsyncClient, seeded: Seeded) -> None:
        run = await read(client, f"/runs/{seeded.run_id}")
        assert run["wanted"] == "go"
        assert run["budget"] == {"usd": None, "calls": None, "tokens": None}
        [wave] = run["waves"]
        assert (wave["number"], wave["repeats"], wave["temperatures"], wave["reason"]) == (1, 2, None, "")
        assert wave["batteries"] == [{"slug": "mode-collapse", "version": 1, "keys": None}]
        assert wave["subjects"] == [{"slug": one.slug, "version": 1} for one in SUBJECTS]

    async def test_no_runs_is_an_empty_list(self, client: httpx.AsyncClient) -> None:
        assert await read(client, "/runs") == {"runs": [], "next": None}


class TestTranscripts:
    async def test_are_listed_oldest_first_and_every_one_comes_once(
        self, client: httpx.AsyncClient, seeded: Seeded
    ) -> None:
        seen: list[int] = []
        path: str | None = "/api/v1/transcripts?limit=7"
        while path:
            page = (await client.get(path)).json()
            seen += [one["number"] for one in page["transcripts"]]
            path = page["next"]
        assert seen == sorted(seeded.transcripts.values())

    async def test_filters_narrow_and_stay_in_the_next_address(
        self, client: httpx.AsyncClient, seeded: Seeded
    ) -> None:
        wanted = {"run": seeded.run_id, "subject": "pirate", "prompt": "mode-collapse/number-plain"}
        page = await read(client, "/transcripts", **wanted, state="done", limit=1)
        assert page["next"].startswith(
            "/api/v1/transcripts?run=1&subject=pirate&prompt=mode-collapse%2Fnumber-plain"
        )
        rest = (await client.get(page["next"])).json()
        found = [*page["transcripts"], *rest["transcripts"]]
        assert [(one["subject"], one["prompt"], one["repeat"]) for one in found] == [
            ("pirate", "number-plain", 1),
            ("pirate", "number-plain", 2),
        ]

    async def test_a_prompt_may_be_named_by_its_key_alone(
        self, client: httpx.AsyncClient, seeded: Seeded
    ) -> None:
        page = await read(
            client, "/transcripts", prompt="said-prefill", state="impossible", study="first-light"
        )
        assert {(one["prompt"], one["error"]) for one in page["transcripts"]} == {
            ("said-prefill", "this model refuses prefill")
        }

    async def test_a_filter_that_fits_nothing_gives_an_empty_list(
        self, client: httpx.AsyncClient, seeded: Seeded
    ) -> None:
        assert await read(client, "/transcripts", run=99) == {"transcripts": [], "next": None}

    async def test_one_is_whole_with_its_messages_and_settings(
        self, client: httpx.AsyncClient, seeded: Seeded
    ) -> None:
        number = seeded.transcripts["who-plain", "reasoner", 1]
        found = await read(client, f"/transcripts/{number}")
        assert (found["number"], found["url"]) == (number, f"/transcripts/{number}")
        assert [(one["role"], one["text"]) for one in found["messages"]] == [
            ("user", "Who are you? Answer in one or two sentences."),
            ("reasoning", "The user asks who I am. Keep it short."),
            ("assistant", "A language model."),
        ]
        assert found["messages"][1]["parent"] == found["messages"][0]["id"]
        assert found["sampling"]["sent"] == {"max_tokens": 1024, "stop": []}
        assert found["temperature"] is None

    async def test_one_that_has_no_answer_says_why_and_still_shows_what_was_asked(
        self, client: httpx.AsyncClient, seeded: Seeded
    ) -> None:
        found = await read(client, f"/transcripts/{seeded.transcripts['said-prefill', 'constitution', 1]}")
        assert (found["state"], found["error"]) == ("impossible", "this model refuses prefill")
        assert (found["stop_class"], found["sha256"], found["finished_at"]) == (None, None, None)
        assert [one["origin"] for one in found["messages"]] == ["prompt", "prompt"]


class TestExchanges:
    async def test_show_what_went_over_the_wire_in_order(
        self, client: httpx.AsyncClient, database: Database
    ) -> None:
        body = '{"error":"busy"}'
        twice = Draw("done", exchanges=((503, body, "503 busy"),))
        with database.writing() as session:
            made = seed.study(session, subjects=SUBJECTS[1:2], repeats=1, say=lambda *_: twice)
        number = made.transcripts["who-plain", "default-assistant", 1]
        found = (await read(client, f"/transcripts/{number}/exchanges"))["exchanges"]
        assert [(one["n"], one["outcome"], one["status"], one["error"]) for one in found] == [
            (1, "retry", 503, "503 busy"),
            (2, "answer", 200, None),
        ]
        assert found[0]["reply"] == body
        assert json.loads(found[1]["request"])["model"] == "two-large"
        assert json.loads(found[1]["reply"])["choices"][0]["message"]["content"] == "done"

    async def test_a_body_that_is_no_text_comes_as_base64_and_one_let_go_as_null(
        self, client: httpx.AsyncClient, database: Database
    ) -> None:
        with database.writing() as session:
            made = seed.study(session, subjects=SUBJECTS[1:2], repeats=1, say=lambda *_: Draw(state="failed"))
            number = made.transcripts["who-plain", "default-assistant", 1]
            row = {"transcript_id": number, "turn": 1, "attempt": 1, "url": "http://x", "outcome": "failed",
                   "request": zlib.compress(b"{}"), "started_at": now()}  # fmt: skip
            session.execute(
                insert(Exchange),
                [{**row, "n": 1, "reply": zlib.compress(b"\xff\xfe")}, {**row, "n": 2, "reply": None}],
            )
        found = (await read(client, f"/transcripts/{number}/exchanges"))["exchanges"]
        assert [(one["request"], one["reply"]) for one in found] == [("{}", None), ("{}", None)]
        assert base64.b64decode(found[0]["reply_base64"]) == b"\xff\xfe"
        assert found[1]["reply_base64"] is None


class TestRefusals:
    @pytest.mark.parametrize(
        "path",
        [
            "/transcripts?style=base",  # no such filter
            "/runs?state=done",
            "/transcripts?run=one",
            "/transcripts?state=finished",
            "/transcripts?subject=nobody",
            "/transcripts?prompt=mode-collapse/none",
            "/transcripts?prompt=other/number-plain",
            "/transcripts?study=none",
            "/runs?study=none",
            "/runs?limit=0",
            "/transcripts?limit=201",
            f"/transcripts?after={2**63}",
            f"/transcripts/{2**63}",
            "/transcripts/abc",
            "/runs/0",
        ],
    )
    async def test_a_filter_or_number_that_cannot_be_is_422(
        self, client: httpx.AsyncClient, seeded: Seeded, path: str
    ) -> None:
        assert await refused(client, path) == 422

    @pytest.mark.parametrize(
        "path", ["/runs/99", "/transcripts/9999", "/transcripts/9999/exchanges", "/nothing"]
    )
    async def test_what_is_not_there_is_404(
        self, client: httpx.AsyncClient, seeded: Seeded, path: str
    ) -> None:
        assert await refused(client, path) == 404

    @pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
    async def test_nothing_can_be_written(
        self, client: httpx.AsyncClient, seeded: Seeded, method: str
    ) -> None:
        assert (await client.request(method, "/api/v1/transcripts")).status_code == 405

    async def test_the_message_names_the_filter_and_what_was_found(
        self, client: httpx.AsyncClient, seeded: Seeded
    ) -> None:
        reply = await client.get("/api/v1/transcripts?subject=nobody")
        assert reply.json() == {"error": "subject: found 'nobody', which is none of this database's"}


async def test_the_openapi_document_describes_every_address(client: httpx.AsyncClient) -> None:
    document = (await client.get("/openapi.json")).json()
    paths = {path for path in document["paths"] if path.startswith("/api/v1")}
    assert paths == {
        "/api/v1/bookmarks",
        "/api/v1/bookmarks/{number}",
        "/api/v1/bookmarks/{number}/restore",
        "/api/v1/places",
        "/api/v1/runs",
        "/api/v1/runs/{number}",
        "/api/v1/search",
        "/api/v1/seen",
        "/api/v1/studies/{slug}/agreement",
        "/api/v1/studies/{slug}/annotations",
        "/api/v1/studies/{slug}/annotations/{number}",
        "/api/v1/studies/{slug}/annotations/{number}/confirm",
        "/api/v1/studies/{slug}/marks",
        "/api/v1/studies/{slug}/passes",
        "/api/v1/studies/{slug}/rates",
        "/api/v1/studies/{slug}/redo",
        "/api/v1/studies/{slug}/undo",
        "/api/v1/studies/{slug}/seen",
        "/api/v1/studies/{slug}/unseen",
        "/api/v1/transcripts",
        "/api/v1/transcripts/{number}",
        "/api/v1/transcripts/{number}/citation",
        "/api/v1/transcripts/{number}/exchanges",
        "/api/v1/transcripts/{number}/mine",
    }


@pytest.mark.parametrize(
    ("path", "example"),
    [
        ("/runs", api_examples.RUNS),
        ("/runs/1", api_examples.RUN),
        ("/transcripts", api_examples.TRANSCRIPTS),
        ("/transcripts/9", api_examples.TRANSCRIPT),
        ("/transcripts/9/exchanges", api_examples.EXCHANGES),
    ],
)
async def test_each_documented_example_has_the_fields_of_a_real_answer(
    client: httpx.AsyncClient, seeded: Seeded, path: str, example: dict[str, Any]
) -> None:
    assert keys(example) == keys(await read(client, path))


def keys(value: Any) -> Any:
    """Return the fields of an answer and of the first of each list in it, in order; settings may hold any."""
    if isinstance(value, dict):
        free = {"condition", "asked", "sent", "effective", "raw", "headers", "usage"}
        return [(name, None if name in free else keys(one)) for name, one in value.items()]
    return [keys(value[0])] if isinstance(value, list) and value else None
