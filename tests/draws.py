"""Writes the draws of a seeded run: transcripts, their messages, exchanges and the run's sums (`tests/seed.py`)."""

import json
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.orm import Session

from app.batteries.shape import PromptShape, Turn
from app.subjects.shape import SubjectShape
from app.transcripts.identity import path_sha256, sha256, text_sha256
from app.transcripts.models import NOT_SENT, Exchange, Message, RunBudget, SettingsRecord, Transcript
from tests.cast import Draw, Say, endpoint_of


@dataclass
class Seeded:
    """The ids of what was written, by slug and key."""

    study_id: int
    run_id: int
    battery_version_id: int
    subjects: dict[str, int] = field(default_factory=dict)  # slug → subject id
    versions: dict[str, int] = field(default_factory=dict)  # slug → subject version id
    endpoints: dict[str, int] = field(default_factory=dict)
    prompts: dict[str, int] = field(default_factory=dict)
    # by prompt key, subject slug and repeat
    transcripts: dict[tuple[str, str, int], int] = field(default_factory=dict)


@dataclass
class Row:
    """A draw on its way into the database."""

    prompt: PromptShape
    subject: SubjectShape
    repeat: int
    draw: Draw
    finished: datetime
    root: int
    id: int = 0
    tip: int | None = None

    @property
    def answers(self) -> tuple[str, ...]:
        """The answers kept: none where the draw never got one."""
        if self.draw.state != "done":
            return ()
        return self.draw.text if isinstance(self.draw.text, tuple) else (self.draw.text,)

    @property
    def tokens(self) -> tuple[int, int]:
        """Tokens asked and said: as told, else one a word."""
        asked = sum(len(turn.words.split()) for turn in self.prompt.turns)
        return self.draw.tokens or (12 + asked, 2 + sum(len(text.split()) for text in self.answers))

    @property
    def cost_micro(self) -> int | None:
        price = endpoint_of(self.subject).price
        if price.input_per_mtok is None or price.output_per_mtok is None:
            return None
        return round(self.tokens[0] * price.input_per_mtok + self.tokens[1] * price.output_per_mtok)

    @property
    def served(self) -> str:
        return self.draw.served or endpoint_of(self.subject).model


def write(
    session: Session,
    made: Seeded,
    subjects: Sequence[SubjectShape],
    prompts: Sequence[PromptShape],
    repeats: Iterable[int],
    say: Say,
    started: datetime,
    seconds: float,
    wave: int = 1,
) -> None:
    """Write these repeats of every cell, finished at even steps over `seconds` after `started`."""
    cells = {
        (prompt.key, subject.slug): _cell(session, made, prompt, subject)
        for prompt in prompts
        for subject in subjects
    }
    repeats = list(repeats)
    total = len(cells) * len(repeats)
    rows, values = [], []
    for repeat in repeats:
        for prompt in prompts:
            for subject in subjects:
                at = started + timedelta(seconds=seconds * (len(rows) + 1) / total)
                cell = cells[prompt.key, subject.slug]
                rows.append(Row(prompt, subject, repeat, say(prompt, subject, repeat), at, cell["root_id"]))
                values.append({**cell, "repeat": repeat, "wave": wave, "created_at": started})
    numbers = session.scalars(
        insert(Transcript).returning(Transcript.id, sort_by_parameter_order=True), values
    ).all()
    for row, number in zip(rows, numbers, strict=True):
        row.id = number
        made.transcripts[row.prompt.key, row.subject.slug, row.repeat] = number
    _messages(session, made, rows)
    exchanges = [exchange for row in rows for exchange in _exchanges(row)]
    if exchanges:
        session.execute(insert(Exchange), exchanges)
    _finish(session, made, rows, len(exchanges))


