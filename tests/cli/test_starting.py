"""What a run is made of, told before anything is written: options that name nothing, seeds that are not there."""

import json
from pathlib import Path

import pytest

from app.settings import settings
from tests.runs.files import STUDY, write
from tests.typed import typed


@pytest.fixture(autouse=True)
def _key_set(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The key of the study's endpoint is set."""
    monkeypatch.setenv("EXAMPLE_API_KEY", "k")


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--subjects", "asistant"), "--subjects: found 'asistant', expected assistant (or another: raw)"),
        (("--subjects", "raw,"), "--subjects: found an empty text, expected some of raw, assistant"),
        (("--subjects", ","), "--subjects: found an empty text, expected some of raw, assistant"),
        (("--subjects", "\x1b[31m"), r"--subjects: found '\x1b[31m', expected some of raw, assistant"),
        (("--batteries", " "), "--batteries: found an empty text, expected some of mine"),
    ],
)
def test_a_list_names_only_what_there_is(here: Path, options: tuple[str, ...], told: str) -> None:
    result = typed("run", "study.yaml", *options)
    assert (result.exit_code, result.stdout, result.stderr) == (2, "", f"{told}\n")
    assert not (here / "data").exists()


def test_seeds_of_a_run_that_is_not_there_are_one_message_and_nothing_is_registered(here: Path) -> None:
    write(here, STUDY.replace("repeats: 20", "same_seeds: 77"))
    result = typed("run", "study.yaml")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == (
        "study.yaml: run.same_seeds: found 77, and there is no such run; `styloscope status` lists them\n"
    )
    write(here)
    assert typed("apply", "study.yaml").stdout.startswith("style base: new\n")


@pytest.mark.parametrize("words", [("check", "gone.yaml"), ("apply", "gone.yaml"), ("run", "gone.yaml"),
                                   ("run", "study.yaml", "--subjects", "x"), ("status", "7")])  # fmt: skip
def test_bad_input_is_a_document_too_where_one_was_asked_for(words: tuple[str, ...]) -> None:
    plain, as_json = typed(*words), typed(*words, "--json")
    assert (plain.exit_code, as_json.exit_code, plain.stdout, as_json.stderr) == (2, 2, "", "")
    assert json.loads(as_json.stdout) == {"ok": False, "mistakes": plain.stderr.splitlines()}


def test_a_wrong_setting_is_such_a_document(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STYLOSCOPE_MODE", "public")
    settings.cache_clear()
    told = json.loads(typed("apply", "study.yaml", "--json").stdout)
    assert told["mistakes"] == ["STYLOSCOPE_MODE: found 'public', expected local or team"]


def test_a_cap_of_no_dollars_is_no_cap(here: Path) -> None:
    result = typed("run", "study.yaml", "--max-usd", "0")
    assert result.exit_code == 2
    assert "--max-usd" in result.stderr
    assert not (here / "data").exists()
