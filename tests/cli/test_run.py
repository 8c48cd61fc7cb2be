"""Runs as they are typed: a study file put to a real endpoint, what is printed, and how each command ends."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from app import db, schema
from app.settings import Settings, settings
from app.transcripts.locks import Locks
from tests.faultbox import FaultBox, Seen
from tests.typed import typed

STUDY = """\
styloscope: 1
study: {{slug: tiny, title: Tiny study}}
styles: [{{slug: plain, name: Plain}}]
endpoints:
  - {{slug: box, wire: openai-chat, base_url: {url}, model: m, style: plain, limits: {{concurrency: 2}},
      price: {{input_per_mtok: 1, output_per_mtok: 2}}}}
  - {{slug: keyed, wire: openai-chat, base_url: {url}, model: m, style: plain, key_env: KEYED_API_KEY,
      price: {{input_per_mtok: null, output_per_mtok: null}}}}
subjects:
  - {{slug: plain-a, name: Plain A, endpoint: box, mode: chat, sampling: {{temperature: 1, max_tokens: 9}}}}
  - {{slug: pirate, endpoint: box, mode: chat, system: Be a pirate., sampling: {{max_tokens: 9}}}}
  - {{slug: secret, endpoint: keyed, mode: chat, sampling: {{max_tokens: 9}}}}
batteries: [./one.yaml, ./two.yaml]
run: {{repeats: 3}}
"""
BATTERY = """\
styloscope: 1
battery: {{slug: {slug}, title: {slug}, licence: CC0-1.0}}
prompts:
  - {{key: {slug}-a, family: a, turns: [{{user: Say {slug}.}}]}}
  - {{key: {slug}-b, family: b, mode: prefill, turns: [{{user: Go on.}}, {{assistant: So}}]}}
