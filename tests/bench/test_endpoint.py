"""The benchmarks' own parts are right: the mock endpoint counts every prompt and fails in the share it is told."""

import sqlite3
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from bench import measure
from bench.data import PER_STUDY, PROMPTS, RUNGS, build


def ask(port: int, number: int) -> int:
    try:
        body = {"model": "m", "messages": [{"role": "user", "content": f"n {number}"}]}
        reply = httpx.post(f"http://127.0.0.1:{port}/v1/chat/completions", json=body, trust_env=False)
        reply.json()
    except (httpx.TransportError, ValueError):
        return 0
    return reply.status_code


def test_every_prompt_is_counted() -> None:
    with measure.endpoint() as port:
        for number in (1, 2, 2):
            assert ask(port, number) == 200
        found = measure.counts(port)
        assert found.pop("cpu_seconds") > 0
        assert found == {"asked": 3, "answered": 3, "distinct": 2, "answered_twice": 1}


def test_the_endpoint_costs_little_beside_any_client() -> None:
    with measure.endpoint() as port:
        each_second, milliseconds = measure.capacity(port, answers=2000)
        assert measure.counts(port)["answered"] == 2001
    assert each_second > 0
    assert 0 < milliseconds < 0.5  # 0.03 on an idle machine


def test_each_fault_takes_its_share() -> None:
    with measure.endpoint(faults=0.05) as port, ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda number: ask(port, number), range(200)))
    assert found.count(429) == 10
    assert found.count(500) == 10
    assert found.count(0) == 30  # reset, cut body, bad JSON
    assert found.count(200) == 150


def test_a_process_is_accounted_for_alone() -> None:
    held = bytearray(b"x") * 300_000_000  # of this process, and none of the other's
    cost = measure.process([sys.executable, "-c", "x = bytearray(b'x') * 60_000_000; print(len(x)); exit(3)"])
    assert cost.out == "60000000\n"
    assert cost.code == 3
    assert 60 < cost.peak_mb < 100 < len(held) / 1e6
    assert 0 < cost.cpu <= cost.wall * 2


def test_spread_shows_median_and_extremes() -> None:
    assert measure.spread([3.0, 1.0, 2.0]) == "2 [1–3]"
    assert measure.ratios([2.0, 9.0], [1.0, 3.0]) == [2.0, 3.0]


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> sqlite3.Connection:
    home = build(tmp_path_factory.mktemp("bench"), PER_STUDY)
    return sqlite3.connect(Path(home) / "styloscope.db")


def test_the_generated_database_is_what_it_says(generated: sqlite3.Connection) -> None:
    done, prompts, ladders = generated.execute(
        "SELECT (SELECT count(*) FROM transcripts WHERE state = 'done'), (SELECT count(*) FROM prompts), "
        "(SELECT count(*) FROM prompts WHERE mode = 'ladder')"
    ).fetchone()
    assert (done, prompts, ladders) == (PER_STUDY, PROMPTS, PROMPTS // 10)
    assert generated.execute("PRAGMA foreign_key_check").fetchall() == []
    generated.close()


def test_a_path_leads_from_the_tip_to_the_prompt(tmp_path: Path) -> None:
    base = sqlite3.connect(build(tmp_path, PER_STUDY) / "styloscope.db")
    walk = (
        "WITH RECURSIVE path(id, parent_id) AS (SELECT id, parent_id FROM messages WHERE id = ? "
        "UNION ALL SELECT m.id, m.parent_id FROM messages m JOIN path p ON m.id = p.parent_id) "
        "SELECT count(*) FROM path"
    )
    ladder = base.execute(
        "SELECT tip_id FROM transcripts WHERE prompt_id IN (SELECT id FROM prompts WHERE mode = 'ladder')"
    ).fetchone()
    assert base.execute(walk, ladder).fetchone() == (2 * RUNGS,)
    base.close()
