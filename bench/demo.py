"""Goal 21: clone to first comparison, and the second start. Needs the package registry; models are fetched anew."""

import re
import subprocess
import time

from bench import asking
from bench.measure import ROOT, table


def main() -> None:
    """Clone into an empty folder, run `make demo` twice with an empty home and no caches, print the table."""
    with asking.folder() as home:
        clone = home / "styloscope"
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
        environ = ["env", f"HOME={home}", "PIP_NO_CACHE_DIR=1"]
        took = []
        for _ in range(2):
            began = time.perf_counter()
            done = subprocess.run([*environ, "make", "demo", "ARGS=--no-serve"], cwd=clone,
                                  capture_output=True, text=True)  # fmt: skip
            took.append(time.perf_counter() - began)
            if done.returncode:
                raise RuntimeError(done.stdout[-2000:] + done.stderr[-2000:])
        generation = _generation(done.stdout)
    table("Demo from a fresh clone, nothing cached", [
        (21, "clone to comparison, s", f"{took[0]:.0f}", "≤ 120"),
        (21, "second start, s", f"{took[1]:.1f}", "≤ 3"),
        (21, "what the demo says of its own time", generation, ""),
    ])  # fmt: skip


def _generation(out: str) -> str:
    found = re.findall(r"[^\n]*\bs\b[^\n]*", out)
    return found[-1].strip() if found else ""
