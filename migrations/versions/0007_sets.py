"""Working sets of transcripts."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    key = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "working_sets",
        sa.Column("id", key, nullable=False),
        sa.Column("study_id", key, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("filter", sa.String(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=True),
        sa.Column("sha256", sa.String(), nullable=True),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("archived_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("kind IN ('live', 'frozen')", name=op.f("ck_working_sets_kind")),
        sa.ForeignKeyConstraint(["study_id"], ["studies.id"], name=op.f("fk_working_sets_study_id_studies")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_working_sets")),
        sa.UniqueConstraint("study_id", "name", name=op.f("uq_working_sets_study_id_name")),
    )
    op.create_table(
        "working_set_members",
        sa.Column("set_id", key, nullable=False),
        sa.Column("transcript_id", key, nullable=False),
        sa.ForeignKeyConstraint(
            ["set_id"], ["working_sets.id"], name=op.f("fk_working_set_members_set_id_working_sets")
        ),
        sa.ForeignKeyConstraint(
            ["transcript_id"], ["transcripts.id"],
            name=op.f("fk_working_set_members_transcript_id_transcripts"),
        ),
        sa.PrimaryKeyConstraint("set_id", "transcript_id", name=op.f("pk_working_set_members")),
        sqlite_with_rowid=False,
    )  # fmt: skip
    op.create_index(op.f("ix_working_set_members_transcript_id"), "working_set_members", ["transcript_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_working_set_members_transcript_id"), "working_set_members")
    op.drop_table("working_set_members")
    op.drop_table("working_sets")
