"""What the filters of the API mean as conditions on transcripts."""

from typing import Any

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session

from app.batteries.models import Battery, Prompt
from app.runs.models import Run
from app.runs.queries import COUNTED
from app.studies.models import Study
from app.subjects.models import Subject
from app.transcripts.models import Transcript


class NoSuch(LookupError):
    """A filter names something that there is not; the message is one line."""


def conditions(
    session: Session,
    *,
    run: int | None = None,
    study: str | None = None,
    subject: str | None = None,
    prompt: str | None = None,
    state: str | None = None,
) -> list[ColumnElement[bool]]:
    """Return the conditions of these filters; `prompt` is a key or "battery/key". Raise NoSuch.

    Without a run, those of runs that only try a text are left out.
    """
    found: list[ColumnElement[bool]] = []
    if run is not None:
        found.append(Transcript.run_id == run)
    else:
        found.append(Transcript.run_id.not_in(select(Run.id).where(~COUNTED)))
    if study is not None:
        found.append(Transcript.study_id == study_id(session, study))
    if subject is not None:
        query = select(Subject.id).where(Subject.slug == subject)
        found.append(Transcript.subject_id.in_(_some(session, "subject", subject, query)))
    if prompt is not None:
        found.append(Transcript.prompt_id.in_(_some(session, "prompt", prompt, _prompts(prompt))))
    if state is not None:
        found.append(Transcript.state == state)
    return found


def study_id(session: Session, slug: str) -> int:
    """Return a study's id by its slug; raise NoSuch."""
    return _some(session, "study", slug, select(Study.id).where(Study.slug == slug))[0]


def _prompts(name: str) -> Select[Any]:
    battery, _, key = name.rpartition("/")
    query = select(Prompt.id).where(Prompt.key == key)
    return query.join(Battery).where(Battery.slug == battery) if battery else query


def _some(session: Session, what: str, name: str, query: Select[Any]) -> list[int]:
    found = list(session.scalars(query))
    if not found:
        raise NoSuch(f"{what}: found {name!r}, which is none of this database's")
    return found
