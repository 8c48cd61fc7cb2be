"""Reads of studies."""

from collections.abc import Collection, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.studies.models import Study
from app.studies.shape import Wanted


def studies(session: Session) -> Sequence[Study]:
    """Return every study, newest first."""
    return session.scalars(select(Study).order_by(Study.id.desc())).all()


def study(session: Session, slug: str) -> Study | None:
    """Return a study by its slug."""
    return session.scalar(select(Study).where(Study.slug == slug))


def wanted(study: Study) -> Wanted:
    """Return what a study's file asked for."""
    return Wanted.model_validate(study.wanted)


def naming(session: Session, *, subjects: Collection[str] = (), batteries: Collection[str] = ()) -> list[str]:
    """Return the slugs of the studies whose files name any of these subjects or batteries."""
    found = []
    for row in session.scalars(select(Study).order_by(Study.slug)):
        asked = wanted(row)
        if set(subjects) & set(asked.subjects) or set(batteries) & set(asked.batteries):
            found.append(row.slug)
    return found
