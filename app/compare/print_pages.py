"""The page that goes on paper: a study's batteries or some of their prompts, one prompt a sheet."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from app.compare import of_set, queries
from app.compare.sheets import Paper, choose, on_paper
from app.compare.view import read
from app.web import NotFound, ReadDep, streamed

router = APIRouter(include_in_schema=False)
Names = Annotated[list[str], Query(default_factory=list)]


@router.get("/studies/{slug}/print")
def on_sheets(request: Request, session: ReadDep, slug: str, battery: Names, prompt: Names) -> Response:
    """Lay prompts out for paper; `battery` and `prompt` (battery/key) may be named again and again, none = all."""
    study = queries.study(session, slug)
    if study is None:
        raise NotFound(f"There is no study {slug}.")
    view = on_paper(read({name: request.query_params.getlist(name) for name in request.query_params}))
    only = of_set.members(session, study.id, view)
    found = of_set.asked(session, study.id, view, only)
    chosen = choose(session, found.parts, battery, prompt)
    home = (request.app.state.settings.public_url or str(request.base_url)).rstrip("/")
    paper = Paper(study, view, chosen, found, only, home)
    return streamed(request, "compare/print.html", here="compare", paper=paper)
