"""A marked reply of one subject never shows as another's: on Compare, in transcripts, the API and the dataset."""

import html
import json
import re
import urllib.request
from typing import Any

from tests.journeys.box import MARKS
from tests.journeys.collected import DONE, PROMPTS, SUBJECTS, Journey
from tests.journeys.shell import Served

WORDS = set(MARKS.values())
BASE = "/studies/journey/compare/journey-prompts"


def get(served: Served, path: str) -> str:
    with urllib.request.urlopen(served.url + path, timeout=30) as reply:
        return str(reply.read().decode())


def columns(page: str) -> dict[str, str]:
    """The columns of a page of Compare: what stands in each, by its subject's name."""
    parts = re.split(r'<article class="column', page)[1:]
    labels = [html.unescape(re.search(r'aria-label="([^"]*)"', part)[1]) for part in parts]  # type: ignore[index]
    named = {label.partition(", T ")[0]: part for label, part in zip(labels, parts, strict=True)}
    last = list(named)[-1]
    named[last] = named[last].partition("<aside")[0]
    return named


def words_in(text: str) -> set[str]:
    """The marked words that stand in answers; names of subjects, which are the same words, do not count."""
    return set(re.findall(r"The word is (\w+)", text))


def test_each_column_holds_its_own_subjects_answers_and_no_others(journey: Journey, served: Served) -> None:
    for prompt in PROMPTS:
        for view in ("", "?all=1", "?view=rendered", "?hide=shuffled&all=1", "?run=all&all=1"):
            page = get(served, f"{BASE}/{prompt['key']}{view}")
            found = columns(page)
            if "hide" in view:
                told = [words_in(column) for column in found.values()]
                assert all(len(words) <= 1 for words in told)
                assert len([words for words in told if words]) == DONE[prompt["key"]]
            else:
                assert {name: words_in(column) for name, column in found.items() if words_in(column)} == {
                    name: {name} for name in asked(journey, prompt["key"])
                }


def asked(journey: Journey, key: str) -> set[str]:
    """The subjects that answered a prompt."""
    return {row["subject"] for row in journey.rows if row["prompt"] == key and row["state"] == "done"}


def test_columns_come_in_the_order_of_the_study_or_of_the_address(journey: Journey, served: Served) -> None:
    assert list(columns(get(served, f"{BASE}/plain"))) == [one["slug"] for one in SUBJECTS]
    chosen = columns(get(served, f"{BASE}/plain?cols=flint@0.6,amber@0.1"))
    assert list(chosen) == ["flint", "amber"]
    assert words_in(chosen["flint"]) == {"flint"}


def test_each_transcript_page_and_record_holds_its_own_words_alone(journey: Journey, served: Served) -> None:
    listed = json.loads(get(served, "/api/v1/transcripts?limit=200"))
    assert listed["next"] is None
    assert [row["id"] for row in listed["transcripts"]] == [row["id"] for row in journey.rows]
    for row in journey.rows:
        if row["state"] != "done" or row["repeat"] != 1:
            continue
        number = row["id"].partition(":t")[2]
        record = json.loads(get(served, f"/api/v1/transcripts/{number}"))
        assert record == {"number": int(number), **row}
        page = get(served, row["url"])
        assert words_in(page) == {row["subject"]}
        for message in row["messages"]:
            assert html.escape(message["text"]).replace("&#x27;", "&#39;") in page or "\n" in message["text"]


def test_an_exchange_is_the_call_that_the_endpoint_saw(journey: Journey, served: Served) -> None:
    for row in [row for row in journey.rows if row["state"] == "done"][::5]:
        number = row["id"].partition(":t")[2]
        calls: list[Any] = json.loads(get(served, f"/api/v1/transcripts/{number}/exchanges"))["exchanges"]
        answers = [one["text"] for one in row["messages"] if one["origin"] == "model"]
        assert len(calls) == len(answers)
        for call, answer in zip(calls, answers, strict=True):
            seen = journey.box.answered[answer]
            assert json.loads(call["request"]) == seen.body
            assert call["url"].endswith(seen.path)
            assert answer in call["reply"]
            assert (call["outcome"], call["status"], call["attempt"], call["tokens"]) == (
                "answer",
                200,
                1,
                18,
            )


def test_hiding_names_hides_them(journey: Journey, served: Served) -> None:
    found = columns(get(served, f"{BASE}/plain?hide=shuffled"))
    assert not set(found) & WORDS
