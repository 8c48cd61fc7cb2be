"""`/api/v1/studies/{slug}/…`: annotations and passes as JSON. A change names the version that it was made against.

PATCH and DELETE of an annotation need `If-Match` with the version that was seen: 428 without it, 409 with the
annotation as it is now where somebody was faster.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from app import db
from app.annotations import changing, marks, passing, putting, tags, undoing
from app.annotations.acts import Hand, Stale
from app.annotations.models import Annotation
from app.annotations.wanted import MOST_AT_ONCE, Changes, Id, Wanted
from app.shape import Slug
from app.studies.queries import study as study_of
from app.web import LARGEST, Invalid, NotFound, Number, PageError, ReadDep

router = APIRouter(prefix="/api/v1/studies/{slug}", tags=["annotations"])
Client = Annotated[str, Header(alias="x-client", max_length=20)]
IfMatch = Annotated[str, Header(alias="if-match", max_length=40)]


class NoVersion(PageError):
    """A change that does not say which version it was made against."""

    status = 428


class Put(BaseModel):
    """Annotations to put in one act: all of them, or none."""

    model_config = ConfigDict(extra="forbid")
    annotations: Annotated[list[Wanted], Field(min_length=1, max_length=MOST_AT_ONCE)]


class Filters(BaseModel):
    """Which annotations, by id; `transcript` narrows to one, `after` is the id of the last one seen."""

    model_config = ConfigDict(extra="forbid")
    transcript: int | None = Field(None, ge=1, le=LARGEST)
    after: int = Field(0, ge=0, le=LARGEST)
    limit: int = Field(200, ge=1, le=1000)


class WantedPass(BaseModel):
    """A finished pass over a transcript: every tag looked for that the reader has no mark of is absent."""

    model_config = ConfigDict(extra="forbid")
    transcript: Id
    look: Annotated[list[Slug], Field(min_length=1, max_length=500)]


def hand_of(session: Session, request: Request, slug: str, client: str = "") -> Hand:
    """Return who acts, in the study of this name; raise NotFound."""
    study = study_of(session, slug)
    if study is None:
        raise NotFound("there is no such study")
    person = request.state.person
    return Hand(person.id, study.id, client, getattr(person, "role", "admin") == "admin")


@router.get("/annotations")
def listed(
    request: Request, session: ReadDep, slug: str, wanted: Annotated[Filters, Query()]
) -> dict[str, Any]:
    """List the standing annotations of a study that the reader may see, by id; `next` is the `after` to go on."""
    hand = hand_of(session, request, slug)
    where = [Annotation.id > wanted.after]
    if wanted.transcript is not None:
        where.append(marks.on(wanted.transcript))
    found = marks.seen_by(session, hand.person, hand.study, *where, limit=wanted.limit + 1)
    more = found[wanted.limit - 1].id if len(found) > wanted.limit else None
    return {"annotations": [marks.as_json(one) for one in found[: wanted.limit]], "next": more}


@router.post("/annotations", status_code=201)
def put(request: Request, slug: str, wanted: Put, client: Client = "") -> dict[str, Any]:
    """Put annotations: all or none. Places are in Unicode code points; a quote that does not stand there is 422."""
    with db.writing() as session:
        hand = hand_of(session, request, slug, client)
        return _told(session, hand, putting.put(session, hand, wanted.annotations))


@router.get("/annotations/{number}")
def one(request: Request, response: Response, session: ReadDep, slug: str, number: Number) -> dict[str, Any]:
    """Show an annotation; its version is its ETag."""
    shown = _shown(session, hand_of(session, request, slug), number)
    response.headers["etag"] = f'"{shown["version"]}"'
    return shown


@router.patch("/annotations/{number}", response_model=None)
def change(
    request: Request, slug: str, number: Number, wanted: Changes, client: Client = "", seen: IfMatch = ""
) -> dict[str, Any] | Response:
    """Change the tag, places, confidence or note of an annotation; what is not named stays."""
    version = version_of(seen)
    try:
        with db.writing() as session:
            hand = hand_of(session, request, slug, client)
            changing.change(session, hand, number, version, wanted)
            return _shown(session, hand, number)
    except Stale as error:
        return _conflict(request, slug, number, error)


@router.delete("/annotations/{number}", response_model=None)
def remove(
    request: Request, slug: str, number: Number, client: Client = "", seen: IfMatch = ""
) -> dict[str, Any] | Response:
    """Take an annotation away; undo brings it back."""
    version = version_of(seen)
    try:
        with db.writing() as session:
            changing.remove(session, hand_of(session, request, slug, client), number, version)
            return {"id": number}
    except Stale as error:
        return _conflict(request, slug, number, error)


@router.post("/annotations/{number}/confirm", response_model=None)
def confirm(
    request: Request, slug: str, number: Number, client: Client = "", seen: IfMatch = ""
) -> dict[str, Any] | Response:
    """Say that an annotation still holds under the codebook as it is now."""
    version = version_of(seen)
    try:
        with db.writing() as session:
            hand = hand_of(session, request, slug, client)
            changing.confirm(session, hand, number, version, tags.at(session, hand.study).revision)
            return _shown(session, hand, number)
    except Stale as error:
        return _conflict(request, slug, number, error)


@router.post("/undo")
def undo(request: Request, slug: str, client: Client = "") -> dict[str, Any]:
    """Take back the newest act of one's own in this study; `act` is null where there is none."""
    with db.writing() as session:
        event = undoing.undo(session, hand_of(session, request, slug, client))
        return {
            "act": event and (event.after or {})["act"],
            "transcripts": event and event.ids["transcripts"],
        }


