"""How commands about runs end: done, failed, at the budget, interrupted, bad input; and what can be done then.

One study, one run after another, each typed as a process. The endpoint counts what it is asked.
"""

import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.journeys import study
from tests.journeys.box import Witness
from tests.journeys.shell import Shell, until

CONCURRENCY = 4
PROMPTS = [
    *(study.chat(f"p{n}", f"Question {n}?") for n in range(4)),
    study.ladder("steps", "First?", "Second?"),
]
REPEATS = 4
DRAWS = 5 * REPEATS
CALLS = 6 * REPEATS  # the ladder has two turns


@pytest.fixture(scope="module")
def box() -> Iterator[Witness]:
    with Witness(latency=0.02) as box:
        yield box


@pytest.fixture(autouse=True)
def _fresh(box: Witness, shell: Shell) -> Iterator[None]:
    """Each test counts its own calls, of an endpoint that answers well, and leaves no process behind."""
    box.seen.clear()
    box.asked.clear()
    box.fault, box.latency = lambda _seen: None, 0.02
    yield
    shell.sweep()


def limited(box: Witness, slug: str = "box", **values: Any) -> study.Part:
    price = {"input_per_mtok": 100, "output_per_mtok": 100}
    return study.endpoint(box.url, slug, limits={"concurrency": CONCURRENCY}, price=price, **values)


@pytest.fixture(scope="module")
def file(shell: Shell, box: Witness) -> Path:
    subjects = [study.subject("amber", temperature=0.1)]
    return study.write(shell.folder, [limited(box)], subjects, PROMPTS, run={"repeats": REPEATS})


def counts(status: Any) -> dict[str, int]:
    names = ("queued", "running", "done", "failed", "cancelled", "impossible")
    return {name: status[name] for name in names if status[name]}


def test_ctrl_c_pauses_a_run_and_resume_finishes_it_asking_nothing_twice(
    shell: Shell, file: Path, box: Witness
) -> None:
    box.latency = 0.1
    running = shell.start("run", file)
    until(lambda: len(box.seen) >= 6, "the first calls")
    running.send(signal.SIGINT)
    ended = shell.end(running)
    assert ended.code == 130, ended
    box.latency = 0.02
    paused = shell.json("status")["runs"][0]
    assert (paused["state"], paused["running"]) == ("paused", 0)
    assert paused["calls"] == len(box.seen) < CALLS
    assert f"styloscope resume {paused['id']}" in ended.out
    resumed = shell.json("resume", paused["id"])
    assert (resumed["state"], counts(resumed)) == ("done", {"done": DRAWS})
    assert len(box.seen) == resumed["calls"] == CALLS
    assert Counter(box.asked) == {f"Question {n}?": REPEATS for n in range(4)} | first_and_second(box)


def first_and_second(box: Witness) -> dict[str, int]:
    """The ladders: each first turn once, each second turn once on top of its own answer."""
    second = {prompt: n for prompt, n in box.asked.items() if prompt.startswith("First?\n")}
    assert set(second.values()) == {1}
    assert len(second) == REPEATS
    return {"First?": REPEATS} | second


def test_a_second_ctrl_c_leaves_the_calls_and_resume_asks_only_those_again(
    shell: Shell, file: Path, box: Witness
) -> None:
    box.faults([*[None] * 8, *["hang"] * CONCURRENCY])
    running = shell.start("run", file)
    until(lambda: len(box.seen) >= 8 + CONCURRENCY, "calls that hang")
    running.send(signal.SIGINT)
    until(lambda: "Pausing" in running.out, "the pause")
    running.send(signal.SIGINT)
    assert shell.end(running).code == 130
    box.fault, box.latency = lambda _seen: None, 0.02
    run = shell.json("status")["runs"][0]["id"]
    resumed = shell.json("resume", run)
    assert (resumed["state"], counts(resumed)) == ("done", {"done": DRAWS})
    assert CALLS <= len(box.seen) == resumed["calls"] <= CALLS + CONCURRENCY


