"""Working sets: transcripts of a study under a name, live as a filter or frozen as they are, and never changed."""

import hashlib
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any
from urllib.parse import parse_qs

from sqlalchemy import ColumnElement, and_, false, func, insert, literal, or_, select
from sqlalchemy.orm import Session

from app.db import now
from app.live.log import record
from app.reading.asking import conditions as asked
from app.reading.asking import line_of
from app.reading.filters import BadFilter, Filter, Further, read, register
from app.reading.models import WorkingSet, WorkingSetMember
from app.studies.models import Study
from app.transcripts.models import Instance, Transcript
from app.transcripts.told import row_number

LONGEST = 120  # characters of a name
# Filters that cannot be kept live, and why.
NEVER_LIVE = {
    "seen": "what is seen differs from person to person",
    "set": "a set made of sets would change its meaning with them",
}
MANY = 10_000  # members written at a time
AT_ONCE = 400  # transcripts asked about in one statement


class BadSet(ValueError):
    """A set that cannot be kept as asked; the message names the field."""


def filter_of(one: WorkingSet, study: str) -> Filter:
    """Return the filter that a set was made by; raise BadFilter where it cannot be read any more."""
    return read(parse_qs(one.filter), study=study)


def conditions(session: Session, one: WorkingSet, person_id: int) -> list[ColumnElement[bool]]:
    """Return what makes a transcript a member, as conditions; raise BadFilter where a live set's filter fails."""
    if one.kind == "frozen":
        return [
            Transcript.id.in_(select(WorkingSetMember.transcript_id).where(WorkingSetMember.set_id == one.id))
        ]
    study = session.scalars(select(Study.slug).where(Study.id == one.study_id)).one()
    return asked(session, filter_of(one, study), person_id)


def among(session: Session, members: Iterable[ColumnElement[bool]], ids: Iterable[int]) -> frozenset[int]:
    """Return which of these transcripts are members, as `conditions` tells them."""
    asked_about, found = iter(ids), set[int]()
    while some := list(islice(asked_about, AT_ONCE)):
        found.update(session.scalars(select(Transcript.id).where(Transcript.id.in_(some), *members)))
    return frozenset(found)


def why_not_live(wanted: Filter) -> str:
    """Return why a filter cannot be kept live, '' where it can; raise BadFilter where it cannot be read."""
    if line_of(wanted).scanned:
        return "a pattern, /…/, is read for text by text"
    return next((NEVER_LIVE[name] for name, _ in wanted.more if name in NEVER_LIVE), "")


def of_study(session: Session, study_id: int) -> Sequence[WorkingSet]:
    """Return a study's sets, newest first, those that were put away last."""
    query = select(WorkingSet).where(WorkingSet.study_id == study_id)
    return session.scalars(query.order_by(WorkingSet.archived_at.is_not(None), WorkingSet.id.desc())).all()


def keep_live(
    session: Session, study: Study, name: str, reason: str, wanted: Filter, person_id: int
) -> WorkingSet:
    """Keep a filter under a name; its members are whatever it finds whenever it is asked.

    Raise BadSet for a name that is taken or missing, and for what cannot be live: what is seen differs from person
    to person, and a pattern is read for text by text. Raise BadFilter where the filter names what there is not.
    """
    why_not = why_not_live(wanted)
    if why_not:
        raise BadSet(f"kind: {why_not}; freeze it")
    asked(session, wanted, person_id)
    return _put(session, study, name, reason, wanted, "live", person_id)


def freeze(
    session: Session,
    study: Study,
    name: str,
    reason: str,
    wanted: Filter,
    person_id: int,
    members: Iterable[int] | None = None,
) -> WorkingSet:
    """Keep the transcripts that a filter finds now, under their hash; `members` where they were read for already.

    Raise BadSet for a name that is taken or missing and for a set that would be empty.
    """
    made = _put(session, study, name, reason, wanted, "frozen", person_id)
    if members is None:
        found = select(literal(made.id), Transcript.id).where(*asked(session, wanted, person_id))
        session.execute(insert(WorkingSetMember).from_select(["set_id", "transcript_id"], found))
    else:
        _insert(session, made.id, members)
    made.size, made.sha256 = fingerprint(session, made.id)
    if not made.size:
        raise BadSet("filter: it finds nothing, and a frozen set never grows")
    session.flush()
    return made


