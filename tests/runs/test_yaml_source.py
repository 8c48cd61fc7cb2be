"""Reading YAML: plain data within limits, with the line of every value, and one message for anything else."""

from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from app.runs.mistakes import FileError, Mistake, looks_like_key, shown
from app.runs.yaml_source import MAX_BYTES, MAX_VALUES, Source, read


def of(folder: Path, body: str | bytes) -> Source:
    path = folder / "file.yaml"
    path.write_bytes(body if isinstance(body, bytes) else body.encode())
    return read(path)


BOMB = "\n".join(
    ["a: &a [x, x]", *(f"{b}: &{b} [*{a}, *{a}]" for a, b in zip("abcdefgh", "bcdefghi", strict=True))]
)

UNREADABLE = [
    ("", "file.yaml:1: found an empty file, expected a mapping that begins with `styloscope: 1`"),
    ("# only a comment\n",
     "file.yaml:1: found an empty file, expected a mapping that begins with `styloscope: 1`"),
    (BOMB, "file.yaml:1: found an anchor or alias (& or *), expected the value written out"),
    ("a: 1\nb: *nowhere\n", "file.yaml:2: found an anchor or alias (& or *), expected the value written out"),
    ("a: 1\nb: !!python/object/apply:os.system [ls]\n", "file.yaml:2: found a tag (!), expected a plain value"),
    ("a: 1\nb: !!binary aGk=\n", "file.yaml:2: found a tag (!), expected a plain value"),
    ("a: 1\nb: 2\na: 3\n", "file.yaml:3: found the key 'a' again (first on line 1), expected it once"),
    ("a: {b: 1, c: 2, 'b': 3}\n", "file.yaml:1: found the key 'b' again (first on line 1), expected it once"),
    ("a: 1\n---\nb: 2\n", "file.yaml:2: found a second document (---), expected one"),
    ("? [a, b]\n: 1\n", "file.yaml:1: found a list or mapping as a key, expected a text"),
    ("a: 1\n" + "b: " + "[" * 40 + "]" * 40, "file.yaml:2: found values nested deeper than 32, expected fewer"),
    ("a: " + "{a: " * 400_000, "file.yaml:1: found values nested deeper than 32, expected fewer"),
    ("a:\n  - b: 1\n - c: 2\n", "file.yaml:3: found broken YAML (did not find expected key), expected `key: value` "
     "lines"),
    ("a: 'open\n\n",
     "file.yaml:3: found broken YAML (found unexpected end of stream), expected `key: value` lines"),
    ("a: [1, 2\nb: 3\n", "file.yaml:2: found broken YAML (did not find expected ',' or ']'), expected `key: value` "
     "lines"),
    ("a: 1\n\tb: 2\n", "file.yaml:2: found broken YAML (found a tab character that violates indentation), "
     "expected spaces"),
    ("a: Pick: a number\n", "file.yaml:1: found broken YAML (mapping values are not allowed in this context), "
     "expected quotes around a text that has a colon in it"),
    ("a: @home\n", "file.yaml:1: found broken YAML (found character that cannot start any token), expected quotes "
     "around a text that begins with such a sign"),
    ('a: "\\d+"\n', "file.yaml:1: found broken YAML (found unknown escape character), expected single quotes "
     "around a text that has a backslash in it"),
    ("a: 1\nb: x\0y\n", "file.yaml:2: found U+0000, expected text"),
    ("a: 1\nb: \x1b[31mred\n", "file.yaml:2: found U+001B, expected text"),
    ('a: 1\nb: "x\\0y"\n', "file.yaml:2: found an escaped U+0000 or lone surrogate, expected text"),
    ('a: 1\nb: "\\ud800"\n', "file.yaml:2: found broken YAML (found invalid Unicode character escape code), "
     "expected `key: value` lines"),
    (b"a: 1\nb: caf\xe9\n", "file.yaml:2: found the byte 0xe9, expected UTF-8 text"),
    ("a: 1\nb: é".encode("utf-16"), "file.yaml:1: found UTF-16 text, expected UTF-8 text"),
    ("- x\n" * (MAX_VALUES + 1), f"file.yaml:{MAX_VALUES}: found more than 200,000 values, expected fewer"),
]  # fmt: skip


@pytest.mark.parametrize(("body", "message"), UNREADABLE, ids=[str(n) for n in range(len(UNREADABLE))])
def test_what_is_no_plain_yaml_is_one_message(
    body: str | bytes, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FileError) as error:
        of(Path(), body)
    assert str(error.value) == message


def test_a_file_of_50_megabytes_is_refused_without_reading_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "big.yaml"
    with path.open("wb") as file:
        file.truncate(50_000_000)
    monkeypatch.setattr(Path, "open", lambda *_args: pytest.fail("it was opened"))
    with pytest.raises(FileError, match=f"found 50,000,000 bytes, expected at most {MAX_BYTES:,}$"):
        read(path)


def test_a_folder_and_a_missing_file_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="found a folder, expected a YAML file$"):
        read(tmp_path)
    with pytest.raises(FileError, match="found nothing there, expected a YAML file$"):
        read(tmp_path / "none.yaml")
    with pytest.raises(FileError, match="found no plain file, expected a YAML file$"):
        read(Path("/dev/zero"))


