"""The httpx floor: N chat completions through the httpx interface on aiohttp, stored raw in SQLite by a thread.

`python -m bench.floor_httpx PORT N C FILE` prints the seconds from the first request to the last stored answer.
"""

import asyncio
import json
import queue
import sqlite3
import sys
import threading
import time

import httpx
import httpx_aiohttp


def writer(path: str, answers: "queue.Queue[tuple[int, bytes] | None]") -> None:
    """Store answers in batches of whatever waits, one transaction each."""
    with sqlite3.connect(path, isolation_level=None) as base:
        base.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;")
        base.execute("CREATE TABLE answers (n INTEGER PRIMARY KEY, text TEXT, body BLOB)")
        going = True
        while going:
            rows = [answers.get()]
            while not answers.empty():
                rows.append(answers.get_nowait())
            kept = [row for row in rows if row is not None]
            going = len(kept) == len(rows)
            base.execute("BEGIN IMMEDIATE")
            base.executemany(
                "INSERT INTO answers VALUES (?, ?, ?)",
                [(n, json.loads(body)["choices"][0]["message"]["content"], body) for n, body in kept],
            )
            base.execute("COMMIT")


async def run(port: int, count: int, width: int, answers: "queue.Queue[tuple[int, bytes] | None]") -> None:
    """Ask `count` prompts with `width` in flight."""
    numbers = iter(range(count))
    transport = httpx_aiohttp.AiohttpTransport(limits=httpx.Limits(max_connections=width))
    async with httpx.AsyncClient(transport=transport, trust_env=False) as client:

        async def worker() -> None:
            for number in numbers:
                reply = await client.post(
                    f"http://127.0.0.1:{port}/v1/chat/completions",
                    json={"model": "mock-1", "messages": [{"role": "user", "content": f"Prompt number {number}"}],
                          "max_tokens": 128, "temperature": 0.7},
                )  # fmt: skip
                answers.put((number, reply.content))

        await asyncio.gather(*(worker() for _ in range(width)))


def main() -> None:
    """Run sender and writer and print the seconds."""
    port, count, width = map(int, sys.argv[1:4])
    answers: queue.Queue[tuple[int, bytes] | None] = queue.Queue()
    thread = threading.Thread(target=writer, args=(sys.argv[4], answers))
    began = time.perf_counter()
    thread.start()
    asyncio.run(run(port, count, width, answers))
    answers.put(None)
    thread.join()
    print(time.perf_counter() - began)


if __name__ == "__main__":
    main()
