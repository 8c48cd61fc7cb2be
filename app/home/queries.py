"""Reads of the first page: each study with its newest run and what that run asks of whom."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.batteries.models import Battery, BatteryPrompt, BatteryVersion
from app.reading.seen import of_runs
from app.runs.models import Run, Wave, WaveBattery, WaveSubject
from app.runs.queries import COUNTED
from app.studies.models import Study
from app.subjects.models import Subject, SubjectVersion
from app.subjects.queries import slots
from app.transcripts.queries import Counts, counts_of, run_status, runs_status
from app.transcripts.queries import RunStatus as RunStatus

STUDIES = 30
LATEST = 8
UNFINISHED = ("running", "queued", "paused", "budget")


@dataclass(slots=True)
class Line:
    """A study as the first page shows it; `subjects` are (name, style slot), `batteries` (title, prompts).

    Both are those of its newest run, and so are `counts`; before the first run they are empty.
    """

    slug: str
    title: str
    question: str
    runs: int = 0
    newest: int | None = None
    id: int = 0
    unseen: int = 0  # answers of the newest run that the reader has not seen
    counts: Counts = Counts()
    subjects: list[tuple[str, int]] = field(default_factory=list)
    batteries: list[tuple[str, int]] = field(default_factory=list)

    @property
    def prompts(self) -> int:
        """The prompts of all its batteries."""
        return sum(prompts for _, prompts in self.batteries)


def lines(session: Session, person_id: int) -> list[Line]:
    """Return the studies, the one with the newest run first; those without a run come after them.

    What is unseen is that of this person.
    """
    newest = select(Run.study_id, func.max(Run.id).label("run"), func.count().label("runs"))
    of = newest.where(COUNTED).group_by(Run.study_id).subquery()
    rows = session.execute(
        select(Study.slug, Study.title, Study.question, func.coalesce(of.c.runs, 0), of.c.run, Study.id)
        .outerjoin(of, of.c.study_id == Study.id)
        .order_by(func.coalesce(of.c.run, 0).desc(), Study.id.desc())
        .limit(STUDIES)
    )
    found = [Line(*row) for row in rows]
    runs = [line.newest for line in found if line.newest is not None]
    counts, subjects, batteries = (
        counts_of(session, runs),
        _subjects(session, runs),
        _batteries(session, runs),
    )
    seen = of_runs(session, person_id, [(line.id, line.newest) for line in found if line.newest is not None])
    for line in found:
        if line.newest is not None:
            line.unseen = counts[line.newest].done - seen[line.newest]
            line.counts = counts[line.newest]
            line.subjects = subjects.get(line.newest, [])
            line.batteries = batteries.get(line.newest, [])
    return found


def unfinished(session: Session) -> list[RunStatus]:
    """Return the runs with draws still to be answered, newest first."""
    waiting = session.scalars(
        select(Run.id).where(Run.wanted != "cancel", COUNTED).order_by(Run.id.desc()).limit(STUDIES)
    ).all()
    left = [run for run, counts in counts_of(session, waiting).items() if counts.left]
    found = (run_status(session, run) for run in sorted(left, reverse=True))
    return [status for status in found if status is not None and status.state in UNFINISHED]


def latest(session: Session) -> Sequence[RunStatus]:
    """Return the newest runs."""
    return runs_status(session, limit=LATEST)


def _subjects(session: Session, runs: Collection[int]) -> Mapping[int, list[tuple[str, int]]]:
    slot_of = slots(session)
    rows = session.execute(
        select(Wave.run_id, Subject.name, Subject.slug, SubjectVersion.snapshot)
        .join(WaveSubject, WaveSubject.wave_id == Wave.id)
        .join(SubjectVersion, SubjectVersion.id == WaveSubject.version_id)
        .join(Subject, Subject.id == SubjectVersion.subject_id)
        .where(Wave.run_id.in_(runs))
        .order_by(Wave.number, WaveSubject.position)
    )
    found: dict[int, dict[tuple[str, int], None]] = {}
    for run, name, slug, snapshot in rows:
        found.setdefault(run, {})[(name or slug, slot_of.get(snapshot["style"], 1))] = None
    return {run: list(subjects) for run, subjects in found.items()}


def _batteries(session: Session, runs: Collection[int]) -> Mapping[int, list[tuple[str, int]]]:
    counted = select(BatteryPrompt.version_id, func.count().label("n")).group_by(BatteryPrompt.version_id)
    prompts = counted.subquery()
    rows = session.execute(
        select(Wave.run_id, Battery.title, func.coalesce(prompts.c.n, 0), WaveBattery.keys)
        .join(WaveBattery, WaveBattery.wave_id == Wave.id)
        .join(BatteryVersion, BatteryVersion.id == WaveBattery.version_id)
        .join(Battery, Battery.id == BatteryVersion.battery_id)
        .outerjoin(prompts, prompts.c.version_id == BatteryVersion.id)
        .where(Wave.run_id.in_(runs))
        .order_by(Wave.number, WaveBattery.position)
    )
    found: dict[int, dict[str, int]] = {}
    for run, title, number, keys in rows:
        of_run = found.setdefault(run, {})
        of_run[title] = max(of_run.get(title, 0), number if keys is None else len(keys))
    return {run: list(batteries.items()) for run, batteries in found.items()}
