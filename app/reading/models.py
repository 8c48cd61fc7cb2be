"""Tables of what people keep of their reading."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
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


# ------------------------------------------------------------------ what is one person's alone


class SeenMark(Base):
    """An answer that was shown to a person in full.

    The key leads from study and prompt to the cell, all copied from the transcript: one walk over it counts what is
    seen of a prompt cell by cell, in order. `prompt_id` and `subject_version_id` are 0 where there is none.
    """

    __tablename__ = "seen_marks"
    __table_args__ = {"sqlite_with_rowid": False}
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True)
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id"), primary_key=True)
    prompt_id: Mapped[int] = mapped_column(primary_key=True)
    subject_version_id: Mapped[int] = mapped_column(primary_key=True)
    temperature_milli: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(primary_key=True)
    transcript_id: Mapped[int] = mapped_column(ForeignKey("transcripts.id"), primary_key=True)
    at: Mapped[datetime] = mapped_column(default=now)


class ReadingPlace(Base):
    """The page of a study that a person read last: its address, all of its state in it, and what it is called."""

    __tablename__ = "reading_places"
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True)
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id"), primary_key=True)
    address: Mapped[str]
    title: Mapped[str]
    at: Mapped[datetime] = mapped_column(default=now)


class Bookmark(Base):
    """An answer that a person keeps, or with `message_id` a path: that message and what leads to it.

    `hide` tells that names were hidden when it was put: then its line and its door hide them too. One that was
    taken away stays with `removed_at`, so that taking it away can be taken back.
    """

    __tablename__ = "bookmarks"
    __table_args__ = (
        Index("ux_bookmarks_answer", "person_id", "transcript_id", unique=True,
              sqlite_where=text("message_id IS NULL"), postgresql_where=text("message_id IS NULL")),
        Index("ux_bookmarks_path", "person_id", "transcript_id", "message_id", unique=True,
              sqlite_where=text("message_id IS NOT NULL"), postgresql_where=text("message_id IS NOT NULL")),
        Index("ix_bookmarks_kept", "person_id", "study_id", "id", sqlite_where=text("removed_at IS NULL"),
              postgresql_where=text("removed_at IS NULL")),
    )  # fmt: skip
    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id"))
    transcript_id: Mapped[int] = mapped_column(ForeignKey("transcripts.id"))
    message_id: Mapped[int | None] = mapped_column(ForeignKey("messages.id"))
    note: Mapped[str] = mapped_column(default="")
    hide: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime] = mapped_column(default=now)
    removed_at: Mapped[datetime | None]
