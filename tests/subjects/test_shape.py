"""Styles, endpoints and subjects as files write them, and what of them a version freezes."""

import pytest

from app.shape import differing, fingerprint
from app.subjects.history import written
from app.subjects.shape import EndpointShape, Sampling, Snapshot, SubjectShape, origin, snapshot_of

ENDPOINT = EndpointShape(
    slug="hosted",
    wire="openai-chat",
    base_url="https://api.example.com/v1",
    model="hosted-1",
    key_env="EXAMPLE_API_KEY",
    style="rlhf",
)


def snapshot(endpoint: EndpointShape = ENDPOINT, **changes: object) -> Snapshot:
    """Return the snapshot of a chat subject."""
    given = {"slug": "assistant", "endpoint": "hosted", "mode": "chat"} | changes
    return snapshot_of(endpoint, SubjectShape.model_validate(given))


def sha(one: Snapshot) -> str:
    return fingerprint(one.identity())


def test_the_hash_of_a_snapshot_never_changes() -> None:
    # A change here would make a new version of every subject in every database: do not update it lightly.
    assert sha(snapshot()) == "429ac1ef455a35f3b27e783e7b6754e4603ee7a158a904ca9512afd6a89fc63f"


@pytest.mark.parametrize(
    "changes",
    [
        {"system": ""},
        {"system": "Be kind."},
        {"induced_by": "system"},
        {"sampling": {"temperature": 0.0}},
        {"sampling": {"temperature": 1.0}},
        {"sampling": {"max_tokens": 511}},
        {"sampling": {"stop": ["a"]}},
        {"sampling": {"extra": {"thinking": None}}},
    ],
)
def test_what_shapes_an_answer_is_in_the_hash(changes: dict[str, object]) -> None:
    assert sha(snapshot(**changes)) != sha(snapshot())


@pytest.mark.parametrize(
    "changes",
    [
        {"base_url": "https://api.example.com/v2"},
        {"model": "hosted-2"},
        {"style": "base"},
        {"stage": "preference"},
        {"family": "hosted"},
        {"dialect": "vllm"},
        {"dialect": "openrouter", "upstream": "deepinfra"},
        {"can": {"prefill": False}},
        {"headers": {"x-org": "a"}},
    ],
)
def test_the_endpoint_behind_it_is_in_the_hash(changes: dict[str, object]) -> None:
    moved = EndpointShape.model_validate(ENDPOINT.model_dump() | changes)
    assert sha(snapshot(moved)) != sha(snapshot())


@pytest.mark.parametrize(
    "changes",
    [
        {"key_env": "OTHER_API_KEY"},
        {"price": {"input_per_mtok": 3}},
        {"limits": {"concurrency": 1}},
    ],
)
def test_limits_prices_and_the_key_are_not(changes: dict[str, object]) -> None:
    live = EndpointShape.model_validate(ENDPOINT.model_dump() | changes)
    assert sha(snapshot(live)) == sha(snapshot())


def test_a_whole_temperature_is_the_same_written_either_way() -> None:
    assert sha(snapshot(sampling={"temperature": 1})) == sha(snapshot(sampling={"temperature": 1.0}))


def test_a_snapshot_comes_back_from_its_stored_form() -> None:
    turns = {"before": "", "user": "Q: {text}\nA:", "assistant": " {text}\n"}
    for template in (None, "{prompt}", turns):
        one = snapshot(mode="completion", template=template)
        again = Snapshot.model_validate(one.model_dump(mode="json"))
        assert again == one
        assert sha(again) == sha(one)


def test_a_version_frozen_before_an_upstream_could_be_named_keeps_its_hash() -> None:
    older = {name: value for name, value in snapshot().model_dump(mode="json").items() if name != "upstream"}
    again = Snapshot.model_validate(older)
    assert (again.upstream, sha(again)) == (None, sha(snapshot()))


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("https://api.example.com/v1", "https://api.example.com:443"),
        ("https://API.example.com:443", "https://api.example.com:443"),
        ("http://127.0.0.1:8401/v1", "http://127.0.0.1:8401"),
        ("http://[::1]/v1", "http://::1:80"),
    ],
)
def test_a_key_is_bound_to_scheme_host_and_port(url: str, told: str) -> None:
    assert origin(url) == told


def test_differences_are_told_by_their_path() -> None:
    before = {"a": 1, "b": {"c": 1, "d": [1]}, "e": 1}
    after = {"a": 1, "b": {"c": 2, "d": [1, 2]}, "e": True, "f": None}
    assert list(differing(before, after)) == ["b.c", "b.d", "e"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "not sent"),
        ([], "not sent"),
        ({}, "not sent"),
        ("", "an empty text"),
        (True, "yes"),
        (0.7, "0.7"),
        (1.0, "1"),
        (0, "0"),
        (["\n#", "END"], r"'\n#', 'END'"),
        ({"min_p": 0.05, "thinking": None}, "min_p 0.05, thinking not sent"),
        ("words", "words"),
    ],
)
def test_settings_are_written_for_readers(value: object, text: str) -> None:
    assert written(value) == text


def test_sampling_left_open_is_left_to_the_server() -> None:
    assert Sampling().model_dump(exclude_none=True) == {"max_tokens": 512, "stop": (), "extra": {}}
