"""Readers beside the local one."""

from sqlalchemy.orm import Session

from app.accounts.models import LOCAL, Person

__all__ = ["LOCAL", "second"]


def second(session: Session, name: str = "ana") -> int:
    """Write a second person; return their id."""
    person = Person(name=name, initials=name[:2].upper())
    session.add(person)
    session.flush()
    return person.id
