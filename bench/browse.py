"""Goals 9–11: the Compare page and lists at 10,000 and 1,000,000 transcripts, one reader and thirty-two."""

import json
import random
import subprocess
import sys
from pathlib import Path
from statistics import median

from bench.data import PER_STUDY, PROMPTS, build
from bench.measure import ROOT, spread, table
from bench.served import Served, server


def pages(transcripts: int, count: int = 200, seed: int = 3) -> list[str]:
    """Return addresses of Compare pages drawn at random over the whole database."""
    rng = random.Random(seed)
    studies = transcripts // PER_STUDY
    found = []
    for _ in range(count):
        n = rng.randint(1, studies)
        found.append(f"/studies/study-{n}/compare/battery-{n}/prompt-{rng.randrange(PROMPTS)}")
    return found


def read(served: Served, width: int, seconds: float, paths: list[str]) -> dict[str, float]:
    """Read pages from a process of their own."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.readers", str(served.port), str(width), str(seconds)],
        input="\n".join(paths), cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    found: dict[str, float] = json.loads(done.stdout)
    if found["errors"]:
        raise RuntimeError(f"{found['errors']:.0f} pages were not answered with 200")
    return found


def one_reader(folder: Path, sizes: tuple[int, int], rounds: int) -> None:
    """Goal 9: one reader at two sizes, rounds interleaved; the server's bare reply beside it."""
    with server(build(folder, sizes[0])) as small, server(build(folder, sizes[1])) as large:
        for served, size in ((small, sizes[0]), (large, sizes[1])):
            read(served, 1, 3, pages(size))
        at_small, at_large, bare, first = [], [], [], []
        for number in range(rounds):
            at_small.append(read(small, 1, 3, pages(sizes[0])))
            at_large.append(read(large, 1, 3, pages(sizes[1])))
            bare.append(read(small, 1, 1, ["/healthz"]))
            # More pages than a second reads, others in each round: none that the server still keeps.
            first.append(read(large, 1, 1, pages(sizes[1], 4000, 100 + number)))
        p50 = [found["p50_ms"] for found in at_large]
        rows = [
            (9, f"p50 at {sizes[1]:,}, ms", spread(p50), "≤ 3"),
            (9, f"p95 at {sizes[1]:,}, ms", spread([found["p95_ms"] for found in at_large]), "≤ 6"),
            (9, f"p50 at {sizes[1]:,} of pages read for the first time, ms",
             spread([found["p50_ms"] for found in first]), "≤ 3"),
            (9, "p95 of those", spread([found["p95_ms"] for found in first]), "≤ 6"),
            (9, f"p50 at {sizes[0]:,}, ms", spread([found["p50_ms"] for found in at_small]), ""),
            (9, "**ratio of the two sizes**", spread(
                [a / b["p50_ms"] for a, b in zip(p50, at_small, strict=True)]), "≤ 1.3"),
            (9, "page, KB", f"{median(found['bytes'] for found in at_large) / 1024:.0f}", "about 50"),
            (9, "the same server's `/healthz`, p50 ms", spread([found["p50_ms"] for found in bare]), ""),
        ]  # fmt: skip
        table(f"Compare, one reader, {sizes[1]:,} transcripts", rows)


def many_readers(folder: Path, size: int, rounds: int) -> None:
    """Goals 10 and 11: thirty-two readers in one process; a list page at 90 % depth."""
    with server(build(folder, size)) as served:
        read(served, 32, 3, pages(size))
        found = [read(served, 32, 4, pages(size)) for _ in range(rounds)]
        deep = f"/api/v1/transcripts?limit=50&after={int(size * 0.9)}"
        lists = [read(served, 1, 1, [deep])["p50_ms"] for _ in range(rounds)]
        filtered = [read(served, 1, 1, [f"{deep}&state=done"])["p50_ms"] for _ in range(rounds)]
        table(f"Compare, 32 readers, {size:,} transcripts", [
            (10, "requests a second", spread([f["requests"] / f["seconds"] for f in found]), "≥ 600"),
            (10, "p95, ms", spread([f["p95_ms"] for f in found]), "≤ 80"),
            (10, "server's peak memory, MB", f"{served.peak_mb():.0f}", "≤ 250"),
            (11, "list page at 90 % depth, p50 ms", spread(lists), "≤ 8"),
            (11, "the same, filtered by state", spread(filtered), "≤ 8"),
        ])  # fmt: skip


def main(full: bool, folder: Path) -> None:
    """Run goals 9–11 and print their tables; the short form reads 100,000 instead of 1,000,000."""
    large = 1_000_000 if full else 100_000
    one_reader(folder, (10_000, large), 5)
    many_readers(folder, large, 5)
