"""Reading JSON that others wrote."""

from typing import Any

import orjson
import pytest

from app.providers.raw import Malformed, count, decoded, mapping, number, sequence, storable, string


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b'{"a": [1, "\xc3\xa9"]}', {"a": [1, "\u00e9"]}),
        (b'\xef\xbb\xbf {"a": 1}', {"a": 1}),
        (b'{"a": "\\ud83d"}', {"a": "\ud83d"}),
        (b'{"a": "\\ud83d\\ude00"}', {"a": "\U0001f600"}),
        (b'{"a": "\xff"}', {"a": "\udcff"}),  # wrong UTF-8 becomes a lone surrogate, marked when it is stored
        (b'{"a": "x\ny"}', {"a": "x\ny"}),
        (b'{"a": NaN, "b": -Infinity}', {"a": None, "b": None}),
        (b': OPENROUTER PROCESSING\n\n: OPENROUTER PROCESSING\n{"a": 1}', {"a": 1}),
    ],
)
def test_a_body_is_read_whatever_its_small_faults(body: bytes, value: Any) -> None:
    assert decoded(body) == value


@pytest.mark.parametrize("body", [b"", b"{", b'{"a": 1} trailing', b"<html>", b"[" * 200_000, b"1" * 5000])
def test_what_is_no_json_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        decoded(body)


def test_only_the_expected_type_is_taken() -> None:
    assert (mapping({"a": 1}), mapping([1]), mapping(None)) == ({"a": 1}, {}, {})
    assert (sequence([1]), sequence({"a": 1}), sequence("ab")) == ([1], [], [])
    assert (string("a"), string(1), string(None)) == ("a", None, None)


@pytest.mark.parametrize(
    ("value", "found"),
    [(0, 0), (64, 64), (64.0, 64), (64.5, None), (-1, None), (True, None), ("64", None), (None, None),
     (float("inf"), None), (10**400, None), (2**60, None)],
)  # fmt: skip
def test_a_count_is_a_whole_number_or_nothing(value: Any, found: int | None) -> None:
    assert count(value) == found


def test_a_number_is_finite_or_nothing() -> None:
    assert (number(-9999), number(0.5), number(False), number(float("nan")), number(10**400)) == (
        -9999.0, 0.5, None, None, None,
    )  # fmt: skip


def test_what_is_kept_raw_can_be_stored_in_both_databases() -> None:
    wild = {"a\x00": ["\ud800", float("inf"), 1.5, True, None, 10**30], "b": {"c": "caf\u00e9"}}
    kept = storable(wild)
    assert kept == {"a\ufffd": ["\ufffd", None, 1.5, True, None, str(10**30)], "b": {"c": "caf\u00e9"}}
    orjson.dumps(kept)


def test_an_abyss_is_kept_to_a_depth_and_says_so() -> None:
    abyss: Any = "bottom"
    for _ in range(900):
        abyss = [abyss]
    found = storable(abyss)
    for _ in range(40):
        found = found[0]
    assert found == "(nested deeper than 40: see the raw reply)"
