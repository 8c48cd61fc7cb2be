"""Writes of people: let in, signed in and out, given a role, sent away. Each is an event without a secret in it."""

from datetime import timedelta

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from app.accounts import queries, secrets
from app.accounts.models import LOCAL, ROLES, ApiToken, Invitation, Person, SignIn
from app.db import now
from app.live import log
from app.shape import HIDDEN
from app.web import Invalid, NotFound

INVITED_FOR = timedelta(days=7)
SIGNED_IN_FOR = timedelta(days=30)
MOST_TOKENS = 20
NAME = 80  # characters
KIND = "people"


def invite(session: Session, key: str, role: str, *, by: int | None = None, person: int | None = None) -> str:
    """Return a token that lets one person in once, within a week; `person` = to set a new password."""
    if role not in ROLES:
        raise Invalid(f"role: found {role!r}, expected {', '.join(ROLES)}")
    made = secrets.token()
    session.add(Invitation(hash=secrets.keyed(made, key), role=role, person_id=person, made_by=by,
                           until=now() + INVITED_FOR))  # fmt: skip
    _tell(session, by, {"invited": role})
    return made


def withdraw(session: Session, number: int, *, by: int) -> None:
    """Let an invitation let nobody in any more."""
    row = session.get(Invitation, number)
    if row is None or row.used_at is not None:
        raise NotFound("There is no such invitation.")
    row.used_at = now()
    _tell(session, by, {"invitation": number})


def join(session: Session, hashed: str, name: str, initials: str, password: str) -> Person:
    """Let somebody in by an invitation, which is used up; `password` is hashed already. Raise Invalid, NotFound."""
    found = queries.invitation(session, hashed)
    if found is None:
        raise NotFound("This invitation was used, withdrawn or is too old. Ask for a new one.")
    if found.person_id is not None:
        person = session.get_one(Person, found.person_id)
        sign_out_everywhere(session, person.id)
    else:
        name, initials = named(name), initialled(initials or name)
        if queries.by_name(session, name) is not None:
            raise Invalid(f"name: found {name!r}, which somebody has already")
        person = Person(name=name, initials=initials, role=found.role)
        session.add(person)
    person.password, found.used_at = password, now()
    session.flush()
    _tell(session, person.id, {"joined": person.id})
    return person


def named(name: str) -> str:
    """Return a display name as it is kept; raise Invalid."""
    said = " ".join(name.split())
    if not 1 <= len(said) <= NAME:
        raise Invalid(f"name: found {len(said)} characters, expected 1 to {NAME}")
    if HIDDEN.search(said):
        raise Invalid("name: found hidden or direction-turning characters, expected a name as it is read")
    return said


def initialled(text: str) -> str:
    """Return one to three letters for a name."""
    parts = text.split()
    made = "".join(part[0] for part in parts[:3]) if len(parts) > 1 else text.strip()[:2]
    return made.upper()[:3] or "?"


def sign_in(session: Session, key: str, person: int) -> str:
    """Return the token of a browser that is signed in from now on; those that ran out go."""
    made = secrets.token()
    session.execute(delete(SignIn).where(SignIn.person_id == person, SignIn.until <= now()))
    session.add(SignIn(person_id=person, hash=secrets.keyed(made, key), until=now() + SIGNED_IN_FOR))
    return made


def sign_out(session: Session, hashed: str) -> None:
    """Forget a browser."""
    session.execute(delete(SignIn).where(SignIn.hash == hashed))


def sign_out_everywhere(session: Session, person: int) -> None:
    """Forget every browser of a person, and their API tokens."""
    session.execute(delete(SignIn).where(SignIn.person_id == person))
    session.execute(
        update(ApiToken)
        .where(ApiToken.person_id == person, ApiToken.removed_at.is_(None))
        .values(removed_at=now())
    )


def set_password(session: Session, person: int, password: str) -> None:
    """Give a person a new password, hashed already; every browser but the next is signed out."""
    session.get_one(Person, person).password = password
    sign_out_everywhere(session, person)
    _tell(session, person, {"password": person})


def give_role(session: Session, number: int, role: str, *, by: int | None) -> None:
    """Give somebody a role; raise Invalid where no admin would be left."""
    row = _person(session, number)
    if role not in ROLES:
        raise Invalid(f"role: found {role!r}, expected {', '.join(ROLES)}")
    _keep_an_admin(session, row, role == "admin")
    before, row.role = row.role, role
    _tell(session, by, {"person": number, "role": role, "was": before})


def send_away(session: Session, number: int, *, by: int | None, back: bool = False) -> None:
    """Let somebody in no more (or again); what they wrote stays, under their name."""
    row = _person(session, number)
    if not back:
        _keep_an_admin(session, row, False)
        sign_out_everywhere(session, number)
    row.left_at = None if back else row.left_at or now()
    _tell(session, by, {"person": number, "left": not back})


def _keep_an_admin(session: Session, row: Person, stays: bool) -> None:
    counts = row.role == "admin" and row.password is not None and row.left_at is None
    if counts and not stays and queries.admins(session) < 2:
        raise Invalid("This is the last admin; make another one first.")


def _person(session: Session, number: int) -> Person:
    row = session.get(Person, number)
    if row is None or number == LOCAL:
        raise NotFound("There is no such person.")
    return row


def make_token(session: Session, key: str, person: int, name: str) -> str:
    """Return a new API token of a person, which is never shown again."""
    said = named(name)
    if len(queries.tokens_of(session, person)) >= MOST_TOKENS:
        raise Invalid(f"You have {MOST_TOKENS} tokens; remove one first.")
    made = secrets.token()
    session.add(ApiToken(person_id=person, name=said, hash=secrets.keyed(made, key)))
    return made


def remove_token(session: Session, person: int, number: int) -> None:
    """Let a token of a person's own open nothing any more."""
    row = session.get(ApiToken, number)
    if row is None or row.person_id != person or row.removed_at is not None:
        raise NotFound("You have no such token.")
    row.removed_at = now()


def _tell(session: Session, by: int | None, what: dict[str, object]) -> None:
    log.record(session, KIND, {}, actor=by, after=what)
