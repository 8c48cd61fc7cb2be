"""The batteries that runs ask, and their prompts by some letters: what the palette looks through."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from app.batteries.models import Battery, BatteryPrompt, BatteryVersion, Prompt
from app.compare.scope import asked as asked_of
from app.runs.models import Run, Wave, WaveBattery
from app.runs.queries import COUNTED
from app.studies.models import Study
from app.web import LARGEST

RUNS = 200  # the newest, which are looked through
LOOKED_AT = 400  # prompts that the database finds by their letters, and that are then read word by word


@dataclass(frozen=True, slots=True)
class Part:
    """A battery in the version that a study's newest run of it asks; `keys` narrows it to some prompts."""

    study: str
    slug: str
    title: str
    version_id: int
    keys: frozenset[str] | None


@dataclass(frozen=True, slots=True)
class Goal:
    """A prompt, by what it is found."""

    part: Part
    key: str
    title: str
    variant: str
    family: str
    theme: str


def of_study(session: Session, study: Study, chosen: Collection[int] = ()) -> list[Part]:
    """Return the batteries that the chosen runs of a study ask, none chosen = all."""
    return [
        Part(study.slug, one.slug, one.title, one.version_id, one.keys)
        for one in asked_of(session, study.id, chosen).parts
    ]


def of_all(session: Session) -> list[Part]:
    """Return every battery that was asked, each in the study whose run of it is the newest."""
    newest = (
        select(BatteryVersion.battery_id, func.max(Wave.run_id).label("run"))
        .join(WaveBattery, WaveBattery.version_id == BatteryVersion.id)
        .join(Wave, Wave.id == WaveBattery.wave_id)
        .join(Run, Run.id == Wave.run_id)
        .where(COUNTED)
        .group_by(BatteryVersion.battery_id)
        .subquery()
    )
    rows = session.execute(
        select(Study.slug.label("study"), Battery.slug, Battery.title, BatteryVersion.id, WaveBattery.keys)
        .join(Run, Run.study_id == Study.id)
        .join(Wave, Wave.run_id == Run.id)
        .join(WaveBattery, WaveBattery.wave_id == Wave.id)
        .join(BatteryVersion, BatteryVersion.id == WaveBattery.version_id)
        .join(Battery, Battery.id == BatteryVersion.battery_id)
        .join(newest, (newest.c.battery_id == Battery.id) & (newest.c.run == Run.id))
        .order_by(Run.id.desc(), WaveBattery.position, BatteryVersion.number)
    )
    found: dict[str, Part] = {}
    for study, slug, title, version, keys in rows:
        before = found.get(slug)
        narrowed = None if keys is None else frozenset(keys)
        if before and before.version_id == version:
            narrowed = None if narrowed is None or before.keys is None else before.keys | narrowed
        found[slug] = Part(study, slug, title, version, narrowed)
    return list(found.values())


def prompts(session: Session, parts: Sequence[Part], words: Collection[str]) -> Iterator[Goal]:
    """Yield the prompts of some batteries that hold all of these words' letters, in the order of the batteries."""
    held: ColumnElement[str] = Battery.title + " " + Battery.slug
    for part in (Prompt.key, Prompt.title, Prompt.variant, Prompt.family, Prompt.theme):
        held = held + " " + part
    # The databases fold no case beyond ASCII alike: other words are only looked for afterwards.
    asked = [held.icontains(word, autoescape=True) for word in words if word.isascii()]
    by_version = {one.version_id: one for one in parts}
    place = {version: at for at, version in enumerate(by_version)}
    rows = session.execute(
        select(
            BatteryPrompt.version_id, Prompt.key, Prompt.title, Prompt.variant, Prompt.family, Prompt.theme
        )
        .join(Prompt, Prompt.id == BatteryPrompt.prompt_id)
        .join(Battery, Battery.id == Prompt.battery_id)
        .where(BatteryPrompt.version_id.in_(by_version), *asked)
        .order_by(BatteryPrompt.version_id, BatteryPrompt.position)
        .limit(LOOKED_AT if len(asked) == len(words) else None)
    ).all()
    for version, key, title, variant, family, theme in sorted(rows, key=lambda row: place[row.version_id]):
        of = by_version[version]
        if of.keys is None or key in of.keys:
            yield Goal(of, key, title, variant, family, theme)


def runs(session: Session, numbers: Collection[int]) -> Sequence[Any]:
    """Return number, study and moment of the newest runs, and of those with these numbers, newest first."""
    kept = [one for one in numbers if one <= LARGEST]
    newest = select(Run.id).where(COUNTED).order_by(Run.id.desc()).limit(RUNS).scalar_subquery()
    return session.execute(
        select(Run.id, Study.slug, Study.title, Run.created_at)
        .join(Study, Study.id == Run.study_id)
        .where(or_(Run.id.in_(newest), Run.id.in_(kept)))
        .order_by(Run.id.desc())
    ).all()
