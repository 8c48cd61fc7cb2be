"""Everything kept of one transcript, read for its page: path, calls, settings, and the repeats beside it."""

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.batteries.models import HIDDEN, Battery, BatteryVersion, Prompt
from app.batteries.shape import PromptShape
from app.studies.models import Study
from app.subjects.models import Style, Subject, SubjectVersion
from app.subjects.shape import Snapshot
from app.transcripts.exchanges import exchanges_of
from app.transcripts.models import Rendering, Transcript
from app.transcripts.told import column_token, draw_address
from app.transcripts.whole import Reader

SHOWN = 200_000  # characters of a body that the page shows; the API gives the whole
AT_ONCE = 20  # calls: of a longer conversation they are shown page by page
ANSWERS = {"assistant", "text"}


@dataclass(frozen=True, slots=True)
class Where:
    """What a transcript is a draw of. Prompt and subject are None where it was imported or forked."""

    study: Study
    battery: Battery | None
    battery_version: int | None
    prompt: PromptShape | None
    subject: Subject | None
    subject_version: int | None
    snapshot: Snapshot | None
    style: str


@dataclass(frozen=True, slots=True)
class Conversation:
    """One transcript with its messages from the root down, and the repeats of its cell as (repeat, id)."""

    row: Mapping[str, Any]
    messages: tuple[Mapping[str, Any], ...]
    settings: Mapping[str, Any] | None
    where: Where
    repeats: tuple[tuple[int, int], ...]

    @property
    def place(self) -> int:
        """Its place among the repeats, from 0."""
        return [number for number, _ in self.repeats].index(self.row["repeat"])

    @property
    def before(self) -> int | None:
        return self.repeats[self.place - 1][1] if self.place else None

    @property
    def after(self) -> int | None:
        return self.repeats[self.place + 1][1] if self.place + 1 < len(self.repeats) else None

    @property
    def battery_url(self) -> str:
        """The address of its battery on Compare; of a text that was only tried, where it was tried."""
        where = self.where
        if where.battery is None:
            return ""
        if where.battery.slug.startswith(HIDDEN):
            return f"/studies/{where.study.slug}/try/{self.row['run_id']}"
        return f"/studies/{where.study.slug}/compare/{where.battery.slug}"

    @property
    def compare_url(self) -> str:
        """The address of this draw on Compare, its run chosen and its repeat in focus; '' where it has none."""
        where = self.where
        if where.battery is None or where.prompt is None or where.subject is None:
            return ""
        token = column_token(where.subject.slug, self.row["temperature_milli"])
        prompt = f"{where.battery.slug}/{where.prompt.key}"
        return draw_address(where.study.slug, prompt, token, self.row["run_id"], self.row["repeat"])


def conversation(session: Session, transcript_id: int) -> Conversation | None:
    """Return a transcript with all that its page tells, or None when there is no such one."""
    reader = Reader(session)
    whole = next(reader.all(Transcript.id == transcript_id, limit=1), None)
    if whole is None:
        return None
    row = whole.row
    return Conversation(row, whole.messages, whole.settings, _where(session, row), _repeats(session, row))


def _where(session: Session, row: Mapping[str, Any]) -> Where:
    prompt = session.get(Prompt, row["prompt_id"]) if row["prompt_id"] else None
    asked = session.get(BatteryVersion, row["battery_version_id"]) if row["battery_version_id"] else None
    version = session.get(SubjectVersion, row["subject_version_id"]) if row["subject_version_id"] else None
    snapshot = Snapshot.model_validate(version.snapshot) if version else None
    style = session.scalar(select(Style.name).where(Style.slug == snapshot.style)) if snapshot else None
    return Where(
        study=session.get_one(Study, row["study_id"]),
        battery=session.get(Battery, prompt.battery_id) if prompt else None,
        battery_version=asked.number if asked else None,
        prompt=PromptShape.model_validate(prompt.shape) if prompt else None,
        subject=session.get(Subject, version.subject_id) if version else None,
        subject_version=version.number if version else None,
        snapshot=snapshot,
        style=style or (snapshot.style if snapshot else ""),
    )


def _repeats(session: Session, row: Mapping[str, Any]) -> tuple[tuple[int, int], ...]:
    cell = ("study_id", "prompt_id", "subject_version_id", "temperature_milli", "run_id")
    if row["prompt_id"] is None or row["subject_version_id"] is None:
        return ((row["repeat"], row["id"]),)
    same = [getattr(Transcript, name) == row[name] for name in cell]
    found = session.execute(select(Transcript.repeat, Transcript.id).where(*same).order_by(Transcript.repeat))
    return tuple((repeat, number) for repeat, number in found)


@dataclass(frozen=True, slots=True)
class Call:
    """One exchange as the page shows it; `cut` bodies are longer than `SHOWN`."""

    told: Mapping[str, Any]  # of exchanges_of
    request: str
    reply: str
    cut: bool


@dataclass(frozen=True, slots=True)
class Calls:
    """Some of a transcript's calls: `shown` begin with the `first` (counted from 1) of `total`."""

    shown: tuple[Call, ...] = ()
    first: int = 1
    total: int = 0

    @property
    def before(self) -> int:
        """Where the page before begins, 0 = nowhere."""
        return max(self.first - AT_ONCE, 1) if self.first > 1 else 0

    @property
    def after(self) -> int:
        """Where the next page begins, 0 = nowhere."""
        return self.first + AT_ONCE if self.first + AT_ONCE <= self.total else 0


def calls(session: Session, transcript_id: int, first: int = 1) -> Calls:
    """Return a transcript's calls in the order they were made, from the `first` on, their JSON laid out."""
    every = exchanges_of(session, transcript_id)
    start = min(max(first, 1), len(every) or 1) - 1
    found = []
    for told in every[start : start + AT_ONCE]:
        request, reply = (laid_out(told[name] or "") for name in ("request", "reply"))
        cut = max(len(request), len(reply)) > SHOWN
        found.append(Call(told, request[:SHOWN], reply[:SHOWN] or (told["reply_base64"] or "")[:SHOWN], cut))
    return Calls(tuple(found), start + 1, len(every))


def laid_out(text: str) -> str:
    """Lay JSON out over lines; anything else, and what is too long to read, stays as it came."""
    if len(text) > SHOWN:
        return text
    with suppress(ValueError, RecursionError):
        # A lone surrogate is legal in JSON and nowhere else.
        return json.dumps(json.loads(text), ensure_ascii=False, indent=2).encode("utf-8", "replace").decode()
    return text


def rendering(session: Session, sha256: str | None) -> str | None:
    """Return the exact text that a conversation became, None where it is not known."""
    return session.scalar(select(Rendering.text).where(Rendering.sha256 == sha256)) if sha256 else None
