"""Trying a text: the page, what it would come to, the question itself, and its answers as they arrive."""

import os
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from sqlalchemy.orm import Session

from app import db
from app.compare import tried
from app.compare.page import read_as
from app.compare.signs import SIGNS
from app.compare.tried import is_tried, study_of
from app.studies.models import Study
from app.studies.queries import studies
from app.transcripts import commands
from app.transcripts.run_page import run_page_now
from app.transcripts.tries import Trial, TryForm, form_of, trial
from app.web import LARGEST, Number, ReadDep, page, partial

router = APIRouter(include_in_schema=False)
Asked = Annotated[TryForm, Query()]
Written = Annotated[TryForm, Form()]
Before = Annotated[int | None, Query(ge=1, le=LARGEST)]


@router.get("/try")
def newest(request: Request, session: ReadDep) -> Response:
    """Go to the newest study, with all that the address asks to try."""
    found = studies(session)
    if not found:
        return RedirectResponse("/studies", 303)
    query = f"?{request.url.query}" if request.url.query else ""
    return RedirectResponse(f"/studies/{found[0].slug}/try{query}", 303)


@router.get("/studies/{slug}/try")
def new(request: Request, session: ReadDep, slug: str, form: Asked, before: Before = None) -> HTMLResponse:
    """Show an empty page, or one with the turns of the prompt that the address names."""
    found = study_of(session, slug)
    made = trial(session, found, form, os.environ)
    return page(request, "compare/try.html", here="compare", **_page(session, made, before))


@router.post("/-/studies/{slug}/try")
def outlook(request: Request, session: ReadDep, slug: str, form: Written) -> HTMLResponse:
    """Answer what the form as it stands would come to. Nothing is written, nothing sent."""
    made = trial(session, study_of(session, slug), form, os.environ)
    return partial(request, "compare/_try_outlook.html", trial=made, apart=True)


@router.post("/-/studies/{slug}/try/turns")
def turns(request: Request, session: ReadDep, slug: str, form: Written) -> HTMLResponse:
    """Answer the turns to write in, as the mode wants them. Nothing is written, nothing sent."""
    made = trial(session, study_of(session, slug), form, os.environ)
    return partial(request, "compare/_try_turns.html", trial=made)


@router.post("/studies/{slug}/try")
def ask(request: Request, slug: str, form: Written) -> Response:
    """Put the text to the ticked subjects, in a run of its own; a form that cannot be asked comes back."""
    form = form.model_copy(update={"chosen": "1"})
    with db.writing() as session:
        made = trial(session, study_of(session, slug), form, os.environ)
        if made.problem or form.more:
            return page(request, "compare/try.html", status_code=200 if form.more else 422, here="compare",
                        **_page(session, made))  # fmt: skip
        run_id = _begin(session, made, request.state.person.id)
    return RedirectResponse(f"/studies/{slug}/try/{run_id}", 303)


@router.get("/studies/{slug}/try/{run_id}")
def show(request: Request, session: ReadDep, slug: str, run_id: Number, before: Before = None) -> Response:
    """Show what was tried, ready to be changed, and its answers side by side."""
    found = study_of(session, slug)
    if not is_tried(session, found, run_id):
        return RedirectResponse(f"/runs/{run_id}", 303)
    made = trial(session, found, form_of(session, run_id), os.environ)
    context = _page(session, made, before) | _answers(request, session, found, run_id)
    return page(request, "compare/try.html", here="compare", **context)


@router.get("/-/studies/{slug}/try/{run_id}")
def now(request: Request, session: ReadDep, slug: str, run_id: Number) -> Response:
    """Answer the part of the page that moves: what has come so far."""
    found = study_of(session, slug)
    if not is_tried(session, found, run_id):
        return RedirectResponse(f"/-/runs/{run_id}", 303)
    return partial(request, "compare/_try_answers.html", **_answers(request, session, found, run_id))


def _page(session: Session, made: Trial, before: int | None = None) -> dict[str, Any]:
    lines = tried.history(session, made.study.id, before=before, limit=tried.LISTED + 1)
    older = lines[tried.LISTED - 1].run_id if len(lines) > tried.LISTED else None
    return {"study": made.study, "trial": made, "lines": lines[: tried.LISTED], "older": older, "before": before,
            "run": None, "apart": False, "read_as": read_as}  # fmt: skip


def _answers(request: Request, session: Session, of: Study, run_id: int) -> dict[str, Any]:
    run = run_page_now(session, run_id, getattr(request.app.state, "supervise", None))
    shown = tried.answers(session, of.id, of.slug, run_id)
    return {
        "study": of, "run": run, "page": shown, "place": shown.place, "view": shown.place.view,
        "prompt": shown.prompt, **SIGNS,
    }  # fmt: skip


def _begin(session: Session, made: Trial, person_id: int) -> int:
    assert made.text is not None  # or it would have a problem
    return commands.try_text(
        session, made.study, made.text, subject_version_ids=[one.version_id for one in made.ticked],
        repeats=made.draws, temperatures=made.temperatures, person_id=person_id,
    )  # fmt: skip
