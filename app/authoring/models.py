"""The table of drafts."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, BigKey, now

KINDS = ("battery", "style", "endpoint", "subject", "study")
# Where the pages of each kind stand.
PLACES = {
    "battery": "/library/batteries", "style": "/library/styles", "endpoint": "/library/endpoints",
    "subject": "/library/subjects", "study": "/studies",
}  # fmt: skip


class Draft(Base):
    """What somebody writes before it is published; one a thing, shared by everybody who edits it.

    `of` is the slug of what it changes, null for what is not there yet. `data` is plain data as the file has it,
    sound or not. `ground` is the fingerprint of what it was begun from. `aside` keeps what two windows wrote into
    one field at once, so that neither is lost. `number` counts its changes.
    """

    __tablename__ = "drafts"
    __table_args__ = (
        UniqueConstraint("kind", "of"),
        CheckConstraint(f"kind IN {KINDS}", name="kind"),
    )
    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    kind: Mapped[str]
    of: Mapped[str | None]
    ground: Mapped[str] = mapped_column(default="")
    data: Mapped[dict[str, Any]]
    aside: Mapped[list[Any]] = mapped_column(default=list)
    number: Mapped[int] = mapped_column(default=0)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    created_at: Mapped[datetime] = mapped_column(default=now)
    changed_at: Mapped[datetime] = mapped_column(default=now)
