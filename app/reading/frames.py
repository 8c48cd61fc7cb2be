"""Values between the server and the process that reads for patterns: each after its length in 8 bytes."""

import marshal
from typing import IO, Any

Spans = list[tuple[int, int]]  # places in a text, from where and up to where


def put(value: Any, to: IO[bytes]) -> None:
    """Write a value with its length before it."""
    body = marshal.dumps(value)
    to.write(len(body).to_bytes(8, "big") + body)
    to.flush()


def take(source: IO[bytes]) -> Any:
    """Read what `put` wrote; raise EOFError where there is no more."""
    head = source.read(8)
    body = source.read(int.from_bytes(head, "big")) if len(head) == 8 else b""
    return marshal.loads(body)
