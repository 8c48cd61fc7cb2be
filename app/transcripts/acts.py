"""What people do with runs from a page: start, pause, resume, cancel, ask again, extend. Each comes back by 303.

To plan many draws takes seconds, so starting and extending are `slow` work: they keep no page waiting.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import Field
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app import db
from app.runs.commands import Budget
from app.runs.models import Run
from app.studies.queries import study
from app.transcripts import commands
from app.transcripts.new_run import NewRun, exact_request, new_run
from app.transcripts.queries import address_of
from app.transcripts.wish import MOST_REPEATS, RunForm, Words, budget_of, temperatures_of
from app.web import LARGEST, Invalid, NotFound, Number, page, slow

router = APIRouter(include_in_schema=False)
Version = Annotated[int, Field(ge=1, le=LARGEST)]


@router.post("/runs")
async def start(request: Request, form: Annotated[RunForm, Form()]) -> Response:
    """Start a run of a study; a form that cannot be started comes back with what is wrong."""
    return await slow(_start, request, form)


def _start(request: Request, form: RunForm) -> Response:
    with db.writing() as session:
        found = study(session, form.study)
        if found is None:
            raise NotFound("There is no such study.")
        wanted = new_run(session, found, form.model_copy(update={"chosen": "1"}), os.environ)
        run_id = 0 if wanted.problem else _begin(session, wanted, request.state.person.id)
    if run_id:
        return RedirectResponse(f"/runs/{run_id}", 303)
    exact = exact_request(wanted)
    return page(request, "runs/new.html", status_code=422, here="runs", new=wanted, exact=exact)


@router.post("/runs/{run_id}/pause")
def pause(request: Request, run_id: Number) -> Response:
    """Ask nothing more for now; calls under way are finished."""
    with _changing(run_id) as session:
        commands.pause(session, run_id, person_id=request.state.person.id)
    return _back(run_id)


@router.post("/runs/{run_id}/cancel")
def cancel(request: Request, run_id: Number) -> Response:
    """Ask nothing more, and set the queued draws to cancelled."""
    with _changing(run_id) as session:
        commands.cancel(session, run_id, person_id=request.state.person.id)
    return _back(run_id)


@router.post("/runs/{run_id}/resume")
def resume(
    request: Request,
    run_id: Number,
    max_usd: Annotated[str, Form()] = "",
    max_calls: Annotated[str, Form()] = "",
) -> Response:
    """Go on with what is missing; caps that are given replace those of the run."""
    with _changing(run_id) as session:
        budget = _raised(session, run_id, max_usd, max_calls)
        commands.resume(session, run_id, budget=budget, person_id=request.state.person.id)
    return _back(run_id)


@router.post("/runs/{run_id}/retry")
def retry(request: Request, run_id: Number) -> Response:
    """Ask the failed draws again."""
    with _changing(run_id) as session:
        commands.retry(session, run_id, person_id=request.state.person.id)
    return _back(run_id)


@router.post("/runs/{run_id}/extend")
async def extend(
    request: Request,
    run_id: Number,
    repeats: Annotated[int, Form(ge=1, le=MOST_REPEATS)],
    temperatures: Annotated[str, Form()] = "",
    reason: Annotated[Words, Form()] = "",
    b: Annotated[list[Version] | None, Form()] = None,
    s: Annotated[list[Version] | None, Form()] = None,
) -> Response:
    """Add a wave that asks what is missing; `b` and `s` are further battery and subject versions."""
    await slow(
        _extend, run_id, battery_version_ids=b, subject_version_ids=s, repeats=repeats,
        temperatures=temperatures, reason=reason.strip(), person_id=request.state.person.id,
    )  # fmt: skip
    return _back(run_id)


def _extend(run_id: int, *, temperatures: str, **wanted: Any) -> None:
    with _changing(run_id) as session:
        commands.extend(session, run_id, temperatures=temperatures_of(temperatures), **wanted)


def _begin(session: Session, wanted: NewRun, person_id: int) -> int:
    run_id, _ = commands.start(
        session,
        study_id=wanted.study.id,
        battery_version_ids=[one.version_id for one in wanted.chosen_batteries],
        subject_version_ids=[one.version_id for one in wanted.chosen_subjects],
        repeats=wanted.wish.repeats,
        temperatures=wanted.wish.temperatures,
        budget=wanted.wish.budget,
        reason=wanted.form.reason.strip(),
        person_id=person_id,
    )
    return run_id


def _raised(session: Session, run_id: int, usd: str, calls: str) -> Budget | None:
    """Return a run's caps with those that were given in place of its own; None where none was given."""
    given = budget_of(usd, calls)
    if given == Budget():
        return None
    run = session.get_one(Run, run_id)
    return Budget(
        micro=run.budget_micro if given.micro is None else given.micro,
        calls=run.budget_calls if given.calls is None else given.calls,
        tokens=run.budget_tokens,
    )


@contextmanager
def _changing(run_id: int) -> Iterator[Session]:
    """Open the writing door for a run that is there; what it cannot do becomes a page that says so."""
    try:
        with db.writing() as session:
            if session.get(Run, run_id) is None:
                raise NotFound(f"There is no run {run_id}.")
            yield session
    except ValueError as error:
        raise Invalid(str(error)) from error
    except IntegrityError as error:
        raise Invalid("Found a battery or subject that is not there, expected one of the list.") from error


def _back(run_id: int) -> Response:
    with db.reading() as session:
        return RedirectResponse(address_of(session, run_id), 303)
