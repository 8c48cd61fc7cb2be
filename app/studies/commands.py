"""Writes of studies."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.shape import differing
from app.studies.models import Study
from app.studies.shape import StudyHead, Wanted

NEW = "new"
UNCHANGED = "unchanged"


def put_study(session: Session, head: StudyHead, wanted: Wanted) -> tuple[Study, str]:
    """Register a study, or bring it up to date; return it and in words what became of it."""
    row = session.scalar(select(Study).where(Study.slug == head.slug))
    values = {"title": head.title, "question": head.question, "wanted": wanted.model_dump(mode="json")}
    if row is None:
        row = Study(slug=head.slug, **values)
        session.add(row)
        session.flush()
        return row, NEW
    old = {name: getattr(row, name) for name in values}
    changed = list(differing(old, values))
    for name, value in values.items():
        if old[name] != value:
            setattr(row, name, value)
    session.flush()
    return (
        row,
        f"changed {', '.join(name.removeprefix('wanted.') for name in changed)}" if changed else UNCHANGED,
    )
