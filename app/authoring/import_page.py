"""The page that takes prompts in: what was pasted or uploaded, as it would stand, and added as a whole or not."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.datastructures import FormData, UploadFile

from app import db
from app.authoring import acting, commands, importing
from app.authoring.importing import TARGETS, Reading, Table
from app.authoring.models import Draft
from app.authoring.queries import draft, title_in
from app.shape import fingerprint
from app.transcripts.faithful import faithful
from app.web import Invalid, NotFound, Number, ReadDep, page, partial, slow

router = APIRouter(include_in_schema=False)
KINDS = ("table", "lines")
GONE = "There is no such draft; it was published or thrown away."


@dataclass(slots=True)
class Taking:
    """The page: the form as it stands, the table it holds, what each column is, and what would come of it."""

    draft: Draft
    title: str
    text: str = ""
    kind: str = "table"
    family: str = ""
    mode: str = ""
    unread: str = ""
    uploaded: bool = False
    table: Table = field(default_factory=Table)
    targets: tuple[str, ...] = ()
    reading: Reading = field(default_factory=Reading)

    @property
    def columns(self) -> str:
        """A mark of the columns, by which it is known whether the choice of what they are still fits."""
        return fingerprint(list(self.table.header))[:12]

    @property
    def shown(self) -> list[tuple[str, str, str]]:
        """Each column: its name, what it is, and how its first cell begins."""
        first = self.table.rows[0][1] if self.table.rows else ()
        cells = (*first, *[""] * len(self.table.header))
        return list(zip(self.table.header, self.targets, cells, strict=False))


@router.get("/library/drafts/{number}/import")
def take_in(
    request: Request, session: ReadDep, number: Number, p: Annotated[str, Query(max_length=40)] = ""
) -> HTMLResponse:
    """Show the form that takes prompts in."""
    row = _battery(draft(session, number))
    return page(request, "authoring/import.html", here="library", t=Taking(row, title_in(row)), **_words())


@router.post("/library/drafts/{number}/import")
async def take(request: Request, number: Number) -> Response:
    """Show what was pasted as it would stand, or add it (`do` is "add") where nothing is wrong with it."""
    async with request.form() as form:
        fields, unread = await _fields(form)
    return await slow(_take, request, number, fields, unread)


def _take(request: Request, number: int, fields: Mapping[str, str], unread: str) -> Response:
    if fields.get("do") == "add" and not unread:
        with db.writing() as session:
            row = _battery(commands.held(session, number))
            found = read(row, fields)
            if found.reading.new and not found.reading.wrong:
                _add(row, found.reading)
                commands.touched(row)
                commands.tell(session, row, person_id=request.state.person.id)
                return RedirectResponse(f"/library/drafts/{number}?p={found.reading.new[0]}", 303)
    with db.reading() as session:
        row = _battery(draft(session, number))
        found = read(row, fields)
        found.unread = unread
    if "hx-request" in request.headers:
        return partial(request, "authoring/_import.html", t=found, **_words())
    return page(request, "authoring/import.html", here="library", t=found, **_words())


def _add(row: Draft, reading: Reading) -> None:
    if len(reading.data["prompts"]) > acting.MOST_PROMPTS:
        raise Invalid(f"A battery has at most {acting.MOST_PROMPTS:,} prompts.")
    row.data = dict(reading.data)


def _battery(row: Draft | None) -> Draft:
    if row is None or row.kind != "battery":
        raise NotFound(GONE)
    return row


async def _fields(form: FormData) -> tuple[dict[str, str], str]:
    """Return a form's texts, an uploaded file's in place of the pasted one, and why a file could not be read."""
    fields = {name: text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\ufffd")
              for name, text in form.multi_items() if isinstance(text, str)}  # fmt: skip
    file = form.get("upload")
    if not isinstance(file, UploadFile) or not file.filename:
        return fields, ""
    body = await file.read()
    try:
        text = body.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\ufffd")
    except UnicodeDecodeError as error:
        line = body.count(b"\n", 0, error.start) + 1
        return fields, f"line {line}: found the byte 0x{body[error.start]:02x}, expected UTF-8 text"
    return fields | {"text": text, "uploaded": "1"}, ""


def read(row: Draft, fields: Mapping[str, str]) -> Taking:
    """Return what a form comes to beside the draft as it is."""
    kind = fields.get("kind", "table")
    found = Taking(
        draft=row,
        title=title_in(row),
        text=fields.get("text", ""),
        kind=kind if kind in KINDS else "table",
        family=fields.get("family", "").strip()[:64],
        mode=fields.get("mode", ""),
        uploaded="uploaded" in fields,
    )
    if not found.text.strip():
        return found
    if found.kind == "lines":
        rows = importing.from_lines(found.text, family=found.family, mode=found.mode)
        found.reading = importing.joined_to(row.data, rows)
        return found
    found.table = importing.table(found.text)
    found.targets = importing.targets_of(found.table)
    if fields.get("columns") == found.columns:
        found.targets = tuple(fields.get(f"map.{n}", "") for n in range(len(found.table.header)))
    rows = importing.from_table(found.table, found.targets, family=found.family, mode=found.mode)
    found.reading = importing.joined_to(row.data, rows, given="key" in found.targets)
    return found


def _words() -> dict[str, Any]:
    return {"targets": tuple(TARGETS), "faithful": faithful}
