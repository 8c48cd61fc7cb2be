"""Every value of an exported row has the type that the card declares for it, whatever became of the draw."""

import json
from pathlib import Path
from typing import Any

import pytest

from app.db import Database
from app.exports.fields import TRANSCRIPT
from app.exports.jsonl import export
from tests.faultbox import FaultBox
from tests.scene import chat, collect_runs, endpoint, ladder, planned, states, subject

TYPES: dict[str, tuple[type, ...]] = {"string": (str,), "int64": (int,), "float64": (int, float)}
# What a row of any state always tells.
ALWAYS = {"id", "study", "run", "wave", "battery", "battery_version", "prompt", "family", "mode", "subject",
          "subject_version", "induced_by", "style", "endpoint", "wire", "model", "repeat", "sampling", "state",
          "messages", "usage", "created_at", "url"}  # fmt: skip


@pytest.fixture
def rows(database: Database, tmp_path: Path) -> list[dict[str, Any]]:
    """Draws that are done, failed, cut, gated, impossible, and a ladder that failed half-way."""
    with FaultBox() as box:
        turns = {"Fail?": "404", "Gate?": "blocked"}
        box.fault = lambda seen: turns.get(seen.body.get("messages", [{}])[-1].get("content"))
        there = [endpoint(box.url, price={"input_per_mtok": 1, "output_per_mtok": 1}),
                 endpoint(box.url, "raw", wire="openai-completions")]  # fmt: skip
        asked = [subject("chat"), subject("base", "raw", mode="completion", template="{prompt}",
                 sampling={"temperature": None, "seed": 7, "logprobs": 2})]  # fmt: skip
        prompts = [
            chat("a"),
            chat("fail", "Fail?"),
            chat("gate", "Gate?"),
            ladder("l", "One?", "Fail?", "Three?"),
        ]
        run = planned(there, asked, prompts, repeats=2)
        collect_runs(run)
    assert set(states(run)) == {"done", "failed", "impossible"}
    with database.reading() as session:
        export(session, "s", tmp_path / "out")
    lines = (tmp_path / "out" / "transcripts.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines]


def fits(value: Any, kind: Any) -> bool:
    if value is None or kind == "json":
        return True
    if isinstance(kind, str):
        return isinstance(value, TYPES[kind]) and not isinstance(value, bool)
    if isinstance(kind, list):
        return isinstance(value, list) and all(fits(one, kind[0]) for one in value)
    return list(value) == list(kind) and all(fits(value[name], kind[name]) for name in kind)


def test_every_value_is_of_the_type_that_is_declared(rows: list[dict[str, Any]]) -> None:
    assert len(rows) == 16
    for row in rows:
        assert fits(row, TRANSCRIPT), row
        assert {name for name in ALWAYS if row[name] is None} == set()


def test_a_ladder_that_failed_keeps_its_rungs_and_is_no_answer(rows: list[dict[str, Any]]) -> None:
    failed = next(row for row in rows if row["prompt"] == "l" and row["subject"] == "chat")
    assert (failed["state"], failed["stop_class"], failed["stop_raw"], failed["sha256"]) == (
        "failed", None, None, None,
    )  # fmt: skip
    assert failed["error"].startswith("HTTP 404")
    assert [message["origin"] for message in failed["messages"]] == ["prompt", "model"]
    assert failed["messages"][-1]["stop_class"] == "natural"
    assert failed["usage"]["input"] == 11
