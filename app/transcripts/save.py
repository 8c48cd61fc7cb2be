"""Saving what calls came to: many draws in one transaction, each under the attempt that made it."""

import logging
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Table, bindparam, insert, select, update
from sqlalchemy.orm import Session

from app.db import now
from app.transcripts.budget import Purse, most
from app.transcripts.bulk import at, insert_new, js, write
from app.transcripts.calls import EXCHANGES, FASTEST, Opening, write_down
from app.transcripts.models import EndpointStop, Message, MessageLogprobs, Transcript
from app.transcripts.rows import Shared, new_ids
from app.transcripts.settle import Ended, Step

TRANSCRIPTS: Table = Transcript.__table__  # type: ignore[assignment]
MESSAGES: Table = Message.__table__  # type: ignore[assignment]
LOGPROBS: Table = MessageLogprobs.__table__  # type: ignore[assignment]
STOPS: Table = EndpointStop.__table__  # type: ignore[assignment]
log = logging.getLogger(__name__)

CALL_COLUMNS = ("outcome", "reply", "reply_sha256", "status", "headers", "error", "first_byte_ms", "total_ms",
                "cost_micro", "tokens", "finished_at")  # fmt: skip
# Columns of a transcript that are those of its draw in hand.
DRAW_COLUMNS = ("tip_id", "answered", "settings_id", "context", "rendering_sha256", "stop_class", "served_model",
                "input_tokens", "output_tokens", "cost_micro", "latency_ms")  # fmt: skip
INSERT_MESSAGES = insert(MESSAGES)
INSERT_LOGPROBS = insert(LOGPROBS)
ENDED_STATES = {"done", "failed", "impossible", "cancelled"}
STILL_RUNNING = (
    select(TRANSCRIPTS.c.id, TRANSCRIPTS.c.attempt)
    .where(TRANSCRIPTS.c.id.in_(bindparam("ids", expanding=True)), TRANSCRIPTS.c.state == "running")
    .order_by(TRANSCRIPTS.c.id)  # as whoever takes the endpoint over locks them
    .with_for_update()
)
COMPLETE = (
    update(EXCHANGES)
    .where(EXCHANGES.c.id == bindparam("of_id"))
    .values({name: bindparam(f"to_{name}") for name in CALL_COLUMNS})
)
MOVE = (
    update(TRANSCRIPTS)
    .where(TRANSCRIPTS.c.id == bindparam("of_id"), TRANSCRIPTS.c.attempt == bindparam("of_attempt"))
    .values(
        {
            name: bindparam(f"to_{name}")
            for name in (*DRAW_COLUMNS, "state", "reason", "sha256", "finished_at")
        }
    )
)
FAIL = (
    update(TRANSCRIPTS)
    .where(TRANSCRIPTS.c.id == bindparam("of_id"), TRANSCRIPTS.c.attempt == bindparam("of_attempt"))
    .values({name: bindparam(f"to_{name}") for name in ("state", "reason", "finished_at")})
)
CELL_IMPOSSIBLE = (
    update(TRANSCRIPTS)
    .where(
        TRANSCRIPTS.c.run_id == bindparam("of_run"),
        TRANSCRIPTS.c.prompt_id == bindparam("of_prompt"),
        TRANSCRIPTS.c.subject_version_id == bindparam("of_version"),
        TRANSCRIPTS.c.temperature_milli == bindparam("of_temperature"),
        TRANSCRIPTS.c.state == "queued",
    )
    .values(state="impossible", reason=bindparam("to_reason"))
)


def current(session: Session, steps: Sequence[Step]) -> list[Step]:
    """Return the steps whose draw still runs in the attempt that made them; a late one changes nothing."""
    rows = session.connection().execute(STILL_RUNNING, {"ids": [step.draw.id for step in steps]})
    running = {(number, attempt) for number, attempt in rows}
    kept = []
    for step in steps:
        if (step.draw.id, step.attempt) in running:
            kept.append(step)
        else:
            log.warning(
                "transcript %s: attempt %s was superseded, its reply is dropped", step.draw.id, step.attempt
            )
    return kept


def save(
    session: Session, steps: Sequence[Step], purses: Mapping[int, Purse], shared: Shared
) -> list[Opening]:
    """Write steps, all of them or none; return the calls that were granted and written down.

    A call is not granted where its run is paused or cancelled, or where it does not fit under a cap: its draw is
    queued again, or cancelled.
    """
    connection = session.connection()
    completed = []
    for step in steps:
        if step.ended is not None:
            ended = step.ended
            completed.append(_completed(ended))
            purses[step.draw.run_id].settle(ended.reserved_micro, ended.reserved_tokens, ended.used)
    write(connection, COMPLETE, completed)
    tips = _write_said(session, steps)
    settings = shared.settings(session, [step.settings for step in steps if step.settings])
    renderings = shared.renderings(session, [step.rendering for step in steps if step.rendering is not None])
    openings = _grant(steps, purses)
    write_down(session, openings)
    for step, tip in zip(steps, tips, strict=True):
        step.tip_id = tip
        if step.settings:
            step.draw.settings_id = settings[step.settings[0]]
        if step.said:
            step.draw.rendering_sha256 = None if step.rendering is None else renderings[step.rendering]
    moved = [_moved(step) for step in steps if step.said or step.state != "running"]
    write(connection, MOVE, moved)
    _stop_and_rule_out(session, steps)
    return openings


