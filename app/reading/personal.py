"""What readers keep for themselves, as JSON: what they have seen, bookmarks, and where they were.

Written by their pages, and told to nobody else.
"""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from app import db
from app.reading import bookmarks, places, seen
from app.reading.alike import alike
from app.web import LARGEST, Invalid, NotFound, Number, ReadDep

router = APIRouter(prefix="/api/v1", tags=["reading"])
MOST = 4000  # marks in one batch
MOST_ALIKE = 20  # answers of a batch whose like are looked for
Transcripts = Annotated[list[Annotated[int, Field(ge=1, le=LARGEST)]], Field(max_length=MOST)]


class Marks(BaseModel):
    """Answers that were shown to the reader in full, or (`seen` false) are to count as unread again.

    With `alike` the answers of the same cell with the same text go with them.
    """

    model_config = ConfigDict(extra="forbid")
    transcripts: Transcripts
    seen: bool = True
    alike: bool = False


@router.post("/seen")
def mark(request: Request, marks: Marks) -> dict[str, Any]:
    """Mark answers as seen by the reader, or take their marks back; `changed` are those that were otherwise before.

    Asked twice it changes nothing the second time; what is no finished answer is left out.
    """
    wanted = set(marks.transcripts)
    if marks.alike:
        with db.reading() as session:
            for number in marks.transcripts[:MOST_ALIKE]:
                wanted.update(alike(session, number))
    with db.writing(personal=True) as session:
        return {"changed": seen.mark(session, request.state.person.id, wanted, marks.seen)}


class Kept(BaseModel):
    """An answer to keep, or with `message` the path that ends in it; `note` null leaves the note that it has."""

    model_config = ConfigDict(extra="forbid")
    transcript: int = Field(ge=1, le=LARGEST)
    message: int | None = Field(None, ge=1, le=LARGEST)
    note: str | None = Field(None, max_length=bookmarks.NOTE)
    hide: Literal["", "kept", "shuffled"] = ""


@router.post("/bookmarks")
def keep(request: Request, wanted: Kept) -> dict[str, Any]:
    """Bookmark an answer or a path for the reader; one that is there already takes the note."""
    person = request.state.person.id
    try:
        with db.writing(personal=True) as session:
            kept = bookmarks.keep(
                session, person, wanted.transcript, wanted.message, wanted.note, wanted.hide
            )
            return {"id": kept.id, "transcript": kept.transcript_id, "message": kept.message_id,
                    "note": kept.note}  # fmt: skip
    except bookmarks.NoBookmark as error:
        raise Invalid(str(error)) from error


@router.delete("/bookmarks/{number}")
def put_away(request: Request, number: Number) -> dict[str, Any]:
    """Take a bookmark of the reader away; its number puts it back (`/restore`)."""
    with db.writing(personal=True) as session:
        if not bookmarks.remove(session, request.state.person.id, number):
            raise NotFound("you have no such bookmark")
    return {"id": number}


@router.post("/bookmarks/{number}/restore")
def put_back(request: Request, number: Number) -> dict[str, Any]:
    """Put a bookmark back that the reader took away."""
    with db.writing(personal=True) as session:
        if not bookmarks.remove(session, request.state.person.id, number, back=True):
            raise NotFound("you have no such bookmark")
    return {"id": number}


@router.get("/transcripts/{number}/mine")
def mine(request: Request, response: Response, session: ReadDep, number: Number) -> dict[str, Any]:
    """Tell whether the reader has seen a transcript's answer, and what of it they keep."""
    person = request.state.person.id
    response.headers["cache-control"] = "no-store"
    return {
        "seen": seen.is_seen(session, person, number),
        "kept": bookmarks.of_transcripts(session, person, [number]),
    }


class Here(BaseModel):
    """A page that is read: its address below the origin, and its title."""

    model_config = ConfigDict(extra="forbid")
    address: str = Field(max_length=places.LONGEST)
    title: str = Field("", max_length=1000)


@router.post("/places")
def remember(request: Request, here: Here) -> dict[str, Any]:
    """Remember a page as where the reader is in its study."""
    try:
        with db.writing(personal=True) as session:
            places.remember(session, request.state.person.id, here.address, here.title)
    except places.NoPlace as error:
        raise Invalid(str(error)) from error
    return {"address": here.address}
