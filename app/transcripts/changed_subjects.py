"""What a run asks of its subjects otherwise than an earlier one: versions, endpoints, settings, served models."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.runs.models import Run, Wave, WaveSubject
from app.subjects.history import between
from app.subjects.models import Probe, Subject, SubjectVersion
from app.transcripts.models import SettingsRecord
from app.transcripts.probed import as_planned, fixed
from app.transcripts.queries import counts_of
from app.transcripts.tallies import Tallies, tallies
from app.transcripts.told import settings_of, temperature_said

NOT_ASKED = "not asked"
NOT_TOLD = "not told"
SHOWN = 240  # code points of a text that is otherwise
LED_IN = 40  # of them before the first that differs
# What a snapshot calls otherwise than people do.
CALLED = {
    "base_url": "address", "model": "model asked", "induced_by": "induced by", "system": "system prompt",
    "family": "lineage", "can": "endpoint can", "headers": "header",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that is otherwise: of what, which, before and now; with the page that shows it ('' = none)."""

    of: str
    what: str
    before: str
    now: str
    href: str


@dataclass(frozen=True, slots=True)
class _Asked:
    """The subjects of one run by id, each with the versions asked, the newest last; and its draws counted."""

    run_id: int
    subjects: Mapping[int, tuple[Subject, Sequence[SubjectVersion]]]
    counted: Tallies

    def served(self, subject: int) -> Counter[str]:
        """Return by how many answers each model that served a subject is named."""
        found: Counter[str] = Counter()
        for version in self.subjects[subject][1]:
            found.update(self.counted.served.get(version.id, {}))
        return found

    def settings(self, subject: int) -> set[int]:
        """Return the ids of the settings that a subject's answers were made with."""
        return {
            number for one in self.subjects[subject][1] for number in self.counted.settings.get(one.id, ())
        }

    def temperatures(self, subject: int) -> str:
        """Return at which temperatures a subject is asked, in words."""
        versions = {one.id for one in self.subjects[subject][1]}
        found = {milli for version, milli in self.counted.cells if version in versions}
        return ", ".join(map(temperature_said, sorted(found)))


def subject_lines(session: Session, earlier: Run, run: Run, beside: str) -> tuple[list[Line], bool]:
    """Return what is otherwise, subject by subject, and whether answers are awaited that would tell more.

    `beside` is the address of both runs side by side, '' where there is none.
    """
    before, now = (_asked(session, one) for one in (earlier, run))
    probes = fixed(session, [(one.run_id, v.id) for one in (before, now) for _, some in one.subjects.values()
                             for v in some])  # fmt: skip
    shared = [number for number in now.subjects if number in before.subjects]
    wanted = {number for one in shared for side in (before, now) for number in side.settings(one)}
    settings = {
        row.id: row for row in session.scalars(select(SettingsRecord).where(SettingsRecord.id.in_(wanted)))
    }
    lines: list[Line] = []
    for number in dict.fromkeys([*now.subjects, *before.subjects]):
        subject, versions = now.subjects.get(number) or before.subjects[number]
        name, newest = subject.name or subject.slug, versions[-1]
        href = f"/library/subjects/{subject.slug}?version={newest.number}"
        if number in shared:
            answers = f"{beside}&cols={subject.slug}" if beside else href
            told = list(_versions(before, now, number, probes, href))
            lines += told
            lines += _answers(before, now, number, settings, {one.what for one in told}, answers)
            continue
        version = f"version {newest.number}"
        was, is_now = (NOT_ASKED, version) if number in now.subjects else (version, NOT_ASKED)
        lines.append(Line(name, "subject", was, is_now, href))
    return lines, any(not before.served(one) or not now.served(one) for one in shared)


def _asked(session: Session, run: Run) -> _Asked:
    rows = session.execute(
        select(Subject, SubjectVersion)
        .join(SubjectVersion, SubjectVersion.subject_id == Subject.id)
        .join(WaveSubject, WaveSubject.version_id == SubjectVersion.id)
        .join(Wave, Wave.id == WaveSubject.wave_id)
        .where(Wave.run_id == run.id)
        .order_by(Wave.number, WaveSubject.position)
    )
    found: dict[int, tuple[Subject, list[SubjectVersion]]] = {}
    for subject, version in rows:
        versions = found.setdefault(subject.id, (subject, []))[1]
        if version not in versions:
            versions.append(version)
    for _, versions in found.values():
        versions.sort(key=attrgetter("number"))
    return _Asked(run.id, found, tallies(session, run.id, counts_of(session, [run.id])[run.id]))


