"""The pages of Compare. Every state of one is its address."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from app.compare import queries
from app.compare.page import build
from app.compare.scope import Part, asked, edge_prompt, scope
from app.compare.view import Place, View, read
from app.transcripts.faithful import faithful
from app.web import NotFound, ReadDep, page

router = APIRouter(include_in_schema=False)


def _study(session: ReadDep, slug: str) -> Any:
    found = queries.study(session, slug)
    if found is None:
        raise NotFound(f"no study {slug}")
    return found


def _view(request: Request) -> View:
    return read({name: request.query_params.getlist(name) for name in request.query_params})


StudyDep = Annotated[Any, Depends(_study)]
ViewDep = Annotated[View, Depends(_view)]


@router.get("/compare")
def index(request: Request, session: ReadDep) -> Response:
    """Go to the newest study that has a run; without one, say how to get one."""
    found = queries.studies_with_runs(session)
    if not found:
        return page(request, "compare/empty.html", here="compare", study=None)
    return RedirectResponse(f"/studies/{found[0].slug}/compare", 303)


@router.get("/studies/{slug}/compare")
def first(request: Request, session: ReadDep, study: StudyDep, view: ViewDep) -> Response:
    """Go to the study's first prompt."""
    found = asked(session, study.id, view.runs).parts
    if not found:
        return page(request, "compare/empty.html", here="compare", study=study)
    return _to_edge(session, study.slug, found[0], view, last=False)


@router.get("/studies/{slug}/compare/{battery}")
def of_battery(session: ReadDep, study: StudyDep, view: ViewDep, battery: str, end: str = "") -> Response:
    """Go to a battery's first prompt, or with `end=last` to its last."""
    found = next((part for part in asked(session, study.id, view.runs).parts if part.slug == battery), None)
    if found is None:
        raise NotFound(f"no run of {study.title} that was chosen asks a battery {battery}")
    return _to_edge(session, study.slug, found, view, last=end == "last")


@router.get("/studies/{slug}/compare/{battery}/{key}")
def show(
    request: Request, session: ReadDep, study: StudyDep, view: ViewDep, battery: str, key: str
) -> Response:
    """Show one prompt with the answers of its subjects side by side."""
    all_asked = asked(session, study.id, view.runs)
    found = scope(session, all_asked.parts, battery, key)
    if found is None:
        raise NotFound(f"no run of {study.title} that was chosen asks {battery}/{key}")
    shown = build(session, study.id, Place(study.slug, battery, key, view), found, all_asked.runs)
    bare = request.headers.get("x-part") == "compare"
    template = "compare/part.html" if bare else "compare/show.html"
    reply = page(request, template, here="compare", study=study, page=shown, faithful=faithful)
    reply.headers["vary"] = "x-part"
    return reply


def _to_edge(session: ReadDep, slug: str, part: Part, view: View, last: bool) -> Response:
    place = Place(slug, part.slug, edge_prompt(session, part, last), view)
    return RedirectResponse(place.url(), 303)
