"""The page that tags all answers of a search or working set: which tag, what it would come to, all in one act."""

from typing import Annotated, Any
from urllib.parse import parse_qs, parse_qsl

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, Response
from pydantic import ValidationError

from app import db
from app.annotations import bulk, tags
from app.annotations.api import hand_of
from app.annotations.codebook_pages import named
from app.annotations.tags import TagNow
from app.annotations.wanted import MOST_AT_ONCE, NOTE
from app.reading.asking import line_of
from app.reading.filters import BadFilter, Filter, read
from app.reading.members import members
from app.web import Invalid, page, slow

router = APIRouter(include_in_schema=False)
Slug = Annotated[str, Query(max_length=64)]


@router.get("/studies/{slug}/tag-all")
async def show(request: Request, slug: str, put: Slug = "") -> Response:
    """Show what a tag (`put`) on all answers of a filter (the rest of the address) would come to."""
    query = "&".join(part for part in str(request.url.query).split("&") if not part.startswith("put="))
    return await slow(_show, request, slug, query, put)


@router.post("/studies/{slug}/tag-all")
async def put(
    request: Request, slug: str, filter: Annotated[str, Form(max_length=4000)] = "",
    tag: Annotated[str, Form(max_length=64)] = "", note: Annotated[str, Form(max_length=2 * NOTE)] = "",
) -> Response:  # fmt: skip
    """Tag them all in one act."""
    return await slow(_put, request, slug, filter, tag, note)


def _wanted(slug: str, query: str, person: int) -> tuple[Filter, list[int] | None]:
    """Return the filter, and its members where they had to be read for; raise BadFilter."""
    wanted = read(parse_qs(query), study=slug)
    return wanted, members(wanted, person) if line_of(wanted).scanned else None


def _show(request: Request, slug: str, query: str, put: str, wrong: str = "", said: str = "") -> HTMLResponse:
    person = request.state.person.id
    shown: dict[str, Any] = {"answers": [], "outlook": None, "words": "", "wrong": wrong, "said": said}
    with db.reading() as session:
        study = named(session, slug)
        book = tags.at(session, study.id)
        tag = _tag(book, put)
        try:
            wanted, already = _wanted(slug, query, person)
            shown |= {
                "words": wanted.said(),
                "answers": bulk.found(session, study.id, wanted, person, already),
            }
            if tag:
                shown["outlook"] = bulk.outlook(session, person, tag, shown["answers"])
        except BadFilter as error:
            shown["wrong"] = str(error)
        return page(request, "annotations/tag_all.html", here="search", study=study, query=query, book=book,
                    tag=tag, pairs=parse_qsl(query),
                    most=MOST_AT_ONCE, status_code=422 if shown["wrong"] else 200, **shown)  # fmt: skip


def _tag(book: tags.Codebook, slug: str) -> TagNow | None:
    found = book.by_slug.get(slug)
    return found if found in book.live() and found and found.scope != "set" else None


def _put(request: Request, slug: str, query: str, name: str, note: str) -> Response:
    person = request.state.person.id
    try:
        wanted, already = _wanted(slug, query, person)
        with db.writing() as session:
            hand = hand_of(session, request, slug)
            tag = _tag(tags.at(session, hand.study), name)
            if tag is None:
                raise Invalid(f"tag: found {name!r}, expected a tag in use that is put on answers")
            answers = bulk.found(session, hand.study, wanted, person, already)
            count = bulk.put(session, hand, tag, bulk.outlook(session, person, tag, answers), note)
        return _show(
            request, slug, query, name, said=f"{count:,} {'answer' if count == 1 else 'answers'} tagged."
        )
    except (BadFilter, Invalid) as error:
        return _show(request, slug, query, name, wrong=str(error))
    except ValidationError as error:
        return _show(request, slug, query, name, wrong=f"note: {error.errors()[0]['msg']}")
