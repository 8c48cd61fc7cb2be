"""Pages of the library that show which runs ask what: the overview, subjects, batteries, studies."""

import json
from collections.abc import Sequence
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session

from app.batteries import queries as batteries
from app.batteries.history import answer_words, difference, families
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

VersionNumber = Annotated[int | None, Query(ge=1)]
Version = TypeVar("Version", SubjectVersion, BatteryVersion)


@router.get("/library")
def index(request: Request, session: ReadDep) -> HTMLResponse:
    """Show everything that can be asked, and whom."""
    return page(request, "transcripts/library.html", here="library", **_everything(session))


@router.get("/library/subjects/{slug}")
def show_subject(
    request: Request, session: ReadDep, slug: str, version: VersionNumber = None
) -> HTMLResponse:
    """Show a subject: all that shapes its answers, version by version, and the runs that ask it."""
    row = subjects.subject(session, slug)
    if row is None:
        raise NotFound(f"There is no subject {slug}.")
    return page(request, "subjects/subject.html", here="library", **_of_subject(session, row, version))


@router.get("/library/batteries/{slug}")
def show_battery(
    request: Request, session: ReadDep, slug: str, version: VersionNumber = None
) -> HTMLResponse:
    """Show a version of a battery: its prompts by family, and what changed since the version before."""
    row = batteries.battery(session, slug)
    if row is None:
        raise NotFound(f"There is no battery {slug}.")
    return page(request, "batteries/battery.html", here="library", **_of_battery(session, row, version))


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
    return page(request, "studies/study.html", here="library", **_of_study(session, row))


# ------------------------------------------------------------------ what the pages show


def _everything(session: Session) -> dict[str, Any]:
    known = batteries.batteries(session)
    return {
        "styles": subjects.styles(session),
        "endpoints": subjects.endpoints(session),
        "probed": subjects.probed_at(session),
        "subjects": subjects.subjects(session),
        "versions": subjects.newest_versions(session),
        "slots": subjects.slots(session),
        "batteries": known,
        "battery_versions": batteries.newest_versions(session),
        "prompt_counts": batteries.prompt_counts(session),
        "asked": runs.runs_by_battery(session),
        "unused": sorted(set(built_in()) - {one.slug for one in known}),
    }


def _of_subject(session: Session, row: Subject, version: int | None) -> dict[str, Any]:
    versions = subjects.versions(session, row.id)
    chosen = _chosen(versions, version, f"subject {row.slug}")
    return {
        "subject": row,
        "chosen": chosen,
        "snapshot": Snapshot.model_validate(chosen.snapshot),
        "body": json.dumps(chosen.snapshot, indent=2, ensure_ascii=False),
        "history": history(versions),
        "runs": runs.runs_asking_subject(session, row.id),
        "studies": studies.naming(session, subjects=[row.slug]),
        "slots": subjects.slots(session),
        "faithful": faithful,
        "written": written,
    }


def _of_battery(session: Session, row: Battery, version: int | None) -> dict[str, Any]:
    versions = batteries.versions(session, row.id)
    chosen = _chosen(versions, version, f"battery {row.slug}")
    prompts = {one.number: batteries.prompts_of(session, one.id) for one in versions}
    return {
        "battery": row,
        "chosen": chosen,
        "families": families(prompts[chosen.number], prompts.get(chosen.number - 1)),
        "history": [
            (one, difference(prompts[one.number - 1], prompts[one.number]) if one.number > 1 else None)
            for one in versions
        ],
        "runs": runs.runs_asking_battery(session, row.id),
        "studies": studies.naming(session, batteries=[row.slug]),
        "counts": batteries.prompt_counts(session),
        "faithful": faithful,
        "answer_words": answer_words,
    }


def _of_study(session: Session, row: Study) -> dict[str, Any]:
    wanted = studies.wanted(row)
    whom = {one.slug: one for one in subjects.subjects(session)}
    what = {one.slug: one for one in batteries.batteries(session)}
    return {
        "study": row,
        "wanted": wanted,
        "subjects": [whom[slug] for slug in wanted.subjects if slug in whom],
        "batteries": [what[slug] for slug in wanted.batteries if slug in what],
        "prompt_counts": batteries.prompt_counts(session),
        "versions": subjects.newest_versions(session),
        "battery_versions": batteries.newest_versions(session),
        "slots": subjects.slots(session),
        "runs": runs_status(session, study_id=row.id),
        "older": None,
    }


def _chosen(versions: Sequence[Version], number: int | None, of: str) -> Version:
    """Return the version with this number, the newest where none is named."""
    found = [one for one in versions if number in (None, one.number)]
    if not found:
        raise NotFound(f"There is no version {number} of the {of}.")
    return found[0]
