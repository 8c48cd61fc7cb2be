"""Goal 12: words found in 1,000,000 transcripts, best and newest first, the same of one subject, and patterns.

The floor is the bare question to FTS5 in this process. What a hostile pattern costs others is measured by another
reader, who reads Compare pages and searches words while it runs.
"""

import http.client
import json
import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from urllib.parse import quote

from bench.browse import pages
from bench.data import RARE, build
from bench.measure import interleaved, spread, table
from bench.served import Served, server

BEST = (
    "SELECT rowid, bm25(messages_fts, 1.0, 0.0) AS r FROM messages_fts WHERE messages_fts MATCH ? "
    "ORDER BY r LIMIT 50"
)
NEWEST = "SELECT rowid FROM messages_fts WHERE messages_fts MATCH ? ORDER BY rowid DESC LIMIT 50"
COMMON, SOME = "quorum", "zephyr"
HOSTILE = "/(.{1,300}a.{1,300}b){1}Q/"
SLOW = "/[a-z]*x[a-z]*qu[a-z]*/"


class Asker:
    """One connection that asks and waits."""

    def __init__(self, served: Served) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=60)
        self.at = 0.0

    def ask(self, path: str) -> tuple[float, bytes]:
        """Return how many milliseconds a reply took, and its body."""
        if time.perf_counter() - self.at > 3:  # the server lets go of a connection that is idle for long
            self.connection.close()
            self.connection.connect()
        began = time.perf_counter()
        self.connection.request("GET", path)
        reply = self.connection.getresponse()
        body = reply.read()
        if reply.status != 200:
            raise RuntimeError(f"{reply.status} for {path}")
        self.at = time.perf_counter()
        return (self.at - began) * 1000, body


def found(asker: Asker, query: str, times: int = 3) -> Callable[[], float]:
    """Return a job that searches through the API and tells the median milliseconds."""
    path = f"/api/v1/search?limit=50&{query}"
    return lambda: median(asker.ask(path)[0] for _ in range(times))


def bare(base: sqlite3.Connection, statement: str, match: str, times: int = 3) -> Callable[[], float]:
    """Return a job that asks FTS5 alone."""

    def once() -> float:
        began = time.perf_counter()
        base.execute(statement, (match,)).fetchall()
        return (time.perf_counter() - began) * 1000

    return lambda: median(once() for _ in range(times))


def words(served: Served, home: Path, rounds: int) -> None:
    """Print how long words take, best and newest first, everywhere and of one subject."""
    asker, base = Asker(served), sqlite3.connect(f"file:{home}/styloscope.db?mode=ro", uri=True)
    base.execute("PRAGMA cache_size=-16000")
    jobs: dict[str, Callable[[], float]] = {
        "health": lambda: median(asker.ask("/healthz")[0] for _ in range(5))
    }
    for word in (SOME, COMMON):
        jobs |= {
            f"best {word}": found(asker, f"q={word}&sort=best"),
            f"best {word}, subject": found(asker, f"q={word}&sort=best&subject=subject-3"),
            f"best {word}, bare": bare(base, BEST, f'text : "{word}"'),
            f"newest {word}": found(asker, f"q={word}"),
            f"newest {word}, subject": found(asker, f"q={word}&subject=subject-3"),
            f"newest {word}, study": found(asker, f"q={word}&study=study-7"),
            f"newest {word}, battery": found(asker, f"q={word}&battery=battery-7"),
            f"newest {word}, bare": bare(base, NEWEST, f'text : "{word}"'),
        }
    for job in jobs.values():
        job()
    got = interleaved(rounds, **jobs)
    goals = {
        f"best {SOME}": "≤ 40",
        f"best {COMMON}": "≤ 250",
        f"newest {SOME}": "≤ 5",
        f"newest {COMMON}": "≤ 5",
    }
    rows = []
    for name, took in got.items():
        rows.append((12, f"{name}, ms", spread(took), goals.get(name, "floor" if "bare" in name else "")))
        if ", subject" in name:
            ratio = [a / b for a, b in zip(took, got[name.removesuffix(", subject")], strict=True)]
            rows.append((12, f"**{name} against all, ratio**", spread(ratio), "≤ 1"))
    table(
        f"Words ({SOME} in {RARE[SOME]:.0%} of texts, {COMMON} in {RARE[COMMON]:.0%}), through the API", rows
    )


class Other:
    """Another reader, who asks one thing after another and notes how long each took."""

    def __init__(self, served: Served, paths: list[str]) -> None:
        self.asker, self.paths, self.took = Asker(served), paths, [0.0][:0]
        self.going = threading.Event()
        self.going.set()
        self.thread = threading.Thread(target=self.read)

    def read(self) -> None:
        """Ask until told to stop, ten times a second, as a reader who turns pages quickly."""
        for path in self.paths * 1000:
            if not self.going.is_set():
                return
            self.took.append(self.asker.ask(path)[0])
            time.sleep(0.02)

    def stop(self) -> list[float]:
        """Stop, and return how long each reply took."""
        self.going.clear()
        self.thread.join()
        return self.took


def beside(served: Served, paths: list[str], query: str) -> tuple[list[float], float]:
    """Return how long others' replies took while a search ran, and how long it took."""
    other = Other(served, paths)
    other.thread.start()
    if query:
        took, _ = Asker(served).ask(f"/api/v1/search?q={quote(query)}")
    else:
        time.sleep(3)
        took = 0.0
    return other.stop(), took


def patterns(served: Served, size: int, rounds: int) -> None:
    """Print how long patterns take, how far they come, and what a hostile one costs another reader."""
    asker, rows = Asker(served), []
    for what, query in (("a rare word in it", r"/\bxylem\b/"), ("no whole word", SLOW), ("hostile", HOSTILE)):
        took, read = [], []
        for _ in range(rounds):
            ms, body = asker.ask(f"/api/v1/search?q={quote(query)}")
            told = json.loads(body)
            took.append(ms / 1000)
            read.append(told["read"])
        rows.append(("", f"pattern, {what}, s", spread(took), "≤ 3 and what is under way"))
        rows.append(("", "texts read by then", spread(read), ""))
    for what, paths in (
        ("Compare pages", pages(size, 400)),
        ("a word, newest first", ["/api/v1/search?q=zephyr"]),
    ):
        quiet, loud = [], []
        for _ in range(rounds):
            quiet += beside(served, paths, "")[0]
            loud += beside(served, paths, HOSTILE)[0] + beside(served, paths, SLOW)[0]
        quiet.sort()
        loud.sort()
        for name, some in (("alone", quiet), ("beside patterns", loud)):
            rows.append(
                (
                    "",
                    f"{what}, {name}, p50 / p95 / worst ms",
                    f"{median(some):.3g} / {some[int(len(some) * 0.95)]:.3g} / {some[-1]:.3g}",
                    "",
                )
            )
        worse = loud[int(len(loud) * 0.95)] - quiet[int(len(quiet) * 0.95)]
        rows.append(("", f"**{what}: a pattern costs at p95, ms**", f"{worse:.3g}", "≤ 50"))
    table("Patterns", rows)


def main(full: bool, folder: Path) -> None:
    """Run goal 12 and print its tables; the short form has 100,000 transcripts instead of 1,000,000."""
    size = 1_000_000 if full else 100_000
    home = build(folder, size)
    with server(home) as served:
        words(served, home, 5)
        patterns(served, size, 3)
