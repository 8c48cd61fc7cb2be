"""Goals 1–8: sending, storing, memory, faults, kills and planning, through `styloscope run` as a user starts it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from bench import asking
from bench.measure import ROOT, STYLOSCOPE, counts, endpoint, interleaved, process, ratios, spread, table

PROMPTS = 2000
LATENCY_MS = 50
IDEAL = PROMPTS / asking.WIDTH * LATENCY_MS / 1000


def _ask(port: int, prompts: int, then: Callable[[Path], float] | None = None) -> float:
    """Run a study in a folder of its own; return its wall seconds, or what `then` reads from the folder."""
    with asking.folder() as home:
        cost = asking.run(home, asking.write(home, port, prompts))
        return then(home) if then else cost.wall


def _floor(port: int, prompts: int) -> float:
    return process(
        [sys.executable, "-m", "bench.floor_sockets", str(port), str(prompts), str(asking.WIDTH)]
    ).wall


def _httpx_floor(port: int, prompts: int) -> float:
    with asking.folder() as home:
        command = [sys.executable, "-m", "bench.floor_httpx", str(port), str(prompts), str(asking.WIDTH)]
        return prompts / float(process([*command, str(home / "floor.db")]).out)


def sending(rounds: int) -> None:
    """Goals 1 and 2: 2,000 prompts at 64 in flight, each answered after 50 ms."""
    spans: list[float] = []

    def whole(port: int) -> float:
        with asking.folder() as home:
            cost = asking.run(home, asking.write(home, port, PROMPTS))
            spans.append(asking.span(home))
            return cost.wall

    with endpoint(LATENCY_MS) as port:
        found = interleaved(rounds, ours=lambda: whole(port), floor=lambda: _floor(port, PROMPTS))
    table("Sending: 2,000 prompts, 64 in flight, 50 ms each", [
        (1, "whole `styloscope run`, s", spread(found["ours"]), ""),
        (1, "raw sockets, whole process, s", spread(found["floor"]), ""),
        (1, "**ratio**", spread(ratios(found["ours"], found["floor"])), "≤ 1.7"),
        (2, "first request to last stored answer, s (ideal 1.56)", spread(spans), ""),
        (2, "**ratio to ideal**", spread([value / IDEAL for value in spans]), "≤ 1.08"),
    ])  # fmt: skip


def storing(rounds: int, prompts: int = 5000) -> None:
    """Goals 3 and 4: the endpoint answers at once; processor time per call is the slope between two sizes."""
    cpu: dict[int, list[float]] = {prompts: [], prompts // 5: []}

    def rate(port: int, size: int) -> float:
        with asking.folder() as home:
            cost = asking.run(home, asking.write(home, port, size))
            cpu[size].append(cost.cpu)
            return size / asking.span(home)

    with endpoint(0) as port:
        found = interleaved(
            rounds, ours=lambda: rate(port, prompts), small=lambda: rate(port, prompts // 5),
            floor=lambda: _httpx_floor(port, prompts),
        )  # fmt: skip
    slope = [
        (big - small) / (prompts - prompts // 5) * 1000
        for big, small in zip(cpu[prompts], cpu[prompts // 5], strict=True)
    ]
    table(f"Storing: {prompts:,} prompts, 64 in flight, answered at once", [
        (3, "calls stored a second", spread(found["ours"]), "≥ 2,200"),
        (3, "httpx on aiohttp → SQLite, calls a second", spread(found["floor"]), "floor 2,790"),
        (3, "**ratio to that floor**", spread(ratios(found["ours"], found["floor"])), "≥ 0.79"),
        (4, "**client CPU per call, ms** (both threads)", spread(slope), "≤ 0.9"),
    ])  # fmt: skip


def memory(sizes: tuple[int, ...]) -> None:
    """Goal 5: peak memory over tenfold sizes, as draws of 2,000 prompts."""
    peaks = []
    with endpoint(0) as port:
        for size in sizes:
            with asking.folder() as home:
                peaks.append(asking.run(home, asking.write(home, port, 2000, size // 2000)).peak_mb)
    table("Memory", [
        (5, f"peak at {size:,} draws, MB", f"{peak:.0f}", "≤ 110, ≤ 10 more per tenfold")
        for size, peak in zip(sizes, peaks, strict=True)
    ])  # fmt: skip


def faults(rounds: int) -> None:
    """Goal 6: 5 % each of 429, 500, reset, cut body and bad JSON."""
    lost, twice = [], []

    def hurt() -> float:
        with endpoint(LATENCY_MS, 0.05) as port, asking.folder() as home:
            asking.run(home, asking.write(home, port, PROMPTS))
            lost.append(PROMPTS - asking.stored(home)["done"])
            twice.append(counts(port)["answered_twice"])
            return asking.span(home)

    def clean() -> float:
        with endpoint(LATENCY_MS) as port:
            return _ask(port, PROMPTS, asking.span)

    found = interleaved(rounds, faults=hurt, clean=clean)
    table("Faults: 5 % each of 429, 500, reset, cut body, bad JSON", [
        (6, "answers lost", max(lost), "0"),
        (6, "answers paid twice", max(twice), "0"),
        (6, "with faults, s", spread(found["faults"]), ""),
        (6, "clean, s", spread(found["clean"]), ""),
        (6, "**ratio, less the 1 s that Retry-After asks**",
         spread([(a - 1) / b for a, b in zip(found["faults"], found["clean"], strict=True)]), "≤ 1.4"),
    ])  # fmt: skip


def killing(draws: int) -> None:
    """Goal 7: SIGKILL in the middle, resume; how much is sent again and how soon sending begins."""
    with endpoint(LATENCY_MS) as port, asking.folder() as home:
        study = asking.write(home, port, 2000, draws // 2000)
        environ = {**os.environ, "STYLOSCOPE_DATA": str(home / "data")}
        child = subprocess.Popen([*STYLOSCOPE, "run", str(study)], cwd=ROOT, env=environ,
                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
        _until(lambda: counts(port)["asked"] > 1000)
        child.send_signal(signal.SIGKILL)
        child.wait()
        asked = counts(port)["asked"]
        began = time.perf_counter()
        child = subprocess.Popen([*STYLOSCOPE, "resume", "1"], cwd=ROOT, env=environ,
                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
        _until(lambda: counts(port)["asked"] > asked)
        soon = time.perf_counter() - began
        _until(lambda: counts(port)["asked"] > asked + 1000)
        child.send_signal(signal.SIGKILL)
        child.wait()
        found = asking.stored(home)
        extra = counts(port)["asked"] - found["done"]
    table(f"Kill and resume at {draws:,} draws", [
        (7, "from `resume` to its first request, s", f"{soon:.2f}", "< 2"),
        (7, "calls beyond stored answers after 2 kills", extra, f"≤ {2 * asking.WIDTH}"),
    ])  # fmt: skip


def _until(condition: Callable[[], bool], seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError("the benchmark's run did not get there")
        time.sleep(0.02)


def main(full: bool) -> None:
    """Run goals 1–8 and print their tables."""
    rounds = 5
    sending(rounds)
    storing(rounds)
    memory((2000, 20_000, 200_000) if full else (2000, 20_000))
    faults(rounds if full else 2)
    killing(100_000)
    from bench import planning

    planning.main()
