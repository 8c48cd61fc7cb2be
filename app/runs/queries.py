"""Reads of runs."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, distinct, exists, func, select
from sqlalchemy.orm import Session

from app.batteries.models import BatteryVersion
from app.runs.models import SCRATCH, Run, Wave, WaveBattery, WaveSubject
from app.studies.models import Study
from app.subjects.models import Endpoint, Subject, SubjectVersion

# What is counted, listed, pooled or exported without being asked for by its number: not what only tried a text.
COUNTED = Run.kind != SCRATCH


def battery_version_in_use(session: Session, version_id: int) -> bool:
    """Tell whether a run asks this battery version, which is frozen then."""
    return session.scalar(select(exists().where(WaveBattery.version_id == version_id))) or False


def subject_version_in_use(session: Session, version_id: int) -> bool:
    """Tell whether a run asks this subject version, which is frozen then."""
    return session.scalar(select(exists().where(WaveSubject.version_id == version_id))) or False


def endpoints_of(session: Session, run_id: int) -> list[tuple[Endpoint, dict[str, Any]]]:
    """Return the endpoints that a run asks, by slug, each with the snapshots of the subject versions there."""
    rows = session.execute(
        select(Endpoint, SubjectVersion.snapshot)
        .join(Subject, Subject.endpoint_id == Endpoint.id)
        .join(SubjectVersion, SubjectVersion.subject_id == Subject.id)
        .join(WaveSubject, WaveSubject.version_id == SubjectVersion.id)
        .join(Wave, Wave.id == WaveSubject.wave_id)
        .where(Wave.run_id == run_id)
        .order_by(Endpoint.slug)
    )
    return [(endpoint, snapshot) for endpoint, snapshot in rows]


Temperatures = Sequence[float] | None  # None = the subject's own


def temperatures_of(session: Session, wave: Wave) -> Mapping[int, Sequence[Temperatures]]:
    """Return at which temperatures a wave asks each of its subject versions: one list, or several to be joined.

    A wave that names none goes on with those of the waves before: the subject's, or all the run's for a new one.
    """
    rows = session.execute(
        select(Wave.number, Wave.temperatures, WaveSubject.version_id)
        .join(WaveSubject, WaveSubject.wave_id == Wave.id)
        .where(Wave.run_id == wave.run_id, Wave.number <= wave.number)
        .order_by(Wave.number, WaveSubject.position)
    )
    so_far: dict[int, list[Temperatures]] = {}
    asked: dict[int, list[Temperatures]] = {}
    for _number, part in groupby(rows, key=lambda row: row.number):
        everyones = _joined(so_far.values())
        asked = {
            version: so_far.get(version) or everyones or [None] if named is None else [named]
            for _, named, version in part
        }
        for version, those in asked.items():
            so_far[version] = _joined([so_far.get(version, []), those])
    return asked


def _joined(lists: Iterable[Iterable[Temperatures]]) -> list[Temperatures]:
    found: list[Temperatures] = []
    for those in lists:
        found += [one for one in those if one not in found]
    return found


@dataclass(frozen=True, slots=True)
class Asking:
    """A run that asks some version, and which version of it."""

    run_id: int
    study_slug: str
    study_title: str
    kind: str
    number: int
    repeats: int
    created_at: datetime


def runs_asking_subject(session: Session, subject_id: int) -> list[Asking]:
    """Return the runs that ask any version of a subject, newest first; a run once for each version.

    Runs that only try a text are not among them, here and below.
    """
    link = WaveSubject.version_id == SubjectVersion.id
    return _asking(session, SubjectVersion, WaveSubject, link, SubjectVersion.subject_id == subject_id)


def runs_asking_battery(session: Session, battery_id: int) -> list[Asking]:
    """Return the runs that ask any version of a battery, newest first; a run once for each version."""
    link = WaveBattery.version_id == BatteryVersion.id
    return _asking(session, BatteryVersion, WaveBattery, link, BatteryVersion.battery_id == battery_id)


def _asking(
    session: Session,
    version: type[SubjectVersion] | type[BatteryVersion],
    link: type[WaveSubject] | type[WaveBattery],
    linked: ColumnElement[bool],
    wanted: ColumnElement[bool],
) -> list[Asking]:
    rows = session.execute(
        select(
            Run.id, Study.slug, Study.title, Run.kind, version.number, func.max(Wave.repeats), Run.created_at
        )
        .join(Wave, Wave.run_id == Run.id)
        .join(link, link.wave_id == Wave.id)
        .join(version, linked)
        .join(Study, Study.id == Run.study_id)
        .where(wanted, COUNTED)
        .group_by(Run.id, Study.slug, Study.title, Run.kind, version.number, Run.created_at)
        .order_by(Run.id.desc(), version.number.desc())
    )
    return [Asking(*row) for row in rows]


def runs_by_battery(session: Session) -> dict[int, tuple[int, int]]:
    """Return for each battery that was asked how many runs asked it, and the newest run's id."""
    rows = session.execute(
        select(BatteryVersion.battery_id, func.count(distinct(Wave.run_id)), func.max(Wave.run_id))
        .join(WaveBattery, WaveBattery.version_id == BatteryVersion.id)
        .join(Wave, Wave.id == WaveBattery.wave_id)
        .join(Run, Run.id == Wave.run_id)
        .where(COUNTED)
        .group_by(BatteryVersion.battery_id)
    )
    return {battery_id: (count, newest) for battery_id, count, newest in rows}
