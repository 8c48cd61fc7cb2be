"""A study file comes in by the browser: pasted or uploaded, checked with its batteries, applied as a whole."""

import httpx
import pytest
from sqlalchemy import func, select

from app import db
from app.db import Database
from app.home.bring import Beside, gathered
from app.settings import Settings
from app.studies.models import Study
from app.subjects.models import Endpoint
from tests.compare.reading import browser
from tests.runs.files import BATTERY, STUDY


async def bring(client: httpx.AsyncClient, act: str = "check", **files: str) -> httpx.Response:
    sent = [("files", (name.replace("_", "."), text.encode(), "text/yaml")) for name, text in files.items()]
    return await client.post("/library/bring", data={"act": act}, files=sent)


def counted() -> tuple[int, int]:
    with db.reading() as session:
        return tuple(session.scalar(select(func.count()).select_from(one)) or 0 for one in (Study, Endpoint))  # type: ignore[return-value]


@pytest.mark.anyio
async def test_uploaded_files_are_checked_and_then_applied_from_what_came_back(
    sqlite: Database, settings: Settings
) -> None:
    async with browser(settings) as client:
        first = (await client.get("/library/bring")).text
        checked = await bring(client, study_yaml=STUDY, mine_yaml=BATTERY)
        assert counted() == (0, 0)
        again = {"study": STUDY, "name": "mine.yaml", "text": BATTERY.replace("\n", "\r\n"), "act": "apply"}
        applied = await client.post("/library/bring", data=again)
        run = await client.get(applied.headers["location"])
    assert "Bring a study file" in first
    assert checked.status_code == 200
    assert "The file is sound" in checked.text
    assert "2 subjects at 2 endpoints, " in checked.text
    assert "mine.yaml" in checked.text
    assert (applied.status_code, applied.headers["location"]) == (303, "/runs/new?study=first-light")
    assert run.status_code == 200
    assert counted() == (1, 2)


@pytest.mark.anyio
async def test_mistakes_name_file_and_line_and_nothing_is_applied(
    sqlite: Database, settings: Settings
) -> None:
    async with browser(settings) as client:
        wrong = await bring(
            client, "apply", study_yaml=STUDY.replace("mode: chat", "mode: chatter"), mine_yaml=BATTERY
        )
        missing = await bring(client, "apply", study_yaml=STUDY)
        nothing = await bring(client, "apply")
    assert (wrong.status_code, missing.status_code, nothing.status_code) == (422, 422, 422)
    assert "study.yaml:" in wrong.text
    assert "chatter" in wrong.text
    assert "mine.yaml&#39;" in missing.text
    assert "expected a study file; paste it" in nothing.text
    for page in (wrong, missing, nothing):
        assert "/tmp" not in page.text
        assert "styloscope-" not in page.text
    assert counted() == (0, 0)


def test_bytes_and_names_that_cannot_be_are_told() -> None:
    bad = gathered("", (), [("study.yaml", b"study: \xff")])
    assert bad.mistakes == ("study.yaml: found bytes that are no UTF-8 at 7, expected a text file",)
    up = gathered(STUDY, (Beside("../x.yaml", "a"),), ())
    assert up.mistakes == ("../x.yaml: found this name, expected one such as mine.yaml",)
    inside = gathered("", (), [("C:\\mine\\mine.yaml", BATTERY.encode()), ("s.yaml", STUDY.encode())])
    assert inside.study == STUDY
    assert inside.beside == (Beside("mine.yaml", BATTERY),)
    assert not inside.mistakes
