"""What a probe finds of endpoints with one peculiarity each: an effect is seen, or nothing is claimed."""

import json
from dataclasses import replace
from typing import Any

import pytest

from app.probes.asks import Notes
from app.probes.script import MOST, outlook
from app.probes.words import NAMES
from app.providers.wire import Target
from app.subjects.abilities import FILLS
from tests.faultbox import Fault
from tests.probes.pretender import Pretender, probed

CHAT = Target("openai-chat", "https://api.example/v1", "m", prefill=True, logprobs=True)
RAW = replace(CHAT, wire="openai-completions")
CLAUDE = replace(CHAT, wire="anthropic-messages", base_url="https://api.example")
GEMINI = replace(CHAT, wire="gemini", base_url="https://api.example/v1beta")
WIRES = [CHAT, RAW, CLAUDE, GEMINI]
Found = tuple[str, Any]


def found(notes: Notes, name: str) -> Found:
    one = notes.findings[name]
    return one.standing, one.value


def refusing(*names: str, **peculiar: Any) -> Pretender:
    return Pretender(refuses=frozenset(names), **peculiar)


CASES: list[tuple[str, Target, Pretender, Found]] = [
    ("chat", CHAT, Pretender(), ("found", None)),
    ("chat", RAW, Pretender(), ("impossible", None)),
    ("completion", RAW, Pretender(), ("found", None)),
    ("completion", RAW, Pretender(raw_template=9), ("impossible", None)),
    ("completion", RAW, Pretender(counts=False), ("found", None)),
    ("completion", CHAT, Pretender(), ("impossible", None)),
    ("prefill", CHAT, Pretender(prefill="continues"), ("found", True)),
    ("prefill", CHAT, Pretender(prefill="continues", counts=False), ("found", True)),
    ("prefill", CHAT, Pretender(prefill="repeats"), ("found", True)),
    ("prefill", CHAT, Pretender(prefill="history"), ("impossible", False)),
    ("prefill", CHAT, Pretender(prefill="history", counts=False), ("impossible", False)),
    ("prefill", CHAT, Pretender(prefill="dropped"), ("impossible", False)),
    ("prefill", CLAUDE, refusing("prefill"), ("impossible", False)),
    ("prefill_repeats", CHAT, Pretender(prefill="repeats"), ("found", True)),
    ("prefill_repeats", CLAUDE, Pretender(prefill="continues"), ("found", False)),
    ("max_tokens_field", CHAT, Pretender(), ("found", "max_tokens")),
    ("max_tokens_field", CHAT, refusing("max_tokens"), ("found", "max_completion_tokens")),
    ("max_tokens_field", CHAT, Pretender(limits=False), ("impossible", None)),
    ("system_role", CHAT, Pretender(), ("found", "system")),
    ("system_role", CHAT, refusing("system"), ("found", "developer")),
    ("system_role", CHAT, refusing("system", "developer"), ("impossible", None)),
    ("system_role", CHAT, Pretender(counts=False), ("unknown", None)),
    ("developer_role", CHAT, refusing("developer"), ("impossible", False)),
    ("reasoning", CHAT, Pretender(), ("found", False)),
    ("reasoning", CHAT, Pretender(reasoning="hidden"), ("found", "hidden")),
    ("reasoning", CHAT, Pretender(reasoning="reasoning_content"), ("found", "full")),
    ("temperature", CHAT, Pretender(), ("found", True)),
    ("temperature", CHAT, refusing("top_p", "top_k"), ("found", True)),
    ("temperature", CHAT, Pretender(temperature="ignored"), ("unknown", None)),
    ("temperature", CHAT, refusing("temperature"), ("impossible", False)),
    ("temperature", CHAT, refusing("temperature", "seed"), ("impossible", False)),
    ("temperature", CHAT, Pretender(temperature="default"), ("impossible", False)),
    ("seed", CHAT, Pretender(), ("found", True)),
    ("seed", CHAT, Pretender(seed=False), ("unknown", None)),
    ("seed", CHAT, refusing("seed"), ("impossible", False)),
    ("seed", CHAT, refusing("temperature"), ("found", True)),
    ("seed", CLAUDE, Pretender(), ("impossible", None)),
    ("top_p", CHAT, Pretender(), ("found", True)),
    ("top_p", CHAT, Pretender(narrows=False), ("unknown", None)),
    ("top_k", CHAT, refusing("top_k"), ("impossible", False)),
    ("top_k", replace(CHAT, dialect="ollama"), Pretender(), ("impossible", False)),
    ("stop", CHAT, Pretender(), ("found", True)),
    ("stop", CLAUDE, refusing("temperature"), ("found", True)),
    ("stop", CHAT, Pretender(stops=False), ("unknown", None)),
    ("n", CHAT, Pretender(), ("found", True)),
    ("n", CHAT, Pretender(answers=False), ("impossible", False)),
    ("n", CHAT, refusing("n"), ("impossible", False)),
    ("n", CLAUDE, Pretender(), ("impossible", False)),
    ("logprobs", CHAT, Pretender(), ("found", True)),
    ("logprobs", CHAT, Pretender(logprobs="null"), ("impossible", False)),
    ("logprobs", CHAT, refusing("logprobs"), ("impossible", False)),
    ("logprobs", CLAUDE, Pretender(), ("impossible", False)),
    ("logprobs_most", CHAT, Pretender(most=20), ("found", 20)),
    ("logprobs_most", CHAT, Pretender(most=3), ("found", 3)),
    ("logprobs_most", CHAT, Pretender(most=200), ("found", 200)),
    ("logprobs_side", CHAT, Pretender(logprobs="before"), ("found", "before")),
    ("logprobs_side", RAW, Pretender(logprobs="after"), ("found", "after")),
    ("logprobs_side", CHAT, Pretender(most=3), ("found", "before")),
    ("logprobs_side", RAW, Pretender(refuses_more=5, logprobs="after"), ("found", "after")),
    ("logprobs_most", RAW, Pretender(refuses_more=5), ("found", 5)),
    ("logprobs_side", CHAT, refusing("temperature"), ("unknown", None)),
    ("echo", RAW, Pretender(echoes=True), ("found", True)),
    ("echo", RAW, Pretender(), ("impossible", False)),
    ("echo", CHAT, Pretender(), ("impossible", None)),
    ("context", CHAT, Pretender(), ("unknown", None)),
    ("context", CHAT, Pretender(record={"data": [{"id": "m", "max_model_len": 4096}]}), ("found", 4096)),
    ("chat", GEMINI, Pretender(), ("found", None)),
    ("prefill", GEMINI, Pretender(prefill="continues"), ("found", True)),
    ("prefill", GEMINI, refusing("prefill"), ("impossible", False)),
    ("system_role", GEMINI, Pretender(), ("found", None)),
    ("seed", GEMINI, Pretender(), ("found", True)),
    ("top_k", GEMINI, Pretender(), ("found", True)),
    ("n", GEMINI, Pretender(), ("found", True)),
    ("n", GEMINI, refusing("n"), ("impossible", False)),
    ("logprobs_side", GEMINI, Pretender(logprobs="before"), ("found", "before")),
    ("completion", GEMINI, Pretender(), ("impossible", None)),
    ("context", GEMINI, Pretender(record={"name": "models/m", "inputTokenLimit": 1048576}), ("found", 1048576)),
    ("context", CLAUDE, Pretender(record={"id": "m", "max_input_tokens": 200000}), ("found", 200000)),
]  # fmt: skip


