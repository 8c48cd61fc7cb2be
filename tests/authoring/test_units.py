"""Units of a draft: what fields show is read back to the same value, and what was not touched is never written."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.authoring import parts, sheets, units
from app.authoring.merging import merge, take
from app.authoring.units import Unit, at, joined, mark, put
from app.runs.yaml_source import MAX_DEPTH

EVERY = [field.unit for groups in (*sheets.SHEETS.values(), sheets.PROMPT) for field in sheets.fields(groups)]
LINE = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Zl", "Zp", "Cs"]), max_size=20)
TEXT = st.text("abé漢 \n\\:\"'#-1.", max_size=30)


def back(unit: Unit, value: Any) -> Any:
    """What a form would bring back that was shown this value and not touched."""
    return unit.value(unit.shown(put({}, unit.name, value)))


@pytest.mark.parametrize(
    ("unit", "value"),
    [
        (units.line("title"), "A title"),
        (units.words("note"), "two\nlines, and  spaces \n"),
        (units.number("repeats"), 20),
        (units.number("price.input_per_mtok"), 0),
        (units.number("price.input_per_mtok"), 0.25),
        (units.number("repeats"), "many"),
        (units.number("can.seed"), False),
        (units.items("watch_for"), ["hedging", "mode-collapse"]),
        (units.stops("sampling.stop"), ["\n#", " Human:", "\\n", "a\\b"]),
        (units.numbers("run.temperatures"), [0, 0.7, 1.0]),
        (
            units.pairs("condition", typed=True),
            {"stakes": "high", "n": 3, "x": 0.5, "on": True, "as text": "3"},
        ),
        (units.pairs("condition", typed=True), {"a: b": "c: d", '"q"': "true", "empty": ""}),
        (units.pairs("headers", typed=False), {"HTTP-Referer": "https://example.com:8/x", "X": "1"}),
        (units.plain_json("sampling.extra"), {"min_p": 0.05, "deep": {"a": [1, None, "x"]}}),
        (parts.turns(), [{"user": "a\nb"}, {"assistant": " c "}, {"text": ""}]),
        (parts.answer(), {"kind": "integer", "min": 0, "max": 100}),
        (parts.answer(), {"kind": "choice", "of": ["yes", "no"], "where": "first"}),
        (parts.system(), ""),
        (parts.system(), "Be kind.\n"),
        (parts.template(), "{prompt}"),
        (parts.template(), {"before": "x\n", "user": "H: {text}", "assistant": " {text}"}),
        (units.choice("mode", "chat"), "ladder"),
    ],
)
def test_a_value_comes_back_as_it_was_shown(unit: Unit, value: Any) -> None:
    assert back(unit, value) == value


@pytest.mark.parametrize("unit", EVERY, ids=lambda unit: unit.name)
def test_nothing_comes_back_as_nothing(unit: Unit) -> None:
    assert back(unit, None) is None


@pytest.mark.parametrize("unit", EVERY, ids=lambda unit: unit.name)
@pytest.mark.parametrize("value", ["odd", 7, True, ["a", 1], {"a": 1}, [{"user": 3}, "x"], ""])
def test_whatever_a_draft_holds_can_be_shown_and_read(unit: Unit, value: Any) -> None:
    texts = unit.shown(put({}, unit.name, value))
    assert all(isinstance(text, str) for text in texts.values())
    unit.value(texts)


@settings(max_examples=40, deadline=None)
@given(
    st.dictionaries(
        LINE.filter(lambda name: name == name.strip() and name), LINE | st.integers() | st.booleans()
    )
)
def test_any_condition_comes_back(condition: dict[str, Any]) -> None:
    shown = {
        name: level
        for name, level in condition.items()
        if not (isinstance(level, int) and abs(level) >= 10**30)
    }
    assert back(units.pairs("condition", typed=True), shown or None) == (shown or None)


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from(parts.ROLES), TEXT)))
def test_any_turns_come_back(said: list[tuple[str, str]]) -> None:
    turns = [{role: words} for role, words in said]
    assert back(parts.turns(), turns) == (turns or None)


@settings(deadline=None)
@given(st.lists(TEXT.filter(bool)))
def test_any_stops_come_back(stops: list[str]) -> None:
    assert back(units.stops("stop"), stops) == (stops or None)


@pytest.mark.parametrize(
    ("unit", "text", "value"),
    [
        (units.pairs("condition", typed=True), "no colon", "no colon"),
        (units.pairs("condition", typed=True), "a: 1\n\n b :  two words ", {"a": 1, "b": "two words"}),
        (units.pairs("condition", typed=True), 'a: "broken', {"a": '"broken'}),
        (units.plain_json("extra"), "{broken", "{broken"),
        (units.plain_json("extra"), "NaN", "NaN"),
        (units.plain_json("extra"), '"\\ud800"', '"\\ud800"'),
        (units.plain_json("extra"), '{"a": "\\u0000"}', '{"a": "\\u0000"}'),
        (units.plain_json("extra"), "[" * 400 + "]" * 400, "[" * 400 + "]" * 400),
        (units.plain_json("extra"), "[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1), "[" * 33 + "]" * 33),
        (units.number("n"), "  12 ", 12),
        (units.number("n"), "12,5", "12,5"),
        (units.numbers("t"), "0; 0.7,1", [0, 0.7, 1]),
        (units.line("t"), "  a  ", "a"),
        (units.line("t"), "   ", None),
    ],
)
def test_what_cannot_be_read_stays_the_text_that_it_is(unit: Unit, text: str, value: Any) -> None:
    assert unit.value({unit.name: text}) == value


def test_an_answer_reads_only_what_its_kind_has_a_use_for() -> None:
    texts = {"answer.kind": "word", "answer.where": "whole", "answer.min": "1", "answer.of": "a\nb"}
    assert parts.answer().value(texts) == {"kind": "word"}
    assert parts.answer().value(texts | {"answer.kind": "integer"}) == {"kind": "integer", "min": 1}
    assert parts.answer().value(texts | {"answer.kind": ""}) is None


def test_paths_are_put_and_taken_out() -> None:
    assert put({"a": 1}, "b.c", 2) == {"a": 1, "b": {"c": 2}}
    assert put({"a": 1, "b": {"c": 2, "d": 3}}, "b.c", None) == {"a": 1, "b": {"d": 3}}
    assert put({"a": 1, "b": {"c": 2}}, "b.c", None) == {"a": 1}
    assert at({"b": {"c": 2}}, "b.c") == 2
    assert at({"b": 3}, "b.c") is None


def test_fields_of_one_name_are_lines_and_browsers_line_ends_are_ours() -> None:
    assert joined([("s", "a"), ("s", "b"), ("t", "x\r\ny")]) == {"s": "a\nb", "t": "x\ny"}
    assert mark({"a": "x\r\ny", "b": ""}) == mark({"a": "x\ny"})


# ------------------------------------------------------------------ joining


UNITS = [units.line("title"), units.words("note"), units.number("repeats"), parts.turns()]
BASE: dict[str, Any] = {"title": "T", "note": "n", "turns": [{"user": "a"}]}


def form(data: dict[str, Any], **changed: str) -> dict[str, str]:
    """A form that was shown this data and in which these fields were written."""
    fields: dict[str, str] = {}
    for unit in UNITS:
        shown = unit.shown(data)
        fields |= shown | {f"was.{unit.name}": mark(shown)}
    return fields | {name.replace("__", "."): text for name, text in changed.items()}


def test_what_a_form_changed_is_joined_and_the_rest_is_left_alone() -> None:
    merged = merge(UNITS, BASE, form(BASE, note="new", repeats="9"))
    assert merged.data == BASE | {"note": "new", "repeats": 9}
    assert (merged.changed, merged.stale, merged.clashes) == (["note", "repeats"], [], {})


def test_two_windows_that_write_in_different_fields_are_joined() -> None:
    first = merge(UNITS, BASE, form(BASE, note="first")).data
    second = merge(UNITS, first, form(BASE, title="second"))
    assert second.data == BASE | {"note": "first", "title": "second"}
    assert (second.changed, second.stale, second.clashes) == (["title"], ["note"], {})


def test_two_windows_that_write_in_one_field_keep_both_texts() -> None:
    first = merge(UNITS, BASE, form(BASE, turns__0__words="first")).data
    second = merge(UNITS, first, form(BASE, turns__0__words="second"))
    assert second.data["turns"] == [{"user": "first"}]
    assert second.clashes == {"turns": {"turns.0.role": "user", "turns.0.words": "second"}}
    assert take(UNITS[3], second.data, second.clashes["turns"])["turns"] == [{"user": "second"}]


def test_two_windows_that_write_the_same_do_not_clash_and_an_empty_form_changes_nothing() -> None:
    first = merge(UNITS, BASE, form(BASE, note="same")).data
    again = merge(UNITS, first, form(BASE, note="same"))
    assert (again.data, again.changed, again.clashes) == (first, [], {})
    assert merge(UNITS, first, {"note": "unasked"}).data == first


@settings(deadline=None)
@given(st.data())
def test_of_any_two_forms_nothing_is_lost(drawn: st.DataObject) -> None:
    names = ["title", "note", "repeats", "turns.0.words"]
    written = [
        drawn.draw(st.dictionaries(st.sampled_from(names), st.sampled_from(["", "x", "y", "5"])))
        for _ in range(2)
    ]
    forms = [form(BASE) | texts for texts in written]
    first = merge(UNITS, BASE, forms[0])
    second = merge(UNITS, first.data, forms[1])
    for unit in UNITS:
        for fields in forms:
            posted = unit.posted(fields) or {}
            touched = mark(posted) != fields[f"was.{unit.name}"]
            kept = at(second.data, unit.name) == unit.value(posted) or second.clashes.get(unit.name) == posted
            assert kept or not touched or unit.name in second.changed
