"""What a run asks otherwise than the last run of the same battery: versions, settings, served models, repeats."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import attrgetter

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.batteries.history import Difference
from app.batteries.models import Battery, BatteryVersion, Prompt
from app.batteries.shape import PromptShape
from app.runs.models import Run, Wave, WaveBattery
from app.runs.queries import COUNTED
from app.shape import differing
from app.studies.models import Study
from app.transcripts.added import prompts_by_wave
from app.transcripts.changed_subjects import NOT_ASKED, Line, subject_lines

NAMED = 3  # keys of prompts that a line names
LOOKED_AT = 50  # changed prompts that are read to tell in what


@dataclass(frozen=True, slots=True)
class Changed:
    """A run beside the last one of the same battery; `lines` empty = nothing but the date is otherwise.

    `days` lie between them. `study` is told where that run belongs to another one, `compare_url` where both are
    read on one page. `awaited` = no answer of this run, or of that one, tells yet what was served and sent.
    """

    run: int
    study: str
    at: datetime
    days: int
    lines: tuple[Line, ...]
    compare_url: str
    awaited: bool

    @property
    def groups(self) -> list[list[Line]]:
        """The lines by what they are of."""
        return [list(some) for _, some in groupby(self.lines, attrgetter("of"))]


@dataclass(frozen=True, slots=True)
class First:
    """A run whose batteries nobody asked before it."""

    batteries: int


@dataclass(frozen=True, slots=True)
class _Asked:
    """A battery in one run: its newest version there, and the contents (ids) that stood there under each key."""

    version: BatteryVersion
    prompts: Mapping[str, frozenset[int]]


def changed(session: Session, run_id: int, hide: bool = False) -> Changed | First | None:
    """Return what a run changed of the last one that asked one of its batteries, in whichever study.

    None where it asks no battery of a study: an import, a text that is only tried. None, too, under hidden names:
    versions and models would tell whose answers are read.
    """
    run = session.get_one(Run, run_id)
    mine = {} if hide else _versions_of(session, run_id)
    last = _last_asked(session, run, list(mine)) if mine and run.kind == "asked" else {}
    if not last:
        return First(len(mine)) if mine and run.kind == "asked" else None
    earlier = session.get_one(Run, max(last.values()))
    study = session.get_one(Study, earlier.study_id)
    beside = (
        f"/studies/{study.slug}/compare?run={earlier.id},{run.id}&beside=1"
        if study.id == run.study_id
        else ""
    )
    subjects, awaited = subject_lines(session, earlier, run, beside)
    before = _asked(session, earlier.id, _versions_of(session, earlier.id))
    lines = (
        *_battery_lines(session, before, _asked(session, run_id, mine), last),
        *subjects,
        *_wave_lines(session, earlier, run, beside or f"/runs/{earlier.id}"),
    )
    days = (run.created_at.date() - earlier.created_at.date()).days
    return Changed(
        earlier.id, "" if beside else study.title, earlier.created_at, days, lines, beside, awaited
    )


def _last_asked(session: Session, run: Run, batteries: Sequence[int]) -> dict[int, int]:
    """Return for each battery the last run before this one that asked it; those that nobody asked are left out."""
    rows = session.execute(
        select(BatteryVersion.battery_id, func.max(Wave.run_id))
        .join(WaveBattery, WaveBattery.version_id == BatteryVersion.id)
        .join(Wave, Wave.id == WaveBattery.wave_id)
        .join(Run, Run.id == Wave.run_id)
        .where(BatteryVersion.battery_id.in_(batteries), Wave.run_id < run.id, COUNTED)
        .group_by(BatteryVersion.battery_id)
    )
    return dict(rows.all())


def _versions_of(session: Session, run_id: int) -> dict[int, tuple[Battery, BatteryVersion]]:
    """Return the batteries that a run asks, by id, in their order, each in its newest version there."""
    rows = session.execute(
        select(Battery, BatteryVersion)
        .join(BatteryVersion, BatteryVersion.battery_id == Battery.id)
        .join(WaveBattery, WaveBattery.version_id == BatteryVersion.id)
        .join(Wave, Wave.id == WaveBattery.wave_id)
        .where(Wave.run_id == run_id)
        .order_by(Wave.number, WaveBattery.position)
    )
    newest: dict[int, tuple[Battery, BatteryVersion]] = {}
    for battery, version in rows:
        if battery.id not in newest or newest[battery.id][1].number < version.number:
            newest[battery.id] = battery, version
    return newest


def _asked(
    session: Session, run_id: int, versions: Mapping[int, tuple[Battery, BatteryVersion]]
) -> dict[int, tuple[Battery, _Asked]]:
    """Return the batteries of a run with the prompts that it asks of them."""
    prompts: dict[str, dict[str, set[int]]] = {}
    for wave in prompts_by_wave(session, run_id).values():
        for one in wave:
            prompts.setdefault(one.battery, {}).setdefault(one.key, set()).add(one.id)
    return {
        number: (battery, _Asked(version, {
            key: frozenset(ids) for key, ids in prompts.get(battery.slug, {}).items()
        }))
        for number, (battery, version) in versions.items()
    }  # fmt: skip


def _battery_lines(
    session: Session,
    before: Mapping[int, tuple[Battery, _Asked]],
    now: Mapping[int, tuple[Battery, _Asked]],
    last: Mapping[int, int],
) -> Iterator[Line]:
    for number in dict.fromkeys([*now, *before]):
        battery, asked = now.get(number) or before[number]
        href = f"/library/batteries/{battery.slug}?version={asked.version.number}"
        old, new = before.get(number), now.get(number)
        if old is None or new is None:
            since = f"{NOT_ASKED}; last in run {last[number]}" if number in last else "never asked before"
            was = _version(old[1].version) if old else since
            yield Line(battery.title, "battery", was, _version(new[1].version) if new else NOT_ASKED, href)
            continue
        if old[1].version.id != new[1].version.id:
            yield Line(battery.title, "battery", _version(old[1].version), _version(new[1].version), href)
        said = _said(session, old[1].prompts, new[1].prompts)
        if said:
            yield Line(battery.title, "prompts", str(len(old[1].prompts)), said, href)


def _version(one: BatteryVersion) -> str:
    return f"version {one.number} ({one.sha256[:8]})"


def _said(session: Session, old: Mapping[str, frozenset[int]], new: Mapping[str, frozenset[int]]) -> str:
    """Return in words what of the prompts asked is otherwise, '' for nothing."""
    told = Difference(
        tuple(key for key in new if key not in old),
        tuple(key for key in old if key not in new),
        tuple(key for key in new if key in old and old[key] != new[key]),
    )
    parts = [
        f"{len(keys)} {word} ({', '.join(keys[:NAMED])}{', …' if len(keys) > NAMED else ''})"
        for word, keys in (
            ("added", told.added),
            ("removed", told.removed),
            (f"changed{_in_what(session, old, new, told.changed)}", told.changed),
        )
        if keys
    ]
    return f"{len(new)}: {', '.join(parts)}" if parts else ""


def _in_what(
    session: Session,
    old: Mapping[str, frozenset[int]],
    new: Mapping[str, frozenset[int]],
    keys: Sequence[str],
) -> str:
    """Return in which fields prompts of the same keys differ, ` in turns, condition`."""
    pairs = [(max(old[key]), max(new[key])) for key in keys[:LOOKED_AT]]
    wanted = {number for pair in pairs for number in pair}
    shapes = {
        number: PromptShape.model_validate(shape).identity()
        for number, shape in session.execute(select(Prompt.id, Prompt.shape).where(Prompt.id.in_(wanted)))
    }
    fields = (
        path.partition(".")[0].replace("_", " ")
        for was, now in pairs
        for path in differing(shapes[was], shapes[now])
    )
    named = ", ".join(dict.fromkeys(fields))
    return f" in {named}" if named else ""


def _wave_lines(session: Session, before: Run, now: Run, href: str) -> Iterator[Line]:
    """Yield how often cells are asked, with which seeds, and which version of this program planned it."""
    repeats, program = {}, {}
    for run in (before, now):
        waves = session.scalars(select(Wave).where(Wave.run_id == run.id).order_by(Wave.number)).all()
        repeats[run.id] = ", then ".join(dict.fromkeys(str(one.repeats) for one in waves))
        program[run.id] = ", ".join(dict.fromkeys(one.planned_with for one in waves if one.planned_with))
    if repeats[before.id] != repeats[now.id]:
        yield Line("Each cell", "repeats", repeats[before.id], repeats[now.id], href)
    if before.same_seeds != now.same_seeds:
        yield Line("Each cell", "seeds", _seeds(before), _seeds(now), href)
    if program[before.id] != program[now.id] and all(program.values()):
        yield Line("Styloscope", "version", program[before.id], program[now.id], "")


def _seeds(run: Run) -> str:
    return f"those of run {run.same_seeds}" if run.same_seeds else "its own"
