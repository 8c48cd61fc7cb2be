"""The pages of a study's codebook: its tags, one tag, its revisions with what they changed, and the file."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session

from app.annotations import codebook_file, codebook_view, tags
from app.annotations.codebook_commands import shapes_of
from app.annotations.tags import TagNow
from app.studies.models import Study
from app.studies.queries import study as study_of
from app.transcripts.faithful import faithful
from app.web import LARGEST, NotFound, Number, ReadDep, page, partial

router = APIRouter(include_in_schema=False)
At = Annotated[int | None, Query(ge=1, le=LARGEST)]
SCOPES = {"turn": "a turn or a part of it", "conversation": "a whole conversation", "set": "a set of repeats"}


def named(session: Session, slug: str) -> Study:
    """Return the study of this name; raise NotFound."""
    study = study_of(session, slug)
    if study is None:
        raise NotFound("There is no such study.")
    return study


def tagged(session: Session, study: Study, slug: str) -> tuple[tags.Codebook, TagNow]:
    """Return a study's codebook and its tag of this name; raise NotFound."""
    book = tags.at(session, study.id)
    if slug not in book.by_slug:
        raise NotFound("The codebook of this study has no such tag.")
    return book, book.by_slug[slug]


@router.get("/studies/{slug}/codebook")
def show(request: Request, session: ReadDep, slug: str, revision: At = None) -> HTMLResponse:
    """Show a study's codebook as it stands, or as it stood at a revision."""
    study = named(session, slug)
    book = tags.stood(session, study.id, revision) if revision else tags.at(session, study.id)
    if book is None:
        raise NotFound("The codebook of this study has no such revision.")
    every = codebook_view.revisions(session, study.id)
    away = [one for one in book.tags if one.archived or one.merged_into_id]
    return page(request, "annotations/codebook.html", here="code", study=study, book=book, revisions=every,
                groups=codebook_view.groups(session, request.state.person.id, study.id, book), away=away,
                old=revision is not None and revision != every[0].number)  # fmt: skip


@router.get("/studies/{slug}/codebook.yaml")
def as_file(session: ReadDep, slug: str, revision: At = None) -> Response:
    """Answer a codebook as a YAML file."""
    study = named(session, slug)
    book = tags.stood(session, study.id, revision)
    if book is None:
        raise NotFound("The codebook of this study has no such revision.")
    name = f'attachment; filename="{study.slug}-codebook-{book.revision}.yaml"'
    return Response(codebook_file.text(shapes_of(book)), media_type="application/yaml",
                    headers={"content-disposition": name})  # fmt: skip


@router.get("/studies/{slug}/codebook/revisions/{number}")
def revision(request: Request, session: ReadDep, slug: str, number: Number, since: At = None) -> HTMLResponse:
    """Show what a revision changed of the one before it, or of the one named `since`."""
    study = named(session, slug)
    every = codebook_view.revisions(session, study.id)
    found = next((one for one in every if one.number == number), None)
    if found is None:
        raise NotFound("The codebook of this study has no such revision.")
    return page(request, "annotations/revision.html", here="code", study=study, revision=found, since=since,
                newest=every[0].number,
                changes=codebook_view.changed(session, study.id, number, since))  # fmt: skip


@router.get("/studies/{slug}/tags/{tag}")
def one(request: Request, session: ReadDep, slug: str, tag: str) -> HTMLResponse:
    """Show a tag: what it means, its examples, the marks of it, and those that predate its text."""
    return page(request, "annotations/tag.html", here="code", **_of_tag(request, session, slug, tag))


@router.get("/-/studies/{slug}/tags/{tag}")
def meaning(request: Request, session: ReadDep, slug: str, tag: str) -> HTMLResponse:
    """Answer what a tag means, for the panel of the coding page."""
    book, found = tagged(session, named(session, slug), tag)
    return partial(request, "annotations/_definition.html", tag=book.standing(found.tag_id), study_slug=slug,
                   faithful=faithful, SCOPES=SCOPES)  # fmt: skip


def _of_tag(request: Request, session: Session, slug: str, name: str) -> dict[str, Any]:
    study = named(session, slug)
    book, tag = tagged(session, study, name)
    person = request.state.person.id
    own = codebook_view.of_tag(session, person, study.id, tag)
    return {"study": study, "study_slug": slug, "book": book, "tag": tag, "marks_of": own, "faithful": faithful,
            "heir": book.standing(tag.tag_id), "SCOPES": SCOPES, "others": [t for t in book.live() if t != tag],
            "old": codebook_view.predating(session, person, study.id, tag)}  # fmt: skip
