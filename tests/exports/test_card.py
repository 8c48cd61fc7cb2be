"""The dataset card: `datasets` learns from it the type of each field, and no title can break out of it."""

from typing import Any

import yaml

from app.exports.card import card
from app.exports.fields import MESSAGE, TRANSCRIPT


def manifest(title: str = "First light", question: str = "Who is there?") -> dict[str, Any]:
    return {
        "styloscope": "0.1.0",
        "study": {"slug": "first-light", "title": title, "question": question},
        "as_of": "2026-11-22T11:27:15.471Z",
        "counts": {"transcripts": 3, "states": {"done": 2, "failed": 1}, "messages": 7},
    }


def parts(text: str) -> tuple[dict[str, Any], str]:
    """Return the front matter, read as YAML, and the text under it."""
    before, front, body = text.split("---\n", 2)
    assert before == ""
    return yaml.safe_load(front), body


def test_it_points_to_the_rows_and_declares_the_type_of_every_field_in_order() -> None:
    head, _ = parts(card(manifest()))
    assert head["pretty_name"] == "First light"
    assert head["configs"] == [{"config_name": "default", "data_files": "transcripts.jsonl", "default": True}]
    features = {field.pop("name"): field for field in head["dataset_info"]["features"]}
    assert list(features) == list(TRANSCRIPT)
    assert features["id"] == {"dtype": "string"}
    assert features["temperature"] == {"dtype": "float64"}
    assert features["condition"] == {"dtype": "json"}
    assert features["usage"]["struct"] == [
        {"name": name, "dtype": "int64"} for name in ("input", "output", "reasoning", "cached")
    ]
    assert [field["name"] for field in features["messages"]["list"]] == list(MESSAGE)


def test_it_tells_the_study_its_question_and_the_counts() -> None:
    _, body = parts(card(manifest()))
    assert body.startswith("# First light\n\nWho is there?\n")
    assert "3 transcripts (2 done, 1 failed), 7 messages, up to 2026-11-22T11:27:15.471Z." in body


def test_it_says_how_the_rows_must_not_be_read() -> None:
    _, body = parts(card(manifest()))
    for rule in (
        "A refusal, a failure and an absence are three different data",
        "Do not pool",
        "not evidence",
    ):
        assert rule in body


def test_no_title_or_question_breaks_out_of_its_place() -> None:
    hostile = 'x"\n---\nlicense: mit\n<script>[a](b)'
    text = card(manifest(hostile, "q\n\n# Heading {0}"))
    head, body = parts(text)
    assert head["pretty_name"] == hostile
    assert "license" not in head
    assert "<script>" not in body
    assert "\n# Heading" not in body
    assert "q # Heading {0}" in body
