"""Tables of runs: what is wanted. A run's state is derived from its transcripts and kept nowhere."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.batteries.models import BatteryVersion
from app.db import Base, BigKey, now
from app.studies.models import Study
from app.subjects.models import SubjectVersion

SCRATCH = "scratch"  # the kind of a run that only tries a text: kept as all are, and counted nowhere


class Run(Base):
    """Which battery versions are put to which subject versions, how often, within which budget.

    `wanted` is stored intent (go, pause, cancel). Money is whole micro-dollars.
    """

    __tablename__ = "runs"
    __table_args__ = (
        CheckConstraint("wanted IN ('go', 'pause', 'cancel')", name="wanted"),
        CheckConstraint("kind IN ('asked', 'import', 'loom', 'scratch')", name="kind"),
    )
    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id"), index=True)
    kind: Mapped[str] = mapped_column(default="asked")
    wanted: Mapped[str] = mapped_column(default="go")
    seed: Mapped[int] = mapped_column(BigInteger)  # orders the draws
    same_seeds: Mapped[int | None] = mapped_column(ForeignKey("runs.id"))
    budget_micro: Mapped[int | None] = mapped_column(BigInteger)
    budget_calls: Mapped[int | None] = mapped_column(BigInteger)
    budget_tokens: Mapped[int | None] = mapped_column(BigInteger)
    person_id: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(default=now)
    study: Mapped[Study] = relationship(lazy="raise")


class Wave(Base):
    """What one planning of a run asked for; wave 1 is the run's own, later ones extend it.

    `repeats` is the highest repeat wanted of each cell; `temperatures` replaces every subject's own (null = its
    own, in a later wave all those it was asked at so far). `planned_with` is the version of this program that
    planned it (null = planned before that was kept).
    """

    __tablename__ = "waves"
    __table_args__ = (UniqueConstraint("run_id", "number"),)
    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("runs.id"))
    number: Mapped[int]
    repeats: Mapped[int]
    temperatures: Mapped[list[Any] | None] = mapped_column(JSON(none_as_null=True))
    reason: Mapped[str] = mapped_column(default="")
    planned_with: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    run: Mapped[Run] = relationship(lazy="raise")


class WaveBattery(Base):
    """A battery version that a wave asks, at its place in the study; `keys` narrows it to some prompts."""

    __tablename__ = "wave_batteries"
    wave_id: Mapped[int] = mapped_column(ForeignKey("waves.id"), primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("battery_versions.id"), primary_key=True, index=True)
    position: Mapped[int]
    keys: Mapped[list[Any] | None] = mapped_column(JSON(none_as_null=True))
    version: Mapped[BatteryVersion] = relationship(lazy="raise")


class WaveSubject(Base):
    """A subject version that a wave asks, at its place in the study."""

    __tablename__ = "wave_subjects"
    wave_id: Mapped[int] = mapped_column(ForeignKey("waves.id"), primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("subject_versions.id"), primary_key=True, index=True)
    position: Mapped[int]
    version: Mapped[SubjectVersion] = relationship(lazy="raise")
