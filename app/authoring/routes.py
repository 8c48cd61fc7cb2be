"""Pages of drafts: begin one, write it, see what it changes, publish it."""

from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from app import db
from app.authoring import acting, commands
from app.authoring.editor import Editor, anchor, beside, editor
from app.authoring.foretelling import foretold
from app.authoring.models import KINDS, PLACES
from app.authoring.queries import draft, draft_about, drafts, ground_of, published, slug_in, title_in
from app.authoring.units import joined, plain_lines
from app.batteries.rules import RULES
from app.transcripts.faithful import faithful
from app.web import Invalid, NotFound, Number, ReadDep, page, partial, slow

router = APIRouter(include_in_schema=False)


class Look(BaseModel):
    """What of a draft is looked at: a prompt, what stands beside it, and of that which subject or which answers."""

    p: str = Field("", max_length=40)
    side: str = Field("lint", max_length=20)
    x: str = Field("", max_length=200)
    source: str = Field("", max_length=20)
    pasted: str = ""


KIND_OF = {"styles": "style", "endpoints": "endpoint", "subjects": "subject", "batteries": "battery"}
Side = Annotated[str, Query(max_length=20)]
Slug = Annotated[str, Query(max_length=200)]


@router.post("/library/{kind}/{slug}/edit")
def edit(request: Request, kind: str, slug: str) -> Response:
    """Begin to edit a thing of the library, or go on with the draft of it."""
    return _begin(request, KIND_OF.get(kind, ""), slug)


@router.post("/library/{kind}/{slug}/clone")
def clone(request: Request, kind: str, slug: str) -> Response:
    """Begin a new thing as a copy of one."""
    return _begin(request, KIND_OF.get(kind, ""), slug, copy=True)


@router.post("/studies/{slug}/edit")
def edit_study(request: Request, slug: str) -> Response:
    """Begin to edit a study, or go on with the draft of it."""
    return _begin(request, "study", slug)


@router.post("/studies/{slug}/clone")
def clone_study(request: Request, slug: str) -> Response:
    """Begin a new study as a copy of one."""
    return _begin(request, "study", slug, copy=True)


@router.post("/library/drafts")
def new(request: Request, kind: Annotated[str, Form()] = "battery") -> Response:
    """Begin a new thing."""
    return _begin(request, kind if kind in KINDS else "", None)


@router.post("/library/built-in")
def take_in(slug: Annotated[str, Form(max_length=100)] = "") -> Response:
    """Take a battery that comes with the program into the library, as it is."""
    with db.writing() as session:
        if not commands.take_in(session, slug):
            raise NotFound(f"No battery {slug} comes with the program.")
    return RedirectResponse(f"/library/batteries/{slug}", 303)


def _begin(request: Request, kind: str, slug: str | None, *, copy: bool = False) -> Response:
    if not kind:
        raise NotFound("There is no such page.")
    with db.writing() as session:
        row = commands.begin(session, kind, slug, person_id=request.state.person.id, copy=copy)
        if row is None:
            raise NotFound(f"There is no {kind} {slug}.")
        number = row.id
    return RedirectResponse(f"/library/drafts/{number}", 303)


@router.get("/-/library/drafts")
def under_way(request: Request, session: ReadDep, kind: Side = "", slug: Slug = "") -> HTMLResponse:
    """List the drafts, or tell the one of a thing."""
    one = draft_about(session, kind, slug) if kind else None
    found = drafts(session) if not kind else [one] if one else []
    rows = [(row, title_in(row), slug_in(row)) for row in found]
    return partial(request, "authoring/_drafts.html", drafts=rows, one=bool(kind))


@router.get("/library/rules")
def rules(request: Request) -> HTMLResponse:
    """Show the rules that prompts are held against."""
    return page(request, "authoring/rules.html", here="library", rules=RULES)


@router.get("/library/drafts/{number}")
def show(request: Request, session: ReadDep, number: Number, look: Annotated[Look, Query()]) -> HTMLResponse:
    """Show a draft: its form, its prompts, and what there is to say of it."""
    return page(request, "authoring/draft.html", here="library", **_looked(session, number, look))


@router.get("/-/library/drafts/{number}/side")
def side(request: Request, session: ReadDep, number: Number, look: Annotated[Look, Query()]) -> HTMLResponse:
    """Answer what stands beside the form."""
    return partial(request, "authoring/_side.html", **_looked(session, number, look))


@router.post("/-/library/drafts/{number}/answers")
def try_answers(
    request: Request, session: ReadDep, number: Number, look: Annotated[Look, Form()]
) -> HTMLResponse:
    """Try the reading of a prompt's answers on some; nothing is kept."""
    context = _looked(session, number, look.model_copy(update={"side": "answers"}))
    if "hx-request" in request.headers:
        return partial(request, "authoring/_tried.html", **context)
    return page(request, "authoring/draft.html", here="library", **context)


