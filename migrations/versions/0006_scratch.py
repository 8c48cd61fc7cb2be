"""Runs that only try a text: one more kind, asked and kept as the others are and counted nowhere."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _kinds("asked", "import", "loom", "scratch")


def downgrade() -> None:
    op.execute(
        "UPDATE runs SET kind = 'asked' WHERE kind = 'scratch'"
    )  # what was said is kept, whatever it is called
    _kinds("asked", "import", "loom")


def _kinds(*kinds: str) -> None:
    named = ", ".join(f"'{kind}'" for kind in kinds)
    with op.batch_alter_table("runs") as runs:
        runs.drop_constraint(op.f("ck_runs_kind"), type_="check")
        runs.create_check_constraint(op.f("ck_runs_kind"), f"kind IN ({named})")
