"""From a study file to a dataset folder by commands alone, and every field of it against what was really asked."""

import hashlib
import json
from typing import Any

import pytest

from tests.faultbox import Seen
from tests.journeys.box import MARKS
from tests.journeys.collected import DONE, PROMPTS, REPEATS, SUBJECTS, Journey


def test_check_sends_nothing_and_foretells_what_the_run_asks(journey: Journey) -> None:
    assert journey.asked_by_check == 0
    assert journey.checked["calls"] == journey.run["calls"] == len(journey.box.seen)
    assert journey.checked["draws"] == journey.run["done"]
    assert journey.checked["impossible_draws"] == journey.run["impossible"]


def test_applying_twice_changes_nothing_the_second_time(journey: Journey) -> None:
    first, second = journey.applied
    assert len(first["changed"]) == 1 + 3 + 6 + 1 + 1  # style, endpoints, subjects, battery, study
    assert second == {"study": "journey", "changed": []}


def test_run_ends_with_the_status_of_its_run(journey: Journey) -> None:
    told = journey.shell.json("status")
    assert told == {"runs": [journey.run]}
    draws = len(PROMPTS) * len(SUBJECTS) * REPEATS
    done = sum(DONE.values()) * REPEATS
    assert list(journey.run) == [
        "id", "study", "state", "queued", "running", "done", "failed", "cancelled", "impossible", "calls",
        "cost_usd", "created_at",
    ]  # fmt: skip
    assert journey.run | {"id": 0, "created_at": ""} == {
        "id": 0, "study": "journey", "state": "done", "queued": 0, "running": 0, "done": done, "failed": 0,
        "cancelled": 0, "impossible": draws - done, "calls": done + DONE["steps"] * REPEATS,
        "cost_usd": journey.run["cost_usd"], "created_at": "",
    }  # fmt: skip
    assert journey.shell("verify").out.rstrip().endswith("all as it was written")


def test_there_is_exactly_one_transcript_per_draw(journey: Journey) -> None:
    draws = [(row["prompt"], row["subject"], row["repeat"]) for row in journey.rows]
    assert sorted(draws) == sorted(
        (prompt["key"], subject["slug"], repeat)
        for prompt in PROMPTS
        for subject in SUBJECTS
        for repeat in range(1, REPEATS + 1)
    )
    done = [row for row in journey.rows if row["state"] == "done"]
    assert {key: sum(row["prompt"] == key for row in done) for key in DONE} == {
        key: REPEATS * number for key, number in DONE.items()
    }
    answers = [text for row in done for text in answers_of(row)]
    assert len(answers) == len(set(answers)) == len(journey.box.seen)


def test_every_row_tells_what_was_asked_and_what_was_said(journey: Journey) -> None:
    for row in journey.rows:
        if row["state"] == "impossible":
            assert (row["error"] is not None, row["stop_class"], row["sha256"]) == (True, None, None)
            continue
        calls = [journey.box.answered[text] for text in answers_of(row)]
        last = calls[-1].body
        assert (row["model"], row["served_model"], row["endpoint"]) == (
            last["model"],
            "m-served",
            last["model"],
        )
        assert row["temperature"] == last["temperature"] == row["sampling"]["sent"]["temperature"]
        assert MARKS[row["temperature"]] == row["subject"]
        assert sent_of(calls) == row["sampling"]["sent"]
        assert said_in(row) == told_to(calls[-1])
        assert row["system"] == system_of(row["subject"])
        assert row["stop_class"] == "natural"
        assert row["error"] is None


def test_every_row_sums_up_its_calls(journey: Journey) -> None:
    price = {"chat": (2, 10), "claude": (2, 10), "raw": (0, 0)}
    for row in journey.rows:
        if row["state"] != "done":
            continue
        n = len(answers_of(row))
        into, out = price[row["endpoint"]]
        assert (row["usage"]["input"], row["usage"]["output"]) == (11 * n, 7 * n)
        assert row["cost_usd"] == pytest.approx(n * (11 * into + 7 * out) / 1e6)
        assert row["created_at"] < row["finished_at"]
        assert row["latency_ms"] >= 0
    assert sum(row["cost_usd"] or 0 for row in journey.rows) == pytest.approx(journey.run["cost_usd"])


