"""Pages of runs: the list, one run in motion, its failures, and what can be done with it."""

import os
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from app.studies.queries import studies, study
from app.transcripts.behind import Behind, narrowed
from app.transcripts.changed import changed
from app.transcripts.failures import PAGE as FAILURES
from app.transcripts.failures import causes_of, failed_draws
from app.transcripts.faithful import faithful
from app.transcripts.listed import PAGE as LISTED
from app.transcripts.listed import how_many, listed
from app.transcripts.new_run import exact_request, further, new_run
from app.transcripts.queries import PAGE, run_status, runs_status
from app.transcripts.run_page import RunPage, run_page_now
from app.transcripts.wish import RunForm
from app.web import LARGEST, NotFound, Number, ReadDep, page, partial

router = APIRouter(include_in_schema=False)
Before = Annotated[int | None, Query(ge=1, le=LARGEST)]


@router.get("/runs")
def index(request: Request, session: ReadDep, before: Before = None) -> HTMLResponse:
    """List the runs, newest first."""
    runs = runs_status(session, before=before, limit=PAGE + 1)
    older = runs[PAGE - 1].id if len(runs) > PAGE else None
    return page(request, "runs/index.html", here="runs", runs=runs[:PAGE], older=older, before=before)


@router.get("/-/runs")
def index_now(request: Request, session: ReadDep) -> HTMLResponse:
    """Answer the newest lines of the list, which move."""
    runs = runs_status(session, limit=PAGE + 1)
    older = runs[PAGE - 1].id if len(runs) > PAGE else None
    return partial(request, "runs/_table.html", runs=runs[:PAGE], older=older)


@router.get("/runs/new")
def new(request: Request, session: ReadDep, form: Annotated[RunForm, Query()]) -> HTMLResponse:
    """Show the form of a new run of a study, or the studies to choose from."""
    every = studies(session)
    slug = form.study or (every[0].slug if len(every) == 1 else "")
    if not slug:
        return page(request, "runs/which_study.html", here="runs", studies=every)
    return page(request, "runs/new.html", here="runs", **_new(session, slug, form))


@router.get("/-/runs/new")
def new_now(request: Request, session: ReadDep, form: Annotated[RunForm, Query()]) -> HTMLResponse:
    """Answer what the form as it stands would come to."""
    return partial(request, "runs/_outlook.html", **_new(session, form.study, form))


@router.get("/runs/{run_id}")
def show(request: Request, session: ReadDep, run_id: Number, hide: str = "") -> HTMLResponse:
    """Show a run; under hidden names nothing is told of what it changed."""
    shown = _page_of(request, session, run_id)
    return page(request, "transcripts/run.html", here="runs", run=shown, further=further(session, run_id),
                changed=changed(session, run_id, bool(hide)), hide=hide, faithful=faithful)  # fmt: skip


@router.get("/-/runs/{run_id}")
def show_now(request: Request, session: ReadDep, run_id: Number) -> HTMLResponse:
    """Answer the part of a run's page that moves."""
    return partial(request, "transcripts/_run.html", run=_page_of(request, session, run_id))


@router.get("/-/runs/{run_id}/changed")
def changed_now(request: Request, session: ReadDep, run_id: Number, hide: str = "") -> HTMLResponse:
    """Answer what a run changed of the last one of the same battery, when it has gone on."""
    if run_status(session, run_id) is None:
        raise NotFound(f"There is no run {run_id}.")
    told = changed(session, run_id, bool(hide))
    return partial(request, "transcripts/_run_changed.html", changed=told, faithful=faithful)


@router.get("/runs/{run_id}/failures")
def failures(
    request: Request,
    session: ReadDep,
    run_id: Number,
    cause: str = "",
    after: Annotated[int, Query(ge=0, le=LARGEST)] = 0,
) -> HTMLResponse:
    """Show the failed draws of a run with their calls; `cause` narrows to one."""
    status = run_status(session, run_id)
    if status is None:
        raise NotFound(f"There is no run {run_id}.")
    causes = causes_of(session, run_id)
    chosen = next((one for one in causes if one.id == cause), None)
    if cause and chosen is None:
        raise NotFound("No failed draw of this run has that cause any more.")
    draws = failed_draws(session, run_id, cause=chosen, after=after, limit=FAILURES + 1)
    more = draws[FAILURES - 1].id if len(draws) > FAILURES else None
    return page(request, "transcripts/run_failures.html", here="runs", status=status, causes=causes, chosen=chosen,
                draws=draws[:FAILURES], more=more)  # fmt: skip


@router.get("/runs/{run_id}/draws")
def draws(
    request: Request, session: ReadDep, run_id: Number, wanted: Annotated[Behind, Query()]
) -> HTMLResponse:
    """List the draws behind a number of a run's page or of a column of Compare, each leading to its text."""
    status = run_status(session, run_id)
    if status is None:
        raise NotFound(f"There is no run {run_id}.")
    found = listed(session, run_id, wanted, LISTED + 1)
    more = urlencode(wanted.kept | {"after": found[LISTED - 1].id}) if len(found) > LISTED else ""
    return page(request, "transcripts/run_draws.html", here="runs", status=status, wanted=wanted,
                narrowed=narrowed(session, wanted), draws=found[:LISTED], more=more,
                counted=how_many(session, run_id, wanted))  # fmt: skip


def _page_of(request: Request, session: ReadDep, run_id: int) -> RunPage:
    shown = run_page_now(session, run_id, getattr(request.app.state, "supervise", None))
    if shown is None:
        raise NotFound(f"There is no run {run_id}.")
    return shown


def _new(session: ReadDep, slug: str, form: RunForm) -> dict[str, Any]:
    found = study(session, slug)
    if found is None:
        raise NotFound("There is no such study.")
    shown = new_run(session, found, form, os.environ)
    return {"new": shown, "exact": exact_request(shown)}
