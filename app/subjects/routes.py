"""The page of a style."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from app.subjects.queries import endpoints, slots, style, subjects
from app.web import NotFound, ReadDep, page

router = APIRouter(prefix="/library", include_in_schema=False)


@router.get("/styles/{slug}")
def show_style(request: Request, session: ReadDep, slug: str) -> HTMLResponse:
    """Show a style: what is said of it, and the endpoints and subjects that stand for it."""
    row = style(session, slug)
    if row is None:
        raise NotFound(f"There is no style {slug}.")
    reached = endpoints(session, style_id=row.id)
    ids = {one.id for one in reached}
    context: dict[str, Any] = {
        "style": row,
        "endpoints": reached,
        "families": sorted({one.family or one.model for one in reached}),
        "subjects": [one for one in subjects(session) if one.endpoint_id in ids],
    }
    return page(request, "subjects/style.html", here="library", slots=slots(session), **context)
