"""What a probe asks and no draw does: the record of a model in every family's form, several answers of one call."""

import json
from typing import Any

import pytest

from app.providers.beyond import ModelRecord, answers_in, read_record, record_request, several
from app.providers.registry import provider
from app.providers.transport import Transport
from app.providers.wire import Call, Failed, Impossible, Reply, Request, Said, Target
from tests.faultbox import FaultBox

CHAT = Target("openai-chat", "https://api.example/v1", "m")
CALL = Call("chat", turns=(Said("user", "hi"),))
LLAMACPP = {"data": [{"id": "m", "aliases": ["m"], "meta": {"n_ctx": 2048, "n_ctx_train": 8192}}]}


def reply(body: Any, status: int = 200) -> Reply:
    return Reply(status, {"content-type": "application/json"}, json.dumps(body).encode())


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (LLAMACPP, ModelRecord(2048, "n_ctx", 8192)),
        ({"data": [{"id": "m", "meta": {"n_ctx_train": 8192}}]}, ModelRecord(None, "", 8192)),
        ({"data": [{"id": "m", "max_model_len": 4096}]}, ModelRecord(4096, "max_model_len")),
        ({"data": [{"id": "x", "context_length": 1}, {"id": "m", "context_length": 131072}]},
         ModelRecord(131072, "context_length")),
        ({"data": [{"id": "m", "context_window": 8192}]}, ModelRecord(8192, "context_window")),
        ({"data": [{"id": "m", "max_context_length": 32768}]}, ModelRecord(32768, "max_context_length")),
        ({"id": "m", "type": "model", "max_input_tokens": 200000}, ModelRecord(200000, "max_input_tokens")),
        ({"name": "models/m", "inputTokenLimit": 1048576}, ModelRecord(1048576, "inputTokenLimit")),
        ({"data": [{"id": "m", "object": "model", "owned_by": "openai"}]}, ModelRecord()),
        ({"data": [{"id": "another-name", "max_model_len": 9}]}, ModelRecord(9, "max_model_len")),
        ({"data": [{"id": "x", "max_model_len": 9}, {"id": "y", "max_model_len": 8}]}, ModelRecord()),
        ({"data": [{"id": 7, "max_model_len": "many"}, None, []]}, ModelRecord()),
        ({}, ModelRecord()),
    ],
)  # fmt: skip
def test_a_models_record_is_read_in_every_familys_form(body: Any, expected: ModelRecord) -> None:
    assert read_record(CHAT, reply(body)) == expected


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"error": {"message": "no", "code": 404}}'])
def test_what_is_no_record_fails_and_raises_nothing(body: bytes) -> None:
    assert isinstance(read_record(CHAT, Reply(200, {}, body)), Failed)


@pytest.mark.parametrize(
    ("target", "url"),
    [
        (CHAT, "https://api.example/v1/models"),
        (Target("openai-completions", "http://127.0.0.1:1/v1/", "m"), "http://127.0.0.1:1/v1/models"),
        (Target("anthropic-messages", "https://api.example", "m"), "https://api.example/v1/models/m"),
        (
            Target("anthropic-messages", "http://127.0.0.1:1/v1", "m", "llamacpp"),
            "http://127.0.0.1:1/v1/models",
        ),
        (Target("gemini", "https://api.example/v1beta", "m"), "https://api.example/v1beta/models/m"),
        (
            Target("gemini", "https://api.example/v1beta", "tunedModels/x"),
            "https://api.example/v1beta/tunedModels/x",
        ),
    ],
)
def test_the_record_is_asked_for_where_each_family_keeps_it(target: Target, url: str) -> None:
    request = record_request(target)
    assert (request.method, request.url, request.body) == ("GET", url, b"")
    assert ("anthropic-version" in request.headers) == (target.wire == "anthropic-messages")


@pytest.mark.anyio
async def test_a_get_goes_out_with_the_key_and_without_a_body() -> None:
    with FaultBox() as box:
        box.reply = lambda _seen: LLAMACPP  # type: ignore[method-assign]
        target = Target("openai-chat", box.url, "m")
        transport = Transport(concurrency=1)
        found = await transport.send(
            record_request(target), provider(target.wire).auth(target, "k-123456789")
        )
        await transport.close()
        assert read_record(target, found) == ModelRecord(2048, "n_ctx", 8192)
        (seen,) = box.seen
        assert (seen.path, seen.body, seen.headers["authorization"]) == (
            "/v1/models",
            {},
            "Bearer k-123456789",
        )


@pytest.mark.parametrize(
    ("wire", "path"), [("openai-chat", ("n",)), ("gemini", ("generationConfig", "candidateCount"))]
)
def test_several_answers_are_asked_for_in_the_words_of_each_wire(wire: str, path: tuple[str, ...]) -> None:
    target = Target(wire, "https://api.example/v1", "m")
    made = provider(wire).request(target, CALL)
    assert isinstance(made, Request)
    changed = several(target, made, 2)
    assert isinstance(changed, Request)
    body = json.loads(changed.body)
    for name in path:
        body = body[name]
    assert body == 2
    assert json.loads(made.body).keys() <= json.loads(changed.body).keys()


def test_a_wire_without_several_answers_says_so() -> None:
    target = Target("anthropic-messages", "https://api.example", "m")
    made = provider(target.wire).request(target, CALL)
    assert isinstance(made, Request)
    assert several(target, made, 2) == Impossible("this wire gives one answer a call")


@pytest.mark.parametrize(
    ("body", "expected"),
    [({"choices": [{}, {}]}, 2), ({"candidates": [{}]}, 1), ({"choices": None}, 0), ([1, 2], 0), ("two", 0)],
)
def test_answers_are_counted_whatever_a_reply_holds(body: Any, expected: int) -> None:
    assert answers_in(reply(body)) == expected
    assert answers_in(Reply(200, {}, b"no json")) == 0
