"""Changing a codebook from its pages: tags made, worded, put away, merged, split; revisions restored; a file."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from sqlalchemy.orm import Session
from starlette.datastructures import FormData, UploadFile

from app import db
from app.annotations import codebook_commands as commands
from app.annotations import codebook_diff, codebook_file, tags
from app.annotations.acts import Hand, Stale
from app.annotations.api import hand_of
from app.annotations.codebook_form import EMPTY, TagForm, shaped
from app.annotations.codebook_pages import SCOPES, named, tagged
from app.annotations.codebook_shape import TagShape
from app.runs.mistakes import FileError
from app.runs.shaping import fitted
from app.shape import SLUG
from app.web import LARGEST, Invalid, Number, ReadDep, page, slow

router = APIRouter(include_in_schema=False)
Why = Annotated[str, Form(max_length=1000)]
Seen = Annotated[int, Form(ge=0, le=LARGEST)]
FIRST = "begun with the starter codebook"


def _to(slug: str, tag: str = "") -> Response:
    return RedirectResponse(f"/studies/{slug}/tags/{tag}" if tag else f"/studies/{slug}/codebook", 303)


def _acted(request: Request, slug: str, act: Callable[[Session, Hand], Any], tag: str = "") -> Response:
    with db.writing() as session:
        act(session, hand_of(session, request, slug))
    return _to(slug, tag)


@router.post("/studies/{slug}/codebook/starter")
def begin(request: Request, slug: str) -> Response:
    """Begin a codebook with the starter's tags; refused where there is one."""
    return _acted(request, slug, lambda session, hand: commands.revise(
        session, hand, codebook_file.starter(), FIRST, seen=0))  # fmt: skip


@router.get("/studies/{slug}/codebook/new")
def new(request: Request, session: ReadDep, slug: str) -> HTMLResponse:
    """Show the form of a new tag."""
    study = named(session, slug)
    return _form(request, session, slug, TagForm(dict(EMPTY), seen=tags.at(session, study.id).revision))


@router.get("/studies/{slug}/tags/{tag}/edit")
def edit(request: Request, session: ReadDep, slug: str, tag: str) -> HTMLResponse:
    """Show the form of a tag."""
    book, found = tagged(session, named(session, slug), tag)
    values = commands.shape_of(found, book).model_dump(mode="json")
    return _form(request, session, slug, TagForm(values, seen=book.revision, new=False))


@router.post("/studies/{slug}/codebook/new")
async def make(request: Request, slug: str) -> Response:
    """Add a tag; what cannot be comes back with what is wrong."""
    return await slow(_put, request, slug, "", await request.form())


@router.post("/studies/{slug}/tags/{tag}/edit")
async def word(request: Request, slug: str, tag: str) -> Response:
    """Change a tag; what cannot be comes back with what is wrong."""
    return await slow(_put, request, slug, tag, await request.form())


def _put(request: Request, slug: str, tag: str, sent: FormData) -> Response:
    told = {name: value for name, value in sent.items() if isinstance(value, str)} | (
        {"slug": tag} if tag else {}
    )
    seen = told.get("seen", "")
    form = TagForm(dict(EMPTY), seen=int(seen) if seen.isdecimal() and len(seen) < 10 else 0, new=not tag)
    shape = shaped(told, form)
    try:
        if shape is not None:
            with db.writing() as session:
                hand = hand_of(session, request, slug)
                _only_one(session, hand, shape, new=not tag)
                commands.put_tag(session, hand, shape, form.why, seen=form.seen)
            return _to(slug, shape.slug)
    except (Invalid, Stale) as error:
        form.wrong[""] = error.message
    with db.reading() as session:
        return _form(request, session, slug, form)


def _only_one(session: Session, hand: Hand, shape: TagShape, *, new: bool) -> None:
    if new and shape.slug in tags.at(session, hand.study).by_slug:
        raise Invalid(f"slug: found {shape.slug!r}, which the codebook has already, perhaps put away")


def _form(request: Request, session: Session, slug: str, form: TagForm) -> HTMLResponse:
    study = named(session, slug)
    book = tags.at(session, study.id)
    groups = list(dict.fromkeys(one.grouping for one in book.live() if one.grouping))
    parents = [one for one in book.live() if one.slug != form.values.get("slug")]
    return page(request, "annotations/tag_form.html", here="code", study=study, book=book, form=form, groups=groups,
                parents=parents, SCOPES=SCOPES, status_code=422 if form.wrong else 200)  # fmt: skip


