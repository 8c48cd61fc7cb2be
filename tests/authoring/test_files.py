"""Files of what is registered: applied again they change nothing, and the same thing is the same bytes."""

import io
import zipfile
from pathlib import Path

import httpx
import pytest

from app import db
from app.batteries.queries import battery
from app.db import Database
from app.runs.handing_on import Incomplete, battery_file, folder, study_files
from app.runs.study_file import apply, load
from app.studies.commands import put_study
from app.studies.queries import study
from app.studies.shape import StudyHead, Wanted
from tests.authoring.drafts import begun, form, ids, post, publish
from tests.runs.files import STUDY
from tests.runs.test_applying import ask, put


def unpacked(body: bytes, folder: Path) -> Path:
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        archive.extractall(folder)
    return folder / "study.yaml"


def files_of(slug: str) -> dict[str, str]:
    with db.reading() as session:
        row = study(session, slug)
        assert row is not None
        return study_files(session, row)


def test_a_study_that_is_handed_on_and_applied_again_is_unchanged(database: Database, tmp_path: Path) -> None:
    ask(put(tmp_path, STUDY.replace("[./mine.yaml]", "[./mine.yaml, prefill]")))
    number = begun("battery", "mine")
    post(number, form(number, ids(number)["steps"]), turns__1__words="And\nthen?", note=": odd #")
    publish(number)
    number = begun("endpoint", "hosted")
    post(number, form(number), model="hosted-2", key_env="")
    publish(number)
    files = files_of("first-light")
    assert list(files) == ["study.yaml", "batteries/mine.yaml"]
    assert 'batteries: ["./batteries/mine.yaml", prefill]' in files["study.yaml"]
    path = unpacked(folder(files), tmp_path / "out")
    with db.writing() as session:
        assert apply(session, load(path)).lines == ()
    assert files_of("first-light") == files
    assert folder(files) == folder(dict(files))


def test_a_built_in_battery_that_was_changed_has_a_file(database: Database, tmp_path: Path) -> None:
    put(tmp_path, STUDY.replace("[./mine.yaml]", "[prefill]"))
    assert list(files_of("first-light")) == ["study.yaml"]
    number = begun("battery", "prefill")
    post(number, form(number), title="My own prefill")
    publish(number)
    assert list(files_of("first-light")) == ["study.yaml", "batteries/prefill.yaml"]


def test_a_study_of_nothing_is_no_file(database: Database) -> None:
    with db.writing() as session:
        put_study(session, StudyHead(slug="bare", title="Bare"), Wanted())
    with pytest.raises(Incomplete, match="names no subject"):
        files_of("bare")


def test_every_version_is_a_file(database: Database, tmp_path: Path) -> None:
    ask(put(tmp_path))
    number = begun("battery", "mine")
    post(number, form(number, ids(number)["number"]), turns__0__words="Another.")
    publish(number)
    with db.reading() as session:
        row = battery(session, "mine")
        assert row is not None
        first, second = (battery_file(session, row, number) for number in (1, 2))
        assert battery_file(session, row) == second
        with pytest.raises(LookupError):
            battery_file(session, row, 3)
    assert "Pick a number." in first
    assert "Another." in second


@pytest.mark.anyio
async def test_files_are_handed_out_by_pages(client: httpx.AsyncClient, tmp_path: Path) -> None:
    put(tmp_path)
    reply = await client.get("/library/batteries/mine/file")
    assert reply.headers["content-type"].startswith("application/yaml")
    assert reply.headers["content-disposition"] == 'attachment; filename="mine.yaml"'
    assert reply.text.startswith("styloscope: 1\nbattery: {slug: mine,")
    number = begun("battery", "mine")
    assert (await client.get(f"/library/drafts/{number}/file")).text == reply.text
    post(number, form(number), title="")
    assert (await client.get(f"/library/drafts/{number}/file")).status_code == 422
    reply = await client.get("/studies/first-light/file")
    assert unpacked(reply.content, tmp_path / "out").read_text("utf-8").startswith("styloscope: 1\n")
    for path in ("/library/batteries/x/file", "/library/batteries/mine/file?version=9", "/studies/x/file"):
        assert (await client.get(path)).status_code == 404
