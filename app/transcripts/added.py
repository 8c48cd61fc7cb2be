"""What the waves of a run ask, and what each of them added to those before it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.batteries.models import Battery, BatteryPrompt, Prompt
from app.runs.models import Wave, WaveBattery, WaveSubject
from app.subjects.models import Subject, SubjectVersion
from app.transcripts.matrix import AskedPrompt
from app.transcripts.queries import Counts

Waves = Mapping[int, Sequence[AskedPrompt]]


@dataclass(frozen=True, slots=True)
class WaveLine:
    """What one wave asked, and what of it no wave before had asked.

    `repeats` is the highest repeat asked for, `before` that of the waves before (0 = none). `new_subjects` are
    names, `new_prompts` battery/key; `draws` are those that this wave planned.
    """

    number: int
    repeats: int
    before: int
    temperatures: Sequence[float] | None
    reason: str
    prompts: int
    subjects: int
    batteries: int
    new_subjects: tuple[str, ...]
    new_prompts: tuple[str, ...]
    draws: Counts
    created_at: datetime


def prompts_by_wave(session: Session, run_id: int) -> Waves:
    """Return the prompts that each wave of a run asks, by its number, in the order of its batteries."""
    rows = session.execute(
        select(Wave.number, WaveBattery.keys, Prompt.id, Battery.slug, Prompt.key, Prompt.family)
        .join(BatteryPrompt, BatteryPrompt.prompt_id == Prompt.id)
        .join(Battery, Battery.id == Prompt.battery_id)
        .join(WaveBattery, WaveBattery.version_id == BatteryPrompt.version_id)
        .join(Wave, Wave.id == WaveBattery.wave_id)
        .where(Wave.run_id == run_id)
        .order_by(Wave.number, WaveBattery.position, BatteryPrompt.position)
    )
    found: dict[int, list[AskedPrompt]] = {}
    for wave, keys, number, battery, key, family in rows:
        if keys is None or key in keys:
            found.setdefault(wave, []).append(AskedPrompt(number, battery, key, family))
    return found


def once(waves: Waves) -> list[AskedPrompt]:
    """Return all prompts of a run, each where it was first asked."""
    found: dict[int, AskedPrompt] = {}
    for prompts in waves.values():
        for one in prompts:
            found.setdefault(one.id, one)
    return list(found.values())


def waves_of(session: Session, run_id: int, prompts: Waves, draws: Mapping[int, Counts]) -> list[WaveLine]:
    """Return a run's waves in order; `draws` are counted by wave."""
    batteries = dict(
        session.execute(
            select(Wave.number, func.count())
            .join(WaveBattery, WaveBattery.wave_id == Wave.id)
            .where(Wave.run_id == run_id)
            .group_by(Wave.number)
        ).all()
    )
    subjects = _subjects(session, run_id)
    lines: list[WaveLine] = []
    asked: set[int] = set()
    known: set[int] = set()
    for wave in session.scalars(select(Wave).where(Wave.run_id == run_id).order_by(Wave.number)):
        those, names = prompts.get(wave.number, ()), subjects.get(wave.number, ())
        lines.append(
            WaveLine(
                wave.number, wave.repeats, max((one.repeats for one in lines), default=0), wave.temperatures,
                wave.reason, len(those), len(names), batteries.get(wave.number, 0),
                tuple(name for version, name in names if version not in known),
                tuple(f"{one.battery}/{one.key}" for one in those if one.id not in asked),
                draws.get(wave.number, Counts()), wave.created_at,
            )
        )  # fmt: skip
        asked.update(one.id for one in those)
        known.update(version for version, _ in names)
    return lines


def _subjects(session: Session, run_id: int) -> dict[int, list[tuple[int, str]]]:
    """Return the subject versions of each wave: id and name, with its number where it is not the first."""
    rows = session.execute(
        select(Wave.number, Subject.id, Subject.slug, Subject.name, SubjectVersion.id, SubjectVersion.number)
        .join(WaveSubject, WaveSubject.wave_id == Wave.id)
        .join(SubjectVersion, SubjectVersion.id == WaveSubject.version_id)
        .join(Subject, Subject.id == SubjectVersion.subject_id)
        .where(Wave.run_id == run_id)
        .order_by(Wave.number, WaveSubject.position)
    )
    found: dict[int, list[tuple[int, str]]] = {}
    first: dict[int, int] = {}
    for wave, subject, slug, name, version, number in rows:
        same = first.setdefault(subject, version) == version
        shown = (name or slug) + ("" if same else f", version {number}")
        found.setdefault(wave, []).append((version, shown))
    return found
