"""Alembic's entry: runs on the connection that `app.schema.migrate` hands over."""

from alembic import context
from sqlalchemy import Connection

import app.accounts.models
import app.annotations.models
import app.batteries.models
import app.live.models
import app.reading.models
import app.runs.models
import app.studies.models
import app.subjects.models
import app.transcripts.models  # noqa: F401
from app.db import Base

target_metadata = Base.metadata


def include(_object: object, name: str | None, kind: str, _reflected: bool, _compared: object) -> bool:
    """Leave the full-text tables to the function that makes them."""
    return not (kind == "table" and name is not None and "_fts" in name)


def migrate(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=target_metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        include_object=include,
        compare_type=True,
        transaction_per_migration=False,
    )
    context.run_migrations()


migrate(context.config.attributes["connection"])