@pytest.mark.parametrize(("name", "target", "endpoint", "expected"), CASES)
def test_an_ability_is_told_by_its_effect(
    name: str, target: Target, endpoint: Pretender, expected: Found
) -> None:
    notes = probed(target, endpoint)
    assert found(notes, name) == expected, notes.findings[name]
    assert notes.findings[name].says


@pytest.mark.parametrize("target", WIRES, ids=lambda one: one.wire)
def test_everything_is_asked_or_said_not_to_be_possible_here(target: Target) -> None:
    notes = probed(
        target, Pretender(prefill="continues", record={"data": [{"id": "m", "context_length": 8}]})
    )
    assert set(notes.findings) <= set(NAMES)
    missing = set(NAMES) - set(notes.findings)
    assert missing <= {"template", "prefill_repeats", "logprobs_most", "logprobs_side", "developer_role"}
    assert set(FILLS) <= set(NAMES)
    version = "fp-7" if target.wire.startswith("openai") else None
    assert (notes.served_model, notes.version) == ("m-2026-11-01", version)


@pytest.mark.parametrize("target", WIRES, ids=lambda one: one.wire)
def test_a_probe_is_a_handful_of_tiny_calls_and_says_before_how_many(target: Target) -> None:
    endpoint = Pretender()
    probed(target, endpoint)
    told = outlook(target)
    assert len(endpoint.calls) <= told.calls <= 20
    spent = [call.get("max_tokens", call.get("max_completion_tokens")) for call in endpoint.calls]
    assert sum(spent) <= told.most_out <= 450
    assert endpoint.tokens_in <= told.most_in
    assert 100 < told.most_in < 600


