"""A study of N different prompts × one subject at the mock endpoint, and running it as a user would."""

import json
import shutil
import sqlite3
import tempfile
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from bench.measure import STYLOSCOPE, Cost, process

WIDTH = 64


def write(folder: Path, port: int, prompts: int, repeats: int = 1, width: int = WIDTH) -> Path:
    """Write study.yaml and its battery; JSON is YAML, and quick to read."""
    battery = {
        "styloscope": 1,
        "battery": {"slug": "bench", "title": "Bench"},
        "prompts": [
            {"key": f"p{n}", "family": f"f{n}", "turns": [{"user": f"Prompt number {n}"}]}
            for n in range(prompts)
        ],
    }
    study = {
        "styloscope": 1,
        "study": {"slug": "bench", "title": "Bench"},
        "styles": [{"slug": "none", "name": "None"}],
        "endpoints": [
            {"slug": "mock", "wire": "openai-chat", "base_url": f"http://127.0.0.1:{port}/v1", "model": "mock-1",
             "style": "none", "limits": {"concurrency": width},
             "price": {"input_per_mtok": 0, "output_per_mtok": 0}}
        ],
        "subjects": [
            {"slug": "mock", "endpoint": "mock", "mode": "chat",
             "sampling": {"temperature": 0.7, "max_tokens": 128}}
        ],
        "batteries": ["./battery.yaml"],
        "run": {"repeats": repeats},
    }  # fmt: skip
    (folder / "battery.yaml").write_text(json.dumps(battery, indent=0))
    (folder / "study.yaml").write_text(json.dumps(study, indent=0))
    return folder / "study.yaml"


@contextmanager
def folder() -> Iterator[Path]:
    """Give a temporary folder for a study and its data."""
    path = Path(tempfile.mkdtemp(prefix="styloscope-bench-"))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def command(home: Path, *words: str, ends: Collection[int] = (0,)) -> Cost:
    """Run `styloscope WORDS… --json` as a user would; raise RuntimeError at an exit code that is not expected."""
    cost = process([*STYLOSCOPE, *words, "--json"], {"STYLOSCOPE_DATA": str(home / "data")})
    if cost.code not in ends:
        raise RuntimeError(f"styloscope {words[0]} ended with {cost.code}: {cost.out[-2000:]}")
    return cost


def run(home: Path, study: Path) -> Cost:
    """Run the study as a user would; raise RuntimeError when it did not end well."""
    return command(home, "run", str(study))


def database(home: Path) -> "closing[sqlite3.Connection]":
    """Open a folder's database, to be closed by `with`."""
    return closing(sqlite3.connect(home / "data" / "styloscope.db"))


def span(home: Path) -> float:
    """Return the seconds from the first request to the last answer stored, as the database tells them."""
    with database(home) as base:
        first, last = base.execute(
            "SELECT (SELECT min(started_at) FROM exchanges), (SELECT max(finished_at) FROM transcripts)"
        ).fetchone()
    return float(last - first) / 1000


def stored(home: Path) -> dict[str, int]:
    """Return how many transcripts are in each state, and how many calls were kept."""
    with database(home) as base:
        found = dict(base.execute("SELECT state, count(*) FROM transcripts GROUP BY state").fetchall())
        found["calls"] = base.execute("SELECT count(*) FROM exchanges").fetchone()[0]
    return found