def fingerprint(session: Session, set_id: int) -> tuple[int, str]:
    """Return how many members a set has, and their hash.

    It is SHA-256 over a line for each, `<instance>:t<id> <sha256 of the transcript, or its state>`, by id: equal
    for equal texts, and anybody who has the export can compute it.
    """
    instance = session.scalars(select(Instance.name)).one()
    members = (
        select(Transcript.id, func.coalesce(Transcript.sha256, Transcript.state))
        .join(WorkingSetMember, WorkingSetMember.transcript_id == Transcript.id)
        .where(WorkingSetMember.set_id == set_id)
        .order_by(Transcript.id)
        .execution_options(yield_per=MANY)
    )
    size, digest = 0, hashlib.sha256()
    for number, state in session.execute(members):
        size += 1
        digest.update(f"{instance}:t{number} {state}\n".encode())
    return size, digest.hexdigest()


def reword(session: Session, one: WorkingSet, name: str, reason: str, person_id: int) -> None:
    """Change a set's name and reason; what it means stays."""
    before = {"name": one.name, "reason": one.reason}
    one.name, one.reason = _named(session, one.study_id, name, besides=one.id), _reason(reason)
    record(session, "set.reworded", {"set": one.id}, study=one.study_id, actor=person_id, before=before,
           after={"name": one.name, "reason": one.reason})  # fmt: skip


def put_away(session: Session, one: WorkingSet, away: bool, person_id: int) -> None:
    """Take a set out of the lists, or back into them; its page and its links stay."""
    one.archived_at = now() if away else None
    record(session, "set.put_away" if away else "set.taken_back", {"set": one.id}, study=one.study_id,
           actor=person_id)  # fmt: skip


def size(session: Session, one: WorkingSet, person_id: int, most: int) -> int:
    """Return how many members a set has now, counted to `most` at most where it is live."""
    if one.size is not None:
        return one.size
    some = select(Transcript.id).where(*conditions(session, one, person_id)).limit(most).subquery()
    return session.scalar(select(func.count()).select_from(some)) or 0


def _put(
    session: Session, study: Study, name: str, reason: str, wanted: Filter, kind: str, person_id: int
) -> WorkingSet:
    made = WorkingSet(
        study_id=study.id, name=_named(session, study.id, name), reason=_reason(reason), kind=kind,
        filter=wanted.query(without_study=True), person_id=person_id,
    )  # fmt: skip
    session.add(made)
    session.flush()
    record(session, "set.kept", {"set": made.id}, study=study.id, actor=person_id)
    return made


def _named(session: Session, study_id: int, name: str, besides: int = 0) -> str:
    name = " ".join(name.split())
    if not name:
        raise BadSet("name: a set needs a name")
    if len(name) > LONGEST:
        raise BadSet(f"name: found {len(name)} letters, expected at most {LONGEST}")
    taken = select(WorkingSet.id).where(
        WorkingSet.study_id == study_id, WorkingSet.name == name, WorkingSet.id != besides
    )
    if session.scalar(taken) is not None:
        raise BadSet(f"name: this study has a set “{name}” already")
    return name


def _reason(reason: str) -> str:
    if not reason.strip():
        raise BadSet(
            "reason: say in a line why these belong together; it stands beside the set wherever it is used"
        )
    return reason.strip()


def _insert(session: Session, set_id: int, members: Iterable[int]) -> None:
    batch: list[dict[str, Any]] = []
    for number in sorted(set(members)):
        batch.append({"set_id": set_id, "transcript_id": number})
        if len(batch) == MANY:
            session.execute(insert(WorkingSetMember), batch)
            batch.clear()
    if batch:
        session.execute(insert(WorkingSetMember), batch)


def named(session: Session, study_id: int, word: str) -> WorkingSet:
    """Return a study's set by its number or its name; raise BadFilter naming those that there are."""
    here = select(WorkingSet).where(WorkingSet.study_id == study_id)
    number = row_number(word)
    by = WorkingSet.id == number if number else WorkingSet.name == word
    found = session.scalar(here.where(by))
    if found is None:
        known = session.scalars(
            select(WorkingSet.name).where(WorkingSet.study_id == study_id).limit(20)
        ).all()
        there = f"one of {', '.join(known)}" if known else "nothing yet: this study has no set"
        raise BadFilter(f"set: found {word!r}, expected {there}")
    return found


# ------------------------------------------------------------------ a set as a filter


def _condition(session: Session, person_id: int, values: tuple[str, ...]) -> ColumnElement[bool]:
    each = []
    for word in values:
        one = session.get(WorkingSet, row_number(word))
        if one is None:
            raise BadFilter(f"set: found {word!r}, expected the number of a working set")
        each.append(and_(*conditions(session, one, person_id)))
    return or_(false(), *each)


def _choices(session: Session, person_id: int, study_id: int | None) -> Sequence[tuple[str, str]]:
    if study_id is None:
        return ()
    return [(str(one.id), one.name) for one in of_study(session, study_id) if one.archived_at is None]


register(Further("set", "Working set", lambda values: f"in set {' or '.join(values)}", _condition, _choices))
