"""The page that makes a text that was tried a prompt of a battery's draft."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy.orm import Session

from app import db
from app.authoring.tried_text import KeepForm, Keeping, first_form, keep, keeping
from app.batteries.history import answer_words
from app.batteries.shape import PromptShape
from app.compare.tried import is_tried, study_of
from app.studies.models import Study
from app.transcripts.faithful import faithful
from app.transcripts.tries import tried_prompt
from app.web import NotFound, Number, ReadDep, page, partial

router = APIRouter(include_in_schema=False)
Kept = Annotated[KeepForm, Form()]


@router.get("/studies/{slug}/try/{run_id}/keep")
def show(request: Request, session: ReadDep, slug: str, run_id: Number) -> Response:
    """Show the form that makes what was tried a prompt of a battery."""
    study = study_of(session, slug)
    if not is_tried(session, study, run_id):
        return RedirectResponse(f"/runs/{run_id}", 303)
    text = _text(session, study, run_id)
    made = keeping(session, text, first_form(session, text))
    return page(
        request, "authoring/keep.html", here="compare", **_context(study, run_id, text, made, fresh=True)
    )


@router.post("/-/studies/{slug}/try/{run_id}/keep")
def now(request: Request, session: ReadDep, slug: str, run_id: Number, form: Kept) -> HTMLResponse:
    """Answer what is to be said of the prompt as the form stands. Nothing is written."""
    text = _text(session, study_of(session, slug), run_id)
    made = keeping(session, text, form)
    return partial(request, "authoring/_keep_checks.html", made=made, faithful=faithful)


@router.post("/studies/{slug}/try/{run_id}/keep")
def put(request: Request, slug: str, run_id: Number, form: Kept) -> Response:
    """Put what was tried into a draft and lead to it there; what cannot be comes back with what is wrong."""
    with db.writing() as session:
        study = study_of(session, slug)
        text = _text(session, study, run_id)
        made = keeping(session, text, form)
        if not made.wrong:
            row = keep(session, made, person_id=request.state.person.id)
            return RedirectResponse(f"/library/drafts/{row.id}?p={made.prompt}", 303)
    context = _context(study, run_id, text, made)
    return page(request, "authoring/keep.html", status_code=422, here="compare", **context)


def _text(session: Session, study: Study, run_id: int) -> PromptShape:
    if not is_tried(session, study, run_id):
        raise NotFound(f"Run {run_id} asks what is a battery's already.")
    return PromptShape.model_validate(tried_prompt(session, run_id).shape)


def _context(
    study: Study, run_id: int, text: PromptShape, made: Keeping, *, fresh: bool = False
) -> dict[str, Any]:
    return {"study": study, "run_id": run_id, "text": text, "made": made, "wrong": {} if fresh else made.wrong,
            "faithful": faithful, "answer_words": answer_words}  # fmt: skip
