"""What a person has seen: marks on answers, put and taken back in batches, and counted cell by cell.

An answer is seen once it was shown to a person in full. Marks are theirs alone: no event tells of them, no other
page shows them, and nothing that is kept printed holds them.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Table, and_, case, delete, exists, func, or_, select
from sqlalchemy.orm import Session

from app.db import now
from app.reading.filters import BadFilter, Further, register
from app.reading.models import SeenMark
from app.transcripts.bulk import at, insert_new
from app.transcripts.models import Transcript

AT_ONCE = 400  # rows a statement, well under SQLite's limit of variables
MARKS: Table = SeenMark.__table__  # type: ignore[assignment]
# The key of a mark as a transcript has it, from its study to its cell; what is not told is 0 there.
CELL: dict[str, Any] = {
    "study_id": Transcript.study_id,
    "prompt_id": func.coalesce(Transcript.prompt_id, 0),
    "subject_version_id": func.coalesce(Transcript.subject_version_id, 0),
    "temperature_milli": Transcript.temperature_milli,
    "run_id": Transcript.run_id,
}
YES, NO = "yes", "no"


@dataclass(frozen=True, slots=True)
class CellCount:
    """The draws of a cell in one run: all, those that are answers, and how many of these a person has seen.

    `equal_sha256` is that of all its draws.
    """

    prompt_id: int
    subject_version_id: int
    temperature_milli: int
    run_id: int
    n: int
    done: int
    seen: int
    equal_sha256: str


def mark(session: Session, person_id: int, transcript_ids: Collection[int], seen: bool) -> list[int]:
    """Mark finished answers as seen by a person, or as not; return those that were otherwise before, in order.

    A second time changes nothing. What is no finished answer cannot be seen, and is left out.
    """
    changed: list[int] = []
    for some in _batches(sorted(set(transcript_ids))):
        rows = session.execute(_found(person_id, some)).all()
        news = [row for row in rows if (row.person_id is not None) != seen]
        if seen:
            moment = at(now())
            insert_new(session.connection(), MARKS, [_mark(row, person_id, moment) for row in news])
        else:
            _take_back(session, person_id, news)
        changed += [row.id for row in news]
    return changed


def _batches(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    return (ids[start : start + AT_ONCE] for start in range(0, len(ids), AT_ONCE))


def _found(person_id: int, ids: Sequence[int]) -> Any:
    """Return a query of finished transcripts with the keys of their marks; `person_id` is null where none is."""
    return (
        select(Transcript.id, *(value.label(name) for name, value in CELL.items()), SeenMark.person_id)
        .outerjoin(SeenMark, _is_of(person_id))
        .where(Transcript.id.in_(ids), Transcript.state == "done")
        .order_by(Transcript.id)
    )


def _is_of(person_id: int) -> ColumnElement[bool]:
    """Return the condition that a mark is a person's on a transcript; by the whole key of marks."""
    of_cell = [getattr(SeenMark, name) == value for name, value in CELL.items()]
    return and_(SeenMark.person_id == person_id, *of_cell, SeenMark.transcript_id == Transcript.id)


def _mark(row: Any, person_id: int, moment: int) -> dict[str, Any]:
    of_cell = {name: getattr(row, name) for name in CELL}
    return {"person_id": person_id, **of_cell, "transcript_id": row.id, "at": moment}


def _take_back(session: Session, person_id: int, rows: Sequence[Any]) -> None:
    by_cell: dict[tuple[int, ...], list[int]] = defaultdict(list)
    for row in rows:
        by_cell[tuple(getattr(row, name) for name in CELL)].append(row.id)
    for cell, ids in by_cell.items():
        of_cell = [getattr(SeenMark, name) == value for name, value in zip(CELL, cell, strict=True)]
        of = (SeenMark.person_id == person_id, *of_cell, SeenMark.transcript_id.in_(ids))
        session.execute(delete(SeenMark).where(*of))


def seen_of(session: Session, person_id: int, study_id: int, prompt_ids: Collection[int]) -> set[int]:
    """Return the answers to some prompts of a study that a person has seen."""
    return set(
        session.scalars(
            select(SeenMark.transcript_id).where(
                SeenMark.person_id == person_id, SeenMark.study_id == study_id,
                SeenMark.prompt_id.in_(prompt_ids),
            )
        )
    )  # fmt: skip


