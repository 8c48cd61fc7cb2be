"""A run from its form to its end by the dashboard alone, while eight tabs listen and the server stays quick."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path
from threading import Barrier
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.journeys import study
from tests.journeys.box import Witness
from tests.journeys.shell import Served, Shell, until
from tests.journeys.web import Reply, get, post, run_of

PROMPTS = [study.chat(f"p{n}", f"Question {n}?") for n in range(4)]
TABS = 8
FORM = {"study": "journey", "chosen": 1, "b": "journey-prompts", "s": "amber", "repeats": 4}
DRAWS = 4 * 4


@pytest.fixture(scope="module")
def box(shell: Shell) -> Iterator[Witness]:
    with Witness(latency=0.03) as box:
        yield box


@pytest.fixture(scope="module")
def served(shell: Shell, box: Witness) -> Iterator[Served]:
    price = {"input_per_mtok": 10, "output_per_mtok": 10}
    endpoint = study.endpoint(box.url, limits={"concurrency": 4}, price=price)
    file: Path = study.write(shell.folder, [endpoint], [study.subject("amber", temperature=0.1)], PROMPTS)
    shell("apply", file)
    with shell.serving() as served:
        yield served


@pytest.fixture(autouse=True)
def _fresh(box: Witness) -> None:
    box.seen.clear()
    box.fault, box.latency = lambda _seen: None, 0.03


def of(served: Served, run: int) -> Any:
    return get(served, f"/api/v1/runs/{run}").json


def when(served: Served, run: int, state: str) -> Any:
    """Wait until a run is in this state, and return how it stands."""
    until(
        lambda: of(served, run)["state"] == state and not of(served, run)["running"],
        f"run {run} to be {state}",
    )
    return of(served, run)


def act(served: Served, run: int, what: str, **fields: Any) -> None:
    assert run_of(post(served, f"/runs/{run}/{what}", fields)) == run


def test_a_run_is_started_paused_resumed_cancelled_and_finished_by_its_forms(
    served: Served, box: Witness
) -> None:
    box.latency = 0.15
    run = run_of(post(served, "/runs", FORM))
    until(lambda: len(box.seen) >= 4, "the first calls")
    act(served, run, "pause")
    paused = when(served, run, "paused")
    assert 4 <= paused["calls"] == len(box.seen) < DRAWS
    assert paused["queued"] == DRAWS - paused["done"]
    box.latency = 0.1
    act(served, run, "resume")
    until(lambda: len(box.seen) > paused["calls"], "a further call")
    act(served, run, "cancel")
    cancelled = when(served, run, "cancelled")
    assert cancelled["cancelled"] == DRAWS - cancelled["done"] > 0
    box.latency = 0.01
    act(served, run, "resume")
    assert when(served, run, "done")["done"] == DRAWS == len(box.seen), "nothing was asked twice"


def test_failed_draws_are_asked_again_and_more_repeats_added_by_form(served: Served, box: Witness) -> None:
    box.fault = lambda seen: "404" if seen.prompt == "Question 1?" else None
    run = run_of(post(served, "/runs", FORM | {"repeats": 2}))
    assert when(served, run, "failed")["failed"] == 2
    told = get(served, f"/runs/{run}/failures").text
    assert "No such model" in told
    box.fault = lambda _seen: None
    act(served, run, "retry")
    assert when(served, run, "done")["done"] == 8
    box.seen.clear()
    act(served, run, "extend", repeats=3, temperatures="0.1, 0.5", reason="more")
    extended = when(served, run, "done")
    assert [wave["reason"] for wave in extended["waves"]] == ["", "more"]
    assert extended["done"] == 8 + 4 + 12 == 8 + len(box.seen)


def test_a_run_stops_at_its_budget_until_a_form_raises_it(served: Served, box: Witness) -> None:
    run = run_of(post(served, "/runs", FORM | {"max_calls": 5}))
    assert when(served, run, "budget")["calls"] == 5 == len(box.seen)
    act(served, run, "resume", max_calls="100")
    assert when(served, run, "done")["calls"] == DRAWS == len(box.seen)


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"repeats": "many"}, "many"),
        ({"b": []}, "attery"),
        ({"s": "nobody"}, "ubject"),
        ({"max_usd": "-1"}, "expected a number above 0"),
        ({"temperatures": "hot"}, "hot"),
    ],
)
def test_a_form_that_cannot_be_started_comes_back_with_what_is_wrong(
    served: Served, box: Witness, fields: dict[str, Any], told: str
) -> None:
    before = get(served, "/api/v1/runs").json["runs"]
    reply = post(served, "/runs", FORM | fields)
    assert (reply.status, told in reply.text) == (422, True)
    assert get(served, "/api/v1/runs").json["runs"] == before
    assert box.seen == []


def listen(served: Served, tab: int, listening: Barrier) -> list[str]:
    """Listen to the stream as a tab does, until a run has started and something of it came."""
    connection = HTTPConnection(urlsplit(served.url).netloc, timeout=30)
    connection.request("GET", "/events", headers={"accept": "text/event-stream"})
    reply = connection.getresponse()
    kinds: list[str] = []
    while not {"run.started", "run.progress"} <= set(kinds):
        line = reply.readline().decode().strip()
        assert line or reply.fp, f"the stream of tab {tab} ended"
        if line.startswith("event: "):
            kinds.append(line.removeprefix("event: "))
            if len(kinds) == 1:  # the greeting: what happens from here on is heard
                listening.wait(30)
    connection.close()
    return kinds


def test_eight_tabs_hear_a_run_while_pages_and_healthz_stay_quick(served: Served, box: Witness) -> None:
    box.latency = 0.1
    listening = Barrier(TABS + 1)
    with ThreadPoolExecutor(TABS) as tabs:
        heard = [tabs.submit(listen, served, tab, listening) for tab in range(TABS)]
        listening.wait(30)
        run = run_of(post(served, "/runs", FORM | {"repeats": 20}))
        until(lambda: len(box.seen) >= 4, "the first calls")
        waits = [
            timed(served, path) for path in ("/healthz", "/", f"/runs/{run}", "/healthz") for _ in range(5)
        ]
        assert of(served, run)["state"] == "running"
        assert all("run.started" in kinds.result(30) for kinds in heard)
    assert sorted(waits)[len(waits) // 2] < 1.0, waits
    box.latency = 0.0
    assert when(served, run, "done")["done"] == 80


def timed(served: Served, path: str) -> float:
    began = time.perf_counter()
    reply: Reply = get(served, path)
    assert reply.status == 200
    return time.perf_counter() - began
