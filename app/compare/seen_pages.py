"""What a reader has seen of a study, as pages of Compare ask for it, and the door to what is left."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

from app import db
from app.compare import queries
from app.compare.unseen import Next, Reading, next_unseen, numbers_of
from app.compare.view import Place, read
from app.web import NotFound, ReadDep, slow

router = APIRouter()
MOST = 100  # prompts counted at once: more than a rail shows

Name = Annotated[str, Query(max_length=300)]
Names = Annotated[tuple[str, ...], Query(max_length=MOST)]


@router.get("/api/v1/studies/{slug}/seen", tags=["reading"])
def seen(
    request: Request, response: Response, session: ReadDep, slug: str, at: Name = "",
    prompt: Names = (),
) -> dict[str, Any]:  # fmt: skip
    """Tell what the reader has seen of the answers to a prompt (`at`, battery/key), and how many answers to some
    prompts they have not, of those that a view of Compare (its query) shows; `kept` are their bookmarks there."""
    reading = _reading(request, session, slug)
    numbers = numbers_of(reading, [_name(one) for one in {at, *prompt}])
    here = [number for name, number in numbers.items() if name == _name(at)]
    counts = reading.counts([numbers[name] for name in map(_name, prompt) if name in numbers])
    response.headers["cache-control"] = "no-store"
    return {
        "seen": sorted(reading.seen(here)),
        "kept": reading.kept(here),
        "unseen": {one: counts[numbers[_name(one)]] for one in prompt if _name(one) in numbers},
    }


@router.get("/api/v1/studies/{slug}/unseen", tags=["reading"])
async def following(request: Request, response: Response, slug: str, at: Name = "") -> dict[str, Any]:
    """Tell the next prompt, from `at` (battery/key) on and then from the beginning, with an answer that the reader
    has not seen in a view of Compare (its query): its address there, null where all is seen."""
    found, place = await slow(_next, request, slug, at)
    response.headers["cache-control"] = "no-store"
    if found is None:
        return {"url": None, "unseen": 0, "wrapped": False}
    return {"url": _url(place, found), "unseen": found.unseen, "wrapped": found.wrapped}


@router.get("/studies/{slug}/unseen", include_in_schema=False)
async def go(request: Request, slug: str, at: Name = "") -> Response:
    """Go to the next prompt with something unseen; where there is none, stay."""
    found, place = await slow(_next, request, slug, at)
    if found is None and not place.key:
        return RedirectResponse(f"/studies/{place.study}/compare", 303)
    return RedirectResponse(place.url() if found is None else _url(place, found), 303)


def _next(request: Request, slug: str, at: str) -> tuple[Next | None, Place]:
    with db.reading() as session:
        reading = _reading(request, session, slug)
        known = numbers_of(reading, [_name(at)])
        battery, key = next(iter(known), ("", ""))
        return next_unseen(reading, battery, key), Place(slug, battery, key, reading.view)


def _url(place: Place, found: Next) -> str:
    return f"{place.root}{found.battery}/{found.key}{place.tail}"


def _name(word: str) -> tuple[str, str]:
    battery, _, key = word.partition("/")
    return battery, key


def _reading(request: Request, session: Session, slug: str) -> Reading:
    study = queries.study(session, slug)
    if study is None:
        raise NotFound(f"There is no study {slug}.")
    asked = {name: request.query_params.getlist(name) for name in request.query_params}
    return Reading(session, request.state.person.id, study.id, read(asked))
