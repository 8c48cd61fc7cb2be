"""Which transcripts of a study an export holds."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.accounts.models import LOCAL
from app.annotations import narrowing  # noqa: F401 - live sets may ask by tag and coder
from app.batteries.models import Battery, BatteryVersion
from app.reading import sets
from app.reading.filters import BadFilter
from app.reading.models import WorkingSet
from app.runs.models import Run
from app.runs.queries import COUNTED
from app.studies.models import Study
from app.subjects.models import Subject
from app.transcripts.models import STATES, Transcript

ENDED = ("done", "failed", "cancelled", "impossible")


class SelectionError(ValueError):
    """A study or filter that there is not; the message names it, and what there is."""


@dataclass(frozen=True, slots=True)
class Filters:
    """What is wanted of a study; an empty filter lets all through. Draws still to be asked are left out, and so
    are those of runs that only try a text, unless they are named."""

    run: tuple[int, ...] = ()
    battery: tuple[str, ...] = ()
    subject: tuple[str, ...] = ()
    state: tuple[str, ...] = ENDED
    set: tuple[str, ...] = ()  # working sets by number or name; of several one is enough

    def shown(self) -> dict[str, Any]:
        """Return the filters as the manifest tells them."""
        return {name: list(value) for name, value in asdict(self).items()}


def study_named(session: Session, slug: str) -> Study:
    """Return a study; raise SelectionError naming those that there are."""
    found = session.scalar(select(Study).where(Study.slug == slug))
    if found is None:
        raise SelectionError(
            _unknown("study", slug, session.scalars(select(Study.slug).order_by(Study.slug)).all())
        )
    return found


def where(session: Session, study: Study, filters: Filters) -> list[ColumnElement[bool]]:
    """Return the conditions on transcripts; raise SelectionError for a filter that names nothing here."""
    for state in filters.state:
        if state not in STATES:
            raise SelectionError(_unknown("state", state, STATES))
    here = [Transcript.study_id == study.id, Transcript.state.in_(filters.state)]
    if filters.run:
        runs = session.scalars(select(Run.id).where(Run.study_id == study.id).order_by(Run.id)).all()
        for run in filters.run:
            if run not in runs:
                raise SelectionError(_unknown("run", run, runs))
        here.append(Transcript.run_id.in_(filters.run))
    else:
        here.append(Transcript.run_id.not_in(select(Run.id).where(~COUNTED)))
    if filters.battery:
        ids = _ids(session, "battery", Battery.slug, Battery.id, filters.battery)
        versions = select(BatteryVersion.id).where(BatteryVersion.battery_id.in_(ids))
        here.append(Transcript.battery_version_id.in_(versions))
    if filters.subject:
        ids = _ids(session, "subject", Subject.slug, Subject.id, filters.subject)
        here.append(Transcript.subject_id.in_(ids))
    if filters.set:
        here.append(_in_sets(session, study, filters))
    return here


def chosen_sets(session: Session, study: Study, filters: Filters) -> list[WorkingSet]:
    """Return the working sets that are wanted; raise SelectionError for one that there is not."""
    try:
        return [sets.named(session, study.id, word) for word in filters.set]
    except BadFilter as error:
        raise SelectionError(str(error)) from error


def _in_sets(session: Session, study: Study, filters: Filters) -> ColumnElement[bool]:
    try:
        each = [sets.conditions(session, one, LOCAL) for one in chosen_sets(session, study, filters)]
    except BadFilter as error:
        raise SelectionError(f"set: its filter cannot be asked any more: {error}") from error
    return or_(*(and_(*some) for some in each))


def _ids(
    session: Session,
    what: str,
    slug: InstrumentedAttribute[str],
    number: InstrumentedAttribute[int],
    wanted: Sequence[str],
) -> list[int]:
    known: dict[str, int] = dict(session.execute(select(slug, number).order_by(slug)).all())
    for one in wanted:
        if one not in known:
            raise SelectionError(_unknown(what, one, list(known)))
    return [known[one] for one in wanted]


def _unknown(what: str, found: object, known: Sequence[object]) -> str:
    listed = ", ".join(str(one) for one in known[:20]) + (", …" if len(known) > 20 else "")
    return f"found no {what} {found!r}, expected one of {listed}" if known else f"found no {what} at all"
