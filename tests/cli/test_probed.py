"""`check` with what probes found: what is possible follows from it, every line says so, and nothing is written."""

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from app import db, schema
from app.db import Database
from tests.probes.put import put_probe
from tests.runs.files import STUDY, write
from tests.typed import typed

pytestmark = pytest.mark.usefixtures("here")


def probed(here: Path, **found: Any) -> None:
    """Apply the file and probe its hosted endpoint."""
    assert typed("apply", "study.yaml").exit_code == 0
    opened = Database(f"sqlite:///{here / 'data' / 'styloscope.db'}")
    before = db.use(opened)
    put_probe("hosted", **found)
    db.use(before)
    opened.close()


def checked() -> dict[str, Any]:
    result = typed("check", "study.yaml", "--json")
    assert result.exit_code == 0, result.output
    document: dict[str, Any] = json.loads(result.stdout)
    return document


def test_a_probe_makes_possible_what_was_not_known_to_be(here: Path) -> None:
    before = checked()["impossible"]
    assert [one["prompt"] for one in before if one["subject"] == "assistant"] == [
        "mine/begun",
        "mine/minutes",
    ]
    assert not (here / "data").exists()
    probed(here, prefill=True)
    found = checked()
    assert [one["prompt"] for one in found["impossible"] if one["subject"] == "assistant"] == ["mine/minutes"]
    (note,) = [one["note"] for one in found["notes"] if "found by the probe of" in one["note"]]
    assert note.startswith("left open by the study file, and found by the probe of 20")
    assert note.endswith(": prefill yes")


def test_what_is_not_possible_by_a_probe_says_so(here: Path) -> None:
    study = STUDY.replace('    system: ""\n', '    system: ""\n    sampling: {temperature: 0.5, seed: 3}\n')
    write(here, study)
    probed(here, prefill=False, temperature=False, seed=False)
    text = typed("check", "study.yaml").stdout
    line = next(line for line in text.splitlines() if "mine/begun" in line and "assistant" in line)
    assert "this endpoint does not continue a begun answer (found by the probe of 20" in line
    dropped = next(line for line in text.splitlines() if "asked for but not sent" in line)
    assert "temperature (found by the probe of 20" in dropped


def test_what_the_file_says_wins(here: Path) -> None:
    write(here, STUDY.replace("    style: rlhf\n", "    style: rlhf\n    can: {prefill: true}\n"))
    probed(here, prefill=False)
    found = checked()
    assert "mine/begun" not in {one["prompt"] for one in found["impossible"] if one["subject"] == "assistant"}
    assert "probe" not in json.dumps(found["notes"])


def test_a_probe_of_another_model_says_nothing_of_this_one(here: Path) -> None:
    probed(here, prefill=True)
    write(here, STUDY.replace("model: hosted-1", "model: hosted-2"))
    assert "probe of 20" not in json.dumps(checked())


def test_an_older_database_is_left_as_it_is_and_that_is_said(here: Path) -> None:
    probed(here, prefill=True)
    path = here / "data" / "styloscope.db"
    opened = Database(f"sqlite:///{path}")
    schema.migrate(opened, "0001")
    opened.close()
    notes = json.dumps(checked()["notes"])
    assert "the database is at another version, so what was probed is not looked at" in notes
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchone() == ("0001",)
