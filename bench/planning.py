"""Goal 8: planning draws, in a process of its own; the floor writes the same rows with nothing but SQLite.

`python -m bench.planning plan|copy DRAWS` prints the seconds of wall and of processor that it took.
"""

import json
import os
import sys
import time
from pathlib import Path

from bench import asking
from bench.measure import interleaved, process, ratios, spread, table

PROMPTS = 2000


def main(draws: int = 100_000, rounds: int = 5) -> None:
    """Run goal 8 and print its table."""
    peaks: dict[str, float] = {}

    def seconds(what: str, size: int) -> float:
        cost = process([sys.executable, "-m", "bench.planning", what, str(size)])
        if cost.code:
            raise RuntimeError(f"planning ended with {cost.code}: {cost.out[-2000:]}")
        peaks[f"{what} {size}"] = cost.peak_mb
        return float(json.loads(cost.out)["cpu"])

    found = interleaved(
        rounds, plan=lambda: seconds("plan", draws), copy=lambda: seconds("copy", draws),
        small=lambda: seconds("plan", draws // 10),
    )  # fmt: skip
    table(f"Planning: {draws:,} draws of {PROMPTS:,} prompts", [
        (8, "one wave planned, processor s", spread(found["plan"]), "≤ 3"),
        (8, "the same rows by SQLite alone, processor s", spread(found["copy"]), "floor"),
        (8, "ratio", spread(ratios(found["plan"], found["copy"])), ""),
        (8, f"peak at {draws // 10:,} and at {draws:,}, MB",
         f"{peaks[f'plan {draws // 10}']:.0f}, {peaks[f'plan {draws}']:.0f}", "flat"),
    ])  # fmt: skip


def _plan(home: Path, draws: int) -> tuple[float, float]:
    """Apply a study and plan a run of it; return the seconds that planning took."""
    os.environ["STYLOSCOPE_DATA"] = str(home / "data")
    from app import db
    from app.runs.study_file import apply, load
    from app.schema import open_ready
    from app.settings import settings
    from app.transcripts import commands

    file = load(asking.write(home, 9, PROMPTS))
    open_ready(settings())
    with db.writing() as session:
        applied = apply(session, file)
        began = time.perf_counter(), time.process_time()
        commands.start(
            session, study_id=applied.study_id, battery_version_ids=applied.battery_version_ids,
            subject_version_ids=applied.subject_version_ids, repeats=draws // PROMPTS,
        )  # fmt: skip
    return time.perf_counter() - began[0], time.process_time() - began[1]


def _copy(home: Path, draws: int) -> tuple[float, float]:
    """Plan, take the rows out again, and return the seconds that SQLite takes to put them back."""
    _plan(home, draws)
    with asking.database(home) as base:
        base.execute("PRAGMA synchronous=NORMAL")
        rows = base.execute("SELECT * FROM transcripts").fetchall()
        base.execute("DELETE FROM transcripts")
        base.commit()
        began = time.perf_counter(), time.process_time()
        base.executemany(f"INSERT INTO transcripts VALUES ({', '.join('?' * len(rows[0]))})", rows)
        base.commit()
    return time.perf_counter() - began[0], time.process_time() - began[1]


if __name__ == "__main__":
    what, size = sys.argv[1], int(sys.argv[2])
    with asking.folder() as folder:
        wall, cpu = (_plan if what == "plan" else _copy)(folder, size)
    print(json.dumps({"wall": wall, "cpu": cpu}))
