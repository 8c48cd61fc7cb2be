"""Which provider behind a router an endpoint is served by."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("endpoints", "probes"):
        op.add_column(table, sa.Column("upstream", sa.String(), nullable=True))


def downgrade() -> None:
    for table in ("probes", "endpoints"):
        op.drop_column(table, "upstream")
