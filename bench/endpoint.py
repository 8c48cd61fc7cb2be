"""A mock endpoint fast enough not to matter (> 20,000 answers a second), in a process of its own.

It speaks just enough HTTP/1.1 to answer an OpenAI chat completion, waits a settable time, fails in settable
shares, and counts every prompt, so that a benchmark can tell what was asked twice.

`python -m bench.endpoint --port 0 --latency-ms 50 --faults 0.05` prints its port, then serves until its standard
input closes. `GET /counts` tells {asked, answered, distinct, answered_twice, cpu_seconds}; `POST /reset` starts
anew.
"""

import argparse
import asyncio
import hashlib
import itertools
import json
import sys
import time
from collections import Counter
from typing import cast

HEAD = b"HTTP/1.1 %b\r\ncontent-type: application/json\r\ncontent-length: %d\r\n%b\r\n"
FAULTS = ("429", "500", "reset", "cut", "badjson")


class Counts:
    """What was asked and what was answered, by the SHA-256 of the request's body."""

    def __init__(self) -> None:
        self.asked: Counter[bytes] = Counter()
        self.answered: Counter[bytes] = Counter()

    def report(self) -> bytes:
        return json.dumps(
            {
                "asked": self.asked.total(),
                "answered": self.answered.total(),
                "distinct": len(self.asked),
                "answered_twice": sum(1 for n in self.answered.values() if n > 1),
                "cpu_seconds": time.process_time(),
            }
        ).encode()


class Connection(asyncio.Protocol):
    """One connection: requests with a content-length, pipelined or not."""

    counts = Counts()
    latency = 0.0
    faults = 0.0
    numbers = itertools.count()

    def __init__(self) -> None:
        self.buffer = b""
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's own class is no subclass of it

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while True:
            head, separator, rest = self.buffer.partition(b"\r\n\r\n")
            if not separator:
                return
            at = head.lower().find(b"content-length:")
            length = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
            if len(rest) < length:
                return
            self.buffer = rest[length:]
            self.answer(head, rest[:length])

    def answer(self, head: bytes, body: bytes) -> None:
        if head.startswith(b"GET /counts"):
            self.reply(b"200 OK", self.counts.report())
        elif head.startswith(b"POST /reset"):
            Connection.counts = Counts()
            self.reply(b"200 OK", b"{}")
        else:
            key = hashlib.sha256(body).digest()
            self.counts.asked[key] += 1
            fault = self.fault()
            if self.latency:
                asyncio.get_running_loop().call_later(self.latency, self.speak, key, fault)
            else:
                self.speak(key, fault)

    def fault(self) -> str | None:
        """Return each fault for its share of requests, evenly spread, so that two runs meet the same ones."""
        if not self.faults:
            return None
        place = next(self.numbers) % round(1 / self.faults)
        return FAULTS[place] if place < len(FAULTS) else None

    def speak(self, key: bytes, fault: str | None) -> None:
        if self.transport.is_closing():
            return
        body = ANSWER
        if fault == "429":
            self.reply(b"429 Too Many Requests", b'{"error":{"message":"slow down"}}', b"retry-after: 1\r\n")
        elif fault == "500":
            self.reply(b"500 Internal Server Error", b'{"error":{"message":"oops"}}')
        elif fault == "reset":
            self.transport.abort()
        elif fault == "cut":
            self.transport.write(HEAD % (b"200 OK", len(body), b"") + body[: len(body) // 2])
            self.transport.close()
        elif fault == "badjson":
            self.reply(b"200 OK", body[:-10])
        else:
            self.counts.answered[key] += 1
            self.reply(b"200 OK", body)

    def reply(self, status: bytes, body: bytes, headers: bytes = b"") -> None:
        self.transport.write(HEAD % (status, len(body), headers) + body)


WORDS = (
    "The harbour pilot knows where the bar shifts after a storm and says so before anyone asks him twice. "
)
ANSWER = json.dumps(
    {
        "id": "chatcmpl-bench",
        "object": "chat.completion",
        "created": 1_760_000_000,
        "model": "mock-1",
        "choices": [
            {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": WORDS * 4}}
        ],
        "usage": {"prompt_tokens": 30, "completion_tokens": 80, "total_tokens": 110},
    }
).encode()


async def serve(port: int) -> None:
    """Serve until standard input closes."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Connection, "127.0.0.1", port, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await loop.run_in_executor(None, sys.stdin.read)


def main() -> None:
    """Read the options and serve on uvloop."""
    import uvloop

    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--latency-ms", type=float, default=0)
    parser.add_argument("--faults", type=float, default=0, help="share of requests that meets each fault")
    options = parser.parse_args()
    Connection.latency = options.latency_ms / 1000
    Connection.faults = options.faults
    uvloop.run(serve(options.port))


if __name__ == "__main__":
    main()
