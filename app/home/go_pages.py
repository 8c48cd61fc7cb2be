"""The palette: where one can go by a few letters, as a part that a script shows and as a page without it."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from app.home.going import going, here
from app.web import ReadDep, page, partial

router = APIRouter(include_in_schema=False)
Typed = Annotated[str, Query(max_length=500)]


@router.get("/go")
def plainly(request: Request, session: ReadDep, q: Typed = "", at: str = "") -> HTMLResponse:
    """Show where some letters lead, for who has no script."""
    groups = going(session, q, here(session, at))
    return page(request, "home/go.html", groups=groups, typed=q, at=at)


@router.get("/-/go")
def options(request: Request, session: ReadDep, q: Typed = "", at: str = "") -> HTMLResponse:
    """Answer what the palette shows for some letters; `at` is the address where it was opened."""
    return partial(request, "home/_go_options.html", groups=going(session, q, here(session, at)))
