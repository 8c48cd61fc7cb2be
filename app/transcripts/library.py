"""Pages of the library that show which runs ask what: the overview, subjects, batteries, studies."""

import json
from collections.abc import Sequence
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from app.batteries import queries as batteries
from app.batteries.history import Difference, answer_words, difference, families
from app.batteries.models import Battery, BatteryVersion
from app.runs import queries as runs
from app.runs.study_file import built_in
from app.studies import queries as studies
from app.studies.models import Study
from app.subjects import queries as subjects
from app.subjects.history import history, written
from app.subjects.models import Subject, SubjectVersion
from app.subjects.shape import Snapshot
from app.transcripts.faithful import faithful
from app.transcripts.queries import runs_status
from app.web import NotFound, ReadDep, page

router = APIRouter(include_in_schema=False)

Version = TypeVar("Version", SubjectVersion, BatteryVersion)


@router.get("/library")
def index(request: Request, session: ReadDep) -> HTMLResponse:
    """Show everything that can be asked, and whom."""
    known = batteries.batteries(session)
    context: dict[str, Any] = {
        "styles": subjects.styles(session),
        "endpoints": subjects.endpoints(session),
        "subjects": subjects.subjects(session),
        "versions": subjects.newest_versions(session),
        "batteries": known,
        "battery_versions": batteries.newest_versions(session),
        "prompt_counts": batteries.prompt_counts(session),
        "asked": runs.runs_by_battery(session),
        "asked_subjects": runs.runs_by_subject(session),
        "studies": studies.studies(session),
        "unused": sorted(set(built_in()) - {one.slug for one in known}),
    }
    return page(request, "transcripts/library.html", here="library", slots=subjects.slots(session), **context)


@router.get("/library/subjects/{slug}")
def show_subject(
    request: Request, session: ReadDep, slug: str, version: Annotated[int | None, Query(ge=1)] = None
) -> HTMLResponse:
    """Show a subject: all that shapes its answers, version by version, and the runs that ask it."""
    row = subjects.subject(session, slug)
    if row is None:
        raise NotFound(f"There is no subject {slug}.")
    versions = subjects.versions(session, row.id)
    chosen = _chosen(versions, version, f"subject {slug}")
    context: dict[str, Any] = {
        "subject": row,
        "chosen": chosen,
        "snapshot": Snapshot.model_validate(chosen.snapshot),
        "body": json.dumps(chosen.snapshot, indent=2, ensure_ascii=False),
        "history": history(versions),
        "runs": runs.runs_asking_subject(session, row.id),
        "studies": studies.naming(session, subjects=[slug]),
        "slots": subjects.slots(session),
    }
    return page(
        request, "subjects/subject.html", here="library", faithful=faithful, written=written, **context
    )


@router.get("/library/batteries/{slug}")
def show_battery(
    request: Request, session: ReadDep, slug: str, version: Annotated[int | None, Query(ge=1)] = None
) -> HTMLResponse:
    """Show a version of a battery: its prompts by family, and what changed since the version before."""
    row = batteries.battery(session, slug)
    if row is None:
        raise NotFound(f"There is no battery {slug}.")
    versions = batteries.versions(session, row.id)
    chosen = _chosen(versions, version, f"battery {slug}")
    earlier = next((one for one in versions if one.number == chosen.number - 1), None)
    before = None if earlier is None else batteries.prompts_of(session, earlier.id)
    context: dict[str, Any] = {
        "battery": row,
        "chosen": chosen,
        "families": families(batteries.prompts_of(session, chosen.id), before),
        "history": _battery_history(session, versions),
        "runs": runs.runs_asking_battery(session, row.id),
        "studies": studies.naming(session, batteries=[slug]),
        "counts": batteries.prompt_counts(session),
    }
    return page(
        request,
        "batteries/battery.html",
        here="library",
        faithful=faithful,
        answer_words=answer_words,
        **context,
    )


@router.get("/studies")
def list_studies(request: Request, session: ReadDep) -> HTMLResponse:
    """List the studies, newest first."""
    rows = [(one, studies.wanted(one)) for one in studies.studies(session)]
    newest = {one.id: runs_status(session, study_id=one.id, limit=1) for one, _ in rows}
    return page(request, "studies/index.html", here="library", studies=rows, newest=newest)


@router.get("/studies/{slug}")
def show_study(request: Request, session: ReadDep, slug: str) -> HTMLResponse:
    """Show a study: its question, what its file wants, and its runs."""
    row = studies.study(session, slug)
    if row is None:
        raise NotFound(f"There is no study {slug}.")
    context: dict[str, Any] = {
        "study": row,
        "wanted": studies.wanted(row),
        **_named(session, row),
        "prompt_counts": batteries.prompt_counts(session),
        "versions": subjects.newest_versions(session),
        "battery_versions": batteries.newest_versions(session),
        "runs": runs_status(session, study_id=row.id),
        "older": None,
        "slots": subjects.slots(session),
    }
    return page(request, "studies/study.html", here="library", **context)


def _named(session: ReadDep, study: Study) -> dict[str, list[Subject] | list[Battery]]:
    """Return the rows that a study's file names, in its order."""
    wanted = studies.wanted(study)
    by_slug = {one.slug: one for one in subjects.subjects(session)}
    batteries_by_slug = {one.slug: one for one in batteries.batteries(session)}
    return {
        "subjects": [by_slug[slug] for slug in wanted.subjects if slug in by_slug],
        "batteries": [batteries_by_slug[slug] for slug in wanted.batteries if slug in batteries_by_slug],
    }


def _chosen(versions: Sequence[Version], number: int | None, of: str) -> Version:
    """Return the version with this number, the newest where none is named."""
    found = [one for one in versions if number in (None, one.number)]
    if not found:
        raise NotFound(f"There is no version {number} of the {of}.")
    return found[0]


def _battery_history(
    session: ReadDep, versions: Sequence[BatteryVersion]
) -> list[tuple[BatteryVersion, Difference | None]]:
    """Return each version, newest first, with what it changed of the one before."""
    prompts = [batteries.prompts_of(session, one.id) for one in versions]
    changed: list[Difference | None] = [difference(b, a) for a, b in zip(prompts, prompts[1:], strict=False)]
    return list(zip(versions, [*changed, None], strict=True))
