"""Which version of this program planned a wave."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("waves", sa.Column("planned_with", sa.String(), nullable=True))


def downgrade() -> None:
    op.drop_column("waves", "planned_with")
