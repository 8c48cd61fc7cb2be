"""A run in motion: pace, time left, and each subject's part of it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.runs.models import Wave, WaveSubject
from app.subjects.models import Endpoint, Subject, SubjectVersion
from app.subjects.queries import slots
from app.transcripts.models import EndpointStop, Transcript
from app.transcripts.queries import Counts, RunStatus
from app.transcripts.tallies import Tallies

WINDOW = 60.0  # seconds that the pace is taken over
SAMPLE = 2000  # the newest finished draws that are looked at


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast draws end now: draws a second, tokens a minute (None = not told), the median latency in ms."""

    per_second: float = 0.0
    tokens_per_minute: float | None = None
    p50_ms: int | None = None


@dataclass(frozen=True, slots=True)
class SubjectProgress:
    """One subject version's part of a run. `spent_micro` None = some of its answers came at an unknown price."""

    version_id: int
    number: int
    slug: str
    name: str
    style: str
    slot: int
    endpoint_id: int
    endpoint: str
    concurrency: int
    tokens_limit: int | None
    counts: Counts
    pace: Pace
    spent_micro: int | None
    impossible: str | None
    stopped: str | None


@dataclass(frozen=True, slots=True)
class _Ended:
    """A draw that ended lately, `ago` seconds before now."""

    version_id: int
    ago: float
    latency_ms: int | None
    tokens: int | None


def subjects_of(
    session: Session, status: RunStatus, tallies: Tallies, now: datetime
) -> list[SubjectProgress]:
    """Return each subject's part of a run, in the study's order."""
    counts = _counts(session, status.id)
    paces = _paces(session, status.id, now)
    stops = _stops(session, status.id)
    hues = slots(session)
    return [
        SubjectProgress(
            version_id=version.id,
            number=version.number,
            slug=subject.slug,
            name=subject.name or subject.slug,
            style=version.snapshot["style"],
            slot=hues.get(version.snapshot["style"], 1),
            endpoint_id=endpoint.id,
            endpoint=endpoint.slug,
            concurrency=endpoint.limits.get("concurrency", 1),
            tokens_limit=endpoint.limits.get("tokens_per_minute"),
            counts=counts.get(version.id, Counts()),
            pace=paces.get(version.id, Pace()),
            spent_micro=tallies.spent_micro.get(version.id, 0),
            impossible=tallies.impossible.get(version.id),
            stopped=stops.get(endpoint.id),
        )
        for version, subject, endpoint in _versions(session, status.id)
    ]


def seconds_left(subjects: Sequence[SubjectProgress]) -> float | None:
    """Return how long a run takes at this pace: as long as its slowest endpoint.

    None = not to be said: nothing has ended lately, or nothing more will be asked.
    """
    left: dict[int, int] = defaultdict(int)
    pace: dict[int, float] = defaultdict(float)
    for one in subjects:
        if one.stopped is None:
            left[one.endpoint_id] += one.counts.left
            pace[one.endpoint_id] += one.pace.per_second
    waiting = {endpoint: number for endpoint, number in left.items() if number}
    if not waiting or any(not pace[endpoint] for endpoint in waiting):
        return None
    return max(number / pace[endpoint] for endpoint, number in waiting.items())


def last_finished(session: Session, run_id: int) -> datetime | None:
    """Return when a run's newest answer or failure came."""
    return session.scalar(
        select(func.max(Transcript.finished_at)).where(
            Transcript.run_id == run_id,
            Transcript.finished_at.is_not(None),  # what the index holds
        )
    )


def _versions(session: Session, run_id: int) -> Sequence[tuple[SubjectVersion, Subject, Endpoint]]:
    place = (
        select(WaveSubject.version_id, func.min(Wave.number * 100_000 + WaveSubject.position).label("place"))
        .join(Wave, Wave.id == WaveSubject.wave_id)
        .where(Wave.run_id == run_id)
        .group_by(WaveSubject.version_id)
        .subquery()
    )
    return session.execute(
        select(SubjectVersion, Subject, Endpoint)
        .join(place, place.c.version_id == SubjectVersion.id)
        .join(Subject, Subject.id == SubjectVersion.subject_id)
        .join(Endpoint, Endpoint.id == Subject.endpoint_id)
        .order_by(place.c.place)
    ).all()


def _counts(session: Session, run_id: int) -> Mapping[int, Counts]:
    rows = session.execute(
        select(Transcript.subject_version_id, Transcript.state, func.count())
        .where(Transcript.run_id == run_id)
        .group_by(Transcript.state, Transcript.subject_version_id)
    )
    found: dict[int, dict[str, int]] = defaultdict(dict)
    for version, state, number in rows:
        found[version or 0][state] = number
    return {version: Counts(**states) for version, states in found.items()}


def _paces(session: Session, run_id: int, now: datetime) -> Mapping[int, Pace]:
    t = Transcript
    rows = session.execute(
        select(t.subject_version_id, t.finished_at, t.latency_ms, t.input_tokens, t.output_tokens)
        .where(t.run_id == run_id, t.finished_at.is_not(None))
        .order_by(t.finished_at.desc())
        .limit(SAMPLE)
    )
    ended = [
        _Ended(version or 0, (now - at).total_seconds(), latency, _sum(asked, said))
        for version, at, latency, asked, said in rows
        if at is not None
    ]
    lately = [one for one in ended if one.ago < WINDOW]
    seconds = _span(ended, lately)
    by_version: dict[int, list[_Ended]] = defaultdict(list)
    for one in ended:
        by_version[one.version_id].append(one)
    return {version: _pace(those, seconds) for version, those in by_version.items()}


def _sum(*parts: int | None) -> int | None:
    told = [part for part in parts if part is not None]
    return sum(told) if told else None


def _span(ended: Sequence[_Ended], lately: Sequence[_Ended]) -> float:
    """Return the seconds that the recent draws took: less than the window at the start and on quick endpoints."""
    if not lately or len(lately) < len(ended):
        return WINDOW
    oldest = lately[-1]
    began = oldest.ago if len(ended) == SAMPLE else oldest.ago + (oldest.latency_ms or 0) / 1000
    return min(max(began, 1.0), WINDOW)


def _pace(ended: Sequence[_Ended], seconds: float) -> Pace:
    lately = [one for one in ended if one.ago < WINDOW]
    told = [one.tokens for one in lately if one.tokens is not None]
    latencies = [one.latency_ms for one in ended if one.latency_ms is not None]
    return Pace(
        per_second=len(lately) / seconds,
        tokens_per_minute=sum(told) * 60 / seconds if told else None,
        p50_ms=round(median(latencies)) if latencies else None,
    )


def _stops(session: Session, run_id: int) -> Mapping[int, str]:
    rows = session.execute(
        select(EndpointStop.endpoint_id, EndpointStop.reason).where(EndpointStop.run_id == run_id)
    )
    return dict(rows.all())
