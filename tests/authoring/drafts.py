"""A browser's part in tests: what a draft's page shows is posted back with some fields written anew."""

import html
import re
from typing import Any

import httpx

from app import db
from app.authoring import commands, sheets
from app.authoring.acting import act
from app.authoring.models import Draft
from app.authoring.queries import draft
from app.authoring.saving import Saved, form_of
from app.authoring.units import mark

PERSON = 1


def begun(kind: str, slug: str | None = None, *, copy: bool = False) -> int:
    """Begin a draft and return its number."""
    with db.writing() as session:
        row = commands.begin(session, kind, slug, person_id=PERSON, copy=copy)
        assert row is not None
        return row.id


def row_of(number: int) -> Draft:
    with db.reading() as session:
        found = draft(session, number)
    assert found is not None
    return found


def form(number: int, prompt: str = "") -> dict[str, str]:
    """The fields of a draft's form as they stand."""
    row = row_of(number)
    entry = next((one for one in row.data.get("prompts", ()) if one["id"] == prompt), None)
    data: Any = entry["shape"] if entry else form_of(row)
    fields = {"p": prompt}
    for field in sheets.fields(sheets.PROMPT if entry else sheets.SHEETS[row.kind]):
        shown = field.unit.shown(data)
        fields |= shown | {f"was.{field.name}": mark(shown)}
    return fields


def post(number: int, fields: dict[str, str], **written: str) -> Saved:
    """Save a form with some fields written anew; `__` in a name is a dot."""
    with db.writing() as session:
        row = commands.held(session, number)
        assert row is not None
        saved, changed = act(row, fields | {name.replace("__", "."): text for name, text in written.items()})
        if changed:
            commands.touched(row)
        return saved


def publish(number: int) -> str:
    """Publish a draft as it stands; return the slug."""
    with db.writing() as session:
        row = commands.held(session, number)
        assert row is not None
        before = commands.published(session, row.kind, row.of) if row.of else None
        seen, ground = row.number, commands.ground_of(before)
        return commands.publish(session, row, seen=seen, ground=ground, person_id=PERSON)


def ids(number: int) -> dict[str, str]:
    """The ids of a draft's prompts by key."""
    return {one["shape"].get("key", ""): one["id"] for one in row_of(number).data["prompts"]}


def fields_of(page: str) -> dict[str, str]:
    """What the form of a page would post, read from its HTML; radio buttons and several values apart."""
    inside = page[page.index('<form id="sheet"') : page.index("</form>", page.index('<form id="sheet"'))]
    found = {}
    for name, value in re.findall(r'<input[^>]*name="([^"]+)"[^>]*value="([^"]*)"', inside):
        found[name] = html.unescape(value)
    for name, text in re.findall(
        r'<textarea[^>]*name="([^"]+)"[^>]*>\n(.*?)</textarea>', inside, flags=re.DOTALL
    ):
        found[name] = html.unescape(text)
    for name, options in re.findall(
        r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', inside, flags=re.DOTALL
    ):
        chosen = re.search(r'<option(?: value="([^"]*)")? selected>([^<]*)', options)
        first = re.search(r'<option(?: value="([^"]*)")?[^>]*>([^<]*)', options)
        value = chosen or first
        assert value is not None
        found[name] = html.unescape(value[2] if value[1] is None else value[1])
    return found


async def page_of(client: httpx.AsyncClient, address: str, status: int = 200) -> str:
    reply = await client.get(address)
    assert reply.status_code == status, (address, reply.status_code)
    return reply.text
