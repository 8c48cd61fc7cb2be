"""The page that asks before a draft is thrown away: what it is of, and what would be lost with it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy.orm import Session

from app import db
from app.authoring import commands, sheets
from app.authoring.models import PLACES, Draft
from app.authoring.queries import data_of, draft, newest_version, published, slug_in, title_in
from app.shape import differing
from app.web import NotFound, Number, ReadDep, page

router = APIRouter(include_in_schema=False)
GONE = "There is no such draft any more; it was published or thrown away."
Data = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Lost:
    """A draft, the place of what it is of, and what would go with it, a line each; `since` says from when on."""

    draft: Draft
    name: str
    place: str
    since: str
    lines: tuple[str, ...]


@router.get("/library/drafts/{number}/discard")
def ask(request: Request, session: ReadDep, number: Number) -> HTMLResponse:
    """Ask whether a draft is to be thrown away."""
    return _ask(request, session, number)


@router.post("/library/drafts/{number}/discard")
def discard(request: Request, number: Number, seen: Annotated[int, Form(ge=0, le=2**62)] = 0) -> Response:
    """Throw a draft away as it was looked at; what it would have changed stays as it is."""
    with db.writing() as session:
        row = commands.held(session, number)
        if row is None:
            raise NotFound(GONE)
        if row.number == seen:
            place = _place(row)
            commands.discard(session, row, person_id=request.state.person.id)
            return RedirectResponse(place, 303)
    with db.reading() as session:
        return _ask(request, session, number, stale=True)


def _ask(request: Request, session: Session, number: int, *, stale: bool = False) -> HTMLResponse:
    row = draft(session, number)
    if row is None:
        raise NotFound(GONE)
    lost, status = lost_with(session, row), 409 if stale else 200
    return page(request, "authoring/discard.html", status_code=status, here="library", lost=lost, stale=stale)


def _place(row: Draft) -> str:
    return f"{PLACES[row.kind]}/{row.of}" if row.of else "/library"


def lost_with(session: Session, row: Draft) -> Lost:
    """Return what a draft changes of the newest version of its thing: sound or not, a line for each change."""
    shape = published(session, row.kind, row.of) if row.of else None
    before = None if shape is None else data_of(row.kind, shape)
    number = newest_version(session, row.kind, row.of) if row.of else None
    since = "it was published" if number is None else f"version {number}"
    name = title_in(row) or slug_in(row) or f"a new {row.kind}"
    lines = tuple(_changes(row.kind, before, row.data))
    return Lost(row, name, _place(row), since if before is not None else "", lines)


def _changes(kind: str, before: Data | None, after: Data) -> Iterator[str]:
    if kind != "battery":
        labels = {one.name: one.label for one in sheets.fields(sheets.SHEETS[kind])}
        yield from (labels.get(path, path.replace("_", " ")) for path in differing(before or {}, after))
        return
    old, new = before or {"battery": {}, "prompts": []}, after
    yield from (f"{path} of the battery" for path in differing(old["battery"], new["battery"]))
    was, now = _by_key(old), _by_key(new)
    for key, shape in now.items():
        if key not in was:
            yield f"{key}: is new"
        elif parts := list(differing(was[key], shape)):
            yield f"{key}: other {', '.join(part.replace('_', ' ') for part in parts)}"
    yield from (f"{key}: was removed" for key in was if key not in now)
    both = was.keys() & now.keys()
    if [key for key in was if key in both] != [key for key in now if key in both]:
        yield "the prompts stand in another order"


def _by_key(data: Data) -> dict[str, Any]:
    """Return prompts by key; what has no key, or one that another has, is told by its place."""
    found: dict[str, Any] = {}
    for place, one in enumerate(data["prompts"], 1):
        key = str(one["shape"].get("key") or "")
        found[key if key and key not in found else f"{key or '(no key)'}, prompt {place}"] = one["shape"]
    return found
