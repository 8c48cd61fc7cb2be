"""Whatever stands at whatever place of a file: it is read, or told in lines of one form that repeat no key."""

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.runs.mistakes import FileError, Loc
from app.runs.study_file import load
from tests.runs.files import BATTERY, STUDY, write

KEY = "sk-Ab3dEf6hIj9kLm2nOp5qRs8tUv1wXy4z"
WRONG: list[Any] = [None, True, -1, 1.5, 10**25, "", "x", KEY, [], [[]], {}, {KEY: KEY}]


class Plain(yaml.SafeDumper):
    """Writes a value out each time it stands somewhere."""

    def ignore_aliases(self, _data: object) -> bool:
        return True


def places(value: Any, here: Loc = ()) -> Iterator[Loc]:
    """Yield the place of every value below this one."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in inside:
        yield (*here, key)
        yield from places(inner, (*here, key))


def with_wrong(value: Any, place: Loc, wrong: Any) -> str:
    """Return the file with another value at one place."""
    whole = at = copy.deepcopy(value)
    for key in place[:-1]:
        at = at[key]
    at[place[-1]] = wrong
    return yaml.dump(whole, Dumper=Plain, allow_unicode=True, sort_keys=False)


def broken(wrong: Any) -> Iterator[dict[str, str]]:
    """Yield the two files with a wrong value at every place in turn."""
    for name, text in (("study", STUDY), ("battery", BATTERY)):
        value = yaml.load(text, yaml.CSafeLoader)
        yield from ({name: with_wrong(value, place, wrong)} for place in places(value))


def told(path: Path) -> tuple[str, ...]:
    """Return the lines that tell what is wrong in a study, none where nothing is."""
    try:
        load(path)
    except FileError as error:
        return error.lines
    return ()


@pytest.mark.parametrize("wrong", WRONG, ids=[type(one).__name__ + str(n) for n, one in enumerate(WRONG)])
def test_any_value_at_any_place_is_read_or_told(wrong: Any, tmp_path: Path) -> None:
    lines = [line for files in broken(wrong) for line in told(write(tmp_path, **files))]
    assert len(lines) > 50
    assert [line for line in lines if ": found " not in line or ", expected " not in line] == []
    assert [line for line in lines if KEY in line] == []
