"""People with roles and passwords, where they are signed in, their API tokens, and invitations."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ROLE = "role IN ('viewer', 'coder', 'admin')"


def _key(name: str, *, null: bool = False) -> sa.Column[Any]:
    return sa.Column(name, KEY, nullable=null)


def _words(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.String(), nullable=False)


def _date(name: str, *, null: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.BigInteger(), nullable=null)


def _made(table: str, *columns: Any, people: tuple[str, ...] = ("person_id",)) -> None:
    op.create_table(
        table,
        _key("id"),
        *columns,
        *[
            sa.ForeignKeyConstraint([one], ["people.id"], name=op.f(f"fk_{table}_{one}_people"))
            for one in people
        ],
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("hash", name=op.f(f"uq_{table}_hash")),
    )


def upgrade() -> None:
    with op.batch_alter_table("people") as batch:
        batch.add_column(sa.Column("role", sa.String(), nullable=False, server_default="viewer"))
        batch.add_column(sa.Column("password", sa.String(), nullable=True))
        batch.add_column(_date("left_at", null=True))
        batch.create_check_constraint(op.f("ck_people_role"), ROLE)
    op.execute("UPDATE people SET role = 'admin' WHERE id = 1")
    _made("sign_ins", _key("person_id"), _words("hash"), _date("made_at"), _date("until"))
    op.create_index(op.f("ix_sign_ins_person_id"), "sign_ins", ["person_id"])
    _made("api_tokens", _key("person_id"), _words("name"), _words("hash"), _date("made_at"),
          _date("removed_at", null=True))  # fmt: skip
    op.create_index(op.f("ix_api_tokens_person_id"), "api_tokens", ["person_id"])
    _made("invitations", _words("hash"), _words("role"), _key("person_id", null=True), _key("made_by", null=True),
          _date("made_at"), _date("until"), _date("used_at", null=True),
          sa.CheckConstraint(ROLE, name=op.f("ck_invitations_role")), people=("person_id", "made_by"))  # fmt: skip


def downgrade() -> None:
    for table in ("invitations", "api_tokens", "sign_ins"):
        op.drop_table(table)
    with op.batch_alter_table("people") as batch:
        batch.drop_constraint(op.f("ck_people_role"), type_="check")
        for column in ("left_at", "password", "role"):
            batch.drop_column(column)
