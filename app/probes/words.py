"""A probe in words: the names of abilities, and what a machine reads of it."""

from typing import Any

from app.subjects.abilities import abilities, speaks_of
from app.subjects.found import Finding
from app.subjects.models import Endpoint, Probe
from app.transcripts.record import moment

NAMES = {
    "chat": "Chat",
    "completion": "Raw completion",
    "prefill": "Prefill",
    "prefill_repeats": "Repeats the beginning",
    "system_role": "System text",
    "developer_role": "Developer role",
    "template": "Its own template",
    "reasoning": "Reasoning",
    "max_tokens_field": "Length of an answer",
    "temperature": "Temperature",
    "top_p": "top_p",
    "top_k": "top_k",
    "stop": "Stop strings",
    "seed": "Seed",
    "n": "Several answers a call",
    "logprobs": "Log-probabilities",
    "logprobs_most": "Most alternatives",
    "logprobs_side": "Side of the sampler",
    "echo": "Echo of the prompt",
    "context": "Context",
}
NO, NOT_SHOWN = "not possible here", "not shown"


def word(finding: Finding) -> str:
    """Return what was found in a word: its value where it has one, else yes; or why there is none."""
    if finding.standing == "unknown":
        return NOT_SHOWN
    if finding.standing == "impossible":
        return NO
    match finding.value:
        case None | True:
            return "yes"
        case False:
            return "none" if finding.name == "reasoning" else "no"
        case int():
            return f"{finding.value:,}"
        case _:
            return str(finding.value)


def in_order(probe: Probe) -> list[Finding]:
    """Return what a probe found in the order of NAMES."""
    found = {one["name"]: Finding.model_validate(one) for one in probe.found}
    return [found[name] for name in NAMES if name in found]


def document(row: Endpoint, probe: Probe) -> dict[str, Any]:
    """Return a probe as one JSON object; `can` is what holds for the endpoint now, and who says so."""
    used = probe if probe.state == "done" and speaks_of(probe, row) else None
    return {
        "endpoint": row.slug, "state": probe.state, "reason": probe.reason,
        "wire": probe.wire, "base_url": probe.base_url, "model": probe.model, "dialect": probe.dialect,
        "upstream": probe.upstream, "served_model": probe.served_model, "version": probe.version,
        "started_at": moment(probe.started_at), "finished_at": moment(probe.finished_at),
        "calls": probe.calls, "input_tokens": probe.input_tokens, "output_tokens": probe.output_tokens,
        "cost_usd": None if probe.cost_micro is None else probe.cost_micro / 1_000_000,
        "found": [one.model_dump(mode="json") for one in in_order(probe)],
        "can": {one.name: {"value": one.value, "source": one.source} for one in abilities(row.can, used)},
    }  # fmt: skip
