"""How tests read Compare: the page as it is laid out, and as it is sent."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
from sqlalchemy.orm import Session

from app.compare import of_set, queries
from app.compare.page import Page, build
from app.compare.panel import Panel
from app.compare.scope import scope
from app.compare.view import Place, read
from app.main import create_app
from app.settings import Settings

BATTERY = "/studies/first-light/compare/mode-collapse"


def laid_out(session: Session, address: str) -> Page:
    """Lay out the page of an address below a battery: `habits-plain?col=default@1`."""
    parts = urlsplit(f"{BATTERY}/{address}")
    _, _, slug, _, battery, key = parts.path.split("/")
    place = Place(slug, battery, key, read(parse_qs(parts.query)))
    study = queries.study(session, slug)
    only = of_set.members(session, study.id, place.view)
    everything = of_set.asked(session, study.id, place.view, only)
    found = scope(session, of_set.beside(session, study.id, everything, place), place)
    assert found is not None
    return build(session, study.id, place, found, everything, only)


def panel(page: Page, slug: str) -> Panel:
    """Return a subject's first column."""
    return next(one for one in page.panels if one.cell.column.slug == slug)


def texts(panel: Panel) -> list[tuple[int, str]]:
    """Return the cards of a column: how many say it, and what."""
    return [(card.n, card.draw.text) for card in panel.cards]


@asynccontextmanager
async def browser(settings: Settings, **headers: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client that asks for pages."""
    sent: dict[str, Any] = {"accept": "text/html", **headers}
    transport = httpx.ASGITransport(create_app(settings))
    async with httpx.AsyncClient(
        transport=transport, base_url="http://127.0.0.1:8765", headers=sent
    ) as client:
        yield client
