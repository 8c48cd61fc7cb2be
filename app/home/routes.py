"""The first page, and the page that shows every part of the interface."""

from datetime import UTC, datetime, timedelta

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from app.web import page, partial

router = APIRouter(include_in_schema=False)

PARTS = ["marks", "controls", "figures", "texts", "blocks"]
HOSTILE = "\u202eevil\u202c text, \u200b\x1b[31m<script>alert(1)</script> & 👩‍🔬 \ufeff𝒳"


@router.get("/-/patterns")
def patterns(request: Request) -> HTMLResponse:
    """Show every macro of `templates/ui` in every state."""
    then = datetime.now(UTC) - timedelta(minutes=3)
    return page(request, "home/patterns.html", parts=PARTS, hostile=HOSTILE, then=then, count=0)


@router.get("/-/patterns/now")
def now(request: Request) -> HTMLResponse:
    """Answer the live region of the patterns page."""
    return partial(request, "home/patterns/now.html", count=1)
