"""The codebook, annotations and passes."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TABLES = (
    "codebook_revisions", "tags", "tag_versions", "annotations", "targets", "annotation_members", "passes",
    "pass_tags", "pass_same",
)  # fmt: skip


def _of(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}_{to}"))


def _key(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*columns, name=op.f(f"pk_{table}"))


def _check(table: str, name: str, rule: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(rule, name=op.f(f"ck_{table}_{name}"))


def _keys(*names: str, null: bool = False) -> list[sa.Column[Any]]:
    return [sa.Column(name, KEY, nullable=null) for name in names]


def _numbers(*names: str, null: bool = False) -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.Integer(), nullable=null) for name in names]


def _words(*names: str, null: bool = False) -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.String(), nullable=null) for name in names]


def _dates(*names: str, null: bool = False) -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.BigInteger(), nullable=null) for name in names]


def _flags(*names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.Boolean(), nullable=False) for name in names]


def _codebook() -> None:
    op.create_table(
        "codebook_revisions",
        *_keys("id", "study_id"),
        *_numbers("number"),
        *_words("why"),
        *_keys("person_id"),
        *_dates("at"),
        _of("codebook_revisions", "study_id", "studies"),
        _of("codebook_revisions", "person_id", "people"),
        _key("codebook_revisions", "id"),
        sa.UniqueConstraint("study_id", "number", name=op.f("uq_codebook_revisions_study_id_number")),
    )
    op.create_table(
        "tags",
        *_keys("id", "study_id"),
        *_words("slug"),
        _of("tags", "study_id", "studies"),
        _key("tags", "id"),
        sa.UniqueConstraint("study_id", "slug", name=op.f("uq_tags_study_id_slug")),
    )
    op.create_table(
        "tag_versions",
        *_keys("tag_id"),
        *_numbers("revision"),
        *_keys("parent_id", null=True),
        *_words("grouping"),
        *_numbers("position"),
        *_words("name", "scope"),
        *_numbers("slot"),
        *_words("key", "definition", "use_when", "not_when", "example"),
        sa.Column("example_place", sa.JSON(), nullable=True),
        *_words("near_miss"),
        sa.Column("near_miss_place", sa.JSON(), nullable=True),
        *_flags("archived"),
        *_keys("merged_into_id", null=True),
        *_words("text_sha256"),
        _check("tag_versions", "scope", "scope IN ('turn', 'conversation', 'set')"),
        _check("tag_versions", "slot", "slot BETWEEN 0 AND 11"),
        *(_of("tag_versions", column, "tags") for column in ("tag_id", "parent_id", "merged_into_id")),
        _key("tag_versions", "tag_id", "revision"),
        sqlite_with_rowid=False,
    )


def _annotations() -> None:
    op.create_table(
        "annotations",
        *_keys("id", "study_id", "person_id", "tag_id"),
        *_keys("transcript_id", null=True),
        *_words("kind", "polarity"),
        *_numbers("confidence", null=True),
        *_words("note", "source"),
        *_numbers("revision"),
        *_flags("blind_coders", "blind_subject"),
        *_numbers("version"),
        *_dates("created_at", "updated_at"),
        *_dates("removed_at", null=True),
        _check("annotations", "kind", "kind IN ('span', 'transcript', 'set')"),
        _check("annotations", "polarity", "polarity IN ('present', 'absent')"),
        _check("annotations", "source", "source IN ('person', 'suggestion')"),
        _check("annotations", "confidence", "confidence IS NULL OR confidence BETWEEN 1 AND 3"),
        _of("annotations", "study_id", "studies"),
        _of("annotations", "person_id", "people"),
        _of("annotations", "tag_id", "tags"),
        _of("annotations", "transcript_id", "transcripts"),
        _key("annotations", "id"),
    )
    op.create_index("ix_annotations_tag", "annotations", ["study_id", "tag_id", "id"])
    op.create_index("ix_annotations_person", "annotations", ["person_id", "study_id", "id"])
    stands = sa.text("removed_at IS NULL")
    op.create_index("ix_annotations_transcript", "annotations", ["transcript_id"], sqlite_where=stands,
                    postgresql_where=stands)  # fmt: skip
    op.create_table(
        "targets",
        *_keys("annotation_id"),
        *_numbers("place"),
        *_keys("transcript_id", "message_id"),
        *_numbers("start", "end"),
        *_words("quote", "prefix", "suffix"),
        _check("targets", "place", 'start >= 0 AND "end" > start'),
        _of("targets", "annotation_id", "annotations"),
        _of("targets", "transcript_id", "transcripts"),
        _of("targets", "message_id", "messages"),
        _key("targets", "annotation_id", "place"),
    )
    op.create_index(op.f("ix_targets_transcript_id"), "targets", ["transcript_id"])
    op.create_index(op.f("ix_targets_message_id"), "targets", ["message_id"])
    _pairs("annotation_members", "annotation_id", "annotations", "transcript_id", "transcripts")


def _passes() -> None:
    op.create_table(
        "passes",
        *_keys("id", "study_id", "transcript_id", "person_id"),
        *_words("via"),
        *_numbers("revision"),
        *_flags("blind_coders", "blind_subject"),
        *_words("guess", null=True),
        *_dates("submitted_at"),
        *_dates("replaced_at", null=True),
        _check("passes", "via", "via IN ('queue', 'browse')"),
        _of("passes", "study_id", "studies"),
        _of("passes", "transcript_id", "transcripts"),
        _of("passes", "person_id", "people"),
        _key("passes", "id"),
    )
    stands = sa.text("replaced_at IS NULL")
    op.create_index("ux_passes_standing", "passes", ["transcript_id", "person_id", "via"], unique=True,
                    sqlite_where=stands, postgresql_where=stands)  # fmt: skip
    op.create_index("ix_passes_study", "passes", ["study_id", "id"])
    _pairs("pass_tags", "pass_id", "passes", "tag_id", "tags", *_words("state"),
           _check("pass_tags", "state", "state IN ('present', 'absent', 'unseen_part')"))  # fmt: skip
    _pairs("pass_same", "pass_id", "passes", "transcript_id", "transcripts")


def _pairs(
    table: str, one: str, of: str, other: str, to: str, *more: sa.Column[Any] | sa.CheckConstraint
) -> None:
    op.create_table(
        table,
        *_keys(one, other),
        *more,
        _of(table, one, of),
        _of(table, other, to),
        _key(table, one, other),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f(f"ix_{table}_{other}"), table, [other])


def upgrade() -> None:
    _codebook()
    _annotations()
    _passes()


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
