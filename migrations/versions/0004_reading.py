"""What a person has seen and kept, and where reading goes on."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
CELL = ("prompt_id", "subject_version_id", "temperature_milli", "run_id")


def _of(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}_{to}"))


def upgrade() -> None:
    op.create_table(
        "seen_marks",
        *(sa.Column(name, KEY, nullable=False) for name in ("person_id", "study_id")),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in CELL),
        sa.Column("transcript_id", KEY, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        _of("seen_marks", "person_id", "people"),
        _of("seen_marks", "study_id", "studies"),
        _of("seen_marks", "transcript_id", "transcripts"),
        sa.PrimaryKeyConstraint("person_id", "study_id", *CELL, "transcript_id", name=op.f("pk_seen_marks")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "reading_places",
        *(sa.Column(name, KEY, nullable=False) for name in ("person_id", "study_id")),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("address", "title")),
        sa.Column("at", sa.BigInteger(), nullable=False),
        _of("reading_places", "person_id", "people"),
        _of("reading_places", "study_id", "studies"),
        sa.PrimaryKeyConstraint("person_id", "study_id", name=op.f("pk_reading_places")),
    )
    op.create_table(
        "bookmarks",
        *(sa.Column(name, KEY, nullable=False) for name in ("id", "person_id", "study_id", "transcript_id")),
        sa.Column("message_id", KEY, nullable=True),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("note", "hide")),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("removed_at", sa.BigInteger(), nullable=True),
        _of("bookmarks", "person_id", "people"),
        _of("bookmarks", "study_id", "studies"),
        _of("bookmarks", "transcript_id", "transcripts"),
        _of("bookmarks", "message_id", "messages"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bookmarks")),
    )
    for name, columns, where, unique in (
        ("ux_bookmarks_answer", ["person_id", "transcript_id"], "message_id IS NULL", True),
        ("ux_bookmarks_path", ["person_id", "transcript_id", "message_id"], "message_id IS NOT NULL", True),
        ("ix_bookmarks_kept", ["person_id", "study_id", "id"], "removed_at IS NULL", False),
    ):
        told = sa.text(where)
        op.create_index(name, "bookmarks", columns, unique=unique, sqlite_where=told, postgresql_where=told)


def downgrade() -> None:
    for table in ("bookmarks", "reading_places", "seen_marks"):
        op.drop_table(table)