def _versions(
    before: _Asked, now: _Asked, number: int, probes: Mapping[tuple[int, int], Probe], href: str
) -> Iterator[Line]:
    """Yield what the versions say otherwise, with what a probe filled of what they leave open."""
    name = now.subjects[number][0].name or now.subjects[number][0].slug
    old, new = (side.subjects[number][1][-1] for side in (before, now))
    was, is_now = probes.get((before.run_id, old.id)), probes.get((now.run_id, new.id))
    differ = between(
        as_planned(old.snapshot, was).model_dump(mode="json"),
        as_planned(new.snapshot, is_now).model_dump(mode="json"),
    )
    if old.id != new.id:
        same = "" if differ else ": the same settings"
        yield Line(name, "subject", f"version {old.number}", f"version {new.number}{same}", href)
    for one in differ:
        yield Line(name, _called(one.path), *_cut(one.before, one.after), href)
    if was and is_now and was.version != is_now.version:
        yield Line(name, "server as probed", was.version or NOT_TOLD, is_now.version or NOT_TOLD, href)


def _called(path: str) -> str:
    first, _, rest = path.partition(".")
    if first == "sampling":
        return rest.removeprefix("extra.")
    return " ".join(filter(None, [CALLED.get(first, first), rest.replace("_", " ")]))


def _cut(before: str, after: str) -> tuple[str, str]:
    """Return two texts, long ones from a little before the first place where they differ."""
    if max(len(before), len(after)) <= SHOWN:
        return before, after
    at = next(
        (i for i, (a, b) in enumerate(zip(before, after, strict=False)) if a != b),
        min(len(before), len(after)),
    )
    start = max(at - LED_IN, 0)
    was, is_now = (
        ("… " if start else "") + one[start : start + SHOWN] + (" …" if len(one) > start + SHOWN else "")
        for one in (before, after)
    )
    return was, is_now


def _answers(
    before: _Asked, now: _Asked, number: int, settings: Mapping[int, Any], told: set[str], href: str
) -> Iterator[Line]:
    """Yield what answers tell otherwise: temperatures, served models, settings sent and in effect."""
    name = now.subjects[number][0].name or now.subjects[number][0].slug
    was, is_now = before.temperatures(number), now.temperatures(number)
    if was and is_now and was != is_now and "temperature" not in told:
        yield Line(name, "temperature", was, is_now, href)
        told = told | {"temperature"}
    served, serves = before.served(number), now.served(number)
    if not served or not serves:
        return
    if set(served) != set(serves):
        yield Line(name, "model served", _models(served), _models(serves), href)
    kept, keeps = ([settings[one] for one in sorted(side.settings(number))] for side in (before, now))
    for kind, word in (("sent", "sent"), ("effective", "in effect")):
        old, new = _values(kept, kind), _values(keeps, kind)
        for setting in [one for one in dict.fromkeys([*old, *new]) if old.get(one) != new.get(one)]:
            if setting not in told:
                yield Line(
                    name, f"{setting} {word}", *_cut(_either(old, setting), _either(new, setting)), href
                )
                told = told | {setting}


def _models(served: Counter[str]) -> str:
    """Return the models that served answers, with how many where they are several."""
    named = [(model or NOT_TOLD, n) for model, n in sorted(served.items())]
    return ", ".join(model if len(named) == 1 else f"{model} × {n:,}" for model, n in named)


def _values(records: Sequence[Any], kind: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for record in records:
        for one in settings_of(record):
            found.setdefault(one.name, set()).add(getattr(one, kind))
    return found


def _either(values: Mapping[str, set[str]], setting: str) -> str:
    return " or ".join(NOT_TOLD if one == "-" else one for one in sorted(values.get(setting, {"-"})))
