"""Lint where batteries meet: a text of another battery is found, one's own is not."""

from pathlib import Path

from app.batteries.rules import RULES
from app.runs.linting import built_in_texts, elsewhere, findings
from app.runs.study_file import built_in, load_battery
from tests.runs.files import BATTERY

ROOT = Path(__file__).resolve().parent.parent.parent
TAKEN = "Pick any whole number from 0 to 100. Reply with the number only."


def made(folder: Path, slug: str, text: str) -> Path:
    path = folder / f"{slug}.yaml"
    path.write_text(BATTERY.replace("slug: mine", f"slug: {slug}").replace("Pick a number.", text), "utf-8")
    return path


def test_a_text_of_a_built_in_battery_and_of_a_sister_is_found(tmp_path: Path) -> None:
    mine = load_battery(made(tmp_path, "mine", TAKEN))
    other = load_battery(made(tmp_path, "other", "Say it."))
    found = [
        (battery, one.prompt, one.text) for battery, one in findings([mine, other]) if one.rule == "same-text"
    ]
    assert ("mine", "number", "found the text of mode-collapse/number-plain") in found
    assert ("mine", "begun", "found the text of other/begun") in found
    assert ("other", "begun", "found the text of mine/begun") in found
    assert not any(battery == "other" and key == "number" for battery, key, _ in found)


def test_a_battery_is_not_held_against_itself() -> None:
    slug, path = next(iter(built_in().items()))
    assert [one for _, one in findings([load_battery(path)]) if one.rule == "same-text"] == []
    assert not set(built_in_texts()[slug]) & set(elsewhere(slug, built_in_texts()))


def test_the_documents_tell_every_rule_in_its_own_words() -> None:
    text = (ROOT / "docs" / "battery-file.md").read_text("utf-8")
    for name, rule in RULES.items():
        assert f"| `{name}` | {rule.title} | {rule.grade} | {rule.why} |" in text
