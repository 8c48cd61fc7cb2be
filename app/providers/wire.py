"""What passes between an elicitation mode, a wire format and the collector: calls, requests, replies, outcomes.

A provider is two pure functions, `request(target, call)` and `read(target, call, reply)`; only the collector
sends (`transport.py`) and saves.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

StopClass = Literal[
    "natural", "length", "stop_sequence", "tool", "model_refusal_field", "classifier_refusal", "prompt_blocked",
    "output_filtered", "context_overflow", "paused", "provider_error", "empty", "unknown",
]  # fmt: skip
Role = Literal["user", "assistant"]


@dataclass(frozen=True, slots=True)
class Target:
    """An endpoint as a wire format sees it; its abilities are True, False or None (= the wire's default).

    `repeats` tells whether a reply begins with the prefilled beginning; None = as its dialect is known to do.
    `upstream` is the provider that must serve, where the endpoint is a router.
    """

    wire: str
    base_url: str
    model: str
    dialect: str | None = None
    upstream: str | None = None
    prefill: bool | None = None
    repeats: bool | None = None
    temperature: bool | None = None
    seed: bool | None = None
    logprobs: bool | None = None
    system_role: str | None = None
    max_tokens_field: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Said:
    """One turn sent as context; `parts` are those that were kept of an answer, for a wire that wants some back."""

    role: Role
    text: str
    parts: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Call:
    """One call, free of any wire: either `turns` (chat) or `prompt` (raw completion).

    `prefill` tells that the last turn is an assistant's beginning to be continued. `system` None = none sent,
    "" = an empty one sent. Settings that are None are not sent; `extra` goes into the body as it is.
    """

    kind: Literal["chat", "completion"]
    turns: tuple[Said, ...] = ()
    prompt: str = ""
    system: str | None = None
    prefill: bool = False
    max_tokens: int = 512
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    stop: tuple[str, ...] = ()
    seed: int | None = None
    logprobs: int | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Impossible:
    """What was asked cannot be done on this endpoint; `reason` is one line for the page.

    `lacks` names the ability (as in `can`) where it is one that a study file or a probe tells of.
    """

    reason: str
    lacks: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Request:
    """The exact request: `body` is what goes over the wire; `sent` its sampling settings without the seed.
    `method` is POST for every call; what a server tells of a model is read by GET.

    `headers` never hold the key: the collector adds `Provider.auth` at the moment of sending. `seed` is
    the seed that the body holds: None also where one was asked and the endpoint takes none.
    """

    url: str
    body: bytes
    headers: Mapping[str, str]
    sent: Mapping[str, Any]
    seed: int | None = None
    method: str = "POST"


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back. `fault` names a transport failure: connect, timeout, reset, cut, malformed (no HTTP or no
    honest gzip), too_large, redirect, unsendable (never left); the body then holds what had arrived. Times are
    milliseconds from sending to the first and the last body byte."""

    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    fault: str | None = None
    detail: str = ""
    first_byte_ms: int | None = None
    total_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens in normal form: `input` without cache, `output` visible only. None = not told, never 0."""

    input: int | None = None
    cache_read: int | None = None
    cache_write: int | None = None
    output: int | None = None
    reasoning: int | None = None
    raw: Any = None


@dataclass(frozen=True, slots=True)
class Reasoning:
    """Reasoning text with the field it came from."""

    text: str
    source: str
    kind: Literal["full", "summary", "redacted", "encrypted"] = "full"


@dataclass(frozen=True, slots=True)
class Token:
    """One token of an answer: its text, bytes and natural-log probability, and the alternatives at its place."""

    text: str
    raw: bytes | None
    logprob: float
    top: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer or a no: data, never retried. `parts` hold typed non-text (unknown blocks raw, marks such as
    {"type": "refusal"}, {"type": "prefix_cut"}, {"type": "replaced_surrogates"}). `rendered` is the exact text
    that the conversation became, where the reply itself tells it."""

    text: str
    stop_class: StopClass
    stop_raw: str | None
    reasoning: tuple[Reasoning, ...] = ()
    parts: tuple[Mapping[str, Any], ...] = ()
    usage: Usage = Usage()
    served_model: str | None = None
    effective: Mapping[str, Any] = field(default_factory=dict)
    tokens: tuple[Token, ...] = ()
    rendered: str | None = None


@dataclass(frozen=True, slots=True)
class Failed:
    """No answer. `then` says what the collector does: retry after `wait` seconds at least (None = its own
    backoff), fail the draw, stop the endpoint for the run (no key, no money), or make the cell impossible (a
    lacking capability)."""

    error: str
    then: Literal["retry", "fail", "stop", "impossible"]
    wait: float | None = None
    slow_down: bool = False  # 429: fewer calls at once
    usage: Usage = Usage()


class Provider(Protocol):
    """One wire format."""

    def request(self, target: Target, call: Call) -> Request | Impossible: ...

    def read(self, target: Target, call: Call, reply: Reply) -> Answered | Failed: ...

    def auth(self, target: Target, key: str) -> Mapping[str, str]: ...
