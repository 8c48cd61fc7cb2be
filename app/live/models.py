"""The append-only log of shared changes."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, BigKey, now


class Event(Base):
    """One recorded shared change; `actor` and `study` are plain numbers, since this package knows no domain."""

    __tablename__ = "events"
    __table_args__ = {"sqlite_autoincrement": True}
    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    study: Mapped[int | None] = mapped_column(index=True)
    actor: Mapped[int | None]
    kind: Mapped[str]
    ids: Mapped[dict[str, Any]] = mapped_column(JSON)
    before: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    after: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    at: Mapped[datetime] = mapped_column(default=now)
