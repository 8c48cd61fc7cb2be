"""In which order a person goes through the answers of a study: from one that they have not passed to the next."""

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import Session

from app.annotations.models import Pass, PassSame
from app.transcripts.models import Transcript


def left(person: int, study: int) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions of what a person has still to pass: finished, and no pass of theirs speaks of it."""
    own = (Pass.person_id == person, Pass.replaced_at.is_(None))
    direct = exists().where(Pass.transcript_id == Transcript.id, *own)
    same = exists().where(PassSame.transcript_id == Transcript.id, Pass.id == PassSame.pass_id, *own)
    return Transcript.study_id == study, Transcript.state == "done", ~direct, ~same


def after(session: Session, person: int, study: int, number: int = 0) -> int | None:
    """Return the next answer to pass after this one, from the first again at the end; None when all are passed."""
    query = select(Transcript.id).where(*left(person, study)).order_by(Transcript.id).limit(1)
    found = session.scalar(query.where(Transcript.id > number))
    return found or session.scalar(query.where(Transcript.id < number))


def progress(session: Session, person: int, study: int) -> tuple[int, int]:
    """Return how many finished answers of a study a person has passed, and how many there are."""
    done = (Transcript.study_id == study, Transcript.state == "done")
    total = session.scalar(select(func.count()).select_from(Transcript).where(*done)) or 0
    rest = session.scalar(select(func.count()).select_from(Transcript).where(*left(person, study))) or 0
    return total - rest, total
