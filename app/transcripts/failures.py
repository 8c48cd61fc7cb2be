"""What went wrong in a run: failed draws grouped by cause, and the calls behind each."""

import hashlib
import json
import re
import zlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.batteries.models import Battery, Prompt
from app.subjects.models import Endpoint, Subject
from app.transcripts.faithful import controls
from app.transcripts.models import Exchange, Transcript

PAGE = 10
SHOWN = 20_000  # bytes of a body that a page shows
SHORT = 60  # characters of a reason where several stand in a line


@dataclass(frozen=True, slots=True)
class Cause:
    """Failed draws of one subject whose reasons are the same but for their numbers.

    `reason` is the most common of `reasons`; `id` names the cause in an address.
    """

    id: str
    count: int
    reason: str
    reasons: tuple[str, ...]
    subject_version_id: int
    subject: str
    endpoint: str

    @property
    def shown(self) -> Markup:
        """The reason with its controls named: it may hold a provider's own words."""
        return controls(self.reason)

    @property
    def short(self) -> Markup:
        """The beginning of the reason, for a line of several causes."""
        cut = f"{self.reason[:SHORT].rstrip()}…" if len(self.reason) > SHORT else self.reason
        return controls(cut)


@dataclass(frozen=True, slots=True)
class Body:
    """A request or reply as a page shows it: `size` in bytes; `text` may be cut."""

    text: str
    size: int

    @property
    def cut(self) -> bool:
        """Whether the page shows only its beginning."""
        return self.size > SHOWN


@dataclass(frozen=True, slots=True)
class Call:
    """One exchange of a failed draw."""

    turn: int
    n: int
    attempt: int
    outcome: str
    url: str
    status: int | None
    error: str | None
    total_ms: int | None
    started_at: datetime
    request: Body
    reply: Body | None

    @property
    def error_shown(self) -> Markup:
        """The error with its controls named."""
        return controls(self.error or "")

    @property
    def request_shown(self) -> Markup:
        """The request with its controls named."""
        return controls(self.request.text)

    @property
    def reply_shown(self) -> Markup:
        """The reply with its controls named."""
        return controls(self.reply.text if self.reply else "")


@dataclass(frozen=True, slots=True)
class FailedDraw:
    """A failed draw with its calls, oldest first."""

    id: int
    battery: str
    prompt: str
    subject: str
    endpoint: str
    repeat: int
    temperature_milli: int
    attempt: int
    reason: str
    finished_at: datetime | None
    calls: tuple[Call, ...]

    @property
    def shown(self) -> Markup:
        """The reason with its controls named."""
        return controls(self.reason)


def causes_of(session: Session, run_id: int) -> list[Cause]:
    """Return why draws of a run failed, the most common cause first."""
    t = Transcript
    rows = session.execute(
        select(t.subject_version_id, Subject.name, Endpoint.slug, t.reason, func.count().label("number"))
        .join(Subject, Subject.id == t.subject_id)
        .join(Endpoint, Endpoint.id == t.endpoint_id)
        .where(t.run_id == run_id, t.state == "failed")
        .group_by(t.subject_version_id, Subject.name, Endpoint.slug, t.reason)
        .order_by(func.count().desc(), t.reason)
    ).all()  # fmt: skip
    groups: dict[tuple[int, str, str, str], list[tuple[str, int]]] = {}
    for version, subject, endpoint, reason, number in rows:
        alike = re.sub(r"\d+", "#", reason or "")
        groups.setdefault((version or 0, subject, endpoint, alike), []).append((reason or "", number))
    causes = [
        Cause(
            id=hashlib.sha256(f"{version} {alike}".encode()).hexdigest()[:8],
            count=sum(number for _, number in reasons),
            reason=reasons[0][0] or "no reason was kept",
            reasons=tuple(reason for reason, _ in reasons),
            subject_version_id=version,
            subject=subject,
            endpoint=endpoint,
        )
        for (version, subject, endpoint, alike), reasons in groups.items()
    ]
    return sorted(causes, key=lambda cause: -cause.count)


def failed_draws(
    session: Session, run_id: int, *, cause: Cause | None = None, after: int = 0, limit: int = PAGE
) -> list[FailedDraw]:
    """Return at most `limit` failed draws of a run with their calls, by id from `after` on."""
    t = Transcript
    query = (
        select(t, Battery.slug, Prompt.key, Subject.name, Endpoint.slug)
        .join(Prompt, Prompt.id == t.prompt_id)
        .join(Battery, Battery.id == Prompt.battery_id)
        .join(Subject, Subject.id == t.subject_id)
        .join(Endpoint, Endpoint.id == t.endpoint_id)
        .where(t.run_id == run_id, t.state == "failed", t.id > after)
        .order_by(t.id)
        .limit(limit)
    )
    if cause is not None:
        query = query.where(
            t.subject_version_id == cause.subject_version_id,
            func.coalesce(t.reason, "").in_(cause.reasons),
        )
    rows = session.execute(query).all()
    calls = _calls(session, [draw.id for draw, *_ in rows])
    return [
        FailedDraw(
            id=draw.id, battery=battery, prompt=prompt, subject=subject, endpoint=endpoint, repeat=draw.repeat,
            temperature_milli=draw.temperature_milli, attempt=draw.attempt, reason=draw.reason or "",
            finished_at=draw.finished_at, calls=tuple(calls.get(draw.id, [])),
        )
        for draw, battery, prompt, subject, endpoint in rows
    ]  # fmt: skip


def _calls(session: Session, transcripts: Sequence[int]) -> dict[int, list[Call]]:
    found: dict[int, list[Call]] = {}
    rows = session.scalars(
        select(Exchange)
        .where(Exchange.transcript_id.in_(transcripts))
        .order_by(Exchange.transcript_id, Exchange.turn, Exchange.n)
    )
    for row in rows:
        call = Call(
            turn=row.turn, n=row.n, attempt=row.attempt, outcome=row.outcome, url=row.url, status=row.status,
            error=row.error, total_ms=row.total_ms, started_at=row.started_at, request=readable(row.request),
            reply=None if row.reply is None else readable(row.reply),
        )  # fmt: skip
        found.setdefault(row.transcript_id, []).append(call)
    return found


def readable(packed: bytes) -> Body:
    """Return a stored body as text: JSON laid out, other bytes as UTF-8 with U+FFFD for what is none."""
    raw = zlib.decompress(packed)
    text = raw[:SHOWN].decode("utf-8", "replace")
    if len(raw) <= SHOWN:
        with suppress(ValueError, RecursionError):  # no JSON: shown as it came
            text = json.dumps(json.loads(text), ensure_ascii=False, indent=2)
    return Body(text.encode("utf-8", "replace").decode("utf-8"), len(raw))
