"""A dataset folder on its way: written beside its place, hashed while written, and put there whole."""

import hashlib
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


class PlaceTaken(ValueError):
    """The path holds something already; the message says what."""


@dataclass(slots=True)
class Hashed:
    """A file being written: its SHA-256, size in bytes and lines so far."""

    name: str
    path: Path
    rows: int = 0
    size: int = 0
    digest: Any = field(default_factory=hashlib.sha256)

    def described(self, *, rows: bool) -> dict[str, Any]:
        """Return what the manifest says of the file."""
        told = {"sha256": self.digest.hexdigest(), "bytes": self.size}
        return told | {"rows": self.rows} if rows else told


@contextmanager
def new_folder(target: Path) -> Iterator[Path]:
    """Give a folder to write into, which becomes `target` when the block ends and vanishes when it raises.

    Raise PlaceTaken where there is a file or a folder with anything in it.
    """
    if target.exists() and not target.is_dir():
        raise PlaceTaken(f"{target}: found a file, expected a new or empty folder")
    if target.is_dir() and any(target.iterdir()):
        raise PlaceTaken(f"{target}: found a folder with files in it, expected a new or empty one")
    parent = target.absolute().parent
    made = [folder for folder in (parent, *parent.parents) if not folder.exists()]
    draft = parent / f".{target.absolute().name}.{os.getpid()}.partial"
    try:
        parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir()
        yield draft
        os.replace(draft, target)  # an empty folder gives way to it
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        for folder in made:
            with suppress(OSError):  # somebody else has put something there
                folder.rmdir()
        raise


def write_lines(path: Path, lines: Iterable[bytes]) -> Hashed:
    """Write lines, each ended with a newline, and return the file's description."""
    file = Hashed(path.name, path)
    with path.open("wb") as out:
        for line in lines:
            written = line + b"\n"
            out.write(written)
            file.digest.update(written)
            file.size += len(written)
            file.rows += 1
    return file
