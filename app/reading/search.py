"""The pages of search: what was said and what is asked, by words and patterns, as a list or in context.

All of it runs in threads of its own limiters: a search never keeps a page waiting, a pattern never keeps a word.
"""

import hashlib
import re
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlencode

import anyio
import anyio.to_thread
from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from app.db import reading
from app.reading import look as looks
from app.reading.choices import chips, choices, subjects_of, told
from app.reading.concordance import concordance
from app.reading.filters import BadFilter, Filter
from app.reading.found import search
from app.reading.look import Look
from app.reading.prompts import search_prompts
from app.reading.terms import Unclear, read
from app.studies import queries as studies
from app.web import NotFound, page

router = APIRouter(include_in_schema=False)
_words_limiter = anyio.CapacityLimiter(2)
_patterns_limiter = anyio.CapacityLimiter(1)


@router.get("/search")
async def everywhere(request: Request) -> Response:
    """Search all studies."""
    return await _answer(request, "")


@router.get("/studies/{slug}/search")
async def in_study(request: Request, slug: str) -> Response:
    """Search one study."""
    return await _answer(request, slug)


async def in_its_turn(work: Callable[[], Response], line: str) -> Response:
    """Run a search in a thread: one pattern at a time, words beside it."""
    try:
        limiter = _patterns_limiter if read(line).scanned else _words_limiter
    except Unclear:
        limiter = _words_limiter
    return await anyio.to_thread.run_sync(work, limiter=limiter)


async def _answer(request: Request, slug: str) -> Response:
    return await in_its_turn(lambda: _page(request, slug), request.query_params.get("q", ""))


def params_of(request: Request) -> dict[str, list[str]]:
    """Return the query of an address: all values of each name."""
    return {name: request.query_params.getlist(name) for name in request.query_params}


def _page(request: Request, slug: str) -> Response:
    params = params_of(request)
    with reading() as session:
        study = studies.study(session, slug) if slug else None
    if slug and study is None:
        raise NotFound(f"There is no study {slug}.")
    given = {name: [value for value in values if value] for name, values in params.items()}
    if "" in [value for values in params.values() for value in values]:
        # A form sends its empty fields too; the address is cited, so it says no more than it must.
        return _bare(request, given, slug)
    wrong, look = "", Look(Filter(words=given.get("q", [""])[-1], study=slug), path_study=bool(slug))
    found: dict[str, Any] = {"found": None, "kwic": None, "prompts": None}
    try:
        look = looks.read(given, slug)
        found |= _found(look, request.state.person.id)
    except BadFilter as error:
        wrong = str(error)
    return page(
        request, "reading/search.html", status_code=422 if wrong else 200, here="search", look=look, study=study,
        wrong=wrong, place=_place(wrong), chips=chips(look), told=told(look), **found,
        **_around(look, study.id if study else None, request.state.person.id),
    )  # fmt: skip


def _around(look: Look, study_id: int | None, person_id: int) -> dict[str, Any]:
    with reading() as session:
        named = letters(subjects_of(session, study_id), look.hide)
        return {"choices": choices(session, look, study_id, person_id), "letters": named}


def _bare(request: Request, given: dict[str, list[str]], slug: str) -> Response:
    try:
        return RedirectResponse(looks.read(given, slug).url, 303)
    except BadFilter:
        return RedirectResponse(f"{request.url.path}?{urlencode(given, doseq=True)}", 303)


def _found(look: Look, person_id: int) -> dict[str, Any]:
    """Return what the page shows of one kind; the others are None."""
    if look.filter.role == "prompt":
        return {"prompts": search_prompts(look, person_id)}
    if look.kwic:
        return {"kwic": concordance(look, person_id)}
    return {"found": search(look, person_id)}


def letters(ids: Sequence[int], hide: str) -> dict[int, str]:
    """Return the letter of each subject while names are hidden; `shuffled` tells nothing by the order either."""
    if not hide:
        return {}
    if hide == "shuffled":
        ids = sorted(ids, key=lambda one: hashlib.sha256(f"search {one}".encode()).digest())
    return {one: letter(at) for at, one in enumerate(ids)}


def letter(at: int) -> str:
    """Return A to Z, then AA, AB, …"""
    return (letter(at // 26 - 1) if at >= 26 else "") + chr(ord("A") + at % 26)


def _place(wrong: str) -> int:
    """Return the sign of the line, from 1, that an error names; 0 where it names none."""
    named = re.match(r"q, sign (\d+):", wrong)
    return int(named[1]) if named else 0
