"""The pages of Compare. Every state of one is its address."""

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

from app.compare import of_set, queries
from app.compare.page import build
from app.compare.printed import printed
from app.compare.scope import Asked, Part, edge_prompt, scope
from app.compare.signs import SIGNS
from app.compare.view import Place, View, read
from app.db import current
from app.web import NotFound, ReadDep, page

router = APIRouter(include_in_schema=False)


def _study(session: Session, slug: str) -> Any:
    found = queries.study(session, slug)
    if found is None:
        raise NotFound(f"There is no study {slug}.")
    return found


def _view(request: Request) -> View:
    return read({name: request.query_params.getlist(name) for name in request.query_params})


@router.get("/compare")
def index(request: Request, session: ReadDep) -> Response:
    """Go to the newest study that has a run; without one, say how to get one."""
    found = queries.studies_with_runs(session)
    if not found:
        return page(request, "compare/empty.html", here="compare", study=None)
    return RedirectResponse(f"/studies/{found[0].slug}/compare", 303)


@router.get("/studies/{slug}/compare")
def first(request: Request, session: ReadDep, slug: str) -> Response:
    """Go to the study's first prompt."""
    study, view = _study(session, slug), _view(request)
    found = _asked(session, study, view)[0].parts
    if not found and view.set:
        raise NotFound(f"No transcript of working set {view.set} answers a prompt of the chosen runs.")
    if not found:
        return page(request, "compare/empty.html", here="compare", study=study)
    return _to_edge(session, study.slug, found[0], view, last=False)


@router.get("/studies/{slug}/compare/{battery}")
def of_battery(request: Request, session: ReadDep, slug: str, battery: str, end: str = "") -> Response:
    """Go to a battery's first prompt, or with `end=last` to its last."""
    study, view = _study(session, slug), _view(request)
    found = next((part for part in _asked(session, study, view)[0].parts if part.slug == battery), None)
    if found is None:
        raise NotFound(f"No chosen run of {study.title} asks a battery {battery}.")
    return _to_edge(session, study.slug, found, view, last=end == "last")


@router.get("/studies/{slug}/compare/{battery}/{key}")
def show(request: Request, session: ReadDep, slug: str, battery: str, key: str) -> Response:
    """Show one prompt with the answers of its subjects side by side."""
    address = f"{request.url.path}?{request.url.query}"
    found = printed(current(), address, lambda: _laid_out(session, slug, battery, key, _view(request)))
    bare = request.headers.get("x-part") == "compare"
    reply = page(request, "compare/part.html" if bare else "compare/show.html", here="compare", printed=found)
    reply.headers["vary"] = "x-part"
    return reply


def _laid_out(session: Session, slug: str, battery: str, key: str, view: View) -> dict[str, Any]:
    study = _study(session, slug)
    everything, only = _asked(session, study, view)
    place = Place(study.slug, battery, key, view)
    parts = of_set.beside(session, study.id, everything, place) if only else everything.parts
    found = scope(session, parts, place)
    if found is None:
        raise NotFound(f"No chosen run of {study.title} asks {battery}/{key}.")
    shown = build(session, study.id, place, found, everything, only)
    return {"study": study, "page": shown, "title": f"{shown.title} · {study.title} · Styloscope", **SIGNS}


def _asked(session: Session, study: Any, view: View) -> tuple[Asked, of_set.Members | None]:
    """Return what the chosen runs ask, and the set that narrows it; raise NotFound where that is empty."""
    only = of_set.members(session, study.id, view)
    if only is not None and not only.counts:
        raise NotFound(f"No transcript of {study.title} is in {only.label} now.")
    return of_set.asked(session, study.id, view, only), only


def _to_edge(session: Session, slug: str, part: Part, view: View, last: bool) -> Response:
    place = Place(slug, part.slug, edge_prompt(session, part, last), view)
    return RedirectResponse(place.url(), 303)
