"""Reads beside a probe: which model served an endpoint's newest answer."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.runs.models import Wave, WaveSubject
from app.subjects.models import Subject, SubjectVersion
from app.transcripts.models import Transcript

RUNS = 8  # of the newest that ask the endpoint: one of them has answers, or the endpoint has none lately


def served_since(session: Session, endpoint_id: int, moment: datetime) -> tuple[str, int] | None:
    """Return the model that served an endpoint's newest answer after a moment, and that transcript's id.

    By way of the runs that ask it: an index leads from each to its answers, however many there are of others.
    """
    asking = session.execute(
        select(Wave.run_id, WaveSubject.version_id)
        .join(WaveSubject, WaveSubject.wave_id == Wave.id)
        .join(SubjectVersion, SubjectVersion.id == WaveSubject.version_id)
        .join(Subject, Subject.id == SubjectVersion.subject_id)
        .where(Subject.endpoint_id == endpoint_id)
        .order_by(Wave.run_id.desc())
        .limit(RUNS)
    )
    for run_id, version_id in asking:
        found = session.execute(
            select(Transcript.served_model, Transcript.id)
            .where(
                Transcript.run_id == run_id,
                Transcript.state == "done",
                Transcript.subject_version_id == version_id,
                Transcript.served_model.is_not(None),
                Transcript.finished_at > moment,
            )
            .order_by(Transcript.id.desc())
            .limit(1)
        ).first()
        if found is not None:
            return str(found.served_model), found.id
    return None
