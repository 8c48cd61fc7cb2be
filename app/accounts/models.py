"""Tables of people: who they are, how they come in, and what they hold to show it. No secret is kept as it is."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, BigKey, now

LOCAL = 1
ROLES = ("viewer", "coder", "admin")  # each may all that the one before may
_ROLE = f"role IN ({', '.join(repr(role) for role in ROLES)})"


class Person(Base):
    """Somebody who reads and marks. Number 1, `local`, is made with the database and never signs in.

    `password` is an Argon2id hash, null where they cannot sign in. Who left keeps their marks.
    """

    __tablename__ = "people"
    __table_args__ = (CheckConstraint(_ROLE, name="role"),)
    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    initials: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=now)
    role: Mapped[str] = mapped_column(default="viewer", server_default="viewer")
    password: Mapped[str | None]
    left_at: Mapped[datetime | None]


class SignIn(Base):
    """A browser that is signed in, by the keyed hash of what its cookie holds."""

    __tablename__ = "sign_ins"
    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    hash: Mapped[str] = mapped_column(unique=True)
    made_at: Mapped[datetime] = mapped_column(default=now)
    until: Mapped[datetime]


class ApiToken(Base):
    """What a person's programs show instead of a password, by its keyed hash."""

    __tablename__ = "api_tokens"
    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    name: Mapped[str]
    hash: Mapped[str] = mapped_column(unique=True)
    made_at: Mapped[datetime] = mapped_column(default=now)
    removed_at: Mapped[datetime | None]


class Invitation(Base):
    """A link that lets one person in, once: a new one with a role, or (`person_id`) one who sets a new password."""

    __tablename__ = "invitations"
    __table_args__ = (CheckConstraint(_ROLE, name="role"),)
    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    hash: Mapped[str] = mapped_column(unique=True)
    role: Mapped[str]
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    made_by: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    made_at: Mapped[datetime] = mapped_column(default=now)
    until: Mapped[datetime]
    used_at: Mapped[datetime | None]