@pytest.mark.parametrize("cap", [("--max-calls", 7), ("--max-usd", 0.05)], ids=["calls", "dollars"])
def test_a_run_stops_at_its_budget_and_never_beyond(
    shell: Shell, file: Path, box: Witness, cap: tuple[str, float]
) -> None:
    box.fault = lambda seen: "404" if seen.prompt == "Question 0?" else None
    capped = shell.json("run", file, *cap, code=4)
    assert capped["state"] == "budget"
    assert capped["failed"] >= 1, "4 wins over 3"
    assert capped["calls"] == len(box.seen) == 7 if cap[0] == "--max-calls" else len(box.seen) < CALLS
    assert capped["cost_usd"] <= 0.05
    assert shell("status", capped["id"]).out.count("budget") == 1


def test_failed_draws_end_in_3_until_retried(shell: Shell, file: Path, box: Witness) -> None:
    box.fault = lambda seen: "404" if seen.prompt == "Question 0?" else None
    failed = shell("run", file, "--repeats", 1, code=3)
    assert "1 failed: No such model" in failed.out.replace("HTTP 404: ", "")
    run = shell.json("status")["runs"][0]["id"]
    assert shell.json("resume", run, code=3)["failed"] == 1, "resume leaves failed draws alone"
    box.fault = lambda _seen: None
    retried = shell.json("retry", run)
    assert (retried["state"], counts(retried)) == ("done", {"done": 5})
    assert len(box.seen) == 5 + 1 + 1
    box.seen.clear()
    extended = shell.json("extend", run, "--repeats", 2, "--reason", "a second look")
    assert (extended["state"], counts(extended), len(box.seen)) == ("done", {"done": 10}, 6)
    assert shell.json("extend", run, "--repeats", 2)["calls"] == extended["calls"], "nothing is missing"


def test_a_run_is_cancelled_while_another_process_asks_it(shell: Shell, file: Path, box: Witness) -> None:
    box.latency = 1.0  # so that it is far from done when the next commands have started
    running = shell.start("run", file, "--json")
    until(lambda: len(box.seen) >= 2, "the first calls")
    run = shell.json("status")["runs"][0]["id"]
    cancelled = shell.json("cancel", run)
    ended = shell.end(running)
    assert ended.code == 3, "a cancelled run is not all done"
    assert ended.document["state"] == "cancelled"
    assert ended.document["cancelled"] >= cancelled["cancelled"] > 0
    asked, box.latency = len(box.seen), 0.02
    resumed = shell.json("resume", run)
    assert (resumed["state"], counts(resumed), len(box.seen)) == ("done", {"done": DRAWS}, CALLS)
    assert asked < CALLS


def test_bad_input_is_one_message_exit_2_and_no_run(shell: Shell, file: Path, box: Witness) -> None:
    before = shell.json("status")
    keyed = study.write(
        shell.folder, [limited(box, "locked", key_env="JOURNEY_API_KEY")], [study.subject("x", "locked")],
        PROMPTS, slug="locked",
    )  # fmt: skip
    broken = shell.folder / "broken.yaml"
    broken.write_text(file.read_text().replace('"repeats": 4', '"repeats": "many"'))
    for words, told in (
        (("run", keyed), "JOURNEY_API_KEY: not set"),
        (("run", broken), "broken.yaml:1: run.repeats: found 'many'"),
        (("run", file, "--subjects", "nobody"), "--subjects: found 'nobody', expected some of amber"),
        (("run", file, "--max-usd", "nan"), "--max-usd"),
        (("run", file, "--max-usd", "inf"), "--max-usd"),
        (("run", file, "--max-calls", "9" * 30), "--max-calls"),
        (("resume", 999), "RUN: found 999"),
        (("status", "9" * 30), "RUN"),
    ):
        ended = shell(*words, code=2)
        assert told in ended.err
        assert ended.out == ""
    refused = shell("check", broken, "--json", code=2).document
    assert (refused["ok"], len(refused["mistakes"])) == (False, 1)
    assert shell.json("status") == before
    assert len(box.seen) == 0


def test_everything_that_was_kept_is_as_it_was_written(shell: Shell) -> None:
    verified = shell.json("verify")
    assert (verified["ok"], verified["problems"]) == (True, [])
    for said in shell.said:
        assert "Traceback" not in said
