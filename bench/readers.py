"""Readers: requests over kept connections by raw sockets, in a process of their own, bounded in count and time.

`python -m bench.readers PORT WIDTH SECONDS` reads paths from standard input, a line each, asks them in turn over
WIDTH connections, and prints {requests, seconds, bytes, p50_ms, p95_ms, errors} as JSON.
"""

import asyncio
import itertools
import json
import sys
import time


async def reader(
    port: int, paths: "itertools.cycle[str]", until: float, took: list[float], sizes: list[int]
) -> int:
    """Ask one path after another until the time is up; return how many replies were not 200."""
    stream, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**22)
    errors = 0
    while time.perf_counter() < until:
        began = time.perf_counter()
        writer.write(f"GET {next(paths)} HTTP/1.1\r\nhost: 127.0.0.1\r\naccept: text/html\r\n\r\n".encode())
        head = await stream.readuntil(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        await stream.readexactly(length)
        took.append(time.perf_counter() - began)
        sizes.append(length)
        errors += b" 200 " not in head.split(b"\r\n")[0]
    writer.close()
    return errors


async def read(port: int, width: int, seconds: float, paths: list[str]) -> dict[str, float]:
    """Read for that long and return the figures."""
    took: list[float] = []
    sizes: list[int] = []
    turns = itertools.cycle(paths)
    began = time.perf_counter()
    errors = await asyncio.gather(*(reader(port, turns, began + seconds, took, sizes) for _ in range(width)))
    spent = time.perf_counter() - began
    took.sort()
    return {
        "requests": len(took),
        "seconds": spent,
        "bytes": sum(sizes) / len(sizes),
        "p50_ms": took[len(took) // 2] * 1000,
        "p95_ms": took[int(len(took) * 0.95)] * 1000,
        "errors": sum(errors),
    }


if __name__ == "__main__":
    port, width, seconds = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
    print(json.dumps(asyncio.run(read(port, width, seconds, sys.stdin.read().split()))))
