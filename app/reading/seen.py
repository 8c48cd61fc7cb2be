"""What a person has seen: marks on answers, put and taken back in batches, and counted cell by cell.

An answer is seen once it was shown to a person in full. Marks are theirs alone: no event tells of them, no other
page shows them, and nothing that is kept printed holds them.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Table, and_, delete, exists, func, or_, select
from sqlalchemy.orm import Session

from app.db import now
from app.reading.filters import BadFilter, Further, register
from app.reading.models import SeenMark
from app.transcripts.bulk import at, insert_new
from app.transcripts.models import Transcript

AT_ONCE = 400  # rows a statement, well under SQLite's limit of variables
MARKS: Table = SeenMark.__table__  # type: ignore[assignment]
PROMPT = func.coalesce(Transcript.prompt_id, 0)
YES, NO = "yes", "no"


@dataclass(frozen=True, slots=True)
class CellCount:
    """The finished answers of a cell in one run, and how many of them a person has seen."""

    prompt_id: int
    subject_version_id: int
    temperature_milli: int
    run_id: int
    done: int
    seen: int


def mark(session: Session, person_id: int, transcript_ids: Collection[int], seen: bool) -> list[int]:
    """Mark finished answers as seen by a person, or as not; return those that were otherwise before.

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
    return (
        select(Transcript.id, Transcript.study_id, PROMPT.label("prompt_id"), Transcript.run_id,
               Transcript.subject_version_id, Transcript.temperature_milli, SeenMark.person_id)
        .outerjoin(SeenMark, _is_of(person_id))
        .where(Transcript.id.in_(ids), Transcript.state == "done")
    )  # fmt: skip


def _is_of(person_id: int) -> ColumnElement[bool]:
    """Return the condition that a mark is a person's on a transcript; by the whole key of marks."""
    return and_(
        SeenMark.person_id == person_id,
        SeenMark.study_id == Transcript.study_id,
        SeenMark.prompt_id == PROMPT,
        SeenMark.transcript_id == Transcript.id,
    )


def _mark(row: Any, person_id: int, moment: int) -> dict[str, Any]:
    return {
        "person_id": person_id, "study_id": row.study_id, "prompt_id": row.prompt_id, "transcript_id": row.id,
        "run_id": row.run_id, "subject_version_id": row.subject_version_id,
        "temperature_milli": row.temperature_milli, "at": moment,
    }  # fmt: skip


def _take_back(session: Session, person_id: int, rows: Sequence[Any]) -> None:
    by_prompt: dict[tuple[int, int], list[int]] = defaultdict(list)
    for row in rows:
        by_prompt[row.study_id, row.prompt_id].append(row.id)
    for (study, prompt), ids in by_prompt.items():
        session.execute(
            delete(SeenMark).where(
                SeenMark.person_id == person_id, SeenMark.study_id == study, SeenMark.prompt_id == prompt,
                SeenMark.transcript_id.in_(ids),
            )
        )  # fmt: skip


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


def is_seen(session: Session, person_id: int, study_id: int, prompt_id: int | None, number: int) -> bool:
    """Tell whether a person has seen one answer."""
    key = (person_id, study_id, prompt_id or 0, number)
    return session.get(SeenMark, key) is not None


def cells(session: Session, person_id: int, study_id: int, prompt_ids: Collection[int]) -> list[CellCount]:
    """Count finished and seen answers of some prompts of a study, run by run: one walk over an index for each."""
    seen = _counted(session, SeenMark, study_id, prompt_ids, SeenMark.person_id == person_id)
    done = _counted(session, Transcript, study_id, prompt_ids, Transcript.state == "done")
    return [
        CellCount(prompt, version, milli, run, n, seen.get((prompt, version, milli, run), 0))
        for (prompt, version, milli, run), n in done.items()
    ]


def _counted(
    session: Session, table: Any, study_id: int, prompt_ids: Collection[int], condition: ColumnElement[bool]
) -> dict[tuple[int, int, int, int], int]:
    cell = (table.prompt_id, table.subject_version_id, table.temperature_milli, table.run_id)
    of = (table.study_id == study_id, table.prompt_id.in_(prompt_ids), condition)
    rows = session.execute(select(*cell, func.count()).where(*of).group_by(*cell))
    return {
        (prompt, version, milli, run): n for prompt, version, milli, run, n in rows if version is not None
    }


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
