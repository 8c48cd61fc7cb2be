"""Goal 15: one tag put through HTTP, alone and while another client writes; when another browser hears of it."""

import http.client
import json
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from bench.data import build
from bench.measure import ROOT, spread, table
from bench.served import Served, server

STUDY = "study-1"
SIZE = 10_000
WRITER = """
import http.client, sys
line = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]))
n = 0
while True:
    n += 1
    body = '{"transcripts": [%d], "seen": %s}' % (n % 400 + 1, "true" if n // 400 % 2 == 0 else "false")
    line.request("POST", "/api/v1/seen", body, {"content-type": "application/json"})
    line.getresponse().read()
"""


class Client:
    """One connection that is kept open, as a browser keeps it."""

    def __init__(self, port: int) -> None:
        self.line = http.client.HTTPConnection("127.0.0.1", port)

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        sent = None if body is None else json.dumps(body)
        self.line.request(
            method, path, sent, {"content-type": "application/json", "accept": "application/json"}
        )
        reply = self.line.getresponse()
        told = reply.read()
        if reply.status >= 400:
            raise RuntimeError(f"{method} {path}: {reply.status} {told[:200]!r}")
        return json.loads(told) if told[:1] in b"{[" and told else None


def places(client: Client) -> list[dict[str, int]]:
    """Return places in answers of the study: transcript, message, and how long the text is."""
    found = []
    told = client.ask("GET", f"/api/v1/transcripts?study={STUDY}&state=done&limit=50")
    for one in told["transcripts"]:
        whole = client.ask("GET", f"/api/v1/transcripts/{one['number']}")
        answer = whole["messages"][-1]
        number = int(str(answer["id"]).rpartition(":m")[2])
        found.append({"transcript": one["number"], "message": number, "length": len(answer["text"])})
    return [one for one in found if one["length"] > 20]


def put(client: Client, where: list[dict[str, int]], count: int, begin: int) -> list[float]:
    """Put so many tags, each on a place of its own; return the milliseconds of each."""
    took = []
    for nth in range(begin, begin + count):
        place = where[nth % len(where)]
        round_, room = nth // len(where), place["length"] - 10
        start = round_ % room
        target = {"message": place["message"], "start": start, "end": start + 1 + round_ // room % 9}
        body = {"annotations": [{"tag": "hedging", "transcript": place["transcript"], "targets": [target]}]}
        began = time.perf_counter()
        client.ask("POST", f"/api/v1/studies/{STUDY}/annotations", body)
        took.append((time.perf_counter() - began) * 1000)
    return took


@contextmanager
def writing(port: int) -> Iterator[None]:
    """Another client that writes without a pause, from a process of its own."""
    other = subprocess.Popen([sys.executable, "-c", WRITER, str(port)], cwd=ROOT)
    try:
        yield
    finally:
        other.kill()
        other.wait()


def heard(served: Served, client: Client, where: list[dict[str, int]], count: int, begin: int) -> list[float]:
    """Return the milliseconds from sending a tag until the stream of another browser tells of it."""
    stream = http.client.HTTPConnection("127.0.0.1", served.port)
    stream.request("GET", "/events", headers={"accept": "text/event-stream"})
    reply = stream.getresponse()
    told: list[float] = []

    def listen() -> None:
        while len(told) < count:
            if b"event: annotation" in reply.readline():
                told.append(time.perf_counter())

    ears = threading.Thread(target=listen, daemon=True)
    ears.start()
    sent = []
    for nth in range(count):
        sent.append(time.perf_counter())
        put(client, where, 1, begin + nth)
    ears.join(20)
    return [(b - a) * 1000 for a, b in zip(sent, told, strict=False)]


@contextmanager
def fresh(folder: Path) -> Iterator[Path]:
    """A copy of the database without marks, put away afterwards."""
    with tempfile.TemporaryDirectory() as home:
        yield Path(shutil.copytree(build(folder, SIZE), Path(home) / "data"))


def main(folder: Path, rounds: int = 5, count: int = 200) -> None:
    """Run goal 15 and print its table."""
    with fresh(folder) as data, server(data) as served:
        client = Client(served.port)
        told = client.ask("GET", f"/api/v1/studies/{STUDY}/marks")
        if not told["tags"]:
            client.ask("POST", f"/studies/{STUDY}/codebook/starter")
        where = places(client)
        alone, beside, late, bare = [], [], [], []
        put(client, where, count, 0)
        begin = count
        for _ in range(rounds):
            alone.append(put(client, where, count, begin))
            with writing(served.port):
                beside.append(put(client, where, count, begin + count))
            late.append(heard(served, client, where, 50, begin + 2 * count))
            begin += 2 * count + 50
            bare.append([_bare(client) for _ in range(count)])
        rows = [(15, name, spread([measure(found) for found in taken]), goal) for name, taken, measure, goal in (
            ("a tag, p50 ms", alone, median, ""), ("a tag, p95 ms", alone, _p95, ""),
            ("while another client writes, p50 ms", beside, median, "≤ 5"),
            ("while another client writes, p95 ms", beside, _p95, "≤ 15"),
            ("heard by another browser's stream, p95 ms", late, _p95, "≤ 250"),
            ("the same server's `/healthz`, p50 ms", bare, median, ""),
        )]  # fmt: skip
        table(f"Tags through HTTP, {SIZE:,} transcripts, one server", rows)


def _p95(found: list[float]) -> float:
    return quantiles(found, n=20)[-1]


def _bare(client: Client) -> float:
    began = time.perf_counter()
    client.ask("GET", "/healthz")
    return (time.perf_counter() - began) * 1000