def test_every_row_says_what_it_is_a_draw_of(journey: Journey) -> None:
    prompts = {prompt["key"]: prompt for prompt in PROMPTS}
    subjects = {subject["slug"]: subject for subject in SUBJECTS}
    instance = journey.manifest["instance"]
    for row in journey.rows:
        prompt, subject = prompts[row["prompt"]], subjects[row["subject"]]
        assert row["id"].startswith(f"{instance}:t")
        assert row["url"] == f"/transcripts/{row['id'].partition(':t')[2]}"
        assert (row["study"], row["run"], row["wave"]) == ("journey", f"{instance}:r{journey.run['id']}", 1)
        assert (row["battery"], row["battery_version"]) == ("journey-prompts", 1)
        assert [row[name] for name in ("family", "variant", "condition", "theme", "branch", "mode")] == [
            prompt["family"], prompt.get("variant", "plain"), prompt.get("condition", {}), prompt.get("theme", ""),
            prompt.get("branch", ""), prompt.get("mode", "chat"),
        ]  # fmt: skip
        assert (row["subject_version"], row["induced_by"]) == (1, subject.get("induced_by", "training"))
        assert (row["style"], row["endpoint"]) == ("plain", subject["endpoint"])


def test_the_manifest_holds_the_sum_and_the_size_of_each_file(journey: Journey) -> None:
    assert json.loads((journey.folder / "manifest.json").read_text("utf-8")) == journey.manifest
    for name, told in journey.manifest["files"].items():
        assert hashlib.sha256((journey.folder / name).read_bytes()).hexdigest() == told["sha256"]
    assert journey.manifest["counts"]["transcripts"] == len(journey.rows)
    assert {path.name for path in journey.folder.iterdir()} == {*journey.manifest["files"], "manifest.json"}


def test_an_export_is_never_written_over_and_twice_the_same(journey: Journey) -> None:
    refused = journey.shell("export", "journey", "--out", journey.folder, code=2)
    assert str(journey.folder) in refused.err
    again = journey.shell.folder / "again"
    assert journey.shell.json("export", "journey", "--out", again) == journey.manifest
    for name in journey.manifest["files"]:
        assert (again / name).read_bytes() == (journey.folder / name).read_bytes()


# ------------------------------------------------------------------ reading rows and calls


def answers_of(row: Any) -> list[str]:
    return [one["text"] for one in row["messages"] if one["origin"] == "model"]


def said_in(row: Any) -> list[tuple[str, str]]:
    """The conversation before the last answer, as (role, text)."""
    return [(one["role"], one["text"]) for one in row["messages"][:-1]]


def told_to(seen: Seen) -> list[tuple[str, str]]:
    """The same as the endpoint was told it; a raw text is taken apart by its template."""
    if "messages" in seen.body:
        return [(one["role"], text_of(one)) for one in seen.body["messages"] if one["role"] != "system"]
    raw = seen.body["prompt"]
    if raw == "Minutes of the board":
        return [("text", raw)]
    if raw.startswith("Q: "):
        question, _, begun = raw.removeprefix("Q: ").partition("\nA:")
        return [("user", question), *([("assistant", begun)] if begun else [])]
    turns = raw.removeprefix("A talk.\n").split("Human: ")[1:]
    said = []
    for turn in turns:
        question, _, answer = turn.partition("\nBot:")
        said += [("user", question), ("text" if answer != "I am" else "assistant", answer.strip())]
    return said if said[-1][1] else said[:-1]


def text_of(message: Any) -> str:
    content = message["content"]
    return content if isinstance(content, str) else "".join(part["text"] for part in content)


def sent_of(calls: list[Seen]) -> dict[str, Any]:
    kept = {"temperature", "top_p", "max_tokens", "stop"}
    sent = {name: value for name, value in calls[-1].body.items() if name in kept}
    seeds = [call.body["seed"] for call in calls if "seed" in call.body]
    return sent | ({"seed": seeds[0]} if len(seeds) == 1 else {"seeds": seeds} if seeds else {})


def system_of(slug: str) -> str | None:
    return next(one.get("system") for one in SUBJECTS if one["slug"] == slug)
