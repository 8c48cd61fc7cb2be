"""The pages of working sets: those of a study, one of them, and keeping, wording and putting away."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated, Any, Literal
from urllib.parse import parse_qs

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import db
from app.reading import sets
from app.reading.asking import line_of
from app.reading.filters import BadFilter, Filter, read
from app.reading.members import members
from app.reading.models import WorkingSet
from app.studies.models import Study
from app.studies.queries import study as study_of
from app.subjects.models import Subject
from app.transcripts.models import Transcript
from app.web import Invalid, NotFound, Number, ReadDep, page, slow

router = APIRouter(include_in_schema=False)
COUNTED = 1000  # a live set is counted no further on a list: a page is not to wait for it
Kind = Literal["live", "frozen"]


@dataclass(frozen=True, slots=True)
class Line:
    """A set as a list shows it; `size` has a + where it was counted no further."""

    set: WorkingSet
    size: str
    said: str
    trouble: str = ""


@router.get("/studies/{slug}/sets")
def of_study(request: Request, session: ReadDep, slug: str) -> HTMLResponse:
    """List a study's working sets, newest first."""
    study = _study(session, slug)
    lines = [_line(session, study, one, request.state.person.id) for one in sets.of_study(session, study.id)]
    return page(request, "reading/sets.html", here="search", study=study, lines=lines)


@router.get("/studies/{slug}/sets/new")
def new(request: Request, session: ReadDep, slug: str) -> HTMLResponse:
    """Show the form that keeps a filter, given in the address, as a set."""
    study = _study(session, slug)
    query = str(request.url.query)
    return page(request, "reading/set_new.html", here="search", **_form(session, study, query, request))


@router.post("/studies/{slug}/sets")
async def keep(
    request: Request,
    slug: str,
    filter: Annotated[str, Form()] = "",
    name: Annotated[str, Form()] = "",
    reason: Annotated[str, Form()] = "",
    kind: Annotated[Kind, Form()] = "frozen",
) -> Response:
    """Keep a filter as a set; what cannot be kept comes back with what is wrong."""
    _plain(filter, name, reason)
    return await slow(_keep, request, slug, filter, name, reason, kind)


def _keep(request: Request, slug: str, query: str, name: str, reason: str, kind: Kind) -> Response:
    person = request.state.person.id
    try:
        wanted = read(parse_qs(query), study=slug)
        # Texts are read for a pattern before the write lock is held.
        found = members(wanted, person) if line_of(wanted).scanned else None
        with db.writing() as session:
            study = _study(session, slug)
            if kind == "live":
                made = sets.keep_live(session, study, name, reason, wanted, person)
            else:
                made = sets.freeze(session, study, name, reason, wanted, person, found)
            number = made.id
    except (BadFilter, sets.BadSet) as error:
        with db.reading() as session:
            form = _form(session, _study(session, slug), query, request)
        form |= {"name": name, "reason": reason, "kind": kind, "problem": str(error)}
        return page(request, "reading/set_new.html", status_code=422, here="search", **form)
    return RedirectResponse(f"/sets/{number}", 303)


@router.get("/sets/{number}")
def show(request: Request, session: ReadDep, number: Number) -> HTMLResponse:
    """Show a set: what it means, why, how many of whom, and where it can be used."""
    one = _set(session, number)
    study = session.get_one(Study, one.study_id)
    return page(
        request, "reading/set.html", here="search", **_shown(session, study, one, request.state.person.id)
    )


@router.post("/sets/{number}")
def reword(
    request: Request, number: Number, name: Annotated[str, Form()] = "", reason: Annotated[str, Form()] = ""
) -> Response:
    """Change a set's name and reason."""
    _plain(name, reason)
    with _changing(number) as (session, one):
        sets.reword(session, one, name, reason, request.state.person.id)
    return RedirectResponse(f"/sets/{number}", 303)


@router.post("/sets/{number}/away")
def away(request: Request, number: Number) -> Response:
    """Put a set away: it leaves the lists, its links stay."""
    with _changing(number) as (session, one):
        sets.put_away(session, one, True, request.state.person.id)
    return RedirectResponse(f"/sets/{number}", 303)


@router.post("/sets/{number}/back")
def back(request: Request, number: Number) -> Response:
    """Take a set back into the lists."""
    with _changing(number) as (session, one):
        sets.put_away(session, one, False, request.state.person.id)
    return RedirectResponse(f"/sets/{number}", 303)


# ------------------------------------------------------------------ what the pages show


def _plain(*given: str) -> None:
    if any("\0" in text for text in given):
        raise Invalid("Found a NUL among what was typed, expected text.")


def _study(session: Session, slug: str) -> Study:
    found = study_of(session, slug)
    if found is None:
        raise NotFound(f"There is no study {slug}.")
    return found


def _set(session: Session, number: int) -> WorkingSet:
    found = session.get(WorkingSet, number)
    if found is None:
        raise NotFound(f"There is no set {number}.")
    return found


@contextmanager
def _changing(number: int) -> Iterator[tuple[Session, WorkingSet]]:
    try:
        with db.writing() as session:
            yield session, _set(session, number)
    except sets.BadSet as error:
        raise Invalid(str(error)) from error


def _line(session: Session, study: Study, one: WorkingSet, person_id: int) -> Line:
    try:
        said = sets.filter_of(one, study.slug).said()
        return Line(one, _counted(session, one, person_id), said)
    except BadFilter as error:
        return Line(one, "?" if one.size is None else f"{one.size:,}", one.filter, str(error))


def _counted(session: Session, one: WorkingSet, person_id: int) -> str:
    found = sets.size(session, one, person_id, COUNTED + 1)
    return f"{COUNTED:,}+" if one.size is None and found > COUNTED else f"{found:,}"


def _form(session: Session, study: Study, query: str, request: Request) -> dict[str, Any]:
    wanted, problem = Filter(study=study.slug), ""
    try:
        wanted = read(parse_qs(query), study=study.slug)
        only_frozen = sets.why_not_live(wanted)
    except BadFilter as error:
        problem, only_frozen = str(error), ""
    return {
        "study": study, "wanted": wanted, "query": wanted.query(without_study=True), "problem": problem,
        "only_frozen": only_frozen, "name": "", "reason": "", "kind": "frozen",
    }  # fmt: skip


def _shown(session: Session, study: Study, one: WorkingSet, person_id: int) -> dict[str, Any]:
    line = _line(session, study, one, person_id)
    by_subject: Sequence[Any] = ()
    if not line.trouble:
        by_subject = session.execute(
            select(Subject.slug, Subject.name, func.count())
            .join(Transcript, Transcript.subject_id == Subject.id)
            .where(*sets.conditions(session, one, person_id))
            .group_by(Subject.id, Subject.slug, Subject.name)
            .order_by(func.count().desc(), Subject.slug)
        ).all()
    whole: Mapping[str, Any] = {"whole": None}
    if one.kind == "frozen":
        whole = {"whole": sets.fingerprint(session, one.id) == (one.size, one.sha256)}
    return {"study": study, "one": one, "line": line, "by_subject": by_subject, **whole}
