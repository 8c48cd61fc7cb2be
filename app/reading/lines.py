"""Hits as lines to read: what was said around the words, by whom, to what, and the two doors to the whole.

Everything shown of a text goes through `controls`: it is hostile.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from markupsafe import Markup
from sqlalchemy import RowMapping, Table, and_, bindparam, case, func, select
from sqlalchemy.orm import Session

from app.batteries.models import Battery, Prompt
from app.reading.frames import Spans
from app.reading.hits import Hit
from app.reading.terms import Words, spans
from app.studies.models import Study
from app.subjects.models import Subject, SubjectVersion
from app.transcripts.faithful import controls
from app.transcripts.models import Message, Transcript
from app.transcripts.told import column_token, draw_address, temperature_said

BEFORE, AROUND = 90, 280  # characters of a text that a line shows: before the first word found, and in all
ANSWERS = ("assistant", "text")
KEPT = ("transcript", "message", "turn", "study", "study_title", "subject_id", "version_id", "temperature_milli",
        "run", "repeat", "state", "stop_class", "at")  # fmt: skip
TEXTS = ("role", "subject", "name", "stage", "reason", "text", "text_sha256")  # '' where there is none
Row = RowMapping


@dataclass(frozen=True, slots=True)
class Line:
    """One message that was found. `turn` is the rung of a ladder, 0 elsewhere; `spans` are places in `text`.

    `served` is the model that served it where most answers of its cell came from another.
    """

    transcript: int
    message: int | None
    role: str
    turn: int
    study: str
    study_title: str
    prompt: str
    subject_id: int | None
    subject: str
    name: str
    stage: str
    version_id: int | None
    temperature_milli: int
    run: int
    repeat: int
    state: str
    stop_class: str | None
    served: str
    reason: str
    at: datetime | None
    text: str
    text_sha256: str
    spans: Spans
    cursor: str

    @property
    def temperature(self) -> str:
        return temperature_said(self.temperature_milli)

    @property
    def token(self) -> str:
        """The name of its column on Compare."""
        return column_token(self.subject, self.temperature_milli)

    @property
    def href(self) -> str:
        """The address of its transcript, at this message."""
        return f"/transcripts/{self.transcript}" + (f"#m{self.message}" if self.message else "")

    def compare(self, hide: str = "") -> str:
        """Return the address of this answer on Compare, '' where it has none."""
        if not (self.prompt and self.subject):
            return ""
        return draw_address(self.study, self.prompt, self.token, self.run, self.repeat, hide)

    @property
    def snippet(self) -> Markup:
        """What was said around the first words found, those in it marked."""
        return snippet(self.text, self.spans)

    @property
    def more(self) -> int:
        """How many of the places found lie outside the snippet."""
        _, end = window(self.text, self.spans)
        return sum(1 for start, _ in self.spans if start >= end)


def lines(
    session: Session, hits: Sequence[Hit], known: Mapping[int, Spans], shown: tuple[Words, ...] = ()
) -> list[Line]:
    """Return hits as lines, in their order; `known` are the places found, by message, else those of `shown`."""
    said = hits[:1] and hits[0].message is not None
    key = "message" if said else "transcript"
    rows = {row[key]: row for row in _rows(session, hits)}
    usual = _usually_served(session, list(rows.values()))
    return [_line(rows[hit.key], hit, known, shown, usual) for hit in hits if hit.key in rows]


def snippet(text: str, spans: Spans) -> Markup:
    """Return what stands around the first places found in a text, those in it marked."""
    start, end = window(text, spans)
    said = marked(text, spans, start, end)
    return Markup("…" if start else "") + said + Markup("…" if end < len(text) else "")


def marked(text: str, spans: Spans, start: int, end: int) -> Markup:
    """Return a part of a text with the places found in it marked."""
    out, at = [], start
    for first, last in spans:
        first, last = max(first, at), min(last, end)
        if first < last:
            out += [controls(text[at:first]), Markup("<mark>"), controls(text[first:last]), Markup("</mark>")]
            at = last
    return Markup("").join([*out, controls(text[at:end])])


def window(text: str, spans: Spans) -> tuple[int, int]:
    """Return which part of a text a line shows: around the first place found, whole words where there are gaps."""
    first = spans[0][0] if spans else 0
    if first <= BEFORE or len(text) <= AROUND:
        start = 0
    else:
        start = first - BEFORE
        gap = re.search(r"\s", text[start : first - 20])
        start += gap.end() if gap else 0
    end = min(len(text), start + AROUND)
    if end < len(text):
        gap = re.search(r"\s\S*$", text[end - 20 : end])
        end -= 20 - gap.start() if gap else 0
    return start, end


def _line(
    row: Row, hit: Hit, known: Mapping[int, Spans], shown: tuple[Words, ...], usual: Mapping[Any, str]
) -> Line:
    served = row["served_model"] or ""
    places = known.get(hit.message or 0)
    if places is None:
        places = spans(row["text"], shown)
    values: dict[str, Any] = {name: row[name] for name in KEPT} | {name: row[name] or "" for name in TEXTS}
    values["prompt"] = f"{row['battery']}/{row['key']}" if row["battery"] else ""
    values["served"] = served if served and usual.get(_cell(row), served) != served else ""
    return Line(**values, spans=places, cursor=hit.cursor)


def _rows(session: Session, hits: Sequence[Hit]) -> Sequence[Row]:
    said = hits and hits[0].message is not None
    return (
        session.connection()
        .execute(_SAID if said else _DRAWN, {"ids": [hit.key for hit in hits]})
        .mappings()
        .all()
    )


def _cell(row: Row) -> tuple[Any, ...]:
    return row["study_id"], row["prompt_id"], row["version_id"], row["temperature_milli"], row["run"]


def _usually_served(session: Session, rows: Sequence[Row]) -> dict[Any, str]:
    """Return the model that served most answers of each cell that these rows are of."""
    found: dict[Any, str] = {}
    drawn = session.connection().execute(_SERVED, {"ids": [row["transcript"] for row in rows]})
    for *at, served in drawn.all():
        found.setdefault(tuple(at), served)
    return found


# ------------------------------------------------------------------ statements, built once (see compare/queries.py)


def _table(model: Any) -> Any:
    table: Table = model.__table__
    return table


_T, _M = _table(Transcript), _table(Message)
_IDS: Any = bindparam("ids", expanding=True)
_ONE, _EARLIER = _T.alias("one"), _M.alias("earlier")


def _told() -> Any:
    t, m, prompts, batteries = _T.c, _M.c, _table(Prompt).c, _table(Battery).c
    studies, subjects, versions = _table(Study).c, _table(Subject).c, _table(SubjectVersion).c
    rung = select(func.count()).where(
        _EARLIER.c.made_by == t.id,
        _EARLIER.c.role.in_(ANSWERS),
        _EARLIER.c.origin == "model",
        _EARLIER.c.id <= m.id,
    )
    stage = versions.snapshot["stage"].as_string().label("stage")
    return select(
        t.id.label("transcript"), m.id.label("message"), m.role, m.text, m.text_sha256,
        case((prompts.mode == "ladder", rung.scalar_subquery()), else_=0).label("turn"),
        t.study_id, studies.slug.label("study"), studies.title.label("study_title"), t.run_id.label("run"),
        t.prompt_id, batteries.slug.label("battery"), prompts.key, t.subject_id, subjects.slug.label("subject"),
        subjects.name, t.subject_version_id.label("version_id"), stage, t.temperature_milli, t.repeat, t.state,
        t.stop_class, t.served_model, t.reason, t.finished_at.label("at"),
    )  # fmt: skip


def _around(drawn: Any) -> Any:
    t, prompt, subject = _T.c, _table(Prompt), _table(Subject)
    version, battery, study = _table(SubjectVersion), _table(Battery), _table(Study)
    return (
        drawn.join(study, study.c.id == t.study_id)
        .join(prompt, prompt.c.id == t.prompt_id, isouter=True)
        .join(battery, battery.c.id == prompt.c.battery_id, isouter=True)
        .join(subject, subject.c.id == t.subject_id, isouter=True)
        .join(version, version.c.id == t.subject_version_id, isouter=True)
    )


_SAID = _told().select_from(_around(_M.join(_T, _T.c.id == _M.c.made_by))).where(_M.c.id.in_(_IDS))
_DRAWN = (
    _told().select_from(_around(_T.join(_M, _M.c.id == _T.c.tip_id, isouter=True))).where(_T.c.id.in_(_IDS))
)
_CELL = tuple(
    _T.c[name] for name in ("study_id", "prompt_id", "subject_version_id", "temperature_milli", "run_id")
)
# From draw to draws of its cell, by their index; that a cell may be met twice changes no order.
_SERVED = (
    select(*_CELL, _T.c.served_model)
    .join_from(_ONE, _T, and_(*(_ONE.c[column.key] == column for column in _CELL)))
    .where(_ONE.c.id.in_(_IDS), _T.c.state == "done", _T.c.served_model.is_not(None))
    .group_by(*_CELL, _T.c.served_model)
    .order_by(func.count().desc(), func.min(_T.c.repeat))
)
