"""A server and commands on one database at the same time: no endpoint is ever spoken to by two of them at once.

Each process has a key of its own, so that the endpoint knows who speaks.
"""

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.journeys import study
from tests.journeys.box import Witness
from tests.journeys.shell import Served, Shell, until
from tests.journeys.web import get, post, run_of

MODELS = ("one", "two", "three")
PROMPTS = [study.chat(f"p{n}", f"Question {n}?") for n in range(5)]
SERVER, FIRST, SECOND = "server-key-0001", "command-key-0001", "command-key-0002"


@pytest.fixture(scope="module")
def box(shell: Shell) -> Iterator[Witness]:
    with Witness(latency=0.03) as box:
        yield box


@pytest.fixture(scope="module")
def file(shell: Shell, box: Witness) -> Path:
    limits = {"concurrency": 3}
    endpoints = [
        study.endpoint(box.url, name, key_env="STYLOSCOPE_KEY_VOICE", limits=limits) for name in MODELS
    ]
    subjects = [study.subject(f"s-{name}", name) for name in MODELS]
    written = study.write(shell.folder, endpoints, subjects, PROMPTS, run={"repeats": 8})
    shell("apply", written)
    return written


@pytest.fixture
def served(shell: Shell, file: Path) -> Iterator[Served]:
    with shell.with_keys(STYLOSCOPE_KEY_VOICE=SERVER).serving() as served:
        yield served
    shell.sweep()


def state_of(served: Served, run: int) -> Any:
    return get(served, f"/api/v1/runs/{run}").json


def start_from_page(served: Served, repeats: int) -> int:
    form = {"study": "journey", "chosen": 1, "b": "journey-prompts", "s": [f"s-{name}" for name in MODELS],
            "repeats": repeats}  # fmt: skip
    return run_of(post(served, "/runs", form))


def voices(box: Witness) -> set[str]:
    return {who for (_model, who), calls in box.spoke.items() if calls}


def test_page_and_commands_share_every_endpoint_one_voice_at_a_time(
    shell: Shell, file: Path, box: Witness, request: pytest.FixtureRequest
) -> None:
    first = shell.with_keys(STYLOSCOPE_KEY_VOICE=FIRST)
    box.latency = 1.0  # long enough for the server to start beside the command
    running = first.start("run", file, "--json")
    until(lambda: box.spoke["one", FIRST], "the command's first call")
    served: Served = request.getfixturevalue("served")
    of_page = start_from_page(served, 12)
    box.latency = 0.03
    # The command may ask the page's draws too while it is there; what it leaves is the server's.
    assert first.end(running).document["done"] == len(PROMPTS) * len(MODELS) * 8
    of_server = start_from_page(served, 2)
    until(lambda: SERVER in voices(box), "the server's first call")
    second = shell.with_keys(STYLOSCOPE_KEY_VOICE=SECOND)
    beside = second.json("run", file, "--repeats", 2)
    assert beside["state"] == "done"
    for run in (of_page, of_server):
        until(lambda run=run: state_of(served, run)["state"] == "done", f"run {run}")
    assert box.overlaps == []
    assert {FIRST, SERVER} <= voices(box)
    assert len(box.seen) == len(PROMPTS) * len(MODELS) * (8 + 12 + 2 + 2)
    assert len(box.answered) == len(box.seen), "every draw was asked once"
    assert shell.json("verify")["ok"]


def test_a_server_that_is_killed_leaves_its_draws_to_the_next(
    shell: Shell, file: Path, box: Witness, served: Served
) -> None:
    before = len(box.seen)
    run = start_from_page(served, 10)
    until(lambda: len(box.seen) > before + 10, "the server's calls")
    served.command.send(signal.SIGKILL)
    assert served.command.ended().code == -signal.SIGKILL
    resumed = shell.with_keys(STYLOSCOPE_KEY_VOICE=SECOND).json("resume", run)
    draws = len(PROMPTS) * len(MODELS) * 10
    assert (resumed["state"], resumed["done"]) == ("done", draws)
    assert draws <= len(box.seen) - before <= draws + 3 * len(MODELS)
    assert shell.json("verify")["ok"]


def test_a_process_without_the_key_leaves_the_endpoint_to_those_who_have_it(
    shell: Shell, file: Path, box: Witness
) -> None:
    box.spoke.clear()
    with shell.serving() as keyless:
        run = start_from_page(keyless, 1)
        until(lambda: "no key" in get(keyless, f"/runs/{run}").text, "the page to say so")
        assert state_of(keyless, run)["queued"] == len(PROMPTS) * len(MODELS)
        ended = shell.with_keys(STYLOSCOPE_KEY_VOICE=FIRST).json("resume", run)
        assert (ended["state"], voices(box)) == ("done", {FIRST})
