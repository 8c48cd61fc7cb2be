"""Goals 6 and 7: a run through faults, and through kills."""

import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from bench import asking
from bench.measure import ROOT, STYLOSCOPE, counts, endpoint, environment, interleaved, spread, table

PROMPTS = 2000
LATENCY_MS = 50
RETRY_AFTER = 1.0  # seconds that the endpoint's 429 asks to wait
SOME_FAILED = 3
WAITS_OF_THE_LAST = """
    SELECT count(*) FROM exchanges WHERE outcome = 'retry' AND status = 429 AND started_at BETWEEN ? AND ?
    AND transcript_id = (SELECT transcript_id FROM exchanges WHERE finished_at = ? LIMIT 1)
"""


def faults(rounds: int) -> None:
    """Goal 6: 5 % each of 429, 500, reset, cut body and bad JSON.

    A quarter of all calls fail, so some eight of 2,000 draws fail four times and end as failed: they are asked
    again with `retry`, as a user would, until all are done. What is timed is asking: of each command the seconds
    from its first request to its last answer, less what Retry-After asked of the draw that ended last.
    """
    lost, twice, retried = [], [], []
    commands: list[int] = []

    def hurt() -> float:
        with endpoint(LATENCY_MS, 0.05) as port, asking.folder() as home:
            begun = [time.time()]
            ended = asking.command(home, "run", str(asking.write(home, port, PROMPTS)), ends=(0, SOME_FAILED))
            retried.append(asking.stored(home).get("failed", 0))
            while ended.code == SOME_FAILED:
                begun.append(time.time())
                ended = asking.command(home, "retry", "1", ends=(0, SOME_FAILED))
            commands.append(len(begun))
            lost.append(PROMPTS - asking.stored(home)["done"])
            twice.append(counts(port)["answered_twice"])
            return seconds_asking(home, begun)

    def clean() -> float:
        with endpoint(LATENCY_MS) as port, asking.folder() as home:
            begun = time.time()
            asking.run(home, asking.write(home, port, PROMPTS))
            return seconds_asking(home, [begun])

    found = interleaved(rounds, faults=hurt, clean=clean)
    table("Faults: 5 % each of 429, 500, reset, cut body, bad JSON", [
        (6, "draws left to `retry`, of 2,000 (four tries failed)", spread(retried), ""),
        (6, "commands until all were done (`run`, then `retry`)", spread(commands), ""),
        (6, "answers lost in the end", max(lost), "0"),
        (6, "answers paid twice", max(twice), "0"),
        (6, "asking with faults, all commands, less Retry-After, s", spread(found["faults"]), ""),
        (6, "asking clean, s", spread(found["clean"]), ""),
        (6, "**ratio**",
         spread([hurt / clean for hurt, clean in zip(found["faults"], found["clean"], strict=True)]), "≤ 1.4"),
    ])  # fmt: skip


def seconds_asking(home: Path, begun: Sequence[float]) -> float:
    """Return the seconds that commands begun at these moments asked, less what Retry-After asked at their ends."""
    total = 0.0
    with asking.database(home) as base:
        for start, end in zip(begun, [*begun[1:], 1e12], strict=True):
            within = (round(start * 1000), round(end * 1000))
            first, last = base.execute(
                "SELECT min(started_at), max(finished_at) FROM exchanges WHERE started_at BETWEEN ? AND ?",
                within,
            ).fetchone()
            (waits,) = base.execute(WAITS_OF_THE_LAST, (*within, last)).fetchone()
            total += (last - first) / 1000 - RETRY_AFTER * waits
    return total


def killing(draws: int, resumes: int = 5) -> None:
    """Goal 7: SIGKILL in the middle, resume, and again; how much is sent again and how soon sending begins."""
    with endpoint(LATENCY_MS) as port, asking.folder() as home:
        _killed(home, port, "run", str(asking.write(home, port, 2000, draws // 2000)))
        soon = [_killed(home, port, "resume", "1") for _ in range(resumes)]
        extra = counts(port)["asked"] - asking.stored(home)["done"]
    table(f"Kill and resume at {draws:,} draws", [
        (7, "from `resume` to its first request, s", spread(soon), "< 2"),
        (7, f"calls beyond stored answers after {resumes + 1} kills", extra, f"≤ {(resumes + 1) * asking.WIDTH}"),
    ])  # fmt: skip


def _killed(home: Path, port: int, *words: str, calls: int = 500) -> float:
    """Begin a command and kill it once it has made so many calls; return the seconds to the first of them."""
    began, asked = time.perf_counter(), counts(port)["asked"]
    child = _begin(home, *words)
    _until(lambda: counts(port)["asked"] > asked)
    soon = time.perf_counter() - began
    _until(lambda: counts(port)["asked"] >= asked + calls)
    child.send_signal(signal.SIGKILL)
    child.wait()
    return soon


def _begin(home: Path, *words: str) -> "subprocess.Popen[bytes]":
    environ = {**environment(), "STYLOSCOPE_DATA": str(home / "data")}
    return subprocess.Popen([*STYLOSCOPE, *words], cwd=ROOT, env=environ,
                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip


def _until(condition: Callable[[], bool], seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError("the benchmark's run did not get there")
        time.sleep(0.02)
