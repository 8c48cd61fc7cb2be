"""What one reply makes of its draw: messages, sums, state, and the call that follows. Pure, no SQL."""

import hashlib
import ipaddress
import json
import zlib
from asyncio import Future
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

import orjson

from app.db import now
from app.elicitation.modes import Finished, asked, between
from app.providers.plain import plain
from app.providers.sending import host
from app.providers.wire import Answered, Failed, Impossible, Reply, Token, Usage
from app.subjects.abilities import UNKNOWN_SIDE
from app.transcripts.budget import Spent, spent, tokens_in, tokens_out
from app.transcripts.cards import Kept
from app.transcripts.draws import Asked, Draw, elicit, gone_past
from app.transcripts.identity import sha256, text_sha256, transcript_sha256
from app.transcripts.paths import turn_text

TRIES = 4  # calls a turn
GATED = {"prompt_blocked", "output_filtered", "classifier_refusal"}
LAST_RUNG = GATED | {"context_overflow"}  # a ladder ends here: the next rung would meet the same gate
OWN_SERVERS = {"llamacpp", "vllm", "ollama"}
HASHES_KEPT = 1024
FASTEST = 1  # zlib level: bodies are small and many

_hashes: Kept[bytes, str] = Kept(HASHES_KEPT)


@dataclass(slots=True)
class Ended:
    """A completed call: the columns of its exchange, and what it used of what was set aside for it."""

    exchange_id: int
    columns: dict[str, Any]
    used: Spent
    reserved_micro: int | None
    reserved_tokens: int


@dataclass(slots=True, eq=False)
class Step:
    """What is written at once: a completed call, what was said, the draw's new state, the call that follows.

    `said` are message rows in order, each a child of the one before, the first of the draw's tip and the last the
    new one; `tip_id` is told when they are written, `granted` whether `opening` was written and may be sent.
    """

    draw: Draw
    attempt: int
    state: str = "running"
    reason: str | None = None
    ended: Ended | None = None
    said: list[dict[str, Any]] = field(default_factory=list)
    logprobs: bytes | None = None
    side: str = UNKNOWN_SIDE  # of the sampler, on which these log-probabilities are told
    rendering: str | None = None
    settings: tuple[str, dict[str, Any]] | None = None
    sha256: str | None = None
    tip_id: int | None = None
    opening: Asked | None = None
    cell_impossible: bool = False
    stop: bool = False
    granted: "Future[bool] | None" = None

    def ends(self, kept: bool) -> bool:
        """Tell whether the draw leaves its slot with this step; `kept` is False where the step came too late.

        A try that is only noted (no one waits for its grant) is followed by another step, which ends it.
        """
        return self.state != "running" or (not kept and self.granted is not None)


def settle(draw: Draw, reply: Reply, outcome: Answered | Failed) -> Step:
    """Return what a reply leads to, and bring the draw up to date with it."""
    assert draw.asked is not None
    used = spent(draw.price, draw.asked, reply, outcome.usage)
    if isinstance(outcome, Answered) and outcome.stop_class == "provider_error":
        outcome = Failed(f"the provider failed on the way: {outcome.stop_raw}", "fail", usage=outcome.usage)
    if isinstance(outcome, Failed):
        return _failed(draw, reply, outcome, used)
    return _answered(draw, reply, outcome, used)


def opened(draw: Draw, following: Asked | None = None) -> Step:
    """Return the step that asks the call in hand once more, or the one that follows it."""
    return Step(draw, draw.attempt, reason=draw.reason, opening=following or draw.asked)


def laid_back(draw: Draw, why: str) -> Step:
    """Return the step that queues a draw again, its call in flight (if any) left unknown."""
    return _left_off(draw, "queued", draw.reason, why)


def given_up(draw: Draw, why: str) -> Step:
    """Return the step that fails a draw by a fault of ours, its call in flight (if any) left unknown."""
    return _left_off(draw, "failed", why, why)


def _left_off(draw: Draw, state: str, reason: str | None, why: str) -> Step:
    step = Step(draw, draw.attempt, state=state, reason=reason)
    if draw.exchange_id and draw.asked is not None:
        most = Spent(draw.reserved_micro, draw.asked.most_tokens, False)
        columns = _columns("unknown", Reply(), why, most)
        step.ended = _ended(draw, columns, most)
    return step


