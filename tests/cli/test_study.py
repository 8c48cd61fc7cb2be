"""`check` and `apply` as they are typed: what they print, and how they end."""

import json
from pathlib import Path

import pytest

from tests.runs.files import BATTERY, STUDY, write
from tests.typed import typed

pytestmark = pytest.mark.usefixtures("here")


def checked(*words: str) -> dict[str, object]:
    result = typed("check", "study.yaml", "--json", *words)
    assert result.exit_code == 0, result.output
    found: dict[str, object] = json.loads(result.stdout)
    return found


def test_check_prints_calls_tokens_and_cost_and_makes_no_database(here: Path) -> None:
    result = typed("check", "study.yaml")
    assert result.exit_code == 0
    lines = [line.split() for line in result.stdout.splitlines()]
    assert lines[0] == ["first-light:", "First", "light"]
    # raw: three prompts of 20 draws, the ladder is impossible; assistant: number, and the ladder's two turns.
    assert next(line for line in lines if line[:1] == ["raw"])[1:5] == ["small-270m", "0.7", "60", "60"]
    assert next(line for line in lines if line[:1] == ["assistant"])[1:6] == [
        "hosted-1",
        "not",
        "sent",
        "40",
        "60",
    ]
    assert "Nothing was sent." in result.stdout
    assert not (here / "data").exists()


def test_check_tells_what_is_impossible_and_why() -> None:
    text = typed("check", "study.yaml").stdout
    assert "not possible, and not tried in another way:" in text
    told = [line.split(":", 1)[0].strip() for line in text.splitlines() if " draws of mine/" in line]
    assert told == ["raw", "assistant", "assistant"]
    assert "20 draws of mine/minutes" in text


def test_check_tells_unknown_prices_unset_keys_and_caps(here: Path) -> None:
    write(here, STUDY.replace("calls: 5000", "calls: 50"))
    text = typed("check", "study.yaml").stdout
    assert "assistant: price unknown: its cost is not in the total" in text
    assert "EXAMPLE_API_KEY is not set here" in text
    assert "120 calls are more than the budget of 50: the run will pause there" in text


def test_check_tells_truncated_sampling_and_what_is_not_sent(here: Path) -> None:
    study = STUDY.replace("temperature: 0.7,", "temperature: 0.7, top_p: 0.9,")
    write(here, study.replace("    style: base\n", "    style: base\n    can: {temperature: false}\n"))
    text = typed("check", "study.yaml").stdout
    assert "raw: truncated sampling: top_p 0.9" in text
    assert "temperature" in next(line for line in text.splitlines() if "raw: asked for but not sent" in line)


def test_check_json_is_one_document() -> None:
    found = checked()
    assert found["ok"] is True
    assert found["study"] == "first-light"
    assert found["batteries"] == {"mine": 4}
    assert (found["draws"], found["calls"], found["impossible_draws"]) == (100, 120, 60)
    assert found["cost_usd"] == [0.0, 0.0]
    assert found["unpriced"] == ["assistant"]


def test_a_bad_file_is_one_message_on_standard_error_and_exit_2(here: Path) -> None:
    write(here, STUDY.replace("temperature: 0.7", "temperature: hot"))
    for command in ("check", "apply"):
        result = typed(command, "study.yaml")
        assert result.exit_code == 2
        assert result.stdout == ""
        assert result.stderr == (
            "study.yaml:27: subjects[0].sampling.temperature: found 'hot', expected a number\n"
        )
    assert not (here / "data").exists()


def test_check_json_of_a_bad_file_is_one_document_too(here: Path) -> None:
    write(here, battery=BATTERY.replace("key: begun", "key: number"))
    result = typed("check", "study.yaml", "--json")
    assert result.exit_code == 2
    assert json.loads(result.stdout) == {
        "ok": False,
        "mistakes": [
            "mine.yaml:10: prompts[1].key: found 'number' again (first on line 4), expected each once"
        ],
    }


def test_a_missing_file_is_one_message() -> None:
    result = typed("apply", "nowhere.yaml")
    assert (result.exit_code, result.stderr) == (
        2,
        "nowhere.yaml: found nothing there, expected a YAML file\n",
    )


def test_apply_prints_what_it_registered_and_then_that_nothing_changed(here: Path) -> None:
    first = typed("apply", "study.yaml")
    assert first.exit_code == 0
    assert first.stdout.splitlines()[0] == "style base: new"
    assert first.stdout.splitlines()[-1] == "study first-light: new"
    second = typed("apply", "study.yaml")
    assert (second.exit_code, second.stdout) == (0, "study first-light: unchanged\n")
    write(here, STUDY.replace("temperature: 0.7", "temperature: 0.9"))
    assert typed("apply", "study.yaml", "--json").stdout.strip() == json.dumps(
        {
            "study": "first-light",
            "changed": ["subject raw: version 1 edited, since no run asked it; changed sampling.temperature"],
        }
    )


def test_a_wrong_setting_is_one_message_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STYLOSCOPE_MODE", "public")
    result = typed("apply", "study.yaml")
    assert (result.exit_code, result.stderr) == (
        2,
        "STYLOSCOPE_MODE: found 'public', expected local or team\n",
    )


def test_words_of_a_file_cannot_speak_to_the_terminal(here: Path) -> None:
    write(here, STUDY.replace("title: First light", 'title: "[red]First[/red]"'))
    assert "first-light: [red]First[/red]" in typed("check", "study.yaml").stdout
    write(here, STUDY.replace("title: First light", 'title: "\\e[31mFirst"'))
    assert "found U+001B, expected text" in typed("check", "study.yaml").stderr


def test_check_tells_what_the_prompts_should_mind_and_refuses_nothing(here: Path) -> None:
    write(here, battery=BATTERY.replace("Pick a number.", '"Pick a [kind] number."'))
    text = typed("check", "study.yaml").stdout
    assert "to mind in the prompts" in text
    assert (
        "mine/number turns[0].user: found [kind], expected the words that belong there (no slot left open)"
        in text
    )
    found = checked()["lint"]
    assert isinstance(found, list)
    assert found[0] == {
        "battery": "mine",
        "prompt": "number",
        "field": "variant",
        "rule": "wordings",
        "grade": "warn",
        "found": "found 1 wording of number, expected 3 or more",
    }
