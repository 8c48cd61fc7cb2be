"""Tables of batteries and prompts."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import Base, BigKey, now

HIDDEN = "_"  # begins the slug of a battery that only holds tried texts: no file can name one


class Battery(Base):
    """A list of prompts by name; its versions hold which."""

    __tablename__ = "batteries"
    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    slug: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]
    description: Mapped[str] = mapped_column(default="")
    source: Mapped[str] = mapped_column(default="")
    licence: Mapped[str] = mapped_column(default="")


class Prompt(Base):
    """An immutable prompt. `shape` is the whole `shape.PromptShape`; the columns are what pages filter by."""

    __tablename__ = "prompts"
    __table_args__ = (
        UniqueConstraint("battery_id", "key", "content_sha256"),
        Index("ix_prompts_family", "battery_id", "family"),  # the wordings of one prompt
    )
    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    battery_id: Mapped[int] = mapped_column(ForeignKey("batteries.id"))
    key: Mapped[str]
    content_sha256: Mapped[str]
    equal_sha256: Mapped[str] = mapped_column(index=True)  # turns and mode: what "equal prompt" starts from
    family: Mapped[str]
    variant: Mapped[str]
    theme: Mapped[str]
    branch: Mapped[str]
    mode: Mapped[str]
    title: Mapped[str] = mapped_column(default="")
    shape: Mapped[dict[str, Any]] = mapped_column(JSON)
    battery: Mapped[Battery] = relationship(lazy="raise")


class BatteryVersion(Base):
    """A numbered version of a battery; frozen once a run points to it."""

    __tablename__ = "battery_versions"
    __table_args__ = (UniqueConstraint("battery_id", "number"),)
    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    battery_id: Mapped[int] = mapped_column(ForeignKey("batteries.id"))
    number: Mapped[int]
    sha256: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=now)
    battery: Mapped[Battery] = relationship(lazy="raise")


class BatteryPrompt(Base):
    """The place of a prompt in a version."""

    __tablename__ = "battery_prompts"
    __table_args__ = (UniqueConstraint("version_id", "prompt_id"),)
    version_id: Mapped[int] = mapped_column(ForeignKey("battery_versions.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    prompt_id: Mapped[int] = mapped_column(ForeignKey("prompts.id"), index=True)
