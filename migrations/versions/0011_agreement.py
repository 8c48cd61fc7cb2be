"""What coders of a study may see of one another, and what was decided where they differ."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _key(name: str, *, null: bool = False) -> sa.Column[Any]:
    return sa.Column(name, KEY, nullable=null)


def _of(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}_{to}"))


def upgrade() -> None:
    op.create_table(
        "coding_rules",
        _key("study_id"),
        sa.Column("others_hidden", sa.Boolean(), nullable=False),
        _key("person_id"),
        sa.Column("at", sa.BigInteger(), nullable=False),
        _of("coding_rules", "study_id", "studies"),
        _of("coding_rules", "person_id", "people"),
        sa.PrimaryKeyConstraint("study_id", name=op.f("pk_coding_rules")),
    )
    op.create_table(
        "decisions",
        *[_key(name) for name in ("id", "study_id", "transcript_id", "tag_id", "person_id")],
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("replaced_at", sa.BigInteger(), nullable=True),
        _of("decisions", "study_id", "studies"),
        _of("decisions", "transcript_id", "transcripts"),
        _of("decisions", "tag_id", "tags"),
        _of("decisions", "person_id", "people"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decisions")),
        sa.CheckConstraint("state IN ('present', 'absent')", name=op.f("ck_decisions_state")),
    )
    op.create_index("ux_decisions_standing", "decisions", ["transcript_id", "tag_id"], unique=True,
                    sqlite_where=sa.text("replaced_at IS NULL"),
                    postgresql_where=sa.text("replaced_at IS NULL"))  # fmt: skip
    op.create_index("ix_decisions_study", "decisions", ["study_id", "id"])
    op.create_table(
        "decision_marks",
        _key("decision_id"),
        _key("annotation_id"),
        _of("decision_marks", "decision_id", "decisions"),
        _of("decision_marks", "annotation_id", "annotations"),
        sa.PrimaryKeyConstraint("decision_id", "annotation_id", name=op.f("pk_decision_marks")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_decision_marks_annotation_id"), "decision_marks", ["annotation_id"])


def downgrade() -> None:
    for table in ("decision_marks", "decisions", "coding_rules"):
        op.drop_table(table)
