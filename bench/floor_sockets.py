"""The raw-socket floor: send N chat completions over C connections with nothing but asyncio, keep nothing.

`python -m bench.floor_sockets PORT N C` prints the seconds from the first request to the last answer.
"""

import asyncio
import json
import sys
import time


async def connection(port: int, numbers: "asyncio.Queue[int]") -> None:
    """Ask over one connection until no number is left."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while not numbers.empty():
        number = numbers.get_nowait()
        body = json.dumps(
            {"model": "mock-1", "messages": [{"role": "user", "content": f"Prompt number {number}"}],
             "max_tokens": 128, "temperature": 0.7},
        ).encode()  # fmt: skip
        writer.write(
            b"POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"
            b"content-length: %d\r\n\r\n" % len(body) + body
        )
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        json.loads(await reader.readexactly(length))
    writer.close()


async def run(port: int, count: int, width: int) -> float:
    """Return the seconds that `count` requests took over `width` connections."""
    numbers: asyncio.Queue[int] = asyncio.Queue()
    for number in range(count):
        numbers.put_nowait(number)
    began = time.perf_counter()
    await asyncio.gather(*(connection(port, numbers) for _ in range(width)))
    return time.perf_counter() - began


if __name__ == "__main__":
    port, count, width = map(int, sys.argv[1:4])
    print(asyncio.run(run(port, count, width)))
