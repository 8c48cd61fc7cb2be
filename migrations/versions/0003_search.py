"""Full text of messages and prompts.

The tables and their triggers are made by `app.reading.fulltext.ensure`, which runs after every migration; only
taking them away is this one's.
"""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TABLES = ("messages_fts", "prompts_fts")
WHEN = ("insert", "update", "delete")


def upgrade() -> None:
    pass


def downgrade() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    for table in TABLES:
        for when in WHEN:
            op.execute(
                f"DROP TRIGGER IF EXISTS {table}_{when}"
                if sqlite
                else f"DROP FUNCTION IF EXISTS {table}_{when}() CASCADE"
            )
        op.execute(f"DROP TABLE IF EXISTS {table}")
    if not sqlite:
        op.execute("DROP FUNCTION IF EXISTS styloscope_words(text)")
