"""Lines and tables become prompts: what a row brings and what is made for it, and what is wrong by its line."""

from typing import Any

import pytest

from app.authoring.importing import Reading, from_lines, from_table, joined_to, table, target_of, targets_of
from tests.authoring.test_prompts import made

EMPTY: dict[str, Any] = {"battery": {"slug": "b", "title": "B"}, "prompts": [], "removed": []}


def taken(text: str, *, data: dict[str, Any] = EMPTY, family: str = "", mode: str = "") -> Reading:
    found = table(text)
    targets = targets_of(found)
    rows = from_table(found, targets, family=family, mode=mode)
    return joined_to(data, rows, given="key" in targets)


def shapes(reading: Reading) -> list[dict[str, Any]]:
    return [dict(row.shape) for row in reading.rows]


def test_lines_are_prompts_of_their_own_or_wordings_of_one_family() -> None:
    text = "Are moths honest?\n\n  Are moths honest, really?  \nAre moths honest at all?"
    own = joined_to(EMPTY, from_lines(text))
    assert [(row.line, row.shape["key"], row.shape["family"]) for row in own.rows] == [
        (1, "are-moths-honest", "are-moths-honest"),
        (3, "are-moths-honest-really", "are-moths-honest-really"),
        (4, "are-moths-honest-at-all", "are-moths-honest-at-all"),
    ]
    assert own.wrong == 0
    one = joined_to(EMPTY, from_lines(text, family="moths"))
    assert [row.shape["variant"] for row in one.rows] == [
        "are moths honest",
        "are moths honest really",
        "are moths honest at all",
    ]
    assert {row.shape["family"] for row in one.rows} == {"moths"}
    assert one.rows[1].words == "Are moths honest, really?"


def test_raw_lines_are_texts() -> None:
    [row] = joined_to(EMPTY, from_lines("Minutes of the board", mode="completion")).rows
    assert row.shape["mode"] == "completion"
    assert row.shape["turns"] == [{"text": "Minutes of the board"}]
    assert row.wrong == ()


def test_lines_that_begin_alike_get_names_of_their_own() -> None:
    reading = joined_to(made("same"), from_lines("Same\nSame\nSame", family="f"))
    assert [row.shape["key"] for row in reading.rows] == ["same-2", "same-3", "same-4"]
    assert [row.shape["variant"] for row in reading.rows] == ["same", "same 2", "same 3"]
    assert reading.wrong == 0


@pytest.mark.parametrize("sign", [",", ";", "\t"])
def test_a_table_brings_what_its_header_names(sign: str) -> None:
    header = ["Key", "Family", "Wording", "Prompt", "condition: stakes", "Max tokens", "Tags", "Unknown"]
    cells = ["a", "f", "plain", '"Say, it;\nagain"', "high", "20", "'hedging'", "x"]
    found = table(
        "\ufeff" + sign.join(header) + "\r\n" + sign.join(cells) + "\r\n\r\n" + sign.join(cells) + "\r\n"
    )
    assert found.headed
    assert [line for line, _ in found.rows] == [2, 5]
    assert targets_of(found) == (
        "key",
        "family",
        "variant",
        "user",
        "condition",
        "max_tokens",
        "watch_for",
        "",
    )
    [first, _] = from_table(found, targets_of(found))
    assert first.shape == {
        "key": "a", "family": "f", "variant": "plain", "condition": {"stakes": "high"}, "max_tokens": 20,
        "watch_for": ["'hedging'"], "turns": [{"user": "Say, it;\nagain"}],
    }  # fmt: skip


def test_a_table_without_a_header_has_its_words_first() -> None:
    reading = taken("Pick a number,x\nName an animal,y\n", family="")
    assert [row.line for row in reading.rows] == [1, 2]
    assert shapes(reading)[1]["turns"] == [{"user": "Name an animal"}]


def test_columns_of_turns_make_the_mode() -> None:
    ladder = taken("user,user 2\nGo on.,And then?\n")
    assert shapes(ladder)[0]["turns"] == [{"user": "Go on."}, {"user": "And then?"}]
    assert shapes(ladder)[0]["mode"] == "ladder"
    prefill = taken("question,prefill\nAre you awake?,I am\n")
    assert shapes(prefill)[0]["mode"] == "prefill"
    raw = taken("text\nMinutes of\n")
    assert shapes(raw)[0]["mode"] == "completion"
    named = taken("prompt,mode\nGo.,ladder\n")
    assert shapes(named)[0]["mode"] == "ladder"


def test_a_condition_column_names_its_factor_or_the_cell_does() -> None:
    reading = taken('prompt,condition.n,condition\nGo.,3,"stakes: high"\nStay.,4,low\n')
    assert shapes(reading)[0]["condition"] == {"n": 3, "stakes": "high"}
    assert shapes(reading)[1]["condition"] == {"n": 4, "condition": "low"}


def test_what_is_wrong_is_told_by_its_line_and_the_rest_is_read() -> None:
    reading = taken(
        'key,prompt,repeats\nok,Fine.,\nok,"two\nlines",\nBad Key,x,\nno-words,,\nmany,x,lots\nshort\n',
        data=made("b"),
    )
    assert [(row.line, row.wrong[:1]) for row in reading.rows] == [
        (2, ()),
        (3, ("Key: found 'ok' again (first in ok)",)),
        (5, ("Key: found 'Bad Key', expected 1 to 64 of a-z, 0-9, dot, dash and underscore, the first a letter or "
             "digit, such as bad-key",)),
        (6, ("What is said: found an empty list, expected at least one turn",)),
        (7, ("Repeats: found 'lots', expected a whole number",)),
        (8, ("found 1 cells, expected 3",)),
    ]  # fmt: skip
    assert reading.wrong == 5


def test_a_key_that_the_battery_has_is_wrong() -> None:
    reading = taken("key,prompt\na,x\n", data=made("a"))
    assert reading.rows[0].wrong[0] == "Key: found 'a' again (first in a)"


def test_a_table_that_breaks_off_is_told_where() -> None:
    reading = taken('prompt\nfine\n"never closed\n')
    assert [row.line for row in reading.rows] == [2, 3]
    assert "found a row that cannot be read" in reading.rows[1].wrong[0]
    assert taken("").rows == ()


def test_a_cell_too_large_is_told_where() -> None:
    reading = taken("prompt,note\na,b\n" + "x" * 140_000 + ",y\n")
    assert reading.wrong == 1
    assert reading.rows[1].line == 3


@pytest.mark.parametrize(
    ("name", "target"),
    [("Prompt", "user"), (" user 3 ", "user"), ("WORDING", "variant"), ("condition", "condition"),
     ("Condition: x", "condition"), ("conditional", ""), ("whatever", ""), ("", ""), ("max  tokens", "max_tokens")],
)  # fmt: skip
def test_columns_are_known_by_their_names(name: str, target: str) -> None:
    assert target_of(name) == target
