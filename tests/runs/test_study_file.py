"""Study files: each mistake is one line that says where, what was found and what was expected."""

import re
from pathlib import Path

import pytest
import yaml
from sqlalchemy import text

from app import db
from app.batteries.shape import Answer, BatteryHead, PromptShape, Turn
from app.db import Base, Database
from app.runs.study_file import FileError, apply, built_in, load, load_battery
from app.runs.study_shape import StudyShape
from app.shape import Shape
from app.studies.shape import Budget, RunBlock, StudyHead
from app.subjects.shape import (
    Can,
    EndpointShape,
    Limits,
    Price,
    Sampling,
    StyleShape,
    SubjectShape,
    TurnTemplate,
)
from tests.runs.files import BATTERY, STUDY, write
from tests.runs.wrong import BATTERY_MISTAKES, LONG_KEY, STUDY_MISTAKES


def rows(database: Database) -> dict[str, int]:
    """Return the number of rows of every table."""
    with database.reading() as session:
        return {
            name: session.scalar(text(f"SELECT count(*) FROM {name}")) or 0 for name in Base.metadata.tables
        }


def applied(path: Path) -> None:
    """Do what `apply` does: read, then write in one transaction."""
    file = load(path)
    with db.writing() as session:
        apply(session, file)


@pytest.mark.parametrize(("old", "new", "message"), STUDY_MISTAKES)
def test_a_mistake_in_a_study_is_one_message_and_changes_nothing(
    old: str, new: str, message: str, sqlite: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert STUDY.count(old) == 1
    write(tmp_path, study=STUDY.replace(old, new))
    monkeypatch.chdir(tmp_path)
    before = rows(sqlite)
    with pytest.raises(FileError) as error:
        applied(Path("study.yaml"))
    told = str(error.value).splitlines()
    assert told[0] == message
    assert "secret" not in str(error.value)
    assert LONG_KEY not in str(error.value)
    assert rows(sqlite) == before


@pytest.mark.parametrize(("old", "new", "message"), BATTERY_MISTAKES)
def test_a_mistake_in_a_battery_names_that_file(
    old: str, new: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert BATTERY.count(old) >= 1
    write(tmp_path, battery=BATTERY.replace(old, new, 1))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FileError) as error:
        load(Path("study.yaml"))
    assert str(error.value).splitlines()[0] == message


def test_all_mistakes_of_a_file_are_told_in_its_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = STUDY.replace("repeats: 20", "repeats: 0").replace("name: RLHF", "nme: RLHF")
    write(tmp_path, study=broken.replace("max_tokens: 96", "max_tokens: lots"))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FileError) as error:
        load(Path("study.yaml"))
    assert str(error.value).splitlines() == [
        "study.yaml:5: styles[1].nme: found an unknown key, expected name",
        "study.yaml:27: subjects[0].sampling.max_tokens: found 'lots', expected a whole number",
        "study.yaml:33: run.repeats: found 0, expected at least 1",
    ]


def test_a_long_list_of_mistakes_ends_with_their_number(tmp_path: Path) -> None:
    path = write(tmp_path, study=STUDY + "".join(f"odd{n}: 1\n" for n in range(30)))
    with pytest.raises(FileError) as error:
        load(path)
    lines = str(error.value).splitlines()
    assert len(lines) == 21
    assert lines[-1] == "… and 10 more mistakes"


def test_an_unknown_battery_is_told_with_those_that_there_are(tmp_path: Path) -> None:
    path = write(tmp_path, study=STUDY.replace("./mine.yaml", "mode-colapse"))
    with pytest.raises(FileError) as error:
        load(path)
    assert str(error.value).endswith(
        "batteries[0]: found 'mode-colapse', expected mode-collapse (or another: "
        f"{', '.join(name for name in built_in() if name != 'mode-collapse')}), or a path such as ./mine.yaml"
    )


def test_a_study_and_a_battery_that_stand_in_each_others_place_are_one_message(tmp_path: Path) -> None:
    for study, battery, told in (
        (
            BATTERY,
            BATTERY,
            "study.yaml:1: found a battery file, expected a study file, which names batteries",
        ),
        (STUDY, STUDY, "mine.yaml:1: found a study file, expected a battery file"),
    ):
        with pytest.raises(FileError) as error:
            load(write(tmp_path, study, battery))
        assert str(error.value) == f"{tmp_path}/{told}"


