"""Tables of what people keep of their reading."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import Base, BigKey, now
from app.studies.models import Study


class WorkingSet(Base):
    """Transcripts of one study under a name, and why they were put together.

    A live set is its filter, asked anew each time; a frozen one keeps the members that the filter had, `size` of
    them, under `sha256` (`sets.fingerprint`). `filter` is written as in the address of a search. What a set means
    never changes: it is cited. It is put away, never deleted.
    """

    __tablename__ = "working_sets"
    __table_args__ = (
        UniqueConstraint("study_id", "name"),
        CheckConstraint("kind IN ('live', 'frozen')", name="kind"),
    )
    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id"))
    name: Mapped[str]
    reason: Mapped[str]
    kind: Mapped[str]
    filter: Mapped[str]
    size: Mapped[int | None]
    sha256: Mapped[str | None]
    person_id: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(default=now)
    archived_at: Mapped[datetime | None]
    study: Mapped[Study] = relationship(lazy="raise")


class WorkingSetMember(Base):
    """A member of a frozen set."""

    __tablename__ = "working_set_members"
    __table_args__ = {"sqlite_with_rowid": False}
    set_id: Mapped[int] = mapped_column(ForeignKey("working_sets.id"), primary_key=True)
    transcript_id: Mapped[int] = mapped_column(ForeignKey("transcripts.id"), primary_key=True, index=True)
