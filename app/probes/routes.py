"""The page of an endpoint, and the button on it that probes."""

import asyncio
import os
from importlib import import_module
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy.orm import Session

from app.probes.asks import CannotProbe
from app.probes.page import EndpointPage, endpoint_page
from app.probes.words import NAMES
from app.subjects.queries import endpoint, newest_versions, slots, subjects
from app.transcripts.faithful import faithful
from app.web import LARGEST, Invalid, NotFound, ReadDep, page, partial

router = APIRouter(prefix="/library/endpoints", include_in_schema=False)
WORDS: dict[str, Any] = {"names": NAMES, "faithful": faithful}
Chosen = Annotated[int | None, Query(ge=1, le=LARGEST)]


@router.get("/{slug}")
def show(request: Request, session: ReadDep, slug: str, probe: Chosen = None) -> HTMLResponse:
    """Show an endpoint: how it is reached and asked, what it costs and can do, and its subjects."""
    shown = _page_of(session, slug, probe)
    return page(
        request, "subjects/endpoint.html", here="library", probed=shown, endpoint=shown.endpoint,
        subjects=subjects(session, endpoint_id=shown.endpoint.id), versions=newest_versions(session),
        slots=slots(session), key_is_set=not shown.missing_key, here_now=_now(shown, probe), **WORDS,
    )  # fmt: skip


@router.get("/{slug}/probe")
def show_now(request: Request, session: ReadDep, slug: str, probe: Chosen = None) -> HTMLResponse:
    """Answer the part of an endpoint's page that moves while it is probed."""
    return partial(request, "probes/_probe.html", probed=_page_of(session, slug, probe), **WORDS)


@router.post("/{slug}/probe")
async def start(request: Request, slug: str) -> Response:
    """Begin a probe; what cannot begin is said in one line."""
    state = request.app.state
    # The network's libraries take as long to load as all the pages, and most pages never need them.
    state.probing = state.probing or await asyncio.to_thread(import_module, "app.probes.running")
    person = request.state.person.id
    try:
        await state.probing.start(state.settings, slug, keys=os.environ, person_id=person)
    except CannotProbe as error:
        raise Invalid(str(error)) from error
    return RedirectResponse(f"/library/endpoints/{slug}#probe", 303)


def _now(shown: EndpointPage, probe: int | None) -> str:
    """Return the address of the part that moves, of the same probe."""
    return f"/library/endpoints/{shown.endpoint.slug}/probe" + ("" if probe is None else f"?probe={probe}")


def _page_of(session: Session, slug: str, probe: int | None) -> EndpointPage:
    row = endpoint(session, slug)
    if row is None:
        raise NotFound(f"There is no endpoint {slug}.")
    return endpoint_page(session, row, os.environ, probe)
