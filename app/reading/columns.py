"""k of n by column: how many of a subject's answers at a temperature have what is looked for.

n counts the finished answers under the filter, k those with at least one hit; draws served by another model than
most of their cell are left out of both, and told. An interval stands only where all are of one cell: over several
prompts draws are not independent.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.reading.asking import full_text
from app.reading.hits import Asked, joined
from app.subjects.models import Subject, SubjectVersion
from app.transcripts.models import Transcript
from app.transcripts.shares import Share, wilson
from app.transcripts.told import column_token, temperature_said

MOST_GROUPS = 20_000
AT_ONCE = 500  # transcripts looked up in one statement
Key = tuple[int | None, int]  # a subject at a temperature
T = Transcript
GROUP = (T.subject_id, T.temperature_milli, T.run_id, T.prompt_id, T.subject_version_id, T.served_model)


class TooMany(Exception):
    """There are more cells than are counted for one page."""


class Group(NamedTuple):
    """Draws of one cell that one model served."""

    subject_id: int | None
    temperature_milli: int
    run_id: int
    prompt_id: int | None
    version_id: int | None
    served: str | None

    @property
    def column(self) -> Key:
        return self.subject_id, self.temperature_milli

    @property
    def cell(self) -> tuple[int, int | None, int | None, int]:
        return self.run_id, self.prompt_id, self.version_id, self.temperature_milli


@dataclass(slots=True)
class Column:
    """A subject at a temperature. `cells` are (prompt, subject version); `apart` draws another model served."""

    subject_id: int | None
    temperature_milli: int
    k: int = 0
    n: int = 0
    apart: int = 0
    cells: set[tuple[int | None, int | None]] = field(default_factory=set)
    runs: set[int] = field(default_factory=set)
    slug: str = ""
    name: str = ""
    stage: str = ""

    @property
    def key(self) -> Key:
        return self.subject_id, self.temperature_milli

    @property
    def token(self) -> str:
        return column_token(self.slug, self.temperature_milli)

    @property
    def temperature(self) -> str:
        return temperature_said(self.temperature_milli)

    @property
    def share(self) -> Share | None:
        """k of n with Wilson's interval, None where the draws are of several cells or replicates (T = 0)."""
        return wilson(self.k, self.n) if len(self.cells) == 1 and self.temperature_milli != 0 else None


def drawn(session: Session, asked: Asked) -> Counter[Group]:
    """Count the answers under a filter, whatever they say; raise TooMany."""
    query = select(*GROUP, func.count()).where(*asked.narrowed.all).group_by(*GROUP)
    return _groups(session.execute(query.limit(MOST_GROUPS + 1)).all())


def with_words(session: Session, asked: Asked) -> Counter[Group]:
    """Count the answers that have the words looked for."""
    full = full_text(session, asked.match)
    query = joined(full.of, asked, *GROUP, func.count(T.id.distinct())).where(full.matches)
    return _groups(session.execute(query.group_by(*GROUP)).all())


def of_transcripts(session: Session, ids: Iterable[int]) -> Counter[Group]:
    """Count these transcripts."""
    found: Counter[Group] = Counter()
    for some in _portions(sorted(ids)):
        query = select(*GROUP, func.count()).where(T.id.in_(some)).group_by(*GROUP)
        found.update(_groups(session.execute(query).all()))
    return found


def columns_of_transcripts(session: Session, ids: Iterable[int]) -> dict[int, Key]:
    """Return the column of each of these transcripts."""
    found: dict[int, Key] = {}
    for some in _portions(sorted(ids)):
        query = select(T.id, T.subject_id, T.temperature_milli).where(T.id.in_(some))
        found.update({number: (subject, milli) for number, subject, milli in session.execute(query)})
    return found


def columns(drawn: Mapping[Group, int], having: Mapping[Group, int]) -> list[Column]:
    """Return the columns of these draws, each with how many of them have what is looked for."""
    usual: dict[Any, tuple[int, str]] = {}
    for group, number in drawn.items():
        if group.served:
            usual[group.cell] = max(usual.get(group.cell, (0, "")), (number, group.served))
    found: dict[Key, Column] = {}
    for group, number in drawn.items():
        column = found.setdefault(group.column, Column(*group.column))
        if group.served and usual[group.cell][1] != group.served:
            column.apart += number
            continue
        column.n += number
        column.k += having.get(group, 0)
        column.cells.add((group.prompt_id, group.version_id))
        column.runs.add(group.run_id)
    return sorted(found.values(), key=lambda one: (one.subject_id or 0, one.temperature_milli))


def name(session: Session, some: Sequence[Column]) -> None:
    """Give columns the names and stages of their subjects, as the newest version of each has them."""
    newest = select(func.max(SubjectVersion.id)).group_by(SubjectVersion.subject_id)
    query = (
        select(Subject.id, Subject.slug, Subject.name, SubjectVersion.snapshot["stage"].as_string())
        .join(SubjectVersion, SubjectVersion.subject_id == Subject.id)
        .where(Subject.id.in_({one.subject_id for one in some}), SubjectVersion.id.in_(newest))
    )
    known = {number: told for number, *told in session.execute(query)}
    for one in some:
        one.slug, one.name, one.stage = known.get(one.subject_id, ("", "no subject", ""))
        one.name = one.name or one.slug


def _groups(rows: Sequence[Any]) -> Counter[Group]:
    if len(rows) > MOST_GROUPS:
        raise TooMany
    return Counter({Group(*row[:-1]): row[-1] for row in rows})


def _portions(ids: Sequence[int]) -> Iterable[Sequence[int]]:
    return (ids[at : at + AT_ONCE] for at in range(0, len(ids), AT_ONCE))
