"""A folder is there whole or not at all."""

import hashlib
from contextlib import suppress
from pathlib import Path

import pytest

from app.exports.folder import PlaceTaken, new_folder, write_lines


def test_it_appears_when_it_is_finished(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "dataset"
    with new_folder(target) as draft:
        (draft / "a").write_text("1")
        assert not target.exists()
        assert (
            draft.parent == target.parent
        )  # one file system, so that putting it in place cannot fail halfway
    assert [path.name for path in target.parent.iterdir()] == ["dataset"]
    assert (target / "a").read_text() == "1"


@pytest.mark.parametrize("error", [OSError("disk full"), KeyboardInterrupt()])
def test_it_vanishes_when_it_cannot_be_finished(tmp_path: Path, error: BaseException) -> None:
    def fail() -> None:
        with new_folder(tmp_path / "new" / "deep" / "dataset") as draft:
            (draft / "a").write_text("1")
            raise error

    with pytest.raises(type(error)):
        fail()
    assert list(tmp_path.iterdir()) == []


def test_what_others_put_beside_it_meanwhile_stays(tmp_path: Path) -> None:
    with suppress(ZeroDivisionError), new_folder(tmp_path / "new" / "dataset"):
        (tmp_path / "new" / "mine").touch()
        raise ZeroDivisionError
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["mine"]


def test_an_empty_folder_gives_way(tmp_path: Path) -> None:
    with new_folder(tmp_path / "dataset") as draft:
        (draft / "a").touch()
    (tmp_path / "empty").mkdir()
    with new_folder(tmp_path / "empty") as draft:
        (draft / "a").touch()
    assert (tmp_path / "empty" / "a").exists()


def test_what_is_there_is_never_touched(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "mine").touch()
    with (
        pytest.raises(PlaceTaken, match="found a file, expected a new or empty folder"),
        new_folder(tmp_path / "file"),
    ):
        pass
    with pytest.raises(PlaceTaken, match="found a folder with files in it"), new_folder(tmp_path / "folder"):
        pass
    assert (tmp_path / "file").read_text() == "mine"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder"]


def test_what_a_killed_process_left_under_our_number_is_thrown_away(tmp_path: Path) -> None:
    with new_folder(tmp_path / "first") as draft:
        left = draft.with_name(draft.name.replace("first", "second"))
        left.mkdir()
        (left / "stale").touch()
    with new_folder(tmp_path / "second") as draft:
        (draft / "fresh").touch()
    assert [path.name for path in (tmp_path / "second").iterdir()] == ["fresh"]


def test_lines_are_counted_and_hashed_as_they_are_written(tmp_path: Path) -> None:
    file = write_lines(tmp_path / "rows.jsonl", iter([b"{}", "ü".encode()]))
    body = (tmp_path / "rows.jsonl").read_bytes()
    assert body == "{}\nü\n".encode()
    told = {"sha256": hashlib.sha256(body).hexdigest(), "bytes": 6}
    assert file.described(rows=False) == told
    assert file.described(rows=True) == told | {"rows": 2}