def _failed(draw: Draw, reply: Reply, outcome: Failed, used: Spent) -> Step:
    again = outcome.then == "retry" and draw.tries < TRIES
    word = {"impossible": "impossible"}.get(outcome.then, "retry" if again else "failed")
    step = Step(draw, draw.attempt)
    step.ended = _ended(draw, _columns(word, reply, outcome.error, used), used)
    if again:
        return step
    step.state = "impossible" if outcome.then == "impossible" else "failed"
    step.cell_impossible, step.stop = outcome.then == "impossible", outcome.then == "stop"
    tried = f" (after {draw.tries} tries)" if outcome.then == "retry" and draw.tries > 1 else ""
    step.reason = plain(outcome.error)[0] + tried
    return step


def _answered(draw: Draw, reply: Reply, outcome: Answered, used: Spent) -> Step:
    assert draw.asked is not None
    asked_now, moment = draw.asked, now()
    gated = outcome.stop_class in GATED
    columns = _columns("blocked" if gated else "answer", reply, None, used)
    step = Step(draw, draw.attempt, state="done", ended=_ended(draw, columns, used))
    step.said = [
        *_scripted(draw, moment),
        *_thoughts(draw, outcome, moment),
        _answer(draw, outcome, reply, moment),
    ]
    step.logprobs = _logprobs(outcome.tokens) if outcome.tokens else None
    _sum_up(draw, outcome, reply, used)
    draw.keep(step.said[-1])
    three = {
        "asked": asked(draw.prompt.shape, draw.subject.snapshot, draw.temperature),
        "sent": dict(asked_now.request.sent),
        "effective": {name: value for name, value in outcome.effective.items() if name != "seed"},
    }
    step.settings = (_settings_sha256(three), three)
    step.rendering = outcome.rendered or (
        asked_now.call.prompt if asked_now.call.kind == "completion" else None
    )
    target = draw.subject.target
    draw.context = "rendered" if step.rendering is not None else _context(target.base_url, target.dialect)
    following = Finished() if outcome.stop_class in LAST_RUNG else elicit(draw)
    if isinstance(following, Asked):
        _next_rung(draw, step, outcome, following)
    elif isinstance(following, Impossible):
        step.state, step.reason = "impossible", following.reason
    draw.said += [_hashed(row) for row in step.said]
    if step.state == "done":
        step.reason = draw.reason
        step.sha256 = transcript_sha256(
            (*draw.prompt.path, *draw.said),
            system=draw.subject.snapshot.system,
            template=draw.subject.template,
            **three,
        )
    return step


def _next_rung(draw: Draw, step: Step, outcome: Answered, following: Asked) -> None:
    draw.reason = gone_past(draw.reason, len(draw.answers), outcome.stop_class)
    step.state, step.reason, step.opening = "running", draw.reason, following


def _scripted(draw: Draw, moment: datetime) -> list[dict[str, Any]]:
    """Return the scripted turns that this answer answers, none for the first: those are the shared path."""
    turns = between(draw.prompt.shape, len(draw.answers)) if draw.answers else ()
    return [_message(draw, turn.role, turn_text(turn), "prompt", moment) for turn in turns]


def _sum_up(draw: Draw, outcome: Answered, reply: Reply, used: Spent) -> None:
    cost = used.micro if used.told or used.micro == 0 else None
    into, out = tokens_in(outcome.usage), tokens_out(outcome.usage)
    now_known = {"input_tokens": into, "output_tokens": out, "cost_micro": cost, "latency_ms": reply.total_ms}
    for name, value in now_known.items():
        before = getattr(draw, name) if draw.answered else 0
        setattr(draw, name, None if before is None or value is None else before + value)
    draw.answered += 1
    draw.stop_class = outcome.stop_class
    draw.served_model = None if outcome.served_model is None else plain(outcome.served_model)[0]


def _thoughts(draw: Draw, outcome: Answered, moment: datetime) -> list[dict[str, Any]]:
    rows = []
    for thought in outcome.reasoning:
        text, marks = plain(thought.text)
        row = _message(draw, "reasoning", text, "model", moment)
        source = {"type": "source", "field": thought.source, "kind": thought.kind}
        rows.append(row | {"parts": [source, *(dict(mark) for mark in marks)]})
    return rows


