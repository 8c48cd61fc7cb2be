"""Measuring: whole processes by the kernel's own account, rounds interleaved, medians with their spread."""

import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
STYLOSCOPE = [sys.executable, "-m", "app.cli"]


@dataclass(frozen=True, slots=True)
class Cost:
    """What a finished process took: seconds of wall and processor, peak memory in MB, and what it printed."""

    wall: float
    cpu: float
    peak_mb: float
    code: int
    out: str


# The kernel begins a process's peak at that of the one that started it: a small one in between keeps it its own.
_STARTER = """
import json, os, sys, time
began = time.perf_counter()
child = os.posix_spawn(sys.argv[2], sys.argv[2:], os.environ)
_, status, usage = os.wait4(child, 0)
told = [time.perf_counter() - began, usage.ru_utime + usage.ru_stime, usage.ru_maxrss, status]
os.write(int(sys.argv[1]), json.dumps(told).encode())
"""


def environment() -> dict[str, str]:
    """Return our environment, but with Python keeping its compiled code, as it does for a user."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def process(command: list[str], environ: Mapping[str, str] | None = None, errors: bool = False) -> Cost:
    """Run a command (its first word a path) to its end and account for it alone (`os.wait4`)."""
    reading, writing = os.pipe()
    child = subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", _STARTER, str(writing), *command],
        cwd=ROOT, env={**environment(), **(environ or {})}, stdout=subprocess.PIPE, pass_fds=[writing],
        stderr=subprocess.STDOUT if errors else subprocess.DEVNULL, text=True,
    )  # fmt: skip
    os.close(writing)
    assert child.stdout is not None
    with child, os.fdopen(reading) as told:
        out = child.stdout.read()
        wall, cpu, peak, status = json.loads(told.read())
    scale = 1024 if sys.platform != "darwin" else 1024 * 1024
    return Cost(wall, cpu, peak / scale, os.waitstatus_to_exitcode(status), out)


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def endpoint(latency_ms: float = 0, faults: float = 0) -> Iterator[int]:
    """Start the mock endpoint in its own process, yield its port, end it by closing its standard input."""
    child = subprocess.Popen(
        [sys.executable, "-m", "bench.endpoint", "--latency-ms", str(latency_ms), "--faults", str(faults)],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert child.stdin is not None
    assert child.stdout is not None
    try:
        yield int(child.stdout.readline())
    finally:
        child.stdin.close()
        child.wait(10)
        child.stdout.close()


def counts(port: int) -> dict[str, Any]:
    """Ask the mock endpoint what it was asked."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", "/counts")
        found: dict[str, Any] = json.loads(connection.getresponse().read())
    finally:
        connection.close()
    return found


def capacity(port: int, answers: int = 40_000, at_once: int = 200) -> tuple[float, float]:
    """Return the mock endpoint's answers a second, and its processor milliseconds an answer.

    It is asked by raw requests, many in one write, so that it alone is busy.
    """
    body = json.dumps({"model": "m", "messages": [{"role": "user", "content": "A prompt"}]}).encode()
    request = (
        b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n" % len(body) + body
    )
    with socket.create_connection(("127.0.0.1", port)) as peer:
        peer.sendall(request)
        length = len(peer.recv(65536))  # answers are alike, and one arrives whole
        cpu, began = counts(port)["cpu_seconds"], time.perf_counter()
        for _ in range(answers // at_once):
            peer.sendall(request * at_once)
            left = length * at_once
            while left:
                left -= len(peer.recv(min(left, 1 << 20)))
        wall = time.perf_counter() - began
    return answers / wall, (counts(port)["cpu_seconds"] - cpu) / answers * 1000


def interleaved(rounds: int, **jobs: Callable[[], float]) -> dict[str, list[float]]:
    """Run the jobs in turn, round by round, so that a drifting machine drifts under all of them alike."""
    results: dict[str, list[float]] = {name: [] for name in jobs}
    for _ in range(rounds):
        for name, job in jobs.items():
            results[name].append(job())
    return results


def spread(values: Sequence[float]) -> str:
    """Return `median [min–max]` with three significant digits."""
    return f"{median(values):.3g} [{min(values):.3g}–{max(values):.3g}]"


def ratios(upper: Sequence[float], lower: Sequence[float]) -> list[float]:
    """Return the ratio round by round."""
    return [a / b for a, b in zip(upper, lower, strict=True)]


def table(title: str, rows: list[tuple[Any, ...]]) -> None:
    """Print rows of (goal number, what, figure, goal) as a Markdown table."""
    print(f"\n## {title}\n\n| # | what | median [min–max] | goal |\n|---|---|---|---|")
    for row in rows:
        print("| " + " | ".join(str(cell) for cell in row) + " |")
    sys.stdout.flush()