def _cell(session: Session, made: Seeded, prompt: PromptShape, subject: SubjectShape) -> dict[str, Any]:
    shared = prompt.turns[:1] if prompt.mode == "ladder" else prompt.turns
    temperature = subject.sampling.temperature
    max_tokens = prompt.max_tokens or subject.sampling.max_tokens
    return {
        "run_id": made.run_id, "study_id": made.study_id, "battery_version_id": made.battery_version_id,
        "prompt_id": made.prompts[prompt.key], "subject_version_id": made.versions[subject.slug],
        "subject_id": made.subjects[subject.slug], "endpoint_id": made.endpoints[subject.endpoint],
        "temperature_milli": NOT_SENT if temperature is None else round(temperature * 1000), "state": "queued",
        "equal_sha256": sha256([[turn.model_dump() for turn in prompt.turns], prompt.mode, max_tokens]),
        "root_id": _path(session, shared), "settings_id": _settings(session, subject, max_tokens),
        "context": "rendered" if subject.mode == "completion" else "may_add",
    }  # fmt: skip


def _settings(session: Session, subject: SubjectShape, max_tokens: int) -> int:
    asked = subject.sampling.model_dump(mode="json")
    sent = subject.sampling.model_dump(mode="json", exclude={"seed", "extra"}, exclude_none=True)
    sent["max_tokens"] = max_tokens
    digest = sha256([asked, sent])
    found = session.scalar(select(SettingsRecord.id).where(SettingsRecord.sha256 == digest))
    if found is not None:
        return found
    row = SettingsRecord(sha256=digest, asked=asked, sent=sent, effective=sent)
    session.add(row)
    session.flush()
    return row.id


def _path(session: Session, turns: Sequence[Turn]) -> int:
    parent, digest = 0, None
    for turn in turns:
        digest = path_sha256(digest, turn.role, turn.words, None)
        found = session.scalar(
            select(Message.id).where(Message.path_sha256 == digest, Message.made_by.is_(None))
        )
        if found is None:
            row = Message(parent_id=parent or None, role=turn.role, text=turn.words, origin="prompt",
                          path_sha256=digest, text_sha256=text_sha256(turn.words))  # fmt: skip
            session.add(row)
            session.flush()
            found = row.id
        parent = found
    return parent


def _messages(session: Session, made: Seeded, rows: Sequence[Row]) -> None:
    """Write the answers turn by turn: each is a child of the one before, the first of the prompt's last turn."""
    tips = {row.id: row.root for row in rows}
    for turn in range(max((len(row.answers) for row in rows), default=0)):
        level = [row for row in rows if turn < len(row.answers)]
        if turn:
            _below(session, tips, [_said(made, row, "user", row.prompt.turns[turn].words) for row in level])
        thought = [row for row in level if row.draw.reasoning]
        _below(session, tips, [_said(made, row, "reasoning", row.draw.reasoning) for row in thought])
        _below(session, tips, [_answer(made, row, row.answers[turn]) for row in level])
        for row in level:
            row.tip = tips[row.id]


def _below(session: Session, tips: dict[int, int], said: list[dict[str, Any]]) -> None:
    if not said:
        return
    values = [{**one, "parent_id": tips[one["made_by"]]} for one in said]
    numbers = session.scalars(
        insert(Message).returning(Message.id, sort_by_parameter_order=True), values
    ).all()
    tips.update({one["made_by"]: number for one, number in zip(said, numbers, strict=True)})


def _said(made: Seeded, row: Row, role: str, text: str) -> dict[str, Any]:
    return {
        "role": role, "text": text, "made_by": row.id, "origin": "prompt" if role == "user" else "model",
        "scope": f"s{made.subjects[row.subject.slug]} r{made.run_id} y{made.study_id}",
        "text_sha256": text_sha256(text), "created_at": row.finished,
    }  # fmt: skip


def _answer(made: Seeded, row: Row, text: str) -> dict[str, Any]:
    asked, said = row.tokens
    told = dict.fromkeys(["cache_read", "cache_write", "reasoning", "raw"])
    return {
        **_said(made, row, "text" if row.subject.mode == "completion" else "assistant", text),
        "stop_class": row.draw.stop, "stop_raw": row.draw.raw or "stop",
        "usage": {**told, "input": asked, "output": said}, "latency_ms": row.draw.latency_ms,
        "served_model": row.served,
    }  # fmt: skip


