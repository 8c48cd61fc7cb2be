"""Reads of people: who shows what, and who there is."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.accounts.models import ApiToken, Invitation, Person, SignIn
from app.db import now


def by_cookie(session: Session, hashed: str) -> Person | None:
    """Return who is signed in with this cookie, None where nobody is any more."""
    query = (
        select(Person)
        .join(SignIn, SignIn.person_id == Person.id)
        .where(SignIn.hash == hashed, SignIn.until > now(), Person.left_at.is_(None))
    )
    return session.scalar(query)


def by_token(session: Session, hashed: str) -> Person | None:
    """Return whose program shows this token, None where it is nobody's any more."""
    query = (
        select(Person)
        .join(ApiToken, ApiToken.person_id == Person.id)
        .where(ApiToken.hash == hashed, ApiToken.removed_at.is_(None), Person.left_at.is_(None))
    )
    return session.scalar(query)


def by_name(session: Session, name: str) -> Person | None:
    """Return somebody by their name, whatever its case."""
    if "\0" in name:  # in no name, and no text to PostgreSQL
        return None
    return session.scalar(select(Person).where(func.lower(Person.name) == name.strip().lower()))


def invitation(session: Session, hashed: str) -> Invitation | None:
    """Return an invitation that still lets somebody in."""
    query = select(Invitation).where(
        Invitation.hash == hashed, Invitation.used_at.is_(None), Invitation.until > now()
    )
    return session.scalar(query)


@dataclass(frozen=True, slots=True)
class Line:
    """A person as the list shows them, and at how many browsers they are signed in."""

    person: Person
    browsers: int


def people(session: Session) -> Sequence[Line]:
    """Return everybody, those who left last."""
    here = (
        select(func.count())
        .select_from(SignIn)
        .where(SignIn.person_id == Person.id, SignIn.until > now())
        .scalar_subquery()
    )
    query = select(Person, here).order_by(Person.left_at.is_not(None), Person.id)
    return [Line(person, count or 0) for person, count in session.execute(query)]


def open_invitations(session: Session) -> Sequence[Invitation]:
    """Return the invitations that still let somebody in, newest first."""
    query = select(Invitation).where(Invitation.used_at.is_(None), Invitation.until > now())
    return session.scalars(query.order_by(Invitation.id.desc())).all()


def tokens_of(session: Session, person: int) -> Sequence[ApiToken]:
    """Return the API tokens that a person's programs may show."""
    query = select(ApiToken).where(ApiToken.person_id == person, ApiToken.removed_at.is_(None))
    return session.scalars(query.order_by(ApiToken.id)).all()


def admins(session: Session) -> int:
    """Return how many admins can sign in."""
    who = (Person.role == "admin", Person.password.is_not(None), Person.left_at.is_(None))
    return session.scalar(select(func.count()).select_from(Person).where(*who)) or 0
