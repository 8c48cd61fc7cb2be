"""What endpoints were found to be able to do."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
# Runs of before were planned with what their files said and nothing else, and stay so when they are extended.
AS_PLANNED = """
INSERT INTO run_probes (run_id, version_id)
SELECT DISTINCT waves.run_id, wave_subjects.version_id
FROM waves JOIN wave_subjects ON wave_subjects.wave_id = waves.id
"""


def upgrade() -> None:
    op.create_table(
        "probes",
        sa.Column("id", KEY, nullable=False),
        sa.Column("endpoint_id", KEY, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("wire", sa.String(), nullable=False),
        sa.Column("base_url", sa.String(), nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("dialect", sa.String(), nullable=True),
        sa.Column("headers", sa.JSON(), nullable=False),
        sa.Column("served_model", sa.String(), nullable=True),
        sa.Column("version", sa.String(), nullable=True),
        sa.Column("found", sa.JSON(), nullable=False),
        sa.Column("calls", sa.Integer(), nullable=False),
        sa.Column("input_tokens", sa.BigInteger(), nullable=True),
        sa.Column("output_tokens", sa.BigInteger(), nullable=True),
        sa.Column("cost_micro", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("heard_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("state IN ('running', 'done', 'broken', 'failed')", name=op.f("ck_probes_state")),
        sa.ForeignKeyConstraint(
            ["endpoint_id"], ["endpoints.id"], name=op.f("fk_probes_endpoint_id_endpoints")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_probes")),
    )
    op.create_index("ix_probes_endpoint", "probes", ["endpoint_id", "id"])
    op.create_table(
        "run_probes",
        sa.Column("run_id", KEY, nullable=False),
        sa.Column("version_id", KEY, nullable=False),
        sa.Column("probe_id", KEY, nullable=True),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_run_probes_run_id_runs")),
        sa.ForeignKeyConstraint(
            ["version_id"], ["subject_versions.id"], name=op.f("fk_run_probes_version_id_subject_versions")
        ),
        sa.ForeignKeyConstraint(["probe_id"], ["probes.id"], name=op.f("fk_run_probes_probe_id_probes")),
        sa.PrimaryKeyConstraint("run_id", "version_id", name=op.f("pk_run_probes")),
    )
    op.execute(AS_PLANNED)


def downgrade() -> None:
    op.drop_table("run_probes")
    op.drop_table("probes")
