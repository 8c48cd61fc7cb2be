"""A filter against this database: its names turned into ids, and its conditions into SQL.

What the full text knows by its scope tokens (subject, run, study) is kept apart from what only the tables know.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.batteries.models import Battery, BatteryVersion, Prompt
from app.reading.filters import STOPS, BadFilter, Filter, further
from app.runs.models import Run, Wave, WaveBattery
from app.runs.queries import COUNTED
from app.studies.models import Study
from app.subjects.models import Endpoint, Style, Subject
from app.transcripts.models import Transcript

MOST_TOKENS = 40  # of one kind: a longer row of alternatives costs more than it spares
NAMED = 12  # of what there is, where something that there is not was asked for


@dataclass(slots=True)
class Narrowed:
    """Conditions on `Transcript`, all of which hold: `told` are those that `tokens` say as well.

    Of each group of tokens one stands in a message's scope. A group may only hint at a condition that stands in
    `rest`: the runs that ask a battery, say. With `scope_alone` nothing but tokens and the state narrows.
    """

    tokens: list[tuple[str, ...]] = field(default_factory=list)
    told: list[ColumnElement[bool]] = field(default_factory=list)
    rest: list[ColumnElement[bool]] = field(default_factory=list)
    study_id: int | None = None
    scope_alone: bool = True

    @property
    def all(self) -> list[ColumnElement[bool]]:
        return self.told + self.rest

    def tell(self, kind: str, ids: Sequence[int], condition: ColumnElement[bool]) -> None:
        """Add a condition that tokens of this kind say, unless they would be too many."""
        if len(ids) > MOST_TOKENS:
            self.narrow(condition)
            return
        self.told.append(condition)
        self.hint(kind, ids)

    def hint(self, kind: str, ids: Sequence[int]) -> None:
        if len(ids) <= MOST_TOKENS:
            self.tokens.append(tuple(f"{kind}{one}" for one in ids) or (f"{kind}0",))

    def narrow(self, *conditions: ColumnElement[bool]) -> None:
        """Add conditions that only the tables know."""
        self.rest += conditions
        self.scope_alone = self.scope_alone and not conditions


def narrow(session: Session, wanted: Filter, person_id: int) -> Narrowed:
    """Turn all of a filter but its words into conditions; raise BadFilter where it names what there is not."""
    found = Narrowed(rest=list(_always(wanted)))
    found.study_id = study_of(session, wanted)
    if found.study_id is not None:
        found.tell("y", (found.study_id,), Transcript.study_id == found.study_id)
    if wanted.runs:
        _runs_exist(session, wanted, found.study_id)
        found.tell("r", wanted.runs, Transcript.run_id.in_(wanted.runs))
    subjects = _subjects(session, wanted)
    if subjects is not None:
        found.tell("s", subjects, Transcript.subject_id.in_(subjects))
    asked = prompts_of(session, wanted)
    if asked is not None:
        found.narrow(Transcript.prompt_id.in_(asked))
        if not (wanted.study or wanted.runs):
            found.hint("r", _runs_asking(session, asked))
    found.narrow(*_of_the_draw(wanted))
    found.narrow(*(_further(session, name, person_id, values) for name, values in wanted.more))
    return found


def study_of(session: Session, wanted: Filter) -> int | None:
    """Return the study of a filter; raise BadFilter where there is none of this name."""
    return _one(session, "study", Study, wanted.study) if wanted.study else None


def _always(wanted: Filter) -> Iterable[ColumnElement[bool]]:
    """Yield what holds of every search: the state; and no run that only tries a text, unless runs are named."""
    yield Transcript.state.in_(wanted.wanted_states)
    if not wanted.runs:
        yield Transcript.run_id.not_in(select(Run.id).where(~COUNTED))


def _of_the_draw(wanted: Filter) -> Iterable[ColumnElement[bool]]:
    if wanted.temperatures:
        yield Transcript.temperature_milli.in_(wanted.temperatures)
    if wanted.stops:
        yield Transcript.stop_class.in_([stop for name in wanted.stops for stop in STOPS[name]])


def _further(session: Session, name: str, person_id: int, values: tuple[str, ...]) -> ColumnElement[bool]:
    for one in further():
        if one.name == name:
            return one.condition(session, person_id, values)
    raise BadFilter(f"{name}: there is no such filter here")


def _subjects(session: Session, wanted: Filter) -> list[int] | None:
    """Return the subjects that are wanted by name and by style, None where both are open."""
    found: set[int] | None = None
    if wanted.subjects:
        found = set(_ids(session, "subject", Subject, wanted.subjects))
    if wanted.styles:
        styles = _ids(session, "style", Style, wanted.styles)
        query = select(Subject.id).join(Endpoint, Endpoint.id == Subject.endpoint_id)
        of_style = set(session.scalars(query.where(Endpoint.style_id.in_(styles))))
        found = of_style if found is None else found & of_style
    return None if found is None else sorted(found)


def prompts_of(session: Session, wanted: Filter) -> Select[int] | None:
    """Return a query of the prompts that are wanted, None where battery, prompt, theme and branch are open."""
    where: list[ColumnElement[bool]] = []
    if wanted.batteries:
        where.append(Prompt.battery_id.in_(_ids(session, "battery", Battery, wanted.batteries)))
    if wanted.prompts:
        where.append(or_(*(_named(session, name) for name in wanted.prompts)))
    if wanted.themes:
        where.append(Prompt.theme.in_(wanted.themes))
        _some(session, "theme", wanted.themes, Prompt.theme.in_(wanted.themes))
    if wanted.branches:
        below = or_(*(_below(branch) for branch in wanted.branches))
        where.append(below)
        _some(session, "branch", wanted.branches, below)
    return select(Prompt.id).where(*where) if where else None


def _named(session: Session, name: str) -> ColumnElement[bool]:
    battery, _, key = name.rpartition("/")
    found = Prompt.key == key
    if battery:
        found = found & (Prompt.battery_id == _one(session, "prompt", Battery, battery))
    _some(session, "prompt", (name,), found)
    return found


def _below(branch: str) -> ColumnElement[bool]:
    return (Prompt.branch == branch) | Prompt.branch.startswith(f"{branch.rstrip('/')}/", autoescape=True)


def _some(session: Session, what: str, names: Sequence[str], condition: ColumnElement[bool]) -> None:
    if session.scalar(select(Prompt.id).where(condition).limit(1)) is None:
        raise BadFilter(f"{what}: found {', '.join(map(repr, names))}, which no prompt here has")


def _runs_asking(session: Session, prompts: Select[int]) -> Sequence[int]:
    batteries = select(Prompt.battery_id).where(Prompt.id.in_(prompts))
    asking = (
        select(Wave.run_id)
        .join(WaveBattery, WaveBattery.wave_id == Wave.id)
        .join(BatteryVersion, BatteryVersion.id == WaveBattery.version_id)
        .where(BatteryVersion.battery_id.in_(batteries))
    )
    others = select(Run.id).where(Run.kind != "asked")  # they may hold prompts that no wave of theirs asks
    return session.scalars(asking.union(others).limit(MOST_TOKENS + 1)).all()


def _runs_exist(session: Session, wanted: Filter, study_id: int | None) -> None:
    here = [] if study_id is None else [Run.study_id == study_id]
    known = set(session.scalars(select(Run.id).where(Run.id.in_(wanted.runs), *here)))
    for run in wanted.runs:
        if run not in known:
            raise BadFilter(f"run: found {run}, which is no run{' of this study' if here else ' here'}")


def _one(session: Session, what: str, model: Any, slug: str) -> int:
    return _ids(session, what, model, (slug,))[0]


def _ids(session: Session, what: str, model: Any, slugs: Sequence[str]) -> list[int]:
    slug: InstrumentedAttribute[str] = model.slug
    known: dict[str, int] = dict(session.execute(select(slug, model.id).where(slug.in_(slugs))).all())
    for one in slugs:
        if one not in known:
            there = session.scalars(select(slug).order_by(slug).limit(NAMED + 1)).all()
            some = ", ".join(there[:NAMED]) + (", …" if len(there) > NAMED else "")
            raise BadFilter(f"{what}: found {one!r}, expected {f'one of {some}' if there else 'nothing yet'}")
    return [known[one] for one in slugs]
