"""What the waves of a run asked, by slug and version."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.batteries.models import Battery, BatteryVersion
from app.runs.models import Wave, WaveBattery, WaveSubject
from app.subjects.models import Subject, SubjectVersion
from app.transcripts.record import moment


def waves_of(session: Session, run_id: int) -> list[dict[str, Any]]:
    """Return a run's waves in order; `keys` null = all prompts, `temperatures` null = each subject's own, in a
    later wave those it was asked at so far.
    """
    waves = session.scalars(select(Wave).where(Wave.run_id == run_id).order_by(Wave.number))
    return [
        {
            "number": wave.number,
            "repeats": wave.repeats,
            "temperatures": wave.temperatures,
            "reason": wave.reason,
            "created_at": moment(wave.created_at),
            "batteries": _batteries(session, wave.id),
            "subjects": _subjects(session, wave.id),
        }
        for wave in waves
    ]


def _batteries(session: Session, wave_id: int) -> list[dict[str, Any]]:
    rows = session.execute(
        select(Battery.slug, BatteryVersion.number.label("version"), WaveBattery.keys)
        .join(BatteryVersion, BatteryVersion.battery_id == Battery.id)
        .join(WaveBattery, WaveBattery.version_id == BatteryVersion.id)
        .where(WaveBattery.wave_id == wave_id)
        .order_by(WaveBattery.position)
    )
    return [dict(row) for row in rows.mappings()]


def _subjects(session: Session, wave_id: int) -> list[dict[str, Any]]:
    rows = session.execute(
        select(Subject.slug, SubjectVersion.number.label("version"))
        .join(SubjectVersion, SubjectVersion.subject_id == Subject.id)
        .join(WaveSubject, WaveSubject.version_id == SubjectVersion.id)
        .where(WaveSubject.wave_id == wave_id)
        .order_by(WaveSubject.position)
    )
    return [dict(row) for row in rows.mappings()]