@router.post("/library/drafts/{number}")
async def change(request: Request, number: Number) -> Response:
    """Save the form of a draft, and do what its button says."""
    async with request.form() as form:
        fields = joined((name, text) for name, text in form.multi_items() if isinstance(text, str))
    return await slow(_change, request, number, fields)


def _change(request: Request, number: int, fields: dict[str, str]) -> Response:
    with db.writing() as session:
        row = commands.held(session, number)
        if row is None:
            raise NotFound("There is no such draft any more; it was published or thrown away.")
        try:
            saved, changed = acting.act(row, fields)
        except acting.TooMany as error:
            raise Invalid(f"{error}.") from error
        if changed:
            commands.touched(row)
        # What is saved while somebody types is told once, when the field is left.
        if fields.get("tell") == "1" or (changed and fields.get("quiet") != "1"):
            client = request.headers.get("x-client", "")[:20]
            commands.tell(session, row, person_id=request.state.person.id, client=client)
    # Read outside of the transaction: what there is to say of a long battery takes longer than its save.
    with db.reading() as session:
        row = draft(session, number)
        if row is None:
            raise NotFound("There is no such draft any more; it was published or thrown away.")
        shown = editor(session, row, prompt=saved.prompt, side=fields.get("side", "lint"), saved=saved)
        shown = beside(session, shown, fields)
    return _answer(request, shown, fields)


def _answer(request: Request, shown: Editor, fields: dict[str, str]) -> Response:
    """Answer the parts of the page that a save touches, or lead to the page where another prompt is to be shown."""
    asked = {
        name: value
        for name, value in {"p": shown.prompt, "side": shown.side}.items()
        if value not in ("", "lint")
    }
    to = f"#{anchor('turns')}" if fields.get("do") in ("add", "clone") else ""
    address = f"/library/drafts/{shown.number}{'?' if asked else ''}{urlencode(asked)}{to}"
    if "hx-request" not in request.headers:
        if shown.saved.refused:  # said where it was written: an address would not keep it
            context = _context(shown)
            return page(request, "authoring/draft.html", status_code=422, here="library", **context)
        return RedirectResponse(address, 303)
    if shown.prompt != fields.get("p", "") or fields.get("do", "").startswith("back"):
        return Response(status_code=204, headers={"HX-Redirect": address})
    return partial(request, "authoring/_saved.html", **_context(shown))


@router.get("/library/drafts/{number}/publish")
def look(request: Request, session: ReadDep, number: Number) -> HTMLResponse:
    """Show what publishing a draft would do."""
    return _look(request, session, number)


def _look(request: Request, session: ReadDep, number: int, *, stale: bool = False) -> HTMLResponse:
    row = draft(session, number)
    if row is None:
        raise NotFound("There is no such draft; it was published or thrown away.")
    shown = editor(session, row)
    before = published(session, row.kind, row.of) if row.of else None
    told = foretold(session, row.kind, shown.checked.shape, before) if shown.checked.shape is not None else []
    more = {"told": told, "stale": stale, "ground": ground_of(before)}
    status = 409 if stale else 200
    return page(
        request, "authoring/publish.html", status_code=status, here="library", **more, **_context(shown)
    )


@router.post("/library/drafts/{number}/publish")
async def publish(
    request: Request,
    number: Number,
    seen: Annotated[int, Form(ge=0, le=2**62)] = 0,
    ground: Annotated[str, Form(max_length=64)] = "",
) -> Response:
    """Publish a draft as it was looked at."""
    return await slow(_publish, request, number, seen, ground)


def _publish(request: Request, number: int, seen: int, ground: str) -> Response:
    try:
        with db.writing() as session:
            row = commands.held(session, number)
            if row is None:
                raise NotFound("There is no such draft any more; it was published or thrown away.")
            kind = row.kind
            slug = commands.publish(session, row, seen=seen, ground=ground, person_id=request.state.person.id)
    except commands.Stale:
        with db.reading() as session:
            return _look(request, session, number, stale=True)
    return RedirectResponse(f"{PLACES[kind]}/{slug}", 303)


def _looked(session: Session, number: int, look: Look) -> dict[str, Any]:
    row = draft(session, number)
    if row is None:
        raise NotFound("There is no such draft; it was published or thrown away.")
    shown = editor(session, row, prompt=look.p, side=look.side)
    asked = look.model_dump() | {"pasted": plain_lines(look.pasted).replace("\0", "\ufffd")}
    return _context(beside(session, shown, asked))


def _context(shown: Editor) -> dict[str, Any]:
    return {"e": shown, "faithful": faithful, "places": PLACES, "anchor": anchor}
