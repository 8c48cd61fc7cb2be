"""Applying a study file: the commands of subjects, batteries and studies, called in one transaction."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.batteries.commands import put_battery
from app.live.log import record
from app.runs.queries import battery_version_in_use, subject_version_in_use
from app.runs.study_shape import StudyFile
from app.studies.commands import put_study
from app.studies.queries import naming
from app.subjects.commands import NEW, UNCHANGED, put_endpoint, put_snapshot, put_style, put_subject
from app.subjects.models import Endpoint, Style
from app.subjects.queries import newest_versions, subjects
from app.subjects.shape import OF_ENDPOINT, EndpointShape, Snapshot

# Any fixed number: the advisory lock behind which files are applied one after another on PostgreSQL.
APPLY_LOCK = 7_301_992


@dataclass(frozen=True, slots=True)
class Applied:
    """What applying a file came to: ids in the file's order, and a line for each thing that is new or changed.

    `corrections` are those lines that tell of what was there before.
    """

    study_id: int
    battery_version_ids: tuple[int, ...]
    subject_version_ids: tuple[int, ...]
    lines: tuple[str, ...]
    corrections: tuple[str, ...] = ()


def apply(session: Session, study_file: StudyFile, *, say: Callable[[str], None] | None = None) -> Applied:
    """Register everything that a file names, inside the caller's transaction; a second time changes nothing.

    A changed snapshot or battery makes a new version once a run points to the one before, else that one is
    edited. `say` hears each line of what changed, or the one line that nothing did.
    """
    one_at_a_time(session)
    done = _Application(session, study_file)
    applied = done.everything()
    for line in applied.lines or (f"study {study_file.shape.study.slug}: {UNCHANGED}",):
        if say is not None:
            say(line)
    return applied


def one_at_a_time(session: Session) -> None:
    """Wait until nobody else registers what files name: on PostgreSQL by a lock, on SQLite there is one writer."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(APPLY_LOCK)))


def follow(
    session: Session, endpoint: Endpoint, style: str, *, but: Collection[str] = ()
) -> list[tuple[str, str]]:
    """Bring the subjects of a changed endpoint up to date with it; return (subject, what became of it) of each.

    `but` names subjects that are brought up to date in another way.
    """
    session.flush()
    newest = newest_versions(session)
    told = []
    for subject in subjects(session, endpoint_id=endpoint.id):
        if subject.slug not in but:
            snapshot = followed(endpoint, style, newest[subject.id].snapshot)
            in_use = partial(subject_version_in_use, session)
            told.append((subject.slug, put_snapshot(session, subject, snapshot, in_use)[1]))
    return told


def followed(endpoint: Endpoint | EndpointShape, style: str, snapshot: Mapping[str, Any]) -> Snapshot:
    """Return a subject's snapshot with its endpoint as it is now."""
    if isinstance(endpoint, EndpointShape):
        values = endpoint.model_dump(mode="json")
    else:
        values = {name: getattr(endpoint, name) for name in OF_ENDPOINT}
    return Snapshot.model_validate(
        {**snapshot, **{name: values[name] for name in OF_ENDPOINT}, "style": style}
    )


@dataclass(slots=True)
class _Application:
    """One application of a file, step after step."""

    session: Session
    file: StudyFile
    lines: list[str] = field(default_factory=list)
    corrections: list[str] = field(default_factory=list)

    def everything(self) -> Applied:
        endpoints = self.endpoints(self.styles())
        subject_ids = self.subjects(endpoints)
        battery_ids = self.batteries()
        study, told = put_study(self.session, self.file.shape.study, self.file.wanted)
        self.tell("study", study.slug, told)
        self.session.flush()
        if self.lines:
            record(self.session, "study.applied", {"study": study.id}, study=study.id)
        return Applied(study.id, battery_ids, subject_ids, tuple(self.lines), tuple(self.corrections))

    def styles(self) -> dict[str, Style]:
        styles = {}
        for shape in self.file.shape.styles:
            styles[shape.slug], told = put_style(self.session, shape)
            self.tell("style", shape.slug, told, subjects=self.standing_on(told, style=shape.slug))
        return styles

    def endpoints(self, styles: dict[str, Style]) -> dict[str, Endpoint]:
        endpoints = {}
        for shape in self.file.shape.endpoints:
            row, told = put_endpoint(self.session, shape, styles[shape.style])
            endpoints[shape.slug] = row
            self.tell("endpoint", shape.slug, told, subjects=self.standing_on(told, endpoint=shape.slug))
            if told not in (NEW, UNCHANGED):
                self.other_subjects(row, shape.style)
        return endpoints

    def standing_on(self, told: str, *, style: str = "", endpoint: str = "") -> tuple[str, ...]:
        """Return the subjects that a change of a style or an endpoint touches."""
        if told in (NEW, UNCHANGED):
            return ()
        return tuple(
            one.slug
            for one in subjects(self.session)
            if one.endpoint.slug == endpoint or one.endpoint.style.slug == style
        )

    def other_subjects(self, endpoint: Endpoint, style: str) -> None:
        """Bring the subjects that stand on a changed endpoint, but in another file, up to date with it."""
        named = {shape.slug for shape in self.file.shape.subjects}
        for slug, told in follow(self.session, endpoint, style, but=named):
            self.tell("subject", slug, told, subjects=(slug,))

    def subjects(self, endpoints: dict[str, Endpoint]) -> tuple[int, ...]:
        ids, in_use = [], partial(subject_version_in_use, self.session)
        for shape in self.file.shape.subjects:
            snapshot, endpoint = self.file.snapshots[shape.slug], endpoints[shape.endpoint]
            version, told = put_subject(self.session, shape, endpoint, snapshot, in_use)
            ids.append(version.id)
            self.tell("subject", shape.slug, told, subjects=(shape.slug,))
        return tuple(ids)

    def batteries(self) -> tuple[int, ...]:
        ids, in_use = [], partial(battery_version_in_use, self.session)
        for shape in self.file.batteries:
            version, told = put_battery(self.session, shape, in_use)
            ids.append(version.id)
            self.tell("battery", shape.battery.slug, told, batteries=(shape.battery.slug,))
        return tuple(ids)

    def tell(
        self,
        kind: str,
        slug: str,
        told: str,
        *,
        subjects: tuple[str, ...] = (),
        batteries: tuple[str, ...] = (),
    ) -> None:
        """Keep a line about what changed, with the other studies that it touches."""
        if told == UNCHANGED:
            return
        others = naming(self.session, subjects=subjects, batteries=batteries)
        others = [other for other in others if other != self.file.shape.study.slug]
        was_there = not told.startswith(NEW)
        also = f" (also used by study {', '.join(others)})" if others and was_there else ""
        self.lines.append(f"{kind} {slug}: {told}{also}")
        if was_there:
            self.corrections.append(self.lines[-1])