@router.post("/redo")
def redo(request: Request, slug: str, client: Client = "") -> dict[str, Any]:
    """Do again what was taken back last; `act` is null where there is nothing."""
    with db.writing() as session:
        event = undoing.redo(session, hand_of(session, request, slug, client))
        return {
            "act": event and (event.after or {})["act"],
            "transcripts": event and event.ids["transcripts"],
        }


@router.post("/passes", status_code=201)
def submit(request: Request, slug: str, wanted: WantedPass, client: Client = "") -> dict[str, Any]:
    """Finish a pass: `opened` of the tags looked for were open, and are absent from now on."""
    with db.writing() as session:
        hand = hand_of(session, request, slug, client)
        made = passing.submit(session, hand, wanted.transcript, wanted.look)
        return {"id": made.id, "present": made.present, "absent": made.absent, "opened": made.opened,
                "transcripts": list(made.transcripts)}  # fmt: skip


def version_of(seen: str) -> int:
    """Return the version that an If-Match header names; raise where there is none."""
    told = seen.removeprefix("W/").strip('"')
    if not seen:
        raise NoVersion('If-Match: found none, expected the version that was seen, such as "3"')
    if not (told.isascii() and told.isdecimal() and len(told) < 10):
        raise Invalid(f"If-Match: found {seen!r}, expected the version that was seen")
    return int(told)


def _told(session: Session, hand: Hand, ids: list[int]) -> dict[str, Any]:
    made = marks.seen_by(session, hand.person, hand.study, Annotation.id.in_(ids))
    return {"annotations": [marks.as_json(one) for one in made]}


def _shown(session: Session, hand: Hand, number: int) -> dict[str, Any]:
    found = marks.seen_by(session, hand.person, hand.study, Annotation.id == number)
    if not found:
        raise NotFound(f"there is no annotation {number}")
    return marks.as_json(found[0])


def _conflict(request: Request, slug: str, number: int, error: Stale) -> Response:
    """Answer that somebody was faster, with what stands now, so that both can be looked at."""
    with db.reading() as session:
        current = _shown(session, hand_of(session, request, slug), number)
    return JSONResponse({"error": error.message, "current": current}, 409)
