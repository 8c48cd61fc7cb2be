"""Goal 21: clone to first comparison, and the second start. Needs the package registry; models are fetched anew."""

import http.client
import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from bench import asking
from bench.measure import ROOT, free_port, table

FIRST = "/studies/demo/compare/demo/number"
RUN = "/api/v1/runs/1"


def main() -> None:
    """Clone into an empty folder, run `make demo` twice with an empty home and no caches, print the table."""
    with asking.folder() as home:
        clone = home / "styloscope"
        began = time.perf_counter()
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
        environ = {
            **os.environ,
            "HOME": str(home),
            "XDG_CACHE_HOME": str(home / "cache"),
            "PIP_NO_CACHE_DIR": "1",
        }
        with _demo(clone, environ) as port:
            first = time.perf_counter() - began
            there = json.loads(_get(port, RUN))["done"]
            whole = _done(port)
        began = time.perf_counter()
        with _demo(clone, environ) as port:
            second = time.perf_counter() - began
            again = _done(port)["calls"] - whole["calls"]
    table("Demo from a fresh clone, nothing cached", [
        (21, "clone to the first comparison read, s", f"{first:.0f}", "≤ 120"),
        (21, "of its draws there by then", f"{there} of {whole['done']}", ""),
        (21, "second start to the first comparison read, s", f"{second:.1f}", "≤ 3"),
        (21, "calls that the second start made", again, "0"),
    ])  # fmt: skip


@contextmanager
def _demo(clone: Path, environ: Mapping[str, str]) -> Iterator[int]:
    """Type `make demo`; yield its port once its first page is read; end it by Ctrl-C."""
    port = free_port()
    child = subprocess.Popen(
        ["make", "demo", f"ARGS=--port {port}"], cwd=clone, env=dict(environ), text=True, start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    try:
        assert child.stdout is not None
        said = []
        while not (said and said[-1].startswith("Styloscope is at")):
            said.append(child.stdout.readline())
            if not said[-1]:
                raise RuntimeError("".join(said)[-2000:])
        _get(port, FIRST)
        yield port
    finally:
        os.killpg(child.pid, signal.SIGINT)
        child.communicate()


def _get(port: int, path: str) -> bytes:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
        connection.request("GET", path)
        reply = connection.getresponse()
        if reply.status != 200:
            raise RuntimeError(f"{path} answered {reply.status}")
        return reply.read()


def _done(port: int) -> dict[str, Any]:
    """Wait until the run is done; return what the API tells of it."""
    while True:
        found: dict[str, Any] = json.loads(_get(port, RUN))
        if found["state"] == "done":
            return found
        time.sleep(0.5)