def is_seen(session: Session, person_id: int, transcript_id: int) -> bool:
    """Tell whether a person has seen one answer."""
    return bool(session.scalar(select(exists().where(Transcript.id == transcript_id, _is_of(person_id)))))


def cells(
    session: Session,
    person_id: int,
    study_id: int,
    prompt_ids: Collection[int],
    narrowed: Sequence[ColumnElement[bool]] = (),
) -> list[CellCount]:
    """Count the draws of some prompts of a study, run by run: one walk over an index for all, one for the seen.

    `narrowed` are conditions on transcripts: what they leave is counted, draw by draw.
    """
    cell = (
        Transcript.prompt_id,
        Transcript.subject_version_id,
        Transcript.temperature_milli,
        Transcript.run_id,
    )
    done = func.sum(case((Transcript.state == "done", 1), else_=0))
    of = (Transcript.study_id == study_id, Transcript.prompt_id.in_(prompt_ids), *narrowed)
    counted = select(*cell, func.count(), done, func.min(Transcript.equal_sha256)).where(*of).group_by(*cell)
    if narrowed:
        read = select(*cell, func.count()).join(SeenMark, _is_of(person_id)).where(*of).group_by(*cell)
        seen = _by_cell(session, read)
    else:
        seen = _by_cell(session, _marked(person_id, study_id, prompt_ids))
    return [
        CellCount(prompt, version, milli, run, n, finished, seen.get((prompt, version, milli, run), 0), equal)
        for prompt, version, milli, run, n, finished, equal in session.execute(counted)
        if version is not None
    ]


def _by_cell(session: Session, counted: Any) -> dict[tuple[int, int, int, int], int]:
    return {(prompt, version, milli, run): n for prompt, version, milli, run, n in session.execute(counted)}


def _marked(person_id: int, study_id: int, prompt_ids: Collection[int]) -> Any:
    cell = (SeenMark.prompt_id, SeenMark.subject_version_id, SeenMark.temperature_milli, SeenMark.run_id)
    of = (SeenMark.person_id == person_id, SeenMark.study_id == study_id, SeenMark.prompt_id.in_(prompt_ids))
    return select(*cell, func.count()).where(*of).group_by(*cell)


def with_unseen(session: Session, person_id: int, study_id: int, prompt_ids: Collection[int]) -> set[int]:
    """Return those prompts of which a person may have something left to see: those with more draws than marks.

    Both are counted in an index alone, so that a study that is read almost to its end is searched for the rest
    without looking at its answers. What failed or is impossible counts as a draw here: look again by `cells`.
    """
    drawn = dict(session.execute(_by_prompt(Transcript, Transcript.study_id == study_id, prompt_ids)).all())
    seen = SeenMark.study_id == study_id, SeenMark.person_id == person_id
    marks = dict(session.execute(_by_prompt(SeenMark, and_(*seen), prompt_ids)).all())
    return {prompt for prompt, n in drawn.items() if n > marks.get(prompt, 0)}


def _by_prompt(table: Any, of: ColumnElement[bool], prompt_ids: Collection[int]) -> Any:
    counted = select(table.prompt_id, func.count()).where(of, table.prompt_id.in_(prompt_ids))
    return counted.group_by(table.prompt_id)


def of_runs(session: Session, person_id: int, runs: Collection[tuple[int, int]]) -> dict[int, int]:
    """Return how many answers of runs, given as (study, run), a person has seen."""
    found: dict[int, int] = {}
    for study, run in runs:
        of = (SeenMark.person_id == person_id, SeenMark.study_id == study, SeenMark.run_id == run)
        found[run] = session.scalar(select(func.count()).select_from(SeenMark).where(*of)) or 0
    return found


# ------------------------------------------------------------------ seen as a filter


def _condition(session: Session, person_id: int, values: tuple[str, ...]) -> ColumnElement[bool]:
    wrong = next((value for value in values if value not in (YES, NO)), None)
    if wrong is not None:
        raise BadFilter(f"seen: found {wrong!r}, expected yes or no")
    marked = exists().where(_is_of(person_id))
    return or_(*(marked if value == YES else ~marked for value in values))


def _said(values: tuple[str, ...]) -> str:
    return " or ".join("that I have seen" if value == YES else "that I have not seen" for value in values)


def _choices(session: Session, person_id: int, study_id: int | None) -> Sequence[tuple[str, str]]:
    return ((NO, "not seen by me"), (YES, "seen by me"))


register(Further("seen", "Seen", _said, _condition, _choices))
