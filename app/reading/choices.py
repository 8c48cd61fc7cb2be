"""What a search can be narrowed by, with what there is to choose from, in one study or in all."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.batteries.models import Battery, BatteryVersion, Prompt
from app.reading.filters import Filter, further
from app.reading.look import Look
from app.runs.models import Run, Wave, WaveBattery, WaveSubject
from app.runs.queries import COUNTED
from app.studies.models import Study
from app.subjects.models import Endpoint, Style, Subject, SubjectVersion
from app.transcripts.models import STATES, Transcript
from app.transcripts.told import temperature_said, temperature_word

MOST = 300  # of one kind to choose from
PROBED = 20  # prompts whose temperatures are looked up
Option = tuple[str, str]  # what an address says, and what a reader sees


@dataclass(frozen=True, slots=True)
class Choice:
    """One way to narrow: its name in addresses, its label, and what can be chosen; `chosen` is '' for all."""

    name: str
    label: str
    options: tuple[Option, ...]
    chosen: str

    @property
    def known(self) -> bool:
        return not self.chosen or any(value == self.chosen for value, _ in self.options)


@dataclass(frozen=True, slots=True)
class Chip:
    """A condition that holds, and the address without it."""

    label: str
    words: str
    without: str


LABELS = {
    "study": "Study", "run": "Run", "battery": "Battery", "prompt": "Prompt", "theme": "Theme", "branch": "Branch",
    "style": "Style", "subject": "Subject", "t": "Temperature", "stop": "Ended", "state": "State",
}  # fmt: skip
HIDDEN = {"style", "subject"}  # what would tell under hidden names
SHORT = {
    "whole": "by itself", "cut": "cut", "declared": "declared no", "gated": "at a gate", "empty": "empty",
    "tool": "with a tool call", "paused": "paused", "unknown": "oddly",
}  # fmt: skip
OF_ANSWERS = {"style", "subject", "t", "stop", "state"}


def choices(session: Session, look: Look, study_id: int | None, person_id: int) -> list[Choice]:
    """Return what the search can be narrowed by further."""
    here = _Here(session, study_id, look.filter)
    found = {name: ",".join(values) for name, values in _said(look).items()}
    kinds = [name for name in LABELS if not (name == "study" and look.path_study)]
    shown = [Choice(name, LABELS[name], here.options(name), found.get(name, "")) for name in kinds]
    shown += [
        Choice(one.name, one.label, tuple(one.choices(session, person_id, study_id)), found.get(one.name, ""))
        for one in further()
    ]
    if look.filter.role == "prompt":
        shown = [one for one in shown if one.name in LABELS and one.name not in OF_ANSWERS]
    if look.hide:
        shown = [one for one in shown if one.name not in HIDDEN]
    return [one for one in shown if one.options or one.chosen]


def subjects_of(session: Session, study_id: int | None) -> Sequence[int]:
    """Return the subjects that a study's runs asked, or all that were asked, by id."""
    query = select(Subject.id).where(Subject.id.in_(_Here(session, study_id, Filter())._subjects()))
    return session.scalars(query.order_by(Subject.id)).all()


def chips(look: Look) -> list[Chip]:
    """Return what narrows the search now."""
    found = []
    for name, values in _said(look).items():
        if not (name == "study" and look.path_study):
            label = LABELS.get(name) or next(one.label for one in further() if one.name == name)
            words = (
                f"{len(values)} chosen" if look.hide and name in HIDDEN else " or ".join(_words(name, values))
            )
            found.append(Chip(label.lower(), words, look.without(name).url))
    return found


def told(look: Look) -> str:
    """Return a search in words, '' for one of nothing; what would tell a hidden name is left out."""
    if not look.filter.words and not _said(look):
        return ""
    kept = look
    for name in HIDDEN if look.hide else ():
        kept = kept.without(name)
    words = replace(kept.filter, study="" if look.path_study else kept.filter.study).said()
    return words[:1].upper() + words[1:] + (", names hidden" if look.hide else "")


def _said(look: Look) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in look.filter.written():
        if name not in ("q", "role"):
            parts = [value] if name in ("theme", "branch") else value.split(",")
            found.setdefault(name, []).extend(parts)
    return found


def _words(name: str, values: Sequence[str]) -> list[str]:
    if name == "stop":
        return [SHORT[value] for value in values]
    return list(values)


