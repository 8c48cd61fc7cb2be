"""What probes found of a study file's endpoints, for a command that writes nothing and makes no database."""

from collections.abc import Mapping
from pathlib import Path

from sqlalchemy import make_url

from app import db, schema
from app.db import open_database
from app.runs.study_shape import StudyFile
from app.settings import Settings
from app.subjects.queries import endpoints
from app.subjects.shape import Snapshot
from app.transcripts.probed import able_now

OLDER = "the database is at another version, so what was probed is not looked at: `styloscope migrate` brings it up"


def as_probed(file: StudyFile, settings: Settings) -> tuple[Mapping[str, Snapshot], str]:
    """Return a file's subjects as a run begun now would ask them, and why no probe was looked at ('' = nothing).

    An endpoint is the database's where slug, wire, address, model, dialect, upstream and headers are the same.
    """
    if settings.embedded and not Path(make_url(settings.url).database or "").exists():
        return file.snapshots, ""
    try:
        database = open_database(settings)
        if schema.version(database) != schema.HEAD:
            return file.snapshots, OLDER
    except schema.SchemaError as error:
        return file.snapshots, f"what was probed is not looked at: {error}"
    with db.reading() as session:
        known = {row.slug: row.id for row in endpoints(session)}
        asked = {slug: (known.get(one.endpoint, 0), one) for slug, one in file.snapshots.items()}
        return able_now(session, asked), ""
