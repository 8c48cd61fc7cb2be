"""`export` as it is typed: what it prints, what it refuses, and how it ends."""

import json
import resource
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from app.db import Database
from app.settings import settings
from app.transcripts.models import Message
from tests import seed
from tests.transcripts import sealed
from tests.typed import typed


@pytest.fixture(autouse=True)
def here(sqlite: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with a seeded database."""
    with sqlite.writing() as session:
        seed.study(session, repeats=2)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STYLOSCOPE_DATA", str(tmp_path))
    monkeypatch.delenv("STYLOSCOPE_DATABASE_URL", raising=False)
    settings.cache_clear()
    yield tmp_path
    settings.cache_clear()


def test_it_writes_the_folder_and_says_what_is_in_it(here: Path) -> None:
    result = typed("export", "first-light", "--format", "jsonl", "--out", "dataset")
    assert (result.exit_code, result.stdout) == (
        0,
        "dataset: 30 transcripts (28 done, 2 impossible), 72 messages\n",
    )
    assert len((here / "dataset" / "transcripts.jsonl").read_text().splitlines()) == 30


def test_with_json_it_prints_the_manifest_and_nothing_else(here: Path) -> None:
    result = typed(
        "export", "first-light", "--out", "dataset", "--json", "--subject", "pirate", "--state", "done"
    )
    assert json.loads(result.stdout) == json.loads((here / "dataset" / "manifest.json").read_text())
    assert json.loads(result.stdout)["counts"]["states"] == {"done": 6}


def test_a_damaged_path_is_one_message_and_nothing_is_left(sqlite: Database, here: Path) -> None:
    with sqlite.writing() as session, sealed.opened(session):
        last = select(func.max(Message.id)).scalar_subquery()
        session.execute(update(Message).where(Message.id == last).values(parent_id=last))
    result = typed("export", "first-light", "--out", "new/dataset")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("the database is damaged (message ")
    assert result.stderr.endswith("is its own ancestor); `styloscope verify` tells what and where\n")
    assert not (here / "new").exists()


def test_a_full_disk_is_one_message_and_nothing_is_left(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(
            resource.RLIMIT_FSIZE, (2_000, before[1])
        )  # of one file, which the rows do not fit in
        result = typed("export", "first-light", "--out", "new/dataset")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert (result.exit_code, result.stdout, result.stderr) == (2, "", "new/dataset: File too large\n")
    assert not (here / "new").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["nope", "--out", "x"], "found no study 'nope', expected one of first-light"),
        (["first-light", "--out", "x", "--run", "7"], "found no run 7, expected one of 1"),
        (["first-light", "--out", "x", "--format", "xml"], "--format: found 'xml', expected jsonl"),
        (["first-light", "--out", "styloscope.db"], "found a file, expected a new or empty folder"),
        (["first-light", "--out", "."], "found a folder with files in it"),
        (["first-light", "--out", "styloscope.db/x"], "styloscope.db/x: "),
    ],
)
def test_a_mistake_is_one_message_exit_2_and_nothing_written(
    here: Path, words: list[str], message: str
) -> None:
    before = sorted(path.name for path in here.iterdir())
    result = typed("export", *words)
    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr
    assert result.stderr.count("\n") == 1
    assert sorted(path.name for path in here.iterdir()) == before