@dataclass(frozen=True, slots=True)
class _Here:
    session: Session
    study_id: int | None
    wanted: Filter

    def options(self, name: str) -> tuple[Option, ...]:
        """Return what there is of one kind."""
        if name == "stop":
            return tuple(SHORT.items())
        if name == "state":
            return tuple((state, _STATE_WORDS.get(state, state)) for state in STATES if state != "done")
        return tuple(getattr(self, f"_{name}")())

    def _rows(self, query: Select[*tuple[Any, ...]]) -> Sequence[Any]:
        return self.session.execute(query.limit(MOST)).all()

    def _of_study(self, query: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
        return query if self.study_id is None else query.where(Run.study_id == self.study_id)

    def _study(self) -> Iterable[Option]:
        return [tuple(row) for row in self._rows(select(Study.slug, Study.title).order_by(Study.id.desc()))]

    def _run(self) -> Iterable[Option]:
        if self.study_id is None:
            return []
        query = select(Run.id, Run.created_at).where(COUNTED).order_by(Run.id.desc())
        return [(str(run), f"run {run}, {at:%Y-%m-%d}") for run, at in self._rows(self._of_study(query))]

    def _battery(self) -> Iterable[Option]:
        query = (
            select(Battery.slug, Battery.title)
            .distinct()
            .join(BatteryVersion, BatteryVersion.battery_id == Battery.id)
            .join(WaveBattery, WaveBattery.version_id == BatteryVersion.id)
            .join(Wave, Wave.id == WaveBattery.wave_id)
            .join(Run, Run.id == Wave.run_id)
            .order_by(Battery.slug)
        )
        return [tuple(row) for row in self._rows(self._of_study(query))]

    def _prompts(self) -> Select[*tuple[Any, ...]]:
        return select(Prompt.id).where(Prompt.battery_id.in_(self._batteries()))

    def _batteries(self) -> Select[*tuple[Any, ...]]:
        query = (
            select(BatteryVersion.battery_id)
            .join(WaveBattery, WaveBattery.version_id == BatteryVersion.id)
            .join(Wave, Wave.id == WaveBattery.wave_id)
            .join(Run, Run.id == Wave.run_id)
        )
        query = self._of_study(query)
        return (
            query.join(Battery).where(Battery.slug.in_(self.wanted.batteries))
            if self.wanted.batteries
            else query
        )

    def _prompt(self) -> Iterable[Option]:
        if len(self.wanted.batteries) != 1:
            return []
        query = (
            select(Prompt.key).distinct().where(Prompt.battery_id.in_(self._batteries())).order_by(Prompt.key)
        )
        return [(f"{self.wanted.batteries[0]}/{key}", key) for (key,) in self._rows(query)]

    def _theme(self) -> Iterable[Option]:
        query = (
            select(Prompt.theme)
            .distinct()
            .where(Prompt.battery_id.in_(self._batteries()))
            .order_by(Prompt.theme)
        )
        return [(theme, theme) for (theme,) in self._rows(query) if theme]

    def _branch(self) -> Iterable[Option]:
        query = select(Prompt.branch).distinct().where(Prompt.battery_id.in_(self._batteries()))
        every = {
            "/".join(parts[: depth + 1])
            for (branch,) in self._rows(query)
            for parts in [branch.split("/")]
            for depth in range(len(parts))
            if branch
        }
        return [(branch, branch.replace("/", " / ")) for branch in sorted(every)]

    def _subjects(self) -> Select[*tuple[Any, ...]]:
        query = (
            select(SubjectVersion.subject_id)
            .join(WaveSubject, WaveSubject.version_id == SubjectVersion.id)
            .join(Wave, Wave.id == WaveSubject.wave_id)
            .join(Run, Run.id == Wave.run_id)
        )
        return self._of_study(query)

    def _subject(self) -> Iterable[Option]:
        query = (
            select(Subject.slug, Subject.name).where(Subject.id.in_(self._subjects())).order_by(Subject.id)
        )
        return [(slug, name or slug) for slug, name in self._rows(query)]

    def _style(self) -> Iterable[Option]:
        query = (
            select(Style.slug, Style.name)
            .distinct()
            .join(Endpoint, Endpoint.style_id == Style.id)
            .join(Subject, Subject.endpoint_id == Endpoint.id)
            .where(Subject.id.in_(self._subjects()))
        )
        return [tuple(row) for row in self._rows(query.order_by(Style.slug))]

    def _t(self) -> Iterable[Option]:
        if self.study_id is None:
            return []
        some = self.session.scalars(self._prompts().limit(PROBED)).all()
        query = (
            select(Transcript.temperature_milli)
            .distinct()
            .where(Transcript.study_id == self.study_id, Transcript.prompt_id.in_(some))
        )
        return [(temperature_word(milli), temperature_said(milli)) for (milli,) in sorted(self._rows(query))]


_STATE_WORDS = {"impossible": "not possible here", "running": "in flight", "queued": "still queued"}
