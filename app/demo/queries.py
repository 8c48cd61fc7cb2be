"""Reads of the demo."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.runs.models import Run, Wave, WaveBattery, WaveSubject
from app.subjects.models import Subject, SubjectVersion
from app.transcripts.models import Transcript


@dataclass(frozen=True, slots=True)
class Asked:
    """A run and what its waves ask: version ids, and the highest repeat wanted of a cell."""

    run_id: int
    wanted: str
    battery_version_ids: frozenset[int]
    subject_version_ids: frozenset[int]
    repeats: int


def newest_run(session: Session, study_id: int) -> Asked | None:
    """Return what a study's newest run asks (imports and forks are no runs of the demo)."""
    run = session.scalars(
        select(Run).where(Run.study_id == study_id, Run.kind == "asked").order_by(Run.id.desc()).limit(1)
    ).first()
    if run is None:
        return None
    return Asked(run.id, run.wanted, _asked(session, run.id, WaveBattery), _asked(session, run.id, WaveSubject),
                 session.scalar(select(func.max(Wave.repeats)).where(Wave.run_id == run.id)) or 1)  # fmt: skip


def _asked(session: Session, run_id: int, table: type[WaveBattery] | type[WaveSubject]) -> frozenset[int]:
    query = select(table.version_id).join(Wave, Wave.id == table.wave_id).where(Wave.run_id == run_id)
    return frozenset(session.scalars(query))


def queued_of(session: Session, run_id: int, subject_version_ids: Collection[int]) -> list[str]:
    """Return the slugs of those of these subject versions that a run still has to ask."""
    query = (
        select(Subject.slug)
        .join(SubjectVersion, SubjectVersion.subject_id == Subject.id)
        .join(Transcript, Transcript.subject_version_id == SubjectVersion.id)
        .where(
            Transcript.run_id == run_id,
            Transcript.state == "queued",
            Transcript.subject_version_id.in_(subject_version_ids),
        )
        .distinct()
        .order_by(Subject.slug)
    )
    return list(session.scalars(query))