def test_even_an_endpoint_that_refuses_everything_ends_a_probe() -> None:
    every = [
        "max_tokens",
        "max_completion_tokens",
        "temperature",
        "seed",
        "top_p",
        "top_k",
        "stop",
        "logprobs",
    ]
    every += ["n", "system", "developer", "prefill"]
    for size in range(len(every)):
        endpoint = refusing(*every[size:])
        notes = probed(CHAT, endpoint)
        assert len(endpoint.calls) < MOST
        assert (notes.plain_answer is None) == (size == 0)
    assert found(probed(CHAT, refusing(*every)), "chat") == ("impossible", None)


def test_a_model_that_must_think_first_is_given_room() -> None:
    class Thinker(Pretender):
        def __call__(self, path: str, body: dict[str, Any]) -> Any:
            if body.get("max_tokens", 512) < 512:
                self.refuses = frozenset({"max_tokens"})
            answer = super().__call__(path, body)
            self.refuses = frozenset({"max_completion_tokens"})
            return answer

    notes = probed(CHAT, Thinker(reasoning="hidden"))
    assert found(notes, "chat") == ("found", None)
    assert found(notes, "seed") == ("found", True)
    assert notes.least == 512


def test_of_a_model_that_only_thinks_within_a_few_tokens_nothing_is_claimed() -> None:
    class Silent(Pretender):
        def _words(self, body: dict[str, Any]) -> list[str]:
            return [""] * 30

    notes = probed(CHAT, Silent(reasoning="hidden", temperature="default"))
    assert found(notes, "chat") == ("found", None)
    assert notes.findings["seed"].says == (
        "taken; no text came, as where a model thinks first, which shows nothing"
    )
    assert found(notes, "temperature") == ("impossible", False)
    assert {found(notes, name) for name in ("top_p", "top_k", "stop", "prefill")} >= {("unknown", None)}


def test_the_evidence_names_what_was_asked_and_what_came_in_one_line_each() -> None:
    notes = probed(CHAT, refusing("top_k", prefill="continues"))
    (line,) = notes.findings["top_k"].evidence
    assert line.asked == "the same with top_k 1 alone"
    assert line.came.startswith("HTTP 400: Unsupported parameter: top_k")
    begun = notes.findings["prefill"].evidence[0]
    assert begun.came == '"ht nine ten eleven " · length · 24 tokens in · 6 out'
    assert "\n" not in "".join(
        line.asked + line.came for one in notes.findings.values() for line in one.evidence
    )


def test_a_gate_is_no_answer_to_a_question() -> None:
    class Gated(Pretender):
        def __call__(self, path: str, body: dict[str, Any]) -> Any:
            found = super().__call__(path, body)
            asks_system = body.get("messages", [{}])[0].get("role") in ("system", "developer")
            if asks_system and isinstance(found, dict):
                found["choices"][0] |= {"finish_reason": "content_filter", "message": {"content": ""}}
            return found

    notes = probed(CHAT, Gated())
    assert notes.findings["system_role"].standing == "unknown"
    assert "output_filtered" in notes.findings["system_role"].says


def test_a_prompt_beyond_the_context_is_tried_on_servers_of_ones_own_alone() -> None:
    record = {"data": [{"id": "m", "meta": {"n_ctx": 2048, "n_ctx_train": 8192}}]}

    class Small(Pretender):
        def __call__(self, path: str, body: dict[str, Any]) -> Any:
            if len(json.dumps(body)) > 8000:
                self.refuses = frozenset()
                return self.overrun(body)
            return super().__call__(path, body)

        def overrun(self, body: dict[str, Any]) -> Any:
            self.calls.append(body)
            words = {"code": 400, "message": "too long", "type": "exceed_context_size_error", "n_ctx": 2048}
            return Fault(400, {"error": words})

    own = replace(CHAT, base_url="http://127.0.0.1:8401/v1")
    notes = probed(own, Small(record=record))
    assert notes.findings["context"].value == 2048
    assert notes.findings["context"].says == (
        "2,048 tokens, trained for 8,192; a longer prompt is refused, and the refusal says the same"
    )
    hosted = Small(record=record)
    assert (
        probed(CHAT, hosted).findings["context"].says
        == "2,048 tokens, trained for 8,192, as the server tells"
    )
    assert max(len(json.dumps(call)) for call in hosted.calls) < 1000
