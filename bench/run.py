"""Goals 1–8: sending, storing and memory through `styloscope run`, as a user starts it; mishaps and planning."""

import sys

from bench import asking, mishaps, planning
from bench.measure import capacity, counts, endpoint, interleaved, process, ratios, spread, table

PROMPTS = 2000
LATENCY_MS = 50
IDEAL = PROMPTS / asking.WIDTH * LATENCY_MS / 1000


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
    waited: list[float] = []

    def rate(port: int, size: int) -> float:
        with asking.folder() as home:
            before = counts(port)["cpu_seconds"]
            cost = asking.run(home, asking.write(home, port, size))
            cpu[size].append(cost.cpu)
            waited.append((counts(port)["cpu_seconds"] - before) / size * 1000)
            return size / asking.span(home)

    with endpoint(0) as port:
        answers, each = capacity(port)
        found = interleaved(
            rounds, ours=lambda: rate(port, prompts), small=lambda: rate(port, prompts // 5),
            floor=lambda: _httpx_floor(port, prompts),
        )  # fmt: skip
    slope = [
        (big - small) / (prompts - prompts // 5) * 1000
        for big, small in zip(cpu[prompts], cpu[prompts // 5], strict=True)
    ]
    table(f"Storing: {prompts:,} prompts, 64 in flight, answered at once", [
        ("", "the mock endpoint alone, answers a second", f"{answers:,.0f}", "> 20,000"),
        ("", "its processor ms an answer: alone; beside our run", f"{each:.3f}; {spread(waited)}", ""),
        (3, "calls stored a second", spread(found["ours"]), "≥ 2,200"),
        (3, "httpx on aiohttp → SQLite, calls a second", spread(found["floor"]), "floor 2,790"),
        (3, "**ratio to that floor**", spread(ratios(found["ours"], found["floor"])), "≥ 0.79"),
        (4, "**client CPU per prompt, ms**: read, applied, planned, asked, stored", spread(slope), "≤ 0.9"),
    ])  # fmt: skip


def memory(sizes: tuple[int, ...]) -> None:
    """Goal 5: peak memory over tenfold sizes, as draws of 2,000 prompts; and what a further draw of one costs."""
    costs = []
    with endpoint(0) as port:
        for size in sizes:
            with asking.folder() as home:
                costs.append(asking.run(home, asking.write(home, port, 2000, size // 2000)))
    slope = (costs[-1].cpu - costs[0].cpu) / (sizes[-1] - sizes[0]) * 1000
    table("Memory", [
        *((5, f"peak at {size:,} draws, MB", f"{cost.peak_mb:.0f}", "≤ 110, ≤ 10 more per tenfold")
          for size, cost in zip(sizes, costs, strict=True)),
        (4, "client CPU per further repeat, ms: planned, asked, stored", f"{slope:.2f}", ""),
    ])  # fmt: skip


def main(full: bool) -> None:
    """Run goals 1–8 and print their tables."""
    rounds = 5
    with endpoint(0) as port, asking.folder() as home:
        asking.run(home, asking.write(home, port, 10))  # so that no one measured compiles the code
        _floor(port, 1)
        _httpx_floor(port, 1)
    sending(rounds)
    storing(rounds)
    memory((2000, 20_000, 200_000) if full else (2000, 20_000))
    mishaps.faults(rounds if full else 3)
    mishaps.killing(100_000)
    planning.main(rounds=rounds)
