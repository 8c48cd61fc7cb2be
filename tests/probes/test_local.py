"""Real models of the demo, probed: what they can do, and what they cannot."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from sqlalchemy import select

from app import db
from app.db import Database
from app.demo.models import GEMMA, SMOLLM2, LocalModel
from app.probes.asking import begin
from app.probes.words import NAMES
from app.settings import Settings
from app.subjects.models import Probe
from app.subjects.shape import EndpointShape
from app.transcripts.models import MessageLogprobs
from tests.local_model import served
from tests.scene import collect_runs, endpoint, planned, states, subject

pytestmark = pytest.mark.local_llm
FREE = {"input_per_mtok": 0, "output_per_mtok": 0}
NOT_HERE = ("impossible", False)
# Of every wire of a llama.cpp server with one slot. A sampler that draws the same small text again by chance would
# leave seed, temperature, top_p, top_k or stop "unknown"; with these models and seeds it does not.
ALIKE: dict[str, tuple[str, Any]] = {
    "temperature": ("found", True),
    "top_p": ("found", True),
    "top_k": ("found", True),
    "stop": ("found", True),
    "context": ("found", 2048),
}
OPENAI = ALIKE | {
    "seed": ("found", True),
    "n": NOT_HERE,
    "logprobs": ("found", True),
    "logprobs_most": ("found", 200),
    "logprobs_side": ("found", "before"),
}
CHATTING: dict[str, tuple[str, Any]] = {
    "chat": ("found", None),
    "completion": ("impossible", None),
    "prefill": ("found", True),
    "prefill_repeats": ("found", True),
    "echo": ("impossible", None),
    "reasoning": ("found", False),
}
CASES: list[tuple[LocalModel, dict[str, Any], dict[str, tuple[str, Any]]]] = [
    (
        GEMMA,
        {"wire": "openai-completions", "dialect": "llamacpp"},
        OPENAI
        | {
            "completion": ("found", None),
            "chat": ("impossible", None),
            "prefill": ("found", None),
            "echo": NOT_HERE,
        },
    ),
    (
        SMOLLM2,
        {"wire": "openai-chat", "dialect": "llamacpp"},
        OPENAI | CHATTING | {"system_role": ("found", "system"), "developer_role": ("found", True)},
    ),
    (SMOLLM2, {"wire": "openai-chat"}, OPENAI | CHATTING),
    (
        SMOLLM2,
        {"wire": "anthropic-messages", "dialect": "llamacpp"},
        ALIKE | CHATTING | {"seed": ("impossible", None), "n": NOT_HERE, "logprobs": NOT_HERE},
    ),
]


@pytest.fixture(scope="module")
def servers() -> Iterator[Callable[[LocalModel], str]]:
    """The address of a model's server, started when it is first asked for."""
    with ExitStack() as stack:
        running: dict[str, str] = {}

        def address(model: LocalModel) -> str:
            if model.name not in running:
                running[model.name] = stack.enter_context(served(model))
            return running[model.name]

        yield address


def probed(shape: EndpointShape) -> Probe:
    planned(shape)

    async def run() -> int:
        begun = await begin(Settings(), "box", keys={})
        await begun.carry_through()
        return begun.probe_id

    number = asyncio.run(run())
    with db.reading() as session:
        return session.get_one(Probe, number)


@pytest.mark.parametrize(("model", "values", "expected"), CASES)
def test_a_real_model_is_probed_rightly_with_what_it_cannot_do(
    sqlite: Database,
    servers: Callable[[LocalModel], str],
    model: LocalModel,
    values: dict[str, Any],
    expected: dict[str, tuple[str, Any]],
) -> None:
    root = servers(model)
    url = root if values["wire"] == "anthropic-messages" else f"{root}/v1"
    probe = probed(endpoint(url, model=model.name, price=FREE, **values))
    found = {one["name"]: one for one in probe.found}
    told = {name: (found[name]["standing"], found[name]["value"]) for name in expected}
    assert told == expected, probe.found
    assert found.keys() <= NAMES.keys()
    assert "a longer prompt is refused, and the refusal says the same" in found["context"]["says"]
    assert (probe.state, probe.served_model, probe.cost_micro) == ("done", model.name, 0)
    assert (probe.calls <= 20, 0 < (probe.output_tokens or 0) < 350) == (True, True)
    if "template" in found:
        persona = "adds, where no system text is sent: You are a helpful AI assistant named SmolLM"
        assert found["template"]["says"].startswith(persona)
        assert sides_of_a_run_after(endpoint(url, model=model.name, **values)) == ["before"]


def sides_of_a_run_after(shape: EndpointShape) -> list[str]:
    """Ask for log-probabilities once the endpoint is probed; return on which side of the sampler they are kept.

    The most likely words are asked for: llama.cpp tells no log-probabilities of an answer that its limit of tokens
    ends within a character, as happened to every twentieth answer of two tokens that was drawn by chance.
    """
    run = planned(shape, [subject("few", sampling={"logprobs": 3, "max_tokens": 8, "top_k": 1})])
    collect_runs(run)
    assert states(run) == {"done": 1}
    with db.reading() as session:
        return list(session.scalars(select(MessageLogprobs.side)))
