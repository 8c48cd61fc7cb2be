"""Tables of what the models said: one tree of messages, transcripts as paths in it, and the calls as they went.

`messages` is insert-only; a `done` transcript and its exchanges refuse change by trigger (`frozen.py`).
"""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, BigKey, now

NOT_SENT = -1  # temperature_milli where no temperature was sent
UNKNOWN = -2  # temperature_milli of an imported transcript that does not tell

STATES = ("queued", "running", "done", "failed", "cancelled", "impossible")


def _one_of(column: str, *values: str) -> str:
    return f"{column} IN ({', '.join(repr(value) for value in values)})"


class Message(Base):
    """One turn by one role, a child of the turn before it.

    `made_by` is the transcript that caused it, null only for prompt turns above the first answer; those are
    unique by `path_sha256`. `usage` is {input, cache_read, cache_write, output, reasoning, raw}, tokens, null =
    not told. `seed` is what was sent with the call that made it.
    """

    __tablename__ = "messages"
    __table_args__ = (
        CheckConstraint(_one_of("role", "user", "assistant", "reasoning", "tool", "text"), name="role"),
        CheckConstraint(_one_of("origin", "prompt", "model", "person", "import"), name="origin"),
        Index("ux_messages_path", "path_sha256", unique=True, sqlite_where=text("made_by IS NULL"),
              postgresql_where=text("made_by IS NULL")),
    )  # fmt: skip
    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("messages.id"), index=True)
    role: Mapped[str]
    text: Mapped[str]
    parts: Mapped[list[Any] | None] = mapped_column(JSON(none_as_null=True))
    origin: Mapped[str]
    made_by: Mapped[int | None] = mapped_column(
        ForeignKey("transcripts.id", use_alter=True, name="fk_messages_made_by_transcripts"), index=True
    )
    scope: Mapped[str] = mapped_column(default="")
    text_sha256: Mapped[str]
    path_sha256: Mapped[str | None]
    stop_class: Mapped[str | None]
    stop_raw: Mapped[str | None]
    seed: Mapped[int | None] = mapped_column(BigInteger)
    usage: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    first_byte_ms: Mapped[int | None]
    latency_ms: Mapped[int | None]
    served_model: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(default=now)


class SettingsRecord(Base):
    """Sampling settings three times over: asked for, sent, effective. One row per distinct three."""

    __tablename__ = "settings"
    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    sha256: Mapped[str] = mapped_column(unique=True)
    asked: Mapped[dict[str, Any]] = mapped_column(JSON)
    sent: Mapped[dict[str, Any]] = mapped_column(JSON)
    effective: Mapped[dict[str, Any]] = mapped_column(JSON)


class Rendering(Base):
    """The exact text a conversation became, kept once."""

    __tablename__ = "renderings"
    sha256: Mapped[str] = mapped_column(primary_key=True)
    text: Mapped[str]


class Transcript(Base):
    """One draw: the path from the root to `tip`. `equal_sha256` pools equal prompts: turns, mode and effective
    max_tokens. `stop_class`, `served_model`, tokens, cost and latency are those of the whole answer, written in
    the update that sets the state and frozen with it.
    """

    __tablename__ = "transcripts"
    __table_args__ = (
        UniqueConstraint("run_id", "prompt_id", "subject_version_id", "temperature_milli", "repeat",
                         name="uq_transcripts_draw"),
        CheckConstraint(_one_of("state", *STATES), name="state"),
        CheckConstraint("context IS NULL OR " + _one_of("context", "rendered", "sent", "may_add"), name="context"),
        Index("ix_transcripts_queue", "endpoint_id", "run_id", "id", sqlite_where=text("state = 'queued'"),
              postgresql_where=text("state = 'queued'")),
        Index("ix_transcripts_running", "endpoint_id", sqlite_where=text("state = 'running'"),
              postgresql_where=text("state = 'running'")),
        Index("ix_transcripts_state", "run_id", "state", "subject_version_id"),
        Index("ix_transcripts_finished", "run_id", "finished_at", sqlite_where=text("finished_at IS NOT NULL"),
              postgresql_where=text("finished_at IS NOT NULL")),
        Index("ix_transcripts_unpriced", "run_id", "state",
              sqlite_where=text("state = 'done' AND cost_micro IS NULL"),
              postgresql_where=text("state = 'done' AND cost_micro IS NULL")),
        Index("ix_transcripts_cell", "study_id", "prompt_id", "subject_version_id", "temperature_milli", "run_id",
              "repeat"),
    )  # fmt: skip
    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("runs.id"))
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id"))
    battery_version_id: Mapped[int | None] = mapped_column(ForeignKey("battery_versions.id"))
    prompt_id: Mapped[int | None] = mapped_column(ForeignKey("prompts.id"))
    subject_version_id: Mapped[int | None] = mapped_column(ForeignKey("subject_versions.id"))
    subject_id: Mapped[int | None] = mapped_column(ForeignKey("subjects.id"))
    endpoint_id: Mapped[int | None] = mapped_column(ForeignKey("endpoints.id"))
    temperature_milli: Mapped[int]
    repeat: Mapped[int]
    wave: Mapped[int] = mapped_column(default=1)
    equal_sha256: Mapped[str | None]
    root_id: Mapped[int | None] = mapped_column(
        ForeignKey("messages.id")
    )  # the last prompt turn shared by all
    tip_id: Mapped[int | None] = mapped_column(ForeignKey("messages.id"))
    state: Mapped[str] = mapped_column(default="queued")
    attempt: Mapped[int] = mapped_column(default=0)
    answered: Mapped[int] = mapped_column(default=0)  # turns of a ladder answered so far
    settings_id: Mapped[int | None] = mapped_column(ForeignKey("settings.id"))
    context: Mapped[str | None]
    rendering_sha256: Mapped[str | None] = mapped_column(ForeignKey("renderings.sha256"))
    source_id: Mapped[str | None]
    stop_class: Mapped[str | None]
    served_model: Mapped[str | None]
    input_tokens: Mapped[int | None]
    output_tokens: Mapped[int | None]
    cost_micro: Mapped[int | None] = mapped_column(BigInteger)
    latency_ms: Mapped[int | None]
    reason: Mapped[
        str | None
    ]  # why it failed or is impossible, or which no or cut a ladder went past: one line
    sha256: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    finished_at: Mapped[datetime | None]


