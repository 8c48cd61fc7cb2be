"""`probe` as it is typed: what it prints before and after, its one document, and how it ends."""

import json
from pathlib import Path
from typing import Any

import pytest

from app import db
from app.db import Database
from app.settings import settings
from tests.faultbox import FaultBox
from tests.ports import free_port
from tests.probes.pretender import Pretender
from tests.scene import endpoint, planned, subject
from tests.typed import typed

KEY = "sk-very-secret-0123456789"
FREE = {"input_per_mtok": 0, "output_per_mtok": 0}


@pytest.fixture(autouse=True)
def here(sqlite: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A database of this test's own, without a key."""
    monkeypatch.setenv("STYLOSCOPE_DATA", str(tmp_path))
    monkeypatch.delenv("STYLOSCOPE_DATABASE_URL", raising=False)
    monkeypatch.delenv("BOX_API_KEY", raising=False)
    settings.cache_clear()


def documents(*words: str, code: int = 0) -> list[dict[str, Any]]:
    result = typed("probe", *words, "--json")
    assert result.exit_code == code, result.output
    found: list[dict[str, Any]] = json.loads(result.stdout)["probes"]
    return found


def test_one_endpoint_is_told_beforehand_then_whole() -> None:
    with FaultBox() as box:
        Pretender.at(box, prefill="continues")
        planned(endpoint(box.url, price={"input_per_mtok": 2, "output_per_mtok": 8}, can={"seed": False}))
        result = typed("probe", "box")
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert lines[0].startswith("box: about 18 calls, ")
    assert "out at most, at most $ 0.00" in lines[0]
    assert lines[1].startswith("box: probed, 17 calls, ")
    assert "served by m-2026-11-01 · fp-7" in lines
    told = {line.split("  ")[0]: line.split() for line in lines}
    assert told["Prefill"][1] == "yes"
    assert "not possible here" in " ".join(told["Raw completion"])
    assert "  prefill: yes (this probe)" in lines
    assert "  seed: False (the study file)".replace("False", "no") in lines


def test_all_endpoints_are_probed_and_stand_in_a_table_at_the_end() -> None:
    with FaultBox() as box:
        Pretender.at(box)
        two = endpoint(box.url, slug="raw", wire="openai-completions", price=FREE)
        planned([endpoint(box.url), two], [subject(), subject("s2", "raw", mode="completion")])
        result = typed("probe")
    assert result.exit_code == 0, result.output
    assert "raw: about 15 calls" in result.stdout
    assert "raw: probed, 14 calls, " in result.stdout
    head, box_line, raw_line = (line.split() for line in result.stdout.splitlines()[-4:-1])
    assert (head[:2], box_line[:4], raw_line[:3]) == (
        ["endpoint", "chat"], ["box", "yes", "no", "no"], ["raw", "no", "yes"],
    )  # fmt: skip


def test_the_document_says_what_was_found_by_what_and_what_holds() -> None:
    with FaultBox() as box:
        Pretender.at(box, prefill="continues")
        planned(endpoint(box.url, can={"logprobs": False}))
        (one,) = documents("box")
    assert (one["endpoint"], one["state"], one["calls"], one["cost_usd"]) == ("box", "done", 17, None)
    found = {each["name"]: each for each in one["found"]}
    assert found["prefill"]["value"] is True
    assert found["prefill"]["evidence"][0]["came"].startswith('"ht nine ten')
    assert one["can"]["prefill"] == {"value": True, "source": "probe"}
    assert one["can"]["logprobs"] == {"value": False, "source": "file"}
    assert one["started_at"] <= one["finished_at"]


def test_an_endpoint_without_its_key_ends_with_3_and_nothing_is_sent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with FaultBox() as box:
        planned(endpoint(box.url, key_env="BOX_API_KEY"))
        result = typed("probe")
        assert (result.exit_code, box.seen) == (3, [])
        assert "box: not asked. BOX_API_KEY: not set here, expected the key of endpoint box." in result.stdout
        (one,) = documents("box", code=3)
        assert (one["state"], one["reason"][:12]) == ("failed", "BOX_API_KEY:")
        Pretender.at(box)
        monkeypatch.setenv("BOX_API_KEY", KEY)
        result = typed("probe", "box")
        assert result.exit_code == 0
        assert KEY not in result.output


@pytest.mark.parametrize(
    ("fault", "says"), [("401", "Incorrect API key"), ("html", "expected JSON, got text/html")]
)
def test_an_endpoint_that_lets_nobody_in_or_answers_nonsense_ends_with_3(fault: str, says: str) -> None:
    with FaultBox() as box:
        box.fault = lambda _seen: fault
        planned(endpoint(box.url))
        result = typed("probe", "box")
    assert result.exit_code == 3
    assert f"box: could not be probed, {'1 call' if fault == '401' else '3 calls'}" in result.stdout
    assert says in result.stdout


def test_one_dead_endpoint_keeps_no_other_from_being_probed() -> None:
    with FaultBox() as box:
        Pretender.at(box)
        dead = endpoint(f"http://127.0.0.1:{free_port()}/v1", slug="dead")
        planned([endpoint(box.url), dead])
        found = documents(code=3)
    assert [(one["endpoint"], one["state"]) for one in found] == [("box", "done"), ("dead", "failed")]


def test_a_slug_that_names_nothing_is_bad_input() -> None:
    planned(endpoint("http://127.0.0.1:1/v1"))
    result = typed("probe", "bx")
    assert result.exit_code == 2
    assert "ENDPOINT: found 'bx', expected box" in result.output


def test_without_endpoints_there_is_nothing_to_probe() -> None:
    result = typed("probe")
    assert (result.exit_code, result.stdout.split(":")[0]) == (0, "No endpoints yet")
    assert documents() == []
    assert db.current() is not None
