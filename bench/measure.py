"""Measuring: whole processes by the kernel's own account, rounds interleaved, medians with their spread."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import httpx

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


def process(command: list[str], environ: Mapping[str, str] | None = None, errors: bool = False) -> Cost:
    """Run a command (its first word a path) to its end and account for it alone (`os.wait4`)."""
    reading, writing = os.pipe()
    child = subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", _STARTER, str(writing), *command],
        cwd=ROOT, env={**os.environ, **(environ or {})}, stdout=subprocess.PIPE, pass_fds=[writing],
        stderr=subprocess.STDOUT if errors else subprocess.DEVNULL, text=True,
    )  # fmt: skip
    os.close(writing)
    assert child.stdout is not None
    with child, os.fdopen(reading) as told:
        out = child.stdout.read()
        wall, cpu, peak, status = json.loads(told.read())
    scale = 1024 if sys.platform != "darwin" else 1024 * 1024
    return Cost(wall, cpu, peak / scale, os.waitstatus_to_exitcode(status), out)


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


def counts(port: int) -> dict[str, int]:
    """Ask the mock endpoint what it was asked."""
    found: dict[str, int] = httpx.get(f"http://127.0.0.1:{port}/counts", trust_env=False).json()
    return found


def interleaved(rounds: int, **jobs: Callable[[], float]) -> dict[str, list[float]]:
    """Run the jobs in turn, round by round, so that a drifting machine drifts under all of them alike."""
    results: dict[str, list[float]] = {name: [] for name in jobs}
    for _ in range(rounds):
        for name, job in jobs.items():
            results[name].append(job())
    return results


def spread(values: list[float]) -> str:
    """Return `median [min–max]` with three significant digits."""
    return f"{median(values):.3g} [{min(values):.3g}–{max(values):.3g}]"


def ratios(upper: list[float], lower: list[float]) -> list[float]:
    """Return the ratio round by round."""
    return [a / b for a, b in zip(upper, lower, strict=True)]


def table(title: str, rows: list[tuple[Any, ...]]) -> None:
    """Print rows of (goal number, what, figure, goal) as a Markdown table."""
    print(f"\n## {title}\n\n| # | what | median [min–max] | goal |\n|---|---|---|---|")
    for row in rows:
        print("| " + " | ".join(str(cell) for cell in row) + " |")
    sys.stdout.flush()
