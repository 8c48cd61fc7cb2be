"""What the benchmark of faults times: asking alone, command by command, without the waits that were asked for."""

import sqlite3
from pathlib import Path

from bench.mishaps import seconds_asking

CALLS = [
    (1, "retry", 429, 10_000, 10_100),
    (2, "answer", 200, 10_000, 10_200),
    (1, "retry", 500, 11_200, 11_300),
    (1, "failed", 429, 11_400, 11_500),  # no one waited after it
    (1, "answer", 200, 20_000, 20_300),
]


def test_the_time_between_commands_and_the_last_draws_waits_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    base = sqlite3.connect(tmp_path / "data" / "styloscope.db")
    base.execute("CREATE TABLE exchanges (transcript_id, outcome, status, started_at, finished_at)")
    base.executemany("INSERT INTO exchanges VALUES (?, ?, ?, ?, ?)", CALLS)
    base.commit()
    base.close()
    assert round(seconds_asking(tmp_path, [9.0, 19.0]), 3) == round(1.5 - 1 + 0.3, 3)
