"""The first page, and the page that shows every part of the interface."""

from datetime import UTC, datetime, timedelta
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from app.batteries.rules import Finding
from app.compare.signs import SIGNS
from app.home import queries, samples
from app.home.writing import rows
from app.reading.bookmarks import lines as bookmark_lines
from app.reading.places import places
from app.transcripts.faithful import faithful
from app.web import ReadDep, page, partial

router = APIRouter(include_in_schema=False)

PLACES, NOTES = 3, 5
PARTS = ["marks", "controls", "figures", "texts", "blocks", "reading", "writing", "found", "columns", "runs"]
MINDED = (
    Finding("wordings", "number", "variant", "found 1 wording of number, expected 3 or more"),
    Finding("condition", "number", "turns", "found the name Maria, which most of its siblings have not"),
)
HOSTILE = "\u202eevil\u202c text, \u200b\x1b[31m<script>alert(1)</script> & 👩‍🔬 \ufeff𝒳"


@router.get("/")
def home(request: Request, session: ReadDep) -> HTMLResponse:
    """Show the studies and runs; where there are none, the three ways to begin."""
    person = request.state.person.id
    studies = queries.lines(session, person)
    if not studies:
        return page(request, "home/first.html", here="home")
    return page(request, "home/index.html", here="home", studies=studies,
                unfinished=queries.unfinished(session), runs=queries.latest(session),
                places=places(session, person, PLACES),
                notes=bookmark_lines(session, person, noted=True, limit=NOTES))  # fmt: skip


@router.get("/-/home/runs")
def runs(request: Request, session: ReadDep) -> HTMLResponse:
    """Answer the first page's newest runs, which move."""
    return partial(request, "home/_runs.html", runs=queries.latest(session))


@router.get("/-/home/under-way")
def under_way(request: Request, session: ReadDep) -> HTMLResponse:
    """Answer the first page's unfinished runs, which move most."""
    return partial(request, "home/_under_way.html", unfinished=queries.unfinished(session))


@router.get("/-/patterns")
def patterns(request: Request) -> HTMLResponse:
    """Show every macro of `templates/ui` in every state."""
    then = datetime.now(UTC) - timedelta(minutes=3)
    shown: dict[str, Any] = {
        "found": samples.found(HOSTILE, then),
        "rows": list(rows(HOSTILE)),
        "findings_shown": MINDED,
        **samples.runs(HOSTILE, then),
        **SIGNS,
    }
    return page(
        request, "home/patterns.html", parts=PARTS, hostile=faithful(HOSTILE), then=then, count=0, **shown
    )


@router.get("/-/patterns/now")
def now(request: Request) -> HTMLResponse:
    """Answer the live region of the patterns page."""
    return partial(request, "home/patterns/now.html", count=1)
