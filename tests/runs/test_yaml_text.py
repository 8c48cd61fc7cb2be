"""Files of shapes: read back to the same, the same bytes each time, and the same to every YAML parser."""

import string
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from app.batteries.shape import BatteryHead, BatteryShape, PromptShape
from app.runs.shaping import shaped
from app.runs.study_file import built_in, load, load_battery
from app.runs.study_shape import StudyShape
from app.runs.yaml_source import read
from app.runs.yaml_text import battery_text, study_text
from tests.runs.files import STUDY, write

HEAD = {"slug": "b", "title": "B"}


def battery(*prompts: dict[str, Any], **head: Any) -> BatteryShape:
    shapes = tuple(
        PromptShape.model_validate({"family": "f", "turns": [{"user": "x"}], **one}) for one in prompts
    )
    return BatteryShape(styloscope=1, battery=BatteryHead.model_validate(HEAD | head), prompts=shapes)


def back(text: str, model: Any = BatteryShape) -> Any:
    """Read a text as a file of this shape."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "file.yaml"
        path.write_text(text, encoding="utf-8", newline="")
        return shaped(read(path), model)


def others(text: str) -> Any:
    """Read a text as other programs do (YAML 1.1)."""
    return yaml.load(text, Loader=yaml.CSafeLoader)


@pytest.mark.parametrize("slug", sorted(built_in()))
def test_a_built_in_battery_is_written_and_read_back(slug: str) -> None:
    shape = load_battery(built_in()[slug])
    text = battery_text(shape)
    assert back(text) == shape
    assert battery_text(back(text)) == text
    assert others(text)["prompts"] == shape.model_dump(mode="json", exclude_defaults=True)["prompts"]


def test_a_file_is_written_for_people() -> None:
    shape = battery(
        {"key": "one", "turns": [{"user": "Say it."}], "condition": {"stakes": "high", "of": 3},
         "watch_for": ["hedging"]},
        {"key": "two", "turns": [{"user": "First.\n\nThen: more.\n"}], "note": "a: b", "max_tokens": 9,
         "answer": {"kind": "choice", "of": ["yes", "x y"]}},
        licence="CC0-1.0",
    )  # fmt: skip
    assert battery_text(shape) == (
        "styloscope: 1\n"
        "battery: {slug: b, title: B, licence: CC0-1.0}\n"
        "\n"
        "prompts:\n"
        "  - key: one\n"
        "    family: f\n"
        "    condition: {stakes: high, of: 3}\n"
        "    turns: [{user: Say it.}]\n"
        "    watch_for: [hedging]\n"
        "\n"
        "  - key: two\n"
        "    family: f\n"
        "    turns:\n"
        "      - user: |\n"
        "          First.\n"
        "\n"
        "          Then: more.\n"
        '    answer: {kind: choice, of: ["yes", x y]}\n'
        "    max_tokens: 9\n"
        '    note: "a: b"\n'
    )


def test_a_study_is_written_and_read_back(tmp_path: Path) -> None:
    shape = load(write(tmp_path)).shape
    text = study_text(shape)
    found = back(text, StudyShape)
    assert found == shape
    assert study_text(found) == text
    assert "key_env: null" in text
    assert [("key_env" in one.model_fields_set) for one in found.endpoints] == [True, True]
    (tmp_path / "again.yaml").write_text(text, encoding="utf-8")
    assert load(tmp_path / "again.yaml").wanted == load(tmp_path / "study.yaml").wanted
    assert "slug: first-light" in STUDY


ODD = (
    *(
        "",
        " ",
        "no",
        "NO",
        "on",
        "null",
        "~",
        "12",
        "1e5",
        "0x1F",
        "1_000",
        "08",
        "1.",
        ".5",
        "1:30",
        "2024-01-01",
    ),
    *(
        "-",
        "- a",
        "? a",
        ": a",
        "a: b",
        "a #b",
        "#a",
        "&a",
        "*a",
        "!a",
        "|",
        ">",
        "%a",
        "@a",
        "`a",
        "{a}",
        "[a]",
    ),
    *(
        "a,b",
        '"a"',
        "'a'",
        "a\\b",
        "a\tb",
        "a\n",
        "\na",
        "a\n\n",
        "a\n b",
        "a\nb ",
        " a\nb",
        "a\n\n\nb",
        "a\r",
    ),
    *(
        "---",
        "...",
        "--- a",
        "a\n---\nb",
        "a\n...\nb",
        "\x07",
        "\x85",
        "a\u2028b",
        "\u202e",
        "\ufeff",
        "é",
        "漢",
    ),
    *(
        "🦦",
        "\U0010ffff",
        "=",
        "<<",
        "yes no",
        "a\n# b",
        "a\n- b\n",
        "Yes",
        "y",
        "x:",
        "0.1.2",
        "+1",
    ),
    *("1e-06", "\x1b[31m", "a\u00a0b"),
)


@pytest.mark.parametrize("text", ODD)
def test_any_text_comes_back_as_it_was(text: str) -> None:
    shape = battery({"key": "k", "turns": [{"user": text}], "answer": {"kind": "choice", "of": [text, "b"]}})
    written = battery_text(shape)
    assert back(written) == shape
    for read_by in (yaml.CSafeLoader, yaml.SafeLoader):
        assert yaml.load(written, Loader=read_by)["prompts"][0]["answer"]["of"][0] == text


SIGNS = st.text(st.sampled_from(string.printable + "é漢🦦\x85\u2028\u202e\ufeff\u00a0\x1b"), max_size=24)
ANY = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
LINE = st.text(string.ascii_letters + string.digits + ":#-,[]{}'\"\\&*!|>%@é漢 ", max_size=12).map(str.strip)
LEVEL = (
    LINE | st.integers(-(10**20), 10**20) | st.booleans() | st.floats(allow_nan=False, allow_infinity=False)
)
PROMPT = st.fixed_dictionaries(
    {"family": st.just("f"), "turns": st.lists(st.builds(lambda role, words: {role: words},
     st.sampled_from(["user", "assistant", "text"]), SIGNS | ANY), min_size=1, max_size=3)},
    optional={
        "condition": st.dictionaries(LINE, LEVEL, max_size=3),
        "answer": st.fixed_dictionaries({"kind": st.just("choice"), "of": st.lists(SIGNS, max_size=3)}),
        "title": LINE, "variant": LINE, "repeats": st.integers(1, 10**9), "watch_for": st.lists(LINE, max_size=3),
        "note": LINE.map(lambda line: f"{line}\n\n{line}"),
    },
)  # fmt: skip


@settings(max_examples=50, deadline=None)
@given(st.lists(PROMPT, min_size=1, max_size=3))
def test_any_battery_comes_back_and_is_the_same_to_every_parser(prompts: list[dict[str, Any]]) -> None:
    shape = battery(*({"key": f"k{n}", **one} for n, one in enumerate(prompts)))
    text = battery_text(shape)
    found = back(text)
    assert found == shape
    assert battery_text(found) == text
    assert others(text)["prompts"] == shape.model_dump(mode="json", exclude_defaults=True)["prompts"]


EXTRA = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**9), 10**9)
    | st.floats(allow_nan=False, allow_infinity=False)
    | SIGNS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(SIGNS, inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=40, deadline=None)
@given(
    st.dictionaries(SIGNS, EXTRA, max_size=3),
    st.lists(SIGNS.filter(bool), max_size=3),
    st.none() | SIGNS,
    st.floats(0, 10),
)
def test_any_sampling_comes_back(
    extra: dict[str, Any], stop: list[str], system: str | None, heat: float
) -> None:
    study = {
        "styloscope": 1,
        "study": {"slug": "s", "title": "S"},
        "styles": [{"slug": "y", "name": "Y"}],
        "endpoints": [{"slug": "e", "wire": "openai-chat", "base_url": "http://x", "model": "m", "style": "y"}],
        "subjects": [
            {"slug": "u", "endpoint": "e", "mode": "chat", "system": system,
             "sampling": {"extra": extra, "stop": stop, "temperature": heat}}
        ],
        "batteries": ["./b.yaml"],
    }  # fmt: skip
    shape = StudyShape.model_validate(study)
    text = study_text(shape)
    found = back(text, StudyShape)
    assert found == shape
    assert study_text(found) == text