class Exchange(Base):
    """One call as it went over the wire: written with its request before the call, completed after it.

    `outcome` is sent (in flight), unknown (its process died: perhaps paid for), answer, retry, failed,
    impossible or blocked. Bodies are zlib-compressed; `request` is the exact bytes that were sent. `cost_micro`
    and `tokens` are what it cost, null = not known; while it is in flight, and where what became of it is
    unknown, the most it can have cost.
    """

    __tablename__ = "exchanges"
    __table_args__ = (
        UniqueConstraint("transcript_id", "turn", "n"),
        Index("ix_exchanges_open", "transcript_id", sqlite_where=text("outcome = 'sent'"),
              postgresql_where=text("outcome = 'sent'")),
    )  # fmt: skip
    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    transcript_id: Mapped[int] = mapped_column(ForeignKey("transcripts.id"))
    turn: Mapped[int]
    n: Mapped[int]
    attempt: Mapped[int]
    outcome: Mapped[str] = mapped_column(default="sent")
    seed: Mapped[int | None] = mapped_column(BigInteger)
    url: Mapped[str]
    request: Mapped[bytes] = mapped_column(LargeBinary)
    reply: Mapped[bytes | None] = mapped_column(LargeBinary)
    reply_sha256: Mapped[str | None]
    status: Mapped[int | None]
    headers: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    error: Mapped[str | None]
    first_byte_ms: Mapped[int | None]
    total_ms: Mapped[int | None]
    cost_micro: Mapped[int | None] = mapped_column(BigInteger)
    tokens: Mapped[int | None] = mapped_column(BigInteger)
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


class MessageLogprobs(Base):
    """Token log-probabilities of one message: zlib-compressed JSON, told before or after the sampler."""

    __tablename__ = "message_logprobs"
    message_id: Mapped[int] = mapped_column(ForeignKey("messages.id"), primary_key=True)
    side: Mapped[str] = mapped_column(default="unknown")
    tokens: Mapped[bytes] = mapped_column(LargeBinary)


class RunBudget(Base):
    """What a run has reserved for calls in flight and spent on finished ones: the one stored sum.

    It is the sum over the run's exchanges of `cost_micro` and `tokens` (null = 0) and of the calls themselves:
    reserved where `outcome` is sent, spent elsewhere. `capped` tells that the next call did not fit under a cap.
    """

    __tablename__ = "run_budget"
    run_id: Mapped[int] = mapped_column(ForeignKey("runs.id"), primary_key=True)
    reserved_micro: Mapped[int] = mapped_column(BigInteger, default=0)
    spent_micro: Mapped[int] = mapped_column(BigInteger, default=0)
    reserved_calls: Mapped[int] = mapped_column(BigInteger, default=0)
    calls: Mapped[int] = mapped_column(BigInteger, default=0)
    reserved_tokens: Mapped[int] = mapped_column(BigInteger, default=0)
    tokens: Mapped[int] = mapped_column(BigInteger, default=0)
    capped: Mapped[bool] = mapped_column(default=False)


class RunProbe(Base):
    """Which probe speaks for a subject version in a run, null = none: the newest when it was first planned.

    A later probe changes nothing of what this run asks, its later waves neither.
    """

    __tablename__ = "run_probes"
    run_id: Mapped[int] = mapped_column(ForeignKey("runs.id"), primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("subject_versions.id"), primary_key=True)
    probe_id: Mapped[int | None] = mapped_column(ForeignKey("probes.id"))


class EndpointStop(Base):
    """An endpoint stopped for one run (no key accepted, no money, breaker at its limit), and why."""

    __tablename__ = "endpoint_stops"
    run_id: Mapped[int] = mapped_column(ForeignKey("runs.id"), primary_key=True)
    endpoint_id: Mapped[int] = mapped_column(ForeignKey("endpoints.id"), primary_key=True)
    reason: Mapped[str]
    at: Mapped[datetime] = mapped_column(default=now)


class Maintenance(Base):
    """A door held open inside one transaction: withdrawal of a transcript, or retention of raw exchanges."""

    __tablename__ = "maintenance"
    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    kind: Mapped[str]
    reason: Mapped[str]
    person_id: Mapped[int]
    opened_at: Mapped[datetime] = mapped_column(default=now)


class Instance(Base):
    """This database's own random name (the first part of every exported id); one row."""

    __tablename__ = "instance"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
