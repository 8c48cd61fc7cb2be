"""An export may hold a working set, on both databases."""

import json
from pathlib import Path

import pytest
from sqlalchemy import select

from app.db import Database
from app.exports.selection import Filters
from app.reading import sets
from app.reading.filters import read
from tests import seed
from tests.exports.test_jsonl import exported


@pytest.mark.parametrize("word", ["1", "Of the pirate"])
def test_an_export_narrows_to_a_working_set_which_the_manifest_tells(
    database: Database, tmp_path: Path, word: str
) -> None:
    with database.writing() as session:
        seed.study(session, repeats=3)
        study = session.scalars(select(seed.Study)).one()
        wanted = read({"subject": ["pirate"]}, study="first-light")
        one = sets.freeze(session, study, "Of the pirate", "arr", wanted, 1)
        told = {"id": 1, "name": "Of the pirate", "reason": "arr", "kind": "frozen",
                "filter": "subject=pirate", "size": one.size, "sha256": one.sha256}  # fmt: skip
    rows = exported(database, tmp_path / "out", Filters(set=(word,)))
    assert {row["subject"] for row in rows} == {"pirate"}
    assert len(rows) == told["size"]
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert manifest["sets"] == [told]
    assert manifest["filters"]["set"] == [word]
