"""A filled database in use by this process through a file of tests, and the application over it."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import db
from app.accounts.models import LOCAL
from app.annotations import putting
from app.annotations.acts import Hand
from app.annotations.wanted import Wanted
from app.authoring import commands
from app.live.hub import Hub
from app.live.routes import _look, _newest
from app.main import create_app
from app.reading import sets
from app.reading.filters import Filter
from app.settings import Settings
from app.studies.models import Study
from app.transcripts.models import Transcript
from tests import seed
from tests.annotations import coded
from tests.compare.cast import PROMPTS, SUBJECTS, say
from tests.journeys.databases import database_for


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def filled(request: pytest.FixtureRequest) -> Iterator[db.Database]:
    """A study with answers of every kind, refusals, failures and impossible cells, on each system in turn."""
    with database_for(request, request.param) as shell:
        opened = db.Database(shell.database_url or f"sqlite:///{shell.folder / 'styloscope.db'}")
        before = db.use(opened)
        with db.writing() as session:
            seed.study(session, subjects=SUBJECTS, prompts=PROMPTS, say=say, repeats=8)
            commands.begin(session, "battery", "mode-collapse", person_id=LOCAL)
            study = session.scalars(select(Study)).one()
            _coded(session, study.id)
            sets.freeze(session, study, "One", "to be read", Filter(study=study.slug), LOCAL)
        yield opened
        db.use(before)
        opened.close()


def _coded(session: Session, study: int) -> None:
    """A codebook, and a mark with the number 1."""
    coded.codebook(session, study)
    first = (
        select(Transcript.id).where(Transcript.study_id == study, Transcript.state == "done").order_by("id")
    )
    wanted = {"tag": "hedging", "kind": "transcript", "transcript": session.scalars(first.limit(1)).one()}
    putting.put(session, Hand(LOCAL, study), [Wanted.model_validate(wanted)])


@pytest.fixture(scope="module")
def application(filled: db.Database, tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    """The application over the filled database; its streams end at once, so that a test may read one whole."""
    app = create_app(Settings(data=Path(tmp_path_factory.mktemp("data"))))
    app.state.hub = Hub(_look, _newest)
    app.state.hub.close()
    return app


@pytest.fixture
async def client(application: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A client that is told of a fault by the status 500, as a browser is."""
    application.state.hub.closing = asyncio.Event()
    application.state.hub.closing.set()
    transport = httpx.ASGITransport(application, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8765") as client:
        yield client


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep together what shares a database: it would else be made on every worker."""
    for item in items:
        if "tests/security" in item.path.as_posix():
            params = getattr(getattr(item, "callspec", None), "params", {})
            item.add_marker(pytest.mark.xdist_group(f"{item.path.stem}-{params.get('filled', '')}"))
