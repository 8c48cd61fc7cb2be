"""Tables of what people say about transcripts: the codebook, annotations on places, and passes."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, BigKey, now

SCOPES = ("turn", "conversation", "set")  # what a tag speaks of
KINDS = ("span", "transcript", "set")
POLARITIES = ("present", "absent")
STATES = ("present", "absent", "unseen_part")  # the last: absent in the part of a cut answer that was seen
VIAS = ("queue", "browse")
SLOTS = 12  # colours of tags


def _one_of(column: str, values: tuple[str, ...]) -> str:
    return f"{column} IN ({', '.join(repr(value) for value in values)})"


# ------------------------------------------------------------------ the codebook


class CodebookRevision(Base):
    """One numbered change to a study's codebook, and in a line why. What it changed is its tags' versions."""

    __tablename__ = "codebook_revisions"
    __table_args__ = (UniqueConstraint("study_id", "number"),)
    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id"))
    number: Mapped[int]
    why: Mapped[str]
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    at: Mapped[datetime] = mapped_column(default=now)


class Tag(Base):
    """A tag by its lasting name in a study. All else of it is in its versions; it is never deleted."""

    __tablename__ = "tags"
    __table_args__ = (UniqueConstraint("study_id", "slug"),)
    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id"))
    slug: Mapped[str]


class TagVersion(Base):
    """A tag as it was from one revision on, until its next version: the codebook at r is each tag's newest ≤ r.

    `grouping` is the group's name; `slot` its colour, 0 to 11; `key` the digit that applies it, or ''. Example and
    near miss may each point to a real place, {transcript, message, start, end} in code points. `merged_into_id` is
    the tag that stands for it now. `text_sha256` is over what coders decide by: scope, definition, when, when not.
    """

    __tablename__ = "tag_versions"
    __table_args__ = (
        CheckConstraint(_one_of("scope", SCOPES), name="scope"),
        CheckConstraint(f"slot BETWEEN 0 AND {SLOTS - 1}", name="slot"),
        {"sqlite_with_rowid": False},
    )
    tag_id: Mapped[int] = mapped_column(ForeignKey("tags.id"), primary_key=True)
    revision: Mapped[int] = mapped_column(primary_key=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("tags.id"))
    grouping: Mapped[str] = mapped_column(default="")
    position: Mapped[int]
    name: Mapped[str]
    scope: Mapped[str] = mapped_column(default="turn")
    slot: Mapped[int] = mapped_column(default=0)
    key: Mapped[str] = mapped_column(default="")
    definition: Mapped[str] = mapped_column(default="")
    use_when: Mapped[str] = mapped_column(default="")
    not_when: Mapped[str] = mapped_column(default="")
    example: Mapped[str] = mapped_column(default="")
    example_place: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    near_miss: Mapped[str] = mapped_column(default="")
    near_miss_place: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    archived: Mapped[bool] = mapped_column(default=False)
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("tags.id"))
    text_sha256: Mapped[str]


# ------------------------------------------------------------------ annotations


class Annotation(Base):
    """A tag put by one person on one or more spans, on a whole transcript or on a frozen set of repeats.

    `transcript_id` is where it is on one transcript alone, null for sets and comparative ones. `revision` is the
    codebook's when it was put; `version` counts its changes. It is removed by a date, never deleted.
    """

    __tablename__ = "annotations"
    __table_args__ = (
        CheckConstraint(_one_of("kind", KINDS), name="kind"),
        CheckConstraint(_one_of("polarity", POLARITIES), name="polarity"),
        CheckConstraint(_one_of("source", ("person", "suggestion")), name="source"),
        CheckConstraint("confidence IS NULL OR confidence BETWEEN 1 AND 3", name="confidence"),
        Index("ix_annotations_tag", "study_id", "tag_id", "id"),
        Index("ix_annotations_person", "person_id", "study_id", "id"),
        Index("ix_annotations_transcript", "transcript_id", sqlite_where=text("removed_at IS NULL"),
              postgresql_where=text("removed_at IS NULL")),
    )  # fmt: skip
    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    tag_id: Mapped[int] = mapped_column(ForeignKey("tags.id"))
    transcript_id: Mapped[int | None] = mapped_column(ForeignKey("transcripts.id"))
    kind: Mapped[str] = mapped_column(default="span")
    polarity: Mapped[str] = mapped_column(default="present")
    confidence: Mapped[int | None]
    note: Mapped[str] = mapped_column(default="")
    source: Mapped[str] = mapped_column(default="person")
    revision: Mapped[int]
    blind_coders: Mapped[bool] = mapped_column(default=False)
    blind_subject: Mapped[bool] = mapped_column(default=False)
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(default=now)
    updated_at: Mapped[datetime] = mapped_column(default=now)
    removed_at: Mapped[datetime | None]


class Target(Base):
    """A place that an annotation speaks of: `start` to `end` in Unicode code points of a message's text.

    `quote` is exactly that part, `prefix` and `suffix` what stands beside it, at most 32 code points each.
    """

    __tablename__ = "targets"
    __table_args__ = (CheckConstraint('start >= 0 AND "end" > start', name="place"),)
    annotation_id: Mapped[int] = mapped_column(ForeignKey("annotations.id"), primary_key=True)
    place: Mapped[int] = mapped_column(primary_key=True)
    transcript_id: Mapped[int] = mapped_column(ForeignKey("transcripts.id"), index=True)
    message_id: Mapped[int] = mapped_column(ForeignKey("messages.id"), index=True)
    start: Mapped[int]
    end: Mapped[int]
    quote: Mapped[str]
    prefix: Mapped[str] = mapped_column(default="")
    suffix: Mapped[str] = mapped_column(default="")


class Member(Base):
    """A transcript of the frozen set that an annotation speaks of."""

    __tablename__ = "annotation_members"
    __table_args__ = {"sqlite_with_rowid": False}
    annotation_id: Mapped[int] = mapped_column(ForeignKey("annotations.id"), primary_key=True)
    transcript_id: Mapped[int] = mapped_column(ForeignKey("transcripts.id"), primary_key=True, index=True)


# ------------------------------------------------------------------ passes


class Pass(Base):
    """One person's finished coding of one transcript: it says of each tag looked for that it is there or not.

    A later one by the same person on the same way replaces it; the earlier stays, with `replaced_at`. `guess` is
    which subject the coder thought it was, as a slug, where the subject was hidden.
    """

    __tablename__ = "passes"
    __table_args__ = (
        CheckConstraint(_one_of("via", VIAS), name="via"),
        Index("ux_passes_standing", "transcript_id", "person_id", "via", unique=True,
              sqlite_where=text("replaced_at IS NULL"), postgresql_where=text("replaced_at IS NULL")),
        Index("ix_passes_study", "study_id", "id"),
    )  # fmt: skip
    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id"))
    transcript_id: Mapped[int] = mapped_column(ForeignKey("transcripts.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    via: Mapped[str]
    revision: Mapped[int]
    blind_coders: Mapped[bool] = mapped_column(default=False)
    blind_subject: Mapped[bool] = mapped_column(default=False)
    guess: Mapped[str | None]
    submitted_at: Mapped[datetime] = mapped_column(default=now)
    replaced_at: Mapped[datetime | None]


class PassTag(Base):
    """What a pass says of one tag that it looked for."""

    __tablename__ = "pass_tags"
    __table_args__ = (
        CheckConstraint(_one_of("state", STATES), name="state"),
        {"sqlite_with_rowid": False},
    )
    pass_id: Mapped[int] = mapped_column(ForeignKey("passes.id"), primary_key=True)
    tag_id: Mapped[int] = mapped_column(ForeignKey("tags.id"), primary_key=True, index=True)
    state: Mapped[str]


class PassSame(Base):
    """Another draw of the same cell with the same answer: the pass speaks of it too, as it was when submitted."""

    __tablename__ = "pass_same"
    __table_args__ = {"sqlite_with_rowid": False}
    pass_id: Mapped[int] = mapped_column(ForeignKey("passes.id"), primary_key=True)
    transcript_id: Mapped[int] = mapped_column(ForeignKey("transcripts.id"), primary_key=True, index=True)


# ------------------------------------------------------------------ what coders see of one another, and agree on


class CodingRule(Base):
    """How a study is coded: whether others' marks on a transcript are hidden until one's own pass over it."""

    __tablename__ = "coding_rules"
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id"), primary_key=True, autoincrement=False)
    others_hidden: Mapped[bool] = mapped_column(default=False)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    at: Mapped[datetime] = mapped_column(default=now)


class Decision(Base):
    """What was decided of a tag in a transcript where coders differed. A later one replaces it, which stays."""

    __tablename__ = "decisions"
    __table_args__ = (
        CheckConstraint(_one_of("state", POLARITIES), name="state"),
        Index("ux_decisions_standing", "transcript_id", "tag_id", unique=True,
              sqlite_where=text("replaced_at IS NULL"), postgresql_where=text("replaced_at IS NULL")),
        Index("ix_decisions_study", "study_id", "id"),
    )  # fmt: skip
    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id"))
    transcript_id: Mapped[int] = mapped_column(ForeignKey("transcripts.id"))
    tag_id: Mapped[int] = mapped_column(ForeignKey("tags.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    state: Mapped[str]
    why: Mapped[str] = mapped_column(default="")
    revision: Mapped[int]
    at: Mapped[datetime] = mapped_column(default=now)
    replaced_at: Mapped[datetime | None]


class DecisionMark(Base):
    """A coder's annotation that was taken into the agreed layer."""

    __tablename__ = "decision_marks"
    __table_args__ = {"sqlite_with_rowid": False}
    decision_id: Mapped[int] = mapped_column(ForeignKey("decisions.id"), primary_key=True)
    annotation_id: Mapped[int] = mapped_column(ForeignKey("annotations.id"), primary_key=True, index=True)
