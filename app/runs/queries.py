"""Reads of runs."""

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from app.runs.models import WaveBattery, WaveSubject


def battery_version_in_use(session: Session, version_id: int) -> bool:
    """Tell whether a run asks this battery version, which is frozen then."""
    return session.scalar(select(exists().where(WaveBattery.version_id == version_id))) or False


def subject_version_in_use(session: Session, version_id: int) -> bool:
    """Tell whether a run asks this subject version, which is frozen then."""
    return session.scalar(select(exists().where(WaveSubject.version_id == version_id))) or False