def test_a_battery_may_lie_deeper_and_be_called_anything(tmp_path: Path) -> None:
    (tmp_path / "sets").mkdir()
    (tmp_path / "sets" / "..odd.yaml").write_text(BATTERY)
    path = write(tmp_path, STUDY.replace("./mine.yaml", "./sets/../sets/..odd.yaml"))
    assert [battery.battery.slug for battery in load(path).batteries] == ["mine"]


def test_words_of_a_path_cannot_speak_to_the_terminal(tmp_path: Path) -> None:
    study = STUDY.replace("./mine.yaml", '"./\\e[31m.yaml"')
    write(tmp_path, study)
    (tmp_path / "\x1b[31m.yaml").write_text("x: [")
    with pytest.raises(FileError) as error:
        load(tmp_path / "study.yaml")
    assert str(error.value).isprintable()


def test_two_battery_files_of_one_slug_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path, study=STUDY.replace("[./mine.yaml]", "[./mine.yaml, ./same.yaml]"))
    (tmp_path / "same.yaml").write_text(BATTERY)
    with pytest.raises(
        FileError, match=r"batteries\[1\]: found the battery 'mine' again, expected each slug once"
    ):
        load(path)


def test_a_sound_file_is_read_whole(tmp_path: Path) -> None:
    file = load(write(tmp_path))
    assert [battery.battery.slug for battery in file.batteries] == ["mine"]
    assert [prompt.key for prompt in file.batteries[0].prompts] == ["number", "begun", "steps", "minutes"]
    assert list(file.snapshots) == ["raw", "assistant"]
    assert file.snapshots["raw"].template == "{prompt}"
    assert file.snapshots["raw"].system is None
    assert file.snapshots["assistant"].system == ""
    assert file.wanted.run.budget.micro == 2_000_000
    assert file.shape.run.repeats == 20


@pytest.mark.parametrize("slug", sorted(built_in()))
def test_every_battery_that_comes_with_the_program_is_sound(slug: str) -> None:
    assert load_battery(built_in()[slug]).battery.slug == slug


def test_the_examples_of_the_documentation_are_sound(tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    for page, check in (
        ("README.md", load),
        ("docs/study-file.md", load),
        ("docs/battery-file.md", load_battery),
    ):
        example = (root / page).read_text(encoding="utf-8").split("```yaml\n")[1].split("```")[0]
        (tmp_path / "example.yaml").write_text(example, encoding="utf-8")
        assert check(tmp_path / "example.yaml"), page


def test_each_row_of_the_readmes_table_of_endpoints_is_an_endpoint() -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    table = readme.split("| to ask |")[1].split("\n\n")[0]
    rows = [re.findall(r"`([^`]+)`", row) for row in table.splitlines()[2:]]
    assert len(rows) == 7
    for row in rows:
        wires = [code for code in row if code.startswith(("openai-", "anthropic-"))]
        address = next(code for code in row if code.startswith("http"))
        keys = "\n".join(code for code in row if re.match(r"(dialect|key_env): ", code))
        can = yaml.safe_load(next((code for code in row if code.startswith("can: ")), "can: {}"))["can"]
        given = yaml.safe_load(keys) | {
            "slug": "x",
            "model": "m",
            "style": "y",
            "base_url": address,
            "can": can,
        }
        for wire in wires:
            assert EndpointShape.model_validate(given | {"wire": wire}), row


def test_every_key_of_the_files_is_documented() -> None:
    docs = Path(__file__).parents[2] / "docs"
    text = "".join((docs / page).read_text(encoding="utf-8") for page in ("study-file.md", "battery-file.md"))
    shapes: list[type[Shape]] = [
        StudyShape,
        StudyHead,
        StyleShape,
        EndpointShape,
        Limits,
        Price,
        Can,
        SubjectShape,
        TurnTemplate,
    ]
    shapes += [Sampling, RunBlock, Budget, BatteryHead, PromptShape, Turn, Answer]
    names = {name for shape in shapes for name in shape.model_fields}
    assert [name for name in sorted(names) if not re.search(rf"\b{name}\b", text)] == []