@router.post("/studies/{slug}/tags/{tag}/archive")
def archive(request: Request, slug: str, tag: str, seen: Seen, why: Why = "", back: Annotated[bool, Form()] = False) -> Response:  # fmt: skip  # noqa: E501
    """Put a tag away, or (`back`) take it into use again."""
    return _acted(request, slug, lambda session, hand: commands.archive(
        session, hand, tag, why, seen=seen, back=back), tag)  # fmt: skip


@router.post("/studies/{slug}/tags/{tag}/merge")
def merge(request: Request, slug: str, tag: str, seen: Seen, into: Annotated[str, Form(max_length=64)] = "", why: Why = "") -> Response:  # fmt: skip  # noqa: E501
    """Let another tag stand for this one."""
    return _acted(request, slug, lambda session, hand: commands.merge(
        session, hand, tag, into, why, seen=seen), tag)  # fmt: skip


@router.post("/studies/{slug}/tags/{tag}/split")
def split(request: Request, slug: str, tag: str, seen: Seen, parts: Annotated[str, Form(max_length=20_000)] = "", why: Why = "") -> Response:  # fmt: skip  # noqa: E501
    """Put new tags under one: a line each, `slug: what it means`."""
    shapes = [_part(line) for line in parts.splitlines() if line.strip()]
    return _acted(request, slug, lambda session, hand: commands.split(
        session, hand, tag, shapes, why, seen=seen), tag)  # fmt: skip


def _part(line: str) -> TagShape:
    slug, _, means = (each.strip() for each in line.partition(":"))
    if not SLUG.fullmatch(slug):
        raise Invalid(
            f"parts: found {line[:60]!r}, expected lines such as `hedging-real: the doubt is carried through`"
        )
    shape, mistakes = fitted({"slug": slug, "name": slug, "definition": means}, TagShape)
    if shape is None:
        raise Invalid(f"parts: {mistakes[0].text}")
    return shape


@router.post("/studies/{slug}/codebook/revisions/{number}/restore")
def restore(request: Request, slug: str, number: Number, seen: Seen, why: Why = "") -> Response:
    """Make the codebook what it was at a revision, as a new one."""
    return _acted(request, slug, lambda session, hand: commands.restore(
        session, hand, number, why or f"as it was at revision {number}", seen=seen))  # fmt: skip


# ------------------------------------------------------------------ a file


@router.get("/studies/{slug}/codebook/import")
def take_in(request: Request, session: ReadDep, slug: str) -> HTMLResponse:
    """Show the form that takes a codebook file in."""
    study = named(session, slug)
    return page(request, "annotations/codebook_import.html", here="code", study=study, text="", mistakes=(),
                changes=None, gone=(), at=tags.at(session, study.id).revision, why="")  # fmt: skip


@router.post("/studies/{slug}/codebook/import")
async def take(request: Request, slug: str) -> Response:
    """Show what a file would change, and with `sure` change it."""
    async with request.form() as sent:
        file, text = sent.get("file"), str(sent.get("text") or "")
        uploaded = isinstance(file, UploadFile) and file.size
        body = await file.read() if uploaded else text.encode("utf-8", "replace")  # type: ignore[union-attr]
        why, sure = str(sent.get("why") or ""), bool(sent.get("sure")) and not uploaded
        at = str(sent.get("seen") or "")
    return await slow(_taken, request, slug, body, why, sure, at)


def _taken(request: Request, slug: str, body: bytes, why: str, sure: bool, seen: str) -> Response:
    mistakes: tuple[str, ...] = ()
    wanted: list[TagShape] = []
    try:
        wanted = codebook_file.parse("codebook.yaml", body)
        if sure:
            known = int(seen) if seen.isdecimal() and len(seen) < 10 else -1
            return _acted(
                request, slug, lambda session, hand: commands.revise(session, hand, wanted, why, seen=known)
            )
    except FileError as error:
        mistakes = error.lines
    except (Invalid, Stale) as error:
        mistakes = (error.message,)
    with db.reading() as session:
        study = named(session, slug)
        book = tags.at(session, study.id)
        changes = codebook_diff.between(commands.shapes_of(book), wanted) if wanted else None
        gone = (
            [one.slug for one in book.live() if one.slug not in {each.slug for each in wanted}]
            if wanted
            else []
        )
        return page(request, "annotations/codebook_import.html", here="code", study=study, mistakes=mistakes,
                    gone=gone, text=body.decode("utf-8", "replace"), changes=changes, at=book.revision, why=why,
                    status_code=422 if mistakes else 200)  # fmt: skip
