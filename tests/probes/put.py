"""Probes as they stand in the database, written without asking anybody."""

from typing import Any

from sqlalchemy import select

from app import db
from app.db import now
from app.subjects.commands import begin_probe, note_probe
from app.subjects.models import Endpoint, Probe


def finding(name: str, value: Any = None, standing: str = "found", says: str = "so it was") -> dict[str, Any]:
    """One finding as it is kept."""
    return {"name": name, "standing": standing, "value": value, "says": says, "evidence": []}


def put_probe(slug: str = "box", *, state: str = "done", served: str = "m-served", **found: Any) -> int:
    """Write a probe of an endpoint that found these values, by name; return its id."""
    with db.writing() as session:
        row = session.scalars(select(Endpoint).where(Endpoint.slug == slug)).one()
        probe = begin_probe(session, row)
        note_probe(
            session, probe.id, state=state, served_model=served, finished_at=now(),
            found=[finding(name, value) for name, value in found.items()],
        )  # fmt: skip
        return probe.id


def probe_of(number: int) -> Probe:
    """Return a probe as it stands."""
    with db.reading() as session:
        return session.get_one(Probe, number)
