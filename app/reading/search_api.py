"""`/api/v1/search`: what the pages of search show, as JSON, under the same names."""

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from app.reading import filters
from app.reading import look as looks
from app.reading.concordance import Concordance, Section, concordance
from app.reading.context import Context
from app.reading.filters import BadFilter
from app.reading.found import Found, search
from app.reading.lines import Line
from app.reading.look import PAGE, Look
from app.reading.prompts import PromptLine, Prompts, search_prompts
from app.reading.search import in_its_turn, params_of
from app.reading.search_examples import SEARCH
from app.web import Invalid

router = APIRouter(prefix="/api/v1")
MOST = 200
DESCRIPTION = (
    "The filters of the search page under its names: q, role (answer, reasoning, prompt), study, run, battery, "
    "prompt, theme, branch, style, subject, t, stop, state; several values by commas. The view: as (list, kwic), "
    "sort (newest, best), by (newest, left, right), limit (1 to 200). What cannot be read is 422 with the place."
)


@router.get("/search", responses={200: {"content": {"application/json": {"example": SEARCH}}}}, tags=["search"],
            description=DESCRIPTION)  # fmt: skip
async def api_search(request: Request) -> Response:
    """Search what was said and what is asked."""
    return await in_its_turn(lambda: JSONResponse(_found(request)), request.query_params.get("q", ""))


def _found(request: Request) -> dict[str, Any]:
    params = params_of(request)
    try:
        for name in params:
            if name not in filters.names() | looks.NAMES:
                raise BadFilter(
                    f"{name}: there is no such filter; there are {', '.join(sorted(filters.names()))}"
                )
        look, limit = looks.read(params), _limit(params.get("limit", [str(PAGE)])[-1])
        return {"looked_for": look.filter.said(), **_shown(look, limit, request.state.person.id)}
    except BadFilter as error:
        raise Invalid(str(error)) from error


def _limit(word: str) -> int:
    if not (word.isascii() and word.isdigit() and 1 <= int(word) <= MOST):
        raise BadFilter(f"limit: found {word!r}, expected 1 to {MOST}")
    return int(word)


def _shown(look: Look, limit: int, person_id: int) -> dict[str, Any]:
    if look.filter.role == "prompt":
        return _prompts(look, search_prompts(look, person_id, limit), limit)
    if look.kwic:
        return _kwic(look, concordance(look, person_id))
    return _list(look, search(look, person_id, limit), limit)


def _list(look: Look, found: Found, limit: int) -> dict[str, Any]:
    return {
        "count": found.count or None, "cut": found.cut, "read": found.seen, "of": found.of,
        "found": [_line(line) for line in found.lines],
        "next": _next(look, found.older, limit), "previous": _next(look, "", limit, found.newer),
    }  # fmt: skip


def _kwic(look: Look, kwic: Concordance) -> dict[str, Any]:
    return {
        "cut": kwic.cut, "read": kwic.seen, "of": kwic.of, "uncounted": kwic.why or None,
        "columns": [_column(one, not kwic.why) for one in kwic.sections],
        "next": _next(look, kwic.older), "previous": _next(look, "", None, kwic.newer),
    }  # fmt: skip


def _prompts(look: Look, found: Prompts, limit: int) -> dict[str, Any]:
    return {
        "cut": found.cut, "found": [_prompt(line) for line in found.lines],
        "next": _next(look, found.older, limit), "previous": _next(look, "", limit, found.newer),
    }  # fmt: skip


def _line(line: Line) -> dict[str, Any]:
    return {
        "transcript": line.transcript, "message": line.message, "role": line.role or None,
        "turn": line.turn or None, "study": line.study, "run": line.run,
        "prompt": line.prompt or None, "subject": line.subject or None,
        "temperature": line.temperature_milli / 1000 if line.temperature_milli >= 0 else None,
        "repeat": line.repeat, "state": line.state, "stop_class": line.stop_class, "text": line.text,
        "spans": line.spans, "page": line.href, "compare": line.compare() or None,
    }  # fmt: skip


def _column(section: Section, counted: bool) -> dict[str, Any]:
    one = section.column
    share = one.share if counted else None
    return {
        "subject": one.slug or None,
        "temperature": one.temperature_milli / 1000 if one.temperature_milli >= 0 else None,
        "k": one.k if counted else None, "n": one.n if counted else None,
        "interval": None if share is None else [share.low, share.high],
        "other_model": one.apart, "prompts": len({prompt for prompt, _ in one.cells}), "runs": sorted(one.runs),
        "places": [_place(context) for context in section.contexts], "more": section.more,
    }  # fmt: skip


def _place(context: Context) -> dict[str, Any]:
    return {
        "transcript": context.line.transcript, "message": context.line.message,
        "prompt": context.line.prompt or None, "before": context.before, "found": context.found,
        "after": context.after,
        "same": context.times, "page": context.line.href,
    }  # fmt: skip


def _prompt(line: PromptLine) -> dict[str, Any]:
    return {
        "prompt": f"{line.battery}/{line.key}", "title": line.title or None, "family": line.family,
        "variant": line.variant, "theme": line.theme or None, "mode": line.mode, "text": line.text,
        "spans": line.spans, "study": line.study or None, "page": line.href(),
    }  # fmt: skip


def _next(look: Look, before: str, limit: int | None = None, after: str = "") -> str | None:
    if not (before or after):
        return None
    url = look.but(before=before, after=after).url
    more = "" if limit in (None, PAGE) else f"&limit={limit}"
    return f"/api/v1{url}{more}"
