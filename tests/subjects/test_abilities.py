"""Whose word holds for an ability: the file's, else the probe's, else nobody's."""

from typing import Any

import pytest

from app.db import now
from app.subjects.abilities import Ability, abilities, able, newest, side
from app.subjects.models import Probe
from app.subjects.shape import EndpointShape, Snapshot, SubjectShape, snapshot_of
from tests.probes.put import finding


def snapshot(**can: Any) -> Snapshot:
    reached = {"slug": "box", "wire": "openai-chat", "base_url": "http://127.0.0.1:1/v1", "model": "m"}
    endpoint = EndpointShape.model_validate(reached | {"style": "plain", "can": can})
    return snapshot_of(endpoint, SubjectShape(slug="s", endpoint="box", mode="chat"))


def probe(*found: dict[str, Any], **values: Any) -> Probe:
    reached = {"wire": "openai-chat", "base_url": "http://127.0.0.1:1/v1", "model": "m", "dialect": None}
    told = {"id": 3, "state": "done", "headers": {}, "found": list(found), "served_model": "m-1"}
    return Probe(**(reached | told | {"started_at": now(), "finished_at": now()} | values))


def test_a_probe_fills_only_what_the_file_left_open() -> None:
    found = probe(
        finding("prefill", True), finding("temperature", False), finding("system_role", "developer")
    )
    one = able(snapshot(prefill=False), found)
    assert (one.can.prefill, one.can.temperature, one.can.system_role) == (False, False, "developer")
    assert one.probed is not None
    assert dict(one.probed.filled) == {"temperature": False, "system_role": "developer"}
    assert one.probed.told("temperature").startswith("found by the probe of 2")
    assert (one.probed.told("prefill"), one.probed.told("")) == ("", "")
    assert one.probed.line.endswith("temperature no, system_role developer")


def test_what_was_not_shown_fills_nothing() -> None:
    one = able(snapshot(), probe(finding("seed", True, "unknown"), finding("logprobs", False, "impossible")))
    assert (one.can.seed, one.can.logprobs) == (None, False)


def test_what_is_filled_is_never_frozen() -> None:
    open_one = snapshot()
    filled = able(open_one, probe(finding("prefill", True)))
    assert "probed" not in filled.model_dump(mode="json")
    assert Snapshot.model_validate(open_one.model_dump(mode="json")) == open_one


@pytest.mark.parametrize(
    "moved",
    [
        {"model": "m2"},
        {"base_url": "http://127.0.0.1:2/v1"},
        {"wire": "gemini"},
        {"dialect": "vllm"},
        {"upstream": "deepinfra"},
        {"headers": {"a": "b"}},
    ],
)
def test_a_probe_of_another_address_or_model_says_nothing(moved: dict[str, Any]) -> None:
    other = probe(finding("prefill", True), **moved)
    assert able(snapshot(), other).probed is None
    here = probe(finding("prefill", False))
    assert newest([other, here], snapshot()) is here


@pytest.mark.parametrize("state", ["running", "broken", "failed"])
def test_a_probe_that_was_not_carried_through_counts_for_nothing(state: str) -> None:
    assert newest([probe(state=state)], snapshot()) is None


def test_each_ability_is_told_with_its_source() -> None:
    said = {"prefill": True, "temperature": None, "seed": None}
    found = abilities(said, probe(finding("prefill", False), finding("temperature", True)))
    assert found[:3] == [
        Ability("prefill", True, "file"), Ability("temperature", True, "probe"), Ability("seed", None, "default"),
    ]  # fmt: skip
    assert {one.source for one in abilities({}, None)} == {"default"}


def test_the_side_of_the_sampler_holds_while_the_same_model_serves() -> None:
    told = probe(finding("logprobs_side", "before"))
    assert (side(told, "m-1"), side(told, "m-2"), side(None, "m-1")) == ("before", "unknown", "unknown")
    assert side(probe(finding("logprobs_side", None, "unknown")), "m-1") == "unknown"