def _exchanges(row: Row) -> list[dict[str, Any]]:
    """Write the calls that failed first, then the answered ones; a running draw has one in flight."""
    endpoint = endpoint_of(row.subject)
    sent = {
        "model": endpoint.model,
        "messages": [{"role": t.role, "content": t.words} for t in row.prompt.turns],
    }
    calls = [(1, status, body, error, "retry") for status, body, error in row.draw.exchanges]
    if calls and row.draw.state == "failed":
        calls[-1] = (*calls[-1][:4], "failed")
    for turn, text in enumerate(row.answers, start=1):
        choice = {"message": {"content": text}, "finish_reason": row.draw.raw or "stop"}
        calls.append((turn, 200, json.dumps({"choices": [choice]}, ensure_ascii=False), "", "answer"))
    began = row.finished - timedelta(milliseconds=row.draw.latency_ms)
    call = {
        "transcript_id": row.id, "turn": 1, "attempt": 1, "url": f"{endpoint.base_url}/chat/completions",
        "request": zlib.compress(json.dumps(sent, ensure_ascii=False).encode()), "started_at": began,
    }  # fmt: skip
    ended = {"total_ms": row.draw.latency_ms, "first_byte_ms": 120, "finished_at": row.finished,
             "headers": {"content-type": "application/json"}}  # fmt: skip
    written = [
        {**call, **ended, "turn": turn, "n": n if turn == 1 else 1, "outcome": outcome,
         "reply": zlib.compress(body.encode()), "reply_sha256": text_sha256(body), "status": status,
         "error": error or None}
        for n, (turn, status, body, error, outcome) in enumerate(calls, start=1)
    ]  # fmt: skip
    if row.draw.state == "running":
        open_ended = dict.fromkeys([*ended, "reply", "reply_sha256", "status", "error"])
        written.append({**call, **open_ended, "n": len(calls) + 1, "outcome": "sent"})
    return written


ENDED = ("state", "reason", "tip_id", "stop_class", "served_model", "input_tokens", "output_tokens", "cost_micro",
         "latency_ms", "finished_at", "attempt", "answered", "sha256")  # fmt: skip


def _finish(session: Session, made: Seeded, rows: Sequence[Row], calls: int) -> None:
    """Set the states last: a finished draw refuses every later change, also to its exchanges."""
    table = Transcript.__table__
    moved = [
        {"number": row.id, **{f"to_{name}": value for name, value in _ended(row).items()}}
        for row in rows
        if row.draw.state != "queued"
    ]
    if moved:
        become = {name: bindparam(f"to_{name}") for name in ENDED}
        session.connection().execute(
            update(Transcript).where(table.c.id == bindparam("number")).values(become), moved
        )
    done = [row for row in rows if row.draw.state == "done"]
    budget = session.get(RunBudget, made.run_id) or RunBudget(
        run_id=made.run_id, calls=0, spent_micro=0, tokens=0
    )
    budget.calls += calls
    budget.spent_micro += sum(row.cost_micro or 0 for row in done)
    budget.tokens += sum(sum(row.tokens) for row in done)
    session.add(budget)
    session.flush()


def _ended(row: Row) -> dict[str, Any]:
    state = row.draw.state
    values: dict[str, Any] = dict.fromkeys(ENDED)
    values |= {"state": state, "reason": row.draw.reason, "attempt": int(state != "impossible"),
               "answered": len(row.answers)}  # fmt: skip
    if state in {"done", "failed"}:
        values["finished_at"] = row.finished
    if state == "done":
        values |= {"tip_id": row.tip, "stop_class": row.draw.stop, "served_model": row.served,
                   "input_tokens": row.tokens[0], "output_tokens": row.tokens[1], "cost_micro": row.cost_micro,
                   "latency_ms": row.draw.latency_ms, "sha256": sha256(row.id)}  # fmt: skip
    return values
