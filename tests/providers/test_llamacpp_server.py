"""What the recorded replies say of llama.cpp, asked of the real server with the demo's smaller model."""

import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace

import pytest

from app.demo.models import SMOLLM2
from app.providers import llamacpp
from app.providers.registry import provider
from app.providers.transport import Transport
from app.providers.wire import Answered, Call, Request, Said, Target
from tests.local_model import smollm2

pytestmark = [pytest.mark.anyio, pytest.mark.local_llm]

ASKED = (Said("user", "Pick a whole number from 0 to 100."),)
CHAT = Call("chat", turns=ASKED, max_tokens=6, temperature=0.7, seed=5)


@pytest.fixture(scope="module")
def base_url() -> Iterator[str]:
    """The address of a server of SmolLM2 on a free port."""
    with smollm2() as root:
        yield root


@pytest.fixture
def chat(base_url: str) -> Target:
    return Target("openai-chat", f"{base_url}/v1", SMOLLM2.name, dialect="llamacpp")


@pytest.fixture
async def transport() -> AsyncIterator[Transport]:
    opened = Transport(concurrency=1)
    yield opened
    await opened.close()


async def ask(transport: Transport, target: Target, call: Call) -> Answered:
    """Return the real answer; a model that is still loading is waited for."""
    speaker = provider(target.wire)
    made = speaker.request(target, call)
    assert isinstance(made, Request)
    for _ in range(100):
        found = speaker.read(target, call, await transport.send(made, {}, 60.0))
        if isinstance(found, Answered):
            return found
        assert found.error.startswith("HTTP 503: Loading model")
        time.sleep(0.1)
    raise AssertionError(found)


@pytest.mark.parametrize("system", [None, "", "You are terse."])
@pytest.mark.parametrize("begun", [None, "The number is", "Well, \n I "])
async def test_the_rendering_asked_for_beforehand_is_the_one_that_was_answered(
    transport: Transport, chat: Target, system: str | None, begun: str | None
) -> None:
    turns = ASKED if begun is None else (*ASKED, Said("assistant", begun))
    call = replace(CHAT, system=system, turns=turns, prefill=begun is not None)
    found = await ask(transport, chat, call)
    request = llamacpp.render_request(chat, call)
    assert request is not None
    rendered = llamacpp.read_rendering(await transport.send(request, {}, 60.0))
    assert rendered == found.rendered
    assert rendered is not None
    assert rendered.endswith(begun or "assistant\n")
    assert ("named SmolLM" in rendered) == (system is None)
    marks = [] if begun is None else [{"type": "prefix_cut", "characters": len(begun)}]
    assert list(found.parts) == marks
    assert not found.text.startswith(begun or "\0")


async def test_the_settings_in_force_are_those_that_were_sent(transport: Transport, chat: Target) -> None:
    found = await ask(transport, chat, replace(CHAT, top_k=0, top_p=1.0, extra={"min_p": 0}))
    in_force = {name: found.effective[name] for name in ("temperature", "top_k", "top_p", "min_p")}
    assert in_force == {"temperature": 0.7, "top_k": 0, "top_p": 1.0, "min_p": 0.0}
    truncated = await ask(transport, chat, CHAT)
    assert (truncated.effective["top_k"], truncated.effective["top_p"]) == (40, 0.95)


async def test_the_same_seed_gives_the_same_text(transport: Transport, chat: Target) -> None:
    first, second = [await ask(transport, chat, CHAT) for _ in range(2)]
    assert first.text == second.text


async def test_a_raw_completion_stops_at_its_word_with_probabilities(
    transport: Transport, chat: Target
) -> None:
    raw = replace(chat, wire="openai-completions")
    call = Call("completion", prompt="1, 2, 3, 4,", max_tokens=12, temperature=0.0, stop=("8",), logprobs=3)
    found = await ask(transport, raw, call)
    assert (found.text, found.stop_class) == (" 5, 6, 7, ", "stop_sequence")
    assert {len(token.top) for token in found.tokens} == {3}


async def test_a_prompt_longer_than_the_context_is_an_answer(transport: Transport, chat: Target) -> None:
    found = await ask(transport, chat, replace(CHAT, turns=(Said("user", "word " * 5000),)))
    assert (found.text, found.stop_class) == ("", "context_overflow")


async def test_the_anthropic_wire_of_the_same_server(transport: Transport, base_url: str) -> None:
    target = Target("anthropic-messages", base_url, SMOLLM2.name, dialect="llamacpp")
    call = Call("chat", turns=(*ASKED, Said("assistant", "The number is")), prefill=True, max_tokens=6)
    found = await ask(transport, target, call)
    assert [part["type"] for part in found.parts] == ["prefix_cut"]
    assert found.served_model == SMOLLM2.name