"""
OPEN = ("--subjects", "plain-a,pirate")  # the subjects whose endpoint needs no key


@pytest.fixture
def box() -> Iterator[FaultBox]:
    with FaultBox() as started:
        yield started


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, box: FaultBox) -> Path:
    """A folder with a study and its batteries, and settings and database of its own."""
    (tmp_path / "study.yaml").write_text(STUDY.format(url=box.url))
    for slug in ("one", "two"):
        (tmp_path / f"{slug}.yaml").write_text(BATTERY.format(slug=slug))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STYLOSCOPE_DATA", str(tmp_path / "data"))
    monkeypatch.delenv("STYLOSCOPE_DATABASE_URL", raising=False)
    monkeypatch.delenv("KEYED_API_KEY", raising=False)
    settings.cache_clear()
    return tmp_path


def ended(*words: str, code: int = 0) -> dict[str, object]:
    """Type a command with --json; return the one document that it prints."""
    result = typed(*words, "--json")
    assert result.exit_code == code, result.output
    assert result.stderr == ""
    found: dict[str, object] = json.loads(result.stdout)
    return found


def test_a_run_is_asked_to_the_end_and_says_what_came_of_it(box: FaultBox) -> None:
    result = typed("run", "study.yaml", *OPEN)
    assert result.exit_code == 0, result.output
    assert len(box.seen) == 2 * 2 * 3  # subjects × prompts that are possible × repeats
    assert "Run 1 of tiny, done: 12 of 12 done · 12 not possible here · 12 calls · $ 0.0003" in result.stdout
    assert "6 not possible with Plain A: it is not known whether" in result.stdout
    assert "Compare: /studies/tiny/compare?run=1" in result.stdout
    assert "12 of 12 done · 0 failed · 0 left" in result.stdout


def test_json_is_one_document_and_nothing_else() -> None:
    found = ended("run", "study.yaml", *OPEN)
    assert found == {
        "id": 1, "study": "tiny", "state": "done", "queued": 0, "running": 0, "done": 12, "failed": 0,
        "cancelled": 0, "impossible": 12, "calls": 12, "cost_usd": 0.0003, "created_at": found["created_at"],
    }  # fmt: skip


def test_a_run_is_narrowed_by_battery_subject_and_repeats(box: FaultBox) -> None:
    found = ended("run", "study.yaml", "--batteries", "two", "--subjects", "pirate", "--repeats", "5")
    assert (found["done"], found["impossible"]) == (5, 5)
    assert {seen.prompt for seen in box.seen} == {"Be a pirate.\nSay two."}


def test_every_run_is_a_new_one() -> None:
    assert ended("run", "study.yaml", *OPEN)["id"] == 1
    assert ended("run", "study.yaml", *OPEN)["id"] == 2
    runs = ended("status")["runs"]
    assert isinstance(runs, list)
    assert [one["id"] for one in runs] == [2, 1]


def test_what_a_file_changed_of_what_was_there_is_said_beside_the_run(here: Path) -> None:
    assert typed("run", "study.yaml", *OPEN).stderr == "", "all of it was new"
    file = here / "study.yaml"
    file.write_text(
        file.read_text()
        .replace("Be a pirate.", "Be a monk.")
        .replace("output_per_mtok: 2", "output_per_mtok: 3")
    )
    again = typed("run", "study.yaml", *OPEN, "--json")
    assert json.loads(again.stdout)["done"] == 12
    assert again.stderr.splitlines() == [
        "endpoint box: changed price.output_per_mtok",
        "subject pirate: version 2, since a run asked version 1; changed system",
    ]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--subjects", "nobody"), "--subjects: found 'nobody', expected some of plain-a, pirate, secret"),
        (("--batteries", "one,x"), "--batteries: found 'x', expected some of one, two"),
        ((), "KEYED_API_KEY: not set, expected the key of endpoint keyed"),
    ],
)
def test_bad_input_is_one_message_and_leaves_no_run(
    here: Path, words: tuple[str, ...], message: str, box: FaultBox
) -> None:
    result = typed("run", "study.yaml", *words)
    assert (result.exit_code, result.stdout, result.stderr) == (2, "", message + "\n")
    assert not (here / "data").exists()
    assert box.seen == []


def test_dollars_cannot_cap_an_unknown_price(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEYED_API_KEY", "not-a-real-key")
    result = typed("run", "study.yaml", "--max-usd", "1")
    assert result.exit_code == 2
    assert "the price of keyed is unknown" in result.stderr
    assert ended("run", "study.yaml", "--max-usd", "1", "--max-calls", "1000")["cost_usd"] is None


def test_dollars_cannot_cap_an_unknown_price_later_either(monkeypatch: pytest.MonkeyPatch) -> None:
    before = ended("run", "study.yaml", *OPEN, "--max-usd", "0.00001", code=4)
    monkeypatch.setenv("KEYED_API_KEY", "not-a-real-key")
    result = typed("extend", "1", "--subjects", "secret")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == (
        "the price of keyed is unknown, so dollars alone cannot cap run 1; expected a cap on calls beside it\n"
    )
    assert ended("status", "1") == {"runs": [before]}
    assert ended("extend", "1", "--subjects", "secret", "--max-calls", "1", code=4)["calls"] == 1
    result = typed("run", "study.yaml", "--subjects", "secret", "--repeats", "1")
    assert result.exit_code == 0, result.output
    assert typed("resume", "2", "--max-usd", "1").exit_code == 2
    assert typed("resume", "2", "--max-usd", "1", "--max-calls", "9").exit_code == 0


def test_a_missing_file_is_bad_input() -> None:
    result = typed("run", "other.yaml")
    assert result.exit_code == 2
    assert "other.yaml" in result.stderr


def test_at_its_budget_a_run_stops_and_a_higher_cap_takes_it_up_again(box: FaultBox) -> None:
    found = ended("run", "study.yaml", *OPEN, "--max-calls", "5", code=4)
    assert (found["state"], found["done"], found["queued"], found["calls"]) == ("budget", 5, 7, 5)
    assert ended("resume", "1", code=4)["calls"] == 5
    found = ended("resume", "1", "--max-calls", "100")
    assert (found["state"], found["done"], found["calls"]) == ("done", 12, 12)
    assert len(box.seen) == 12


def test_failed_draws_exit_3_and_are_asked_again_by_retry(box: FaultBox) -> None:
    box.fault = lambda seen: "404" if "pirate" in seen.prompt else None
    result = typed("run", "study.yaml", *OPEN)
    assert result.exit_code == 3
    assert "Run 1 of tiny, ended with failures: 6 of 12 done · 6 failed" in result.stdout
    assert "6 failed: HTTP 404" in result.stdout
    assert "(box · pirate)" in result.stdout
    assert "Ask the failed ones again: styloscope retry 1" in result.stdout
    box.fault = lambda seen: None
    found = ended("retry", "1")
    assert (found["state"], found["done"], found["failed"]) == ("done", 12, 0)


def test_an_endpoint_that_refuses_the_key_stops_and_the_run_exits_3(box: FaultBox) -> None:
    box.fault = lambda seen: "401"
    result = typed("run", "study.yaml", *OPEN)
    assert result.exit_code == 3
    assert result.stdout.count("box was stopped, its draws left: HTTP 401") == 1
    assert "Go on: styloscope resume 1" in result.stdout


def test_the_budget_wins_over_failures(box: FaultBox) -> None:
    box.faults(["404"])
    found = ended("run", "study.yaml", *OPEN, "--max-calls", "3", code=4)
    assert found["failed"] == 1


def test_nothing_possible_is_done_and_says_so(here: Path, box: FaultBox) -> None:
    lines = BATTERY.format(slug="two").splitlines()
    (here / "two.yaml").write_text("\n".join(line for line in lines if "two-a" not in line))
    result = typed("run", "study.yaml", "--batteries", "two", "--subjects", "pirate", "--repeats", "1")
    assert result.exit_code == 0, result.output
    assert "Run 1 of tiny, done: 0 of 0 done · 1 not possible here" in result.stdout
    assert box.seen == []


def test_cancel_keeps_what_came_and_resume_goes_on(box: FaultBox) -> None:
    ended("run", "study.yaml", *OPEN, "--max-calls", "4", code=4)
    found = ended("cancel", "1")
    assert (found["state"], found["done"], found["cancelled"]) == ("cancelled", 4, 8)
    assert ended("resume", "1", "--max-calls", "50")["done"] == 12


def test_cancel_takes_along_what_a_killed_process_left_running(here: Path, box: FaultBox) -> None:
    ended("run", "study.yaml", *OPEN, "--max-calls", "4", code=4)
    left = db.Database(Settings(data=here / "data").url)
    with left.writing() as session:
        last = "(SELECT max(id) FROM transcripts WHERE state = 'queued')"
        session.connection().exec_driver_sql(f"UPDATE transcripts SET state = 'running' WHERE id = {last}")
    locks = Locks(left)
    locks.take(1)
    assert ended("cancel", "1")["running"] == 1, "whoever holds the lock still asks it"
    locks.close()
    left.close()
    found = ended("cancel", "1")
    assert (found["state"], found["running"], found["cancelled"], found["done"]) == ("cancelled", 0, 8, 4)


def test_extend_asks_only_what_is_missing(box: FaultBox) -> None:
    ended("run", "study.yaml", "--subjects", "pirate", "--batteries", "one")
    assert ended("extend", "1", "--repeats", "5")["done"] == 5
    assert len(box.seen) == 5
    found = ended("extend", "1", "--subjects", "plain-a", "--batteries", "two", "--reason", "to compare")
    assert found["done"] == 5 + 5
    found = ended("extend", "1", "--subjects", "plain-a", "--temperatures", "0, 0.5")
    assert found["done"] == 10 + 2 * 2 * 5  # both batteries at both temperatures


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "extend: found nothing to add"),
        (("--subjects", "nobody"), "--subjects: found 'nobody', expected some of plain-a, pirate, secret"),
        (("--temperatures", "hot"), "found 'hot', expected numbers from 0 to 10"),
        (("--subjects", "secret"), "KEYED_API_KEY: not set, expected the key of endpoint keyed"),
    ],
)
def test_a_wave_that_cannot_be_changes_nothing(words: tuple[str, ...], message: str) -> None:
    before = ended("run", "study.yaml", "--subjects", "pirate")
    result = typed("extend", "1", *words)
    assert result.exit_code == 2
    assert message in result.stderr
    assert ended("status", "1") == {"runs": [before]}


def test_a_database_that_goes_away_is_one_message_that_says_how_to_go_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def gone(*_given: object) -> None:
        raise OperationalError("SELECT 1", {}, Exception("disk I/O error"))

    with monkeypatch.context() as patch:
        patch.setattr("app.cli.running._ask", gone)
        result = typed("run", "study.yaml", *OPEN)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == (
        "run 1: the database cannot be used any more: disk I/O error\n"
        "What came is kept; go on with: styloscope resume 1\n"
    )
    assert ended("resume", "1")["state"] == "done"


def test_ctrl_c_before_the_first_call_exits_130_too(monkeypatch: pytest.MonkeyPatch, box: FaultBox) -> None:
    def interrupted(*_given: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("app.transcripts.commands.plan", interrupted)
    result = typed("run", "study.yaml", *OPEN)
    assert (result.exit_code, result.stdout, result.stderr) == (130, "", "interrupted\n")
    assert ended("status") == {"runs": []}
    assert box.seen == []


@pytest.mark.parametrize("command", ["resume", "cancel", "retry", "extend", "status"])
def test_a_run_that_is_not_there_is_bad_input(command: str) -> None:
    result = typed(command, "7")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "RUN: found 7, and there is no such run" in result.stderr


def test_status_lists_runs_for_people_too() -> None:
    assert "No runs yet" in typed("status").stdout
    ended("run", "study.yaml", *OPEN)
    head, line, *_ = typed("status").stdout.splitlines()
    assert head.split() == ["run", "study", "state", "queued", "running", "done", "failed", "cancelled",
                            "impossible", "calls", "spent", "begun"]  # fmt: skip
    assert line.split()[:10] == ["1", "tiny", "done", "0", "0", "12", "0", "0", "12", "12"]


def test_where_another_process_asks_the_endpoint_a_run_only_looks_on(here: Path, box: FaultBox) -> None:
    """The lock is held by somebody else, who pauses the run: nothing is asked from here."""
    ended("run", "study.yaml", "--subjects", "pirate", "--repeats", "1")
    held = db.Database(Settings(data=here / "data").url)
    locks = Locks(held)
    assert locks.take(1)
    asked = len(box.seen)
    timer = threading.Timer(1.5, pause_newest, [held])
    timer.start()
    result = typed("run", "study.yaml", "--subjects", "pirate")
    timer.join()
    locks.close()
    held.close()
    assert result.exit_code == 130
    assert "box: another process, or a probe, speaks to it; its draws stay queued for it" in result.stdout
    assert len(box.seen) == asked


def pause_newest(database: db.Database) -> None:
    """Pause run 2, as its page would."""
    with database.writing() as session:
        session.connection().exec_driver_sql("UPDATE runs SET wanted = 'pause' WHERE id = 2")


def test_ctrl_c_pauses_the_run_and_resume_finishes_it(here: Path, box: FaultBox) -> None:
    called = threading.Event()

    def note(seen: Seen) -> None:
        called.set()

    box.latency, box.fault = 0.2, note
    process = subprocess.Popen(
        [sys.executable, "-m", "app.cli", "run", str(here / "study.yaml"), *OPEN, "--repeats", "40"],
        cwd=Path(schema.__file__).parent.parent, env=os.environ | {"STYLOSCOPE_DATA": str(here / "data")},
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert called.wait(30)
    process.send_signal(signal.SIGINT)
    printed, _ = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Pausing: calls under way have a few seconds" in printed
    assert "Run 1 of tiny, paused:" in printed
    assert "Go on: styloscope resume 1" in printed
    box.latency, kept = 0.0, ended("status", "1")["runs"]
    assert isinstance(kept, list)
    assert (kept[0]["state"], kept[0]["running"]) == ("paused", 0)
    assert kept[0]["done"] == len(box.seen)  # what was under way was kept
    assert ended("resume", "1")["done"] == 160
    assert len(box.seen) == 160
