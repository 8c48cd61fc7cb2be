"""The page of a reader's bookmarks, and where they were in a study as its page shows it. Works without script."""

from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from app import db
from app.reading import bookmarks, places
from app.studies.queries import study as study_of
from app.web import LARGEST, NotFound, Number, ReadDep, page, partial

router = APIRouter(include_in_schema=False)
Known = Annotated[int | None, Query(ge=1, le=LARGEST)]


@router.get("/bookmarks")
def index(
    request: Request, session: ReadDep, study: str = "", before: Known = None, removed: Known = None
) -> HTMLResponse:
    """List the reader's bookmarks by study, newest first; `removed` is the one that can be put back."""
    of = study_of(session, study) if study else None
    if study and of is None:
        raise NotFound(f"There is no study {study}.")
    person, most = request.state.person.id, bookmarks.PAGE
    found = bookmarks.lines(session, person, study=study, before=before, limit=most + 1)
    older = found[most - 1].id if len(found) > most else None
    return page(request, "reading/bookmarks.html", here="home", groups=bookmarks.by_study(found[:most]), study=of,
                before=before, older=older, removed=removed)  # fmt: skip


@router.post("/bookmarks/{number}/remove")
def remove(request: Request, number: Number, study: Annotated[str, Form()] = "") -> Response:
    """Take a bookmark away, and offer to put it back."""
    with db.writing(personal=True) as session:
        if not bookmarks.remove(session, request.state.person.id, number):
            raise NotFound("You have no such bookmark.")
    return RedirectResponse(f"/bookmarks?{f'study={study}&' if study else ''}removed={number}", 303)


@router.post("/bookmarks/{number}/restore")
def restore(request: Request, number: Number, study: Annotated[str, Form()] = "") -> Response:
    """Put a bookmark back as it was."""
    with db.writing(personal=True) as session:
        if not bookmarks.remove(session, request.state.person.id, number, back=True):
            raise NotFound("You have no such bookmark.")
    return RedirectResponse(f"/bookmarks{f'?study={study}' if study else ''}#b{number}", 303)


@router.post("/bookmarks/{number}/note")
def note(
    request: Request,
    number: Number,
    note: Annotated[str, Form(max_length=bookmarks.NOTE)] = "",
    study: Annotated[str, Form()] = "",
) -> Response:
    """Write the note of a bookmark."""
    with db.writing(personal=True) as session:
        if not bookmarks.annotate(session, request.state.person.id, number, note):
            raise NotFound("You have no such bookmark.")
    return RedirectResponse(f"/bookmarks{f'?study={study}' if study else ''}#b{number}", 303)


@router.get("/-/studies/{slug}/place")
def place(request: Request, session: ReadDep, slug: str) -> HTMLResponse:
    """Answer where the reader was in a study, and how much of it they keep."""
    if study_of(session, slug) is None:
        raise NotFound("There is no such study.")
    person = request.state.person.id
    return partial(request, "reading/_place.html", place=places.place_in(session, person, slug), study=slug,
                   kept=bookmarks.counted(session, person, slug))  # fmt: skip
