"""How an answer is cited, as a page, as what a dialog holds, and as JSON."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from app.compare.cite import Citation, NoQuote, citation, quoted
from app.transcripts.conversation import conversation
from app.transcripts.show import Hidden
from app.web import LARGEST, Invalid, NotFound, Number, ReadDep, page, partial

router = APIRouter()
Place = Annotated[int | None, Field(ge=0, le=LARGEST)]


class Asked(BaseModel):
    """What is quoted, in code points of a message (None = the answer), and whether names are hidden."""

    m: Place = None
    start: Place = Field(None, alias="from")
    end: Place = Field(None, alias="to")
    hide: Hidden = ""


AskedQuery = Annotated[Asked, Query()]


@router.get("/transcripts/{number}/cite", include_in_schema=False)
def cite(request: Request, session: ReadDep, number: Number, asked: AskedQuery) -> HTMLResponse:
    """Show the citation of an answer, or of the part of a message that is named in code points."""
    told = _cited(request, session, number, asked)
    draw = partial if request.headers.get("x-part") == "cite" else page
    template = "compare/_cite.html" if draw is partial else "compare/cite.html"
    reply = draw(request, template, told=told, number=number, hide=asked.hide, here="compare")
    reply.headers["vary"] = "x-part"
    return reply


@router.get("/api/v1/transcripts/{number}/citation", tags=["transcripts"])
def cite_as_json(request: Request, session: ReadDep, number: Number, asked: AskedQuery) -> dict[str, Any]:
    """Return how an answer is cited: as text, Markdown and BibTeX, and the quote in code points of its message."""
    told = _cited(request, session, number, asked)
    words = told.quoted
    return {
        "id": told.id, "url": told.url, "text": told.text(), "markdown": told.markdown(), "bibtex": told.bibtex(),
        "quote": {"message": words.message, "start": words.start, "end": words.end, "text": words.text},
    }  # fmt: skip


def _cited(request: Request, session: Session, number: int, asked: Asked) -> Citation:
    found = conversation(session, number)
    if found is None:
        raise NotFound(f"There is no transcript {number}.")
    try:
        words = quoted(found, asked.m, asked.start, asked.end)
    except NoQuote as error:
        raise Invalid(str(error)) from error
    url = request.app.state.settings.public_url or str(request.base_url)
    return citation(session, found, words, public_url=url, hide=asked.hide)