def test_plain_values_are_those_of_yaml_1_2(tmp_path: Path) -> None:
    source = of(tmp_path, (
        "whole: 12\nsigned: -3\nhalf: 0.5\nexponent: 1e3\nyes: yes\nno: no\ntruth: true\nnone: ~\nempty:\n"
        "date: 2024-03-01\nclock: 12:30\nquoted: '12'\nhuge: 1e999\nnan: .nan\nlong: " + "9" * 40 + "\n1: one\n"
        "text: |\n  two\n  lines\n"
    ))  # fmt: skip
    assert source.root.plain() == {
        "whole": 12,
        "signed": -3,
        "half": 0.5,
        "exponent": 1000.0,
        "yes": "yes",
        "no": "no",
        "truth": True,
        "none": None,
        "empty": None,
        "date": "2024-03-01",
        "clock": "12:30",
        "quoted": "12",
        "huge": "1e999",
        "nan": ".nan",
        "long": "9" * 40,
        "1": "one",
        "text": "two\nlines\n",
    }


def test_a_byte_order_mark_and_windows_line_ends_are_no_part_of_the_text(tmp_path: Path) -> None:
    source = of(tmp_path, b"\xef\xbb\xbfa: |\r\n  one\r\n  two\r\nb: 2\r\n")
    assert source.root.plain() == {"a": "one\ntwo\n", "b": 2}
    assert source.line(("b",)) == 4


def test_every_value_knows_its_line(tmp_path: Path) -> None:
    source = of(tmp_path, "a: 1\nb:\n  c: |\n    x\n    y\n  d:\n    - 1\n    - {e: 2,\n       f: 3}\n")
    assert source.line(()) == 1
    assert source.line(("b",)) == 2
    assert source.line(("b", "c")) == 3
    assert source.line(("b", "d", 1)) == 8
    assert source.line(("b", "d", 1, "f")) == 9
    assert source.line(("b", "d", 1, "missing")) == 8
    assert source.told(Mistake(("b", "d", 1, "f"), "found 3")).endswith("file.yaml:9: b.d[1].f: found 3")


def test_what_is_shown_of_a_value_is_short_on_one_line_and_never_a_key() -> None:
    assert shown("x" * 200) == f"'{'x' * 60}…'"
    assert shown("two\nlines") == r"'two\nlines'"
    assert shown("\u202egnp.exe\x1b[2J") == r"'\u202egnp.exe\x1b[2J'"
    assert shown("Bearer abcdefghijklmnop") == "what looks like a key (kept out of this message)"


@pytest.mark.parametrize(
    "key",
    [
        "sk-proj-Ab3dEf6hIj9kLm2nOp5qRs8tUv1wXy4z",
        "sk-ant-api03-abcdefghijklmnop",
        "AIzaSyA-1234567890abcdefghijklmnopqrstu",
        "gsk_abcdefghijklmnopqrstuvwxyz",
        "hf_abcdefghijklmnopqrst",
        "0123456789abcdef0123456789abcdef",
    ],
)
def test_known_forms_of_keys_are_seen(key: str) -> None:
    assert looks_like_key(key)
    assert looks_like_key(f"Authorization: Bearer {key}")


@pytest.mark.parametrize(
    "name",
    [
        "OPENAI_API_KEY",
        "claude-sonnet-4-5-20250929",
        "meta-llama/Llama-3.3-70B-Instruct-Turbo-Free",
        "ft:gpt-4o-mini-2024-07-18:acme::AbCdEf12",
        "https://generativelanguage.googleapis.com/v1beta",
        "What is the key difference between skating and risk-taking?",
        "accounts/fireworks/models/deepseek-v3",
    ],
)
def test_names_of_models_and_sentences_are_no_keys(name: str) -> None:
    assert not looks_like_key(name)


ANCHOR = "found an anchor or alias (& or *), expected the value written out"


def outcome(path: Path) -> object:
    """Return the values of a file, or what is told of it."""
    try:
        return {"value": read(path).root.plain()["value"]}
    except (TypeError, KeyError):
        return None
    except FileError as error:
        return str(error).split(": ", 1)[1]


plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.text("abc: -#'\"{}[]é\n", max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text("abcé", min_size=1), inner, max_size=4)
    ),
    max_leaves=20,
)


@settings(deadline=None)
@given(value=plain)
def test_whatever_a_yaml_writer_writes_is_read_back(
    value: object, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / "written.yaml"
    path.write_text(yaml.safe_dump({"value": value}, allow_unicode=True), encoding="utf-8")
    assert outcome(path) in ({"value": value}, ANCHOR)  # the writer shares equal values where it likes


@settings(deadline=None)
@given(body=st.binary(max_size=200))
def test_no_bytes_are_more_than_one_message(body: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.getbasetemp() / "bytes.yaml"
    path.write_bytes(body)
    told = outcome(path)
    assert not isinstance(told, str) or "\n" not in told
