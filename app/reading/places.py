"""Where a person was: the last address that they read in each study, so that it opens again on any device."""

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qs, urlsplit

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.db import now
from app.reading.models import ReadingPlace
from app.studies.models import Study
from app.transcripts.bulk import at, insert_new
from app.transcripts.models import Transcript

LONGEST = 2000  # characters of an address
TITLE = 200
# The pages that are read: Compare, a transcript, a search. An address is a path of our own, and nothing else.
ADDRESS = re.compile(
    r"/(?:studies/(?P<study>[^/?#\s]+)/(?:compare/[^/?#\s]+/[^/?#\s]+|search)"
    r"|transcripts/(?P<transcript>[0-9]{1,18})|search)(?:\?(?P<query>[^#\s\\]*))?(?:#m[0-9]{1,18})?"
)


class NoPlace(ValueError):
    """An address that is no page to go on reading at; the message tells what was expected."""


def remember(session: Session, person_id: int, address: str, title: str) -> None:
    """Keep an address as where a person reads in its study; raise NoPlace where it is none of ours."""
    study_id = _study_of(session, address)
    moment = now()
    here = {"address": address, "title": " ".join(title.split())[:TITLE], "at": moment}
    of = (ReadingPlace.person_id == person_id, ReadingPlace.study_id == study_id)
    if not session.execute(update(ReadingPlace).where(*of).values(**here)).rowcount:  # type: ignore[attr-defined]
        row = {"person_id": person_id, "study_id": study_id, **here, "at": at(moment)}
        insert_new(session.connection(), ReadingPlace.__table__, [row])  # type: ignore[arg-type]


def _study_of(session: Session, address: str) -> int:
    found = ADDRESS.fullmatch(address) if len(address) <= LONGEST else None
    if found is None or not address.isprintable():
        raise NoPlace("address: expected the path of a page of Compare, of a transcript or of a search")
    if found["transcript"]:
        number = session.scalar(select(Transcript.study_id).where(Transcript.id == int(found["transcript"])))
    else:
        slug = found["study"] or parse_qs(urlsplit(address).query).get("study", [""])[0]
        number = session.scalar(select(Study.id).where(Study.slug == slug))
    if number is None:
        raise NoPlace("address: it names no study or transcript that is here")
    return number


def places(session: Session, person_id: int, limit: int = 30) -> Sequence[Any]:
    """Return where a person was, newest first: address, title, at, and the slug and title of the study."""
    return session.execute(_of(person_id).limit(limit)).all()


def place_in(session: Session, person_id: int, study: str) -> Any:
    """Return where a person was in a study, as `places` does, or None."""
    return session.execute(_of(person_id).where(Study.slug == study)).first()


def _of(person_id: int) -> Any:
    columns = (
        ReadingPlace.address,
        ReadingPlace.title,
        ReadingPlace.at,
        Study.slug,
        Study.title.label("study"),
    )
    query = select(*columns).join(Study, Study.id == ReadingPlace.study_id)
    return query.where(ReadingPlace.person_id == person_id).order_by(ReadingPlace.at.desc())
