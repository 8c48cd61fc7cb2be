"""Tables of styles, endpoints and subjects."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import Base, BigKey, now


class Style(Base):
    """What a model was trained to be; `slot` is its place in the fixed row of hues and glyphs."""

    __tablename__ = "styles"
    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    slug: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    method: Mapped[str] = mapped_column(default="")
    lab: Mapped[str] = mapped_column(default="")
    description: Mapped[str] = mapped_column(default="")
    evidence: Mapped[str] = mapped_column(default="")
    standing: Mapped[str] = mapped_column(default="unknown")


class Endpoint(Base):
    """A reachable model. `key_env` holds while `key_origin` is the base URL's scheme, host and port."""

    __tablename__ = "endpoints"
    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    slug: Mapped[str] = mapped_column(unique=True)
    style_id: Mapped[int] = mapped_column(ForeignKey("styles.id"))
    wire: Mapped[str]
    base_url: Mapped[str]
    model: Mapped[str]
    key_env: Mapped[str | None]
    key_origin: Mapped[str | None]
    family: Mapped[str] = mapped_column(default="")
    stage: Mapped[str] = mapped_column(default="other")
    dialect: Mapped[str | None]
    upstream: Mapped[str | None]
    limits: Mapped[dict[str, Any]]
    price: Mapped[dict[str, Any]]
    can: Mapped[dict[str, Any]]
    headers: Mapped[dict[str, Any]] = mapped_column(default=dict)
    style: Mapped[Style] = relationship(lazy="raise")


class Subject(Base):
    """A column of the comparison, by name; its versions hold what it is."""

    __tablename__ = "subjects"
    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    slug: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    endpoint_id: Mapped[int] = mapped_column(ForeignKey("endpoints.id"))
    endpoint: Mapped[Endpoint] = relationship(lazy="raise")


class SubjectVersion(Base):
    """A numbered snapshot of a subject (`shape.Snapshot`); frozen once a run points to it."""

    __tablename__ = "subject_versions"
    __table_args__ = (UniqueConstraint("subject_id", "number"),)
    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    subject_id: Mapped[int] = mapped_column(ForeignKey("subjects.id"))
    number: Mapped[int]
    snapshot: Mapped[dict[str, Any]] = mapped_column(JSON)
    sha256: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=now)
    subject: Mapped[Subject] = relationship(lazy="raise")


class Probe(Base):
    """One asking of what an endpoint can do, as it was reached then; kept for good.

    `state`: running, done (its findings hold), broken (it ended on the way; shown, and nothing follows from it) or
    failed (it was never answered). `found` is a list of `found.Finding`. `reason` is what is being asked while it
    runs, then why it ended so. A call is counted before it is made; tokens are null once a reply did not tell
    them (the cost is then the most it can be), `cost_micro` is null where a price is unknown.
    """

    __tablename__ = "probes"
    __table_args__ = (
        CheckConstraint("state IN ('running', 'done', 'broken', 'failed')", name="state"),
        Index("ix_probes_endpoint", "endpoint_id", "id"),
    )
    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    endpoint_id: Mapped[int] = mapped_column(ForeignKey("endpoints.id"))
    state: Mapped[str] = mapped_column(default="running")
    wire: Mapped[str]
    base_url: Mapped[str]
    model: Mapped[str]
    dialect: Mapped[str | None]
    upstream: Mapped[str | None]
    headers: Mapped[dict[str, Any]] = mapped_column(default=dict)
    served_model: Mapped[str | None]
    version: Mapped[str | None]
    found: Mapped[list[Any]] = mapped_column(default=list)
    calls: Mapped[int] = mapped_column(default=0)
    input_tokens: Mapped[int | None] = mapped_column(BigInteger, default=0)
    output_tokens: Mapped[int | None] = mapped_column(BigInteger, default=0)
    cost_micro: Mapped[int | None] = mapped_column(BigInteger, default=0)
    reason: Mapped[str | None]
    person_id: Mapped[int] = mapped_column(default=1)
    started_at: Mapped[datetime] = mapped_column(default=now)
    heard_at: Mapped[datetime] = mapped_column(default=now)
    finished_at: Mapped[datetime | None]