def fail(session: Session, step: Step, error: Exception, purses: Mapping[int, Purse]) -> None:
    """Write a step whose rows the database refused: the draw failed, its raw reply is kept."""
    reason = f"its reply could not be saved: {type(error).__name__}"
    if step.ended is not None:
        step.ended.columns |= {"outcome": "failed", "headers": None, "error": reason}
        write(session.connection(), COMPLETE, [_completed(step.ended)])
        purses[step.draw.run_id].settle(
            step.ended.reserved_micro, step.ended.reserved_tokens, step.ended.used
        )
    failed = {"to_state": "failed", "to_reason": reason, "to_finished_at": at(now())}
    write(session.connection(), FAIL, [{"of_id": step.draw.id, "of_attempt": step.attempt, **failed}])


def _completed(ended: Ended) -> dict[str, Any]:
    values = {f"to_{name}": ended.columns[name] for name in CALL_COLUMNS}
    body = ended.columns["reply"]
    return values | {
        "of_id": ended.exchange_id,
        # Compressed here, in the writer's thread: it lets the interpreter go, and the event loop would wait to
        # get it back.
        "to_reply": None if body is None else zlib.compress(body, FASTEST),
        "to_headers": js(ended.columns["headers"]),
        "to_finished_at": at(ended.columns["finished_at"]),
    }


def _write_said(session: Session, steps: Sequence[Step]) -> list[int | None]:
    """Insert the messages of all steps and their log-probabilities; return each draw's tip."""
    ids = iter(new_ids(session, MESSAGES, sum(len(step.said) for step in steps)))
    rows: list[dict[str, Any]] = []
    logprobs: list[dict[str, Any]] = []
    tips: list[int | None] = []
    newest: dict[int, int | None] = {}  # a draw may have several steps in one transaction
    for step in steps:
        above = newest.get(step.draw.id, step.draw.tip_id)
        parent = step.draw.root_id if above is None else above
        for message in step.said:
            above = next(ids)
            rows.append(
                {
                    **message,
                    "id": above,
                    "parent_id": parent,
                    "parts": js(message["parts"]),
                    "usage": js(message["usage"]),
                    "created_at": at(message["created_at"]),
                }
            )
            parent = above
        if step.logprobs is not None:
            logprobs.append({"message_id": above, "side": step.side, "tokens": step.logprobs})
        newest[step.draw.id] = above
        tips.append(above)
    write(session.connection(), INSERT_MESSAGES, rows)
    write(session.connection(), INSERT_LOGPROBS, logprobs)
    return tips


def _grant(steps: Sequence[Step], purses: Mapping[int, Purse]) -> list[Opening]:
    openings = []
    for step in steps:
        purse = purses[step.draw.run_id]
        if step.state == "queued" and purse.wanted == "cancel":
            step.state = "cancelled"
        if step.opening is None:
            continue
        micro = most(step.draw.price, step.opening)
        if purse.wanted == "go" and purse.reserve(micro, step.opening.most_tokens):
            openings.append(Opening(step.draw, step.opening, step.attempt, micro))
        else:
            step.state = "cancelled" if purse.wanted == "cancel" else "queued"
            step.opening = None
    return openings


def _moved(step: Step) -> dict[str, Any]:
    values = {f"to_{name}": getattr(step.draw, name) for name in DRAW_COLUMNS}
    return values | {
        "to_tip_id": step.tip_id,
        "of_id": step.draw.id,
        "of_attempt": step.attempt,
        "to_state": step.state,
        "to_reason": step.reason,
        "to_sha256": step.sha256,
        "to_finished_at": at(now()) if step.state in ENDED_STATES else None,
    }


def _stop_and_rule_out(session: Session, steps: Sequence[Step]) -> None:
    stops = [
        {
            "run_id": step.draw.run_id,
            "endpoint_id": step.draw.endpoint_id,
            "reason": step.reason or "",
            "at": at(now()),
        }
        for step in steps
        if step.stop
    ]
    insert_new(session.connection(), STOPS, stops)
    cells = [cell_of(step.draw, step.reason) for step in steps if step.cell_impossible]
    if cells:
        session.connection().execute(CELL_IMPOSSIBLE, cells)


def cell_of(draw: Any, reason: str | None) -> dict[str, Any]:
    """Return the parameters that make a draw's cell impossible."""
    return {
        "of_run": draw.run_id,
        "of_prompt": draw.prompt_id,
        "of_version": draw.subject_version_id,
        "of_temperature": draw.temperature_milli,
        "to_reason": reason,
    }
