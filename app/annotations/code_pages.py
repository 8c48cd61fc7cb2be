"""The page where an answer is coded, its panel for live updates, and the ways to the next answer."""

from collections.abc import Sequence
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from app.annotations import order
from app.annotations.desk import desk
from app.studies.queries import studies
from app.studies.queries import study as study_of
from app.transcripts.models import Transcript
from app.transcripts.told import temperature_said
from app.web import NotFound, Number, ReadDep, page, partial

router = APIRouter(include_in_schema=False)
Look = Annotated[Sequence[str], Query(max_length=500)]
Hide = Annotated[str, Query(max_length=10)]


def address(number: int, look: tuple[str, ...], hide: str = "") -> str:
    """Return the address of a transcript's coding page."""
    asked = [*(("look", one) for one in look), *([("hide", "kept")] if hide else [])]
    return f"/transcripts/{number}/code{'?' + urlencode(asked) if asked else ''}"


@router.get("/transcripts/{number}/code")
def show(
    request: Request, session: ReadDep, number: Number, look: Look = (), hide: Hide = ""
) -> HTMLResponse:
    """Show an answer to be coded: its text with the marks, what is looked for, and the pass so far."""
    found = desk(session, request.state.person.id, number, look)
    row = found.found.row
    return page(request, "annotations/code.html", here="code", desk=found, row=row, where=found.found.where,
                temperature=temperature_said(row["temperature_milli"]), hide=bool(hide),
                here_url=address(number, found.look), hidden_url=address(number, found.look, "kept"),
                panel_url=f"/-{address(number, found.look, hide)}")  # fmt: skip


@router.get("/-/transcripts/{number}/code")
def panel(
    request: Request, session: ReadDep, number: Number, look: Look = (), hide: Hide = ""
) -> HTMLResponse:
    """Answer the panel beside an answer: what is looked for, the marks, and what the script paints from."""
    found = desk(session, request.state.person.id, number, look)
    return partial(request, "annotations/_panel.html", desk=found)


@router.get("/transcripts/{number}/code/next")
def following(
    request: Request, session: ReadDep, number: Number, look: Look = (), hide: Hide = ""
) -> Response:
    """Go to the next answer that the reader has not passed; to the start of coding where none is left."""
    row = session.get(Transcript, number)
    if row is None:
        raise NotFound(f"There is no transcript {number}.")
    found = order.after(session, request.state.person.id, row.study_id, number)
    return RedirectResponse(address(found, tuple(look), hide) if found else "/code", 303)


@router.get("/code")
def start(request: Request, session: ReadDep) -> HTMLResponse:
    """Show where coding begins: the studies, and how much of each the reader has passed."""
    person = request.state.person.id
    lines = [(one, *order.progress(session, person, one.id)) for one in studies(session)]
    return page(request, "annotations/start.html", here="code", lines=lines)


@router.get("/studies/{slug}/code")
def begin(request: Request, session: ReadDep, slug: str, look: Look = (), hide: Hide = "") -> Response:
    """Go to the first answer of a study that the reader has not passed."""
    study = study_of(session, slug)
    if study is None:
        raise NotFound("There is no such study.")
    found = order.after(session, request.state.person.id, study.id)
    return RedirectResponse(address(found, tuple(look), hide) if found else "/code", 303)
