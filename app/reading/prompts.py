"""Prompts that are searched as prompts: each once, with the study that asked it last as the way to its answers."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from markupsafe import Markup
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from app.batteries.models import Battery, BatteryPrompt, Prompt
from app.batteries.shape import PromptShape
from app.db import TooSlow, reading, within
from app.reading.asking import full_text, line_of
from app.reading.filters import Filter
from app.reading.found import SECONDS
from app.reading.frames import Spans
from app.reading.hits import Cursor
from app.reading.lines import snippet
from app.reading.look import PAGE, Look
from app.reading.matching import of_prompts
from app.reading.narrowed import prompts_of, study_of
from app.reading.scanning import Cut, scanner
from app.reading.terms import Terms, spans
from app.runs.models import Run, Wave, WaveBattery
from app.runs.queries import COUNTED
from app.studies.models import Study

MOST_READ = 5000  # prompts that are read for a pattern


@dataclass(frozen=True, slots=True)
class PromptLine:
    """A prompt that was found: what it says, where it stands, and the study whose answers are nearest."""

    id: int
    battery: str
    battery_title: str
    key: str
    title: str
    family: str
    variant: str
    theme: str
    mode: str
    text: str
    spans: Spans
    study: str = ""
    study_title: str = ""

    @property
    def library(self) -> str:
        return f"/library/batteries/{self.battery}#{self.key}"

    def href(self, hide: str = "") -> str:
        """Return the address of its answers on Compare, of its battery where nobody asked it yet."""
        if not self.study:
            return self.library
        hidden = f"?hide={hide}" if hide else ""
        return f"/studies/{self.study}/compare/{self.battery}/{self.key}{hidden}"

    @property
    def snippet(self) -> Markup:
        return snippet(self.text, self.spans)


@dataclass(frozen=True, slots=True)
class Prompts:
    """A page of prompts, newest first."""

    lines: list[PromptLine]
    older: str = ""
    newer: str = ""
    cut: bool = False


def search_prompts(look: Look, person_id: int, limit: int = PAGE) -> Prompts:
    """Find the prompts that an address asks for; raise BadFilter."""
    part, line = look.part(limit + 1), line_of(look.filter)
    try:
        with reading() as session, within(session, SECONDS):
            query = _query(session, look.filter, line)
            if line.scanned:
                query = query if part.before is None else query.where(Prompt.id < part.before.key)
                found, cut = _read(session, query, line)
                older = str(found[limit - 1].id) if len(found) > limit else ""
                return Prompts(_with_studies(session, look.filter, found[:limit]), older, cut=cut)
            return _page(session, look.filter, line, query, part.before, part.after, limit)
    except TooSlow:
        return Prompts([], cut=True)


def _query(session: Session, wanted: Filter, line: Terms) -> Select[*tuple[Any, ...]]:
    """Return the query of prompts that have the words and stand where the filter says."""
    study_id = study_of(session, wanted)
    query = select(Prompt, Battery.slug, Battery.title).join(Battery, Battery.id == Prompt.battery_id)
    asked = prompts_of(session, wanted)
    if asked is not None:
        query = query.where(Prompt.id.in_(asked))
    if study_id is not None or wanted.runs:
        query = query.where(Prompt.id.in_(_asked_by(study_id, wanted.runs)))
    match = of_prompts(line)
    if match.words:
        full = full_text(session, replace(match, without=()), "prompts_fts")
        query = query.where(Prompt.id.in_(select(full.id).where(full.matches)))
    if match.without:
        full = full_text(session, replace(match, words=(match.without,), without=()), "prompts_fts")
        query = query.where(Prompt.id.not_in(select(full.id).where(full.matches)))
    return query.order_by(Prompt.id.desc())


def _asked_by(study_id: int | None, runs: Sequence[int]) -> Select[*tuple[Any, ...]]:
    query = (
        select(BatteryPrompt.prompt_id)
        .join(WaveBattery, WaveBattery.version_id == BatteryPrompt.version_id)
        .join(Wave, Wave.id == WaveBattery.wave_id)
        .join(Run, Run.id == Wave.run_id)
    )
    query = query.where(Run.study_id == study_id) if study_id is not None else query
    return query.where(Run.id.in_(runs)) if runs else query.where(COUNTED)


def _page(
    session: Session, wanted: Filter, line: Terms, query: Select[*tuple[Any, ...]], before: Cursor | None,
    after: Cursor | None, limit: int,
) -> Prompts:  # fmt: skip
    if before is not None:
        query = query.where(Prompt.id < before.key)
    if after is not None:
        query = query.where(Prompt.id > after.key).order_by(None).order_by(Prompt.id)
    rows = session.execute(query.limit(limit + 1)).all()
    shown = rows[:limit][::-1] if after is not None else rows[:limit]
    told = [_line(row, spans(_said(row[0]), line.shown)) for row in shown]
    beyond = len(rows) > limit
    older = str(told[-1].id) if told and (beyond if after is None else True) else ""
    newer = str(told[0].id) if told and (beyond if after is not None else before is not None) else ""
    return Prompts(_with_studies(session, wanted, told), older, newer)


def _read(session: Session, query: Select[*tuple[Any, ...]], line: Terms) -> tuple[list[PromptLine], bool]:
    """Read prompts for patterns, in the scanner's process."""
    rows = session.execute(query.limit(MOST_READ)).all()
    try:
        with scanner(line, SECONDS) as one:
            one.send([_said(row[0]) for row in rows])
            return [_line(rows[place], places) for place, places in one.answer()], False
    except Cut:
        return [], True


def _said(prompt: Prompt) -> str:
    return "\n".join(turn.words for turn in PromptShape.model_validate(prompt.shape).turns)


def _line(row: Any, places: Spans) -> PromptLine:
    prompt, battery, title = row
    kept = {
        name: getattr(prompt, name) for name in ("id", "key", "title", "family", "variant", "theme", "mode")
    }
    return PromptLine(battery=battery, battery_title=title, text=_said(prompt), spans=places, **kept)


def _with_studies(session: Session, wanted: Filter, some: list[PromptLine]) -> list[PromptLine]:
    """Give each prompt the study (that of the filter, else any) whose newest run asks it."""
    newest = (
        select(BatteryPrompt.prompt_id, func.max(Run.id).label("run"))
        .join(WaveBattery, WaveBattery.version_id == BatteryPrompt.version_id)
        .join(Wave, Wave.id == WaveBattery.wave_id)
        .join(Run, Run.id == Wave.run_id)
        .join(Study, Study.id == Run.study_id)
        .where(BatteryPrompt.prompt_id.in_([one.id for one in some]), COUNTED)
        .group_by(BatteryPrompt.prompt_id)
    )
    if wanted.study:
        newest = newest.where(Study.slug == wanted.study)
    of = newest.subquery()
    query = (
        select(of.c.prompt_id, Study.slug, Study.title)
        .join(Run, Run.id == of.c.run)
        .join(Study, Study.id == Run.study_id)
    )
    studies = {prompt: (slug, title) for prompt, slug, title in session.execute(query)}
    return [
        replace(one, study=slug, study_title=title)
        for one in some
        for slug, title in [studies.get(one.id, ("", ""))]
    ]
