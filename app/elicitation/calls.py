"""What every mode's call has in common: the subject's sampling settings and system prompt."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypedDict

from app.batteries.shape import PromptShape, Turn
from app.providers.plain import plain
from app.providers.wire import Call, Said
from app.subjects.shape import Snapshot


@dataclass(frozen=True, slots=True)
class Finished:
    """Every turn of the prompt has its answer; nothing is left to ask."""


@dataclass(frozen=True, slots=True)
class Draw:
    """What belongs to one call and not to its subject: the temperature and seed to send (None = not sent)."""

    temperature: float | None = None
    seed: int | None = None


class _Settings(TypedDict):
    max_tokens: int
    temperature: float | None
    top_p: float | None
    top_k: int | None
    stop: tuple[str, ...]
    seed: int | None
    logprobs: int | None
    extra: dict[str, Any]


def effective_max_tokens(prompt: PromptShape, snapshot: Snapshot) -> int:
    """Return the most tokens an answer may have: the prompt's own number, else the subject's."""
    return prompt.max_tokens or snapshot.sampling.max_tokens


def asked(prompt: PromptShape, snapshot: Snapshot, temperature: float | None) -> dict[str, Any]:
    """Return the settings asked for, without the seed and without what was left to the server.

    Where no temperature can be sent, the one that the subject asks for still stands here.
    """
    sampling = snapshot.sampling
    wanted = {
        "max_tokens": effective_max_tokens(prompt, snapshot),
        "temperature": sampling.temperature if temperature is None else temperature,
        "top_p": sampling.top_p,
        "top_k": sampling.top_k,
        "stop": list(sampling.stop) or None,
        "logprobs": sampling.logprobs,
    }
    return {name: value for name, value in wanted.items() if value is not None} | (
        {"extra": sampling.extra} if sampling.extra else {}
    )


def chat_call(
    prompt: PromptShape, snapshot: Snapshot, turns: Sequence[Said], draw: Draw, *, prefill: bool = False
) -> Call:
    """Return a call that sends turns as messages, with the subject's system prompt."""
    return Call(
        kind="chat",
        turns=tuple(turns),
        system=snapshot.system,
        prefill=prefill,
        **_settings(prompt, snapshot, draw),
    )


def raw_call(prompt: PromptShape, snapshot: Snapshot, text: str, draw: Draw) -> Call:
    """Return a call that sends one raw text to be continued."""
    return Call(kind="completion", prompt=text, **_settings(prompt, snapshot, draw))


def said(turn: Turn) -> Said:
    """Return a prompt's user or assistant turn as context."""
    return Said("user" if turn.role == "user" else "assistant", words(turn))


def words(turn: Turn) -> str:
    """Return a scripted turn's words as they are sent, which is as they are stored."""
    return plain(turn.words)[0]


def _settings(prompt: PromptShape, snapshot: Snapshot, draw: Draw) -> _Settings:
    sampling = snapshot.sampling
    return {
        "max_tokens": effective_max_tokens(prompt, snapshot),
        "temperature": draw.temperature,
        "top_p": sampling.top_p,
        "top_k": sampling.top_k,
        "stop": sampling.stop,
        "seed": draw.seed,
        "logprobs": sampling.logprobs,
        "extra": sampling.extra,
    }