def _answer(draw: Draw, outcome: Answered, reply: Reply, moment: datetime) -> dict[str, Any]:
    assert draw.asked is not None
    text, marks = plain(outcome.text)
    role = "text" if draw.asked.call.kind == "completion" else "assistant"
    parts = [dict(part) for part in (*outcome.parts, *marks)]
    return _message(draw, role, text, "model", moment) | {
        "parts": parts or None,
        "stop_class": outcome.stop_class,
        "stop_raw": None if outcome.stop_raw is None else plain(outcome.stop_raw)[0],
        "seed": draw.asked.request.seed,
        "usage": _usage(outcome.usage),
        "first_byte_ms": reply.first_byte_ms,
        "latency_ms": reply.total_ms,
        "served_model": None if outcome.served_model is None else plain(outcome.served_model)[0],
    }


def _usage(usage: Usage) -> dict[str, Any]:
    names = ("input", "cache_read", "cache_write", "output", "reasoning", "raw")
    return {name: getattr(usage, name) for name in names}


def _message(draw: Draw, role: str, text: str, origin: str, moment: datetime) -> dict[str, Any]:
    return {
        "role": role, "text": text, "origin": origin, "made_by": draw.id, "scope": draw.scope,
        "text_sha256": text_sha256(text), "created_at": moment, "parts": None, "stop_class": None, "stop_raw": None,
        "seed": None, "usage": None, "first_byte_ms": None, "latency_ms": None, "served_model": None,
    }  # fmt: skip


def _hashed(row: Mapping[str, Any]) -> dict[str, Any]:
    names = ("role", "text", "parts", "origin", "stop_class", "stop_raw", "seed")
    return {name: row[name] for name in names}


def _logprobs(tokens: tuple[Token, ...]) -> bytes:
    """Return the tokens of an answer as compressed JSON: {text, bytes, logprob, top: [[text, logprob]…]} each."""
    rows = [
        {
            "text": plain(token.text)[0],
            "bytes": None if token.raw is None else list(token.raw),
            "logprob": token.logprob,
            "top": [[plain(text)[0], logprob] for text, logprob in token.top],
        }
        for token in tokens
    ]
    return zlib.compress(json.dumps(rows, ensure_ascii=False, separators=(",", ":")).encode(), FASTEST)


def _ended(draw: Draw, columns: dict[str, Any], used: Spent) -> Ended:
    assert draw.asked is not None
    return Ended(draw.exchange_id, columns, used, draw.reserved_micro, draw.asked.most_tokens)


def _columns(outcome: str, reply: Reply, error: str | None, used: Spent) -> dict[str, Any]:
    arrived = reply.body or reply.status
    return {
        "outcome": outcome,
        "reply": reply.body if arrived else None,
        "reply_sha256": hashlib.sha256(reply.body).hexdigest() if arrived else None,
        "status": reply.status or None,
        "headers": dict(reply.headers) if arrived else None,
        "error": None if error is None else plain(error)[0],
        "first_byte_ms": reply.first_byte_ms,
        "total_ms": reply.total_ms,
        "cost_micro": used.micro,
        "tokens": used.tokens,
        "finished_at": now(),
    }


def _settings_sha256(three: Mapping[str, Any]) -> str:
    """Return the hash of settings; the same ones come with nearly every answer."""
    try:
        written = orjson.dumps(three, option=orjson.OPT_SORT_KEYS)
    except TypeError:  # what orjson cannot write, json can
        return sha256(three)
    found = _hashes.get(written)
    if found is None:
        found = sha256(three)
        _hashes.put(written, found)
    return found


@lru_cache(maxsize=256)
def _context(base_url: str, dialect: str | None) -> str:
    """Return what is known of a chat's context: a hosted provider may add to what was sent."""
    at = host(base_url)
    if dialect in OWN_SERVERS or at == "localhost":
        return "sent"
    try:
        return "sent" if ipaddress.ip_address(at).is_private else "may_add"
    except ValueError:
        return "may_add"
