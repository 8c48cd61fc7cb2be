"""Trying a text: the page, what it would come to, the question itself, and its answers as they arrive."""

import os
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from sqlalchemy.orm import Session

from app import db
from app.batteries.history import answer_words
from app.batteries.shape import PromptShape
from app.compare import tried
from app.compare.page import read_as
from app.compare.signs import SIGNS
from app.runs.models import SCRATCH, Run
from app.studies.models import Study
from app.studies.queries import studies, study
from app.transcripts import commands
from app.transcripts.faithful import faithful
from app.transcripts.keeping import KeepForm, Keeping, first_form, keeping
from app.transcripts.keeping import keep as put_kept
from app.transcripts.run_page import run_page_now
from app.transcripts.tries import Trial, TryForm, form_of, trial, tried_prompt
from app.web import LARGEST, NotFound, Number, ReadDep, page, partial

router = APIRouter(include_in_schema=False)
Asked = Annotated[TryForm, Query()]
Written = Annotated[TryForm, Form()]
Kept = Annotated[KeepForm, Form()]
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
    found = _study(session, slug)
    made = trial(session, found, form, os.environ)
    return page(request, "compare/try.html", here="compare", **_page(session, made, before))


@router.post("/-/studies/{slug}/try")
def outlook(request: Request, session: ReadDep, slug: str, form: Written) -> HTMLResponse:
    """Answer what the form as it stands would come to. Nothing is written, nothing sent."""
    made = trial(session, _study(session, slug), form, os.environ)
    return partial(request, "compare/_try_outlook.html", trial=made, apart=True)


@router.post("/-/studies/{slug}/try/turns")
def turns(request: Request, session: ReadDep, slug: str, form: Written) -> HTMLResponse:
    """Answer the turns to write in, as the mode wants them. Nothing is written, nothing sent."""
    made = trial(session, _study(session, slug), form, os.environ)
    return partial(request, "compare/_try_turns.html", trial=made)


@router.post("/studies/{slug}/try")
def ask(request: Request, slug: str, form: Written) -> Response:
    """Put the text to the ticked subjects, in a run of its own; a form that cannot be asked comes back."""
    form = form.model_copy(update={"chosen": "1"})
    with db.writing() as session:
        made = trial(session, _study(session, slug), form, os.environ)
        if made.problem or form.more:
            return page(request, "compare/try.html", status_code=200 if form.more else 422, here="compare",
                        **_page(session, made))  # fmt: skip
        run_id = _begin(session, made, request.state.person.id)
    return RedirectResponse(f"/studies/{slug}/try/{run_id}", 303)


@router.get("/studies/{slug}/try/{run_id}")
def show(request: Request, session: ReadDep, slug: str, run_id: Number, before: Before = None) -> Response:
    """Show what was tried, ready to be changed, and its answers side by side."""
    found = _study(session, slug)
    if not _is_tried(session, found, run_id):
        return RedirectResponse(f"/runs/{run_id}", 303)
    made = trial(session, found, form_of(session, run_id), os.environ)
    context = _page(session, made, before) | _answers(request, session, found, run_id)
    return page(request, "compare/try.html", here="compare", **context)


@router.get("/-/studies/{slug}/try/{run_id}")
def now(request: Request, session: ReadDep, slug: str, run_id: Number) -> Response:
    """Answer the part of the page that moves: what has come so far."""
    found = _study(session, slug)
    if not _is_tried(session, found, run_id):
        return RedirectResponse(f"/-/runs/{run_id}", 303)
    return partial(request, "compare/_try_answers.html", **_answers(request, session, found, run_id))


@router.get("/studies/{slug}/try/{run_id}/keep")
def keep(request: Request, session: ReadDep, slug: str, run_id: Number) -> Response:
    """Show the form that makes what was tried a prompt of a battery."""
    if not _is_tried(session, _study(session, slug), run_id):
        return RedirectResponse(f"/runs/{run_id}", 303)
    found, text = _tried(session, slug, run_id)
    made = keeping(session, text, first_form(session, found, text))
    return page(request, "compare/keep.html", here="compare", **_keeping(found, run_id, text, made))


@router.post("/-/studies/{slug}/try/{run_id}/keep")
def keep_now(request: Request, session: ReadDep, slug: str, run_id: Number, form: Kept) -> HTMLResponse:
    """Answer what is to be said of the prompt as the form stands. Nothing is written."""
    _, text = _tried(session, slug, run_id)
    return partial(request, "compare/_keep_checks.html", made=keeping(session, text, form))


@router.post("/studies/{slug}/try/{run_id}/keep")
def keep_it(request: Request, slug: str, run_id: Number, form: Kept) -> Response:
    """Make what was tried a prompt of a battery; a form that cannot be comes back with what is wrong."""
    with db.writing() as session:
        found, text = _tried(session, slug, run_id)
        made = keeping(session, text, form)
        if made.shape is not None:
            person = request.state.person.id
            put_kept(session, found, made.shape, asked=form.asked != "", person_id=person)
    if made.shape is None:
        context = _keeping(found, run_id, text, made)
        return page(request, "compare/keep.html", status_code=422, here="compare", **context)
    return RedirectResponse(f"/library/batteries/{made.shape.battery.slug}#{made.shape.prompts[-1].key}", 303)


def _study(session: Session, slug: str) -> Study:
    found = study(session, slug)
    if found is None:
        raise NotFound(f"There is no study {slug}.")
    return found


def _is_tried(session: Session, of: Study, run_id: int) -> bool:
    """Tell whether a run tries a text in this study; raise NotFound where the study has no such run."""
    run = session.get(Run, run_id)
    if run is None or run.study_id != of.id:
        raise NotFound(f"{of.title} has no run {run_id}.")
    return run.kind == SCRATCH


def _tried(session: Session, slug: str, run_id: int) -> tuple[Study, PromptShape]:
    found = _study(session, slug)
    if not _is_tried(session, found, run_id):
        raise NotFound(f"Run {run_id} asks what is a battery's already.")
    return found, PromptShape.model_validate(tried_prompt(session, run_id).shape)


def _keeping(of: Study, run_id: int, text: PromptShape, made: Keeping) -> dict[str, Any]:
    return {"study": of, "run_id": run_id, "text": text, "made": made, "faithful": faithful,
            "answer_words": answer_words}  # fmt: skip


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
