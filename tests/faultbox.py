"""A model endpoint for tests: a real HTTP server on 127.0.0.1 that answers at once, counts every prompt, and has
every fault on order.

It speaks OpenAI chat and completions, Anthropic messages, Gemini's generateContent and llama.cpp's template route.
`python -m tests.faultbox FOLDER` serves in a process of its own, keeping its port and every prompt it was asked in
FOLDER.
"""

import asyncio
import json
import random
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

Body = dict[str, Any]


@dataclass(frozen=True)
class Fault:
    """How a call goes wrong. `close` ends the connection: before any byte ("reset"), in the body ("cut") or never
    ("hang"). `headers` are added to the reply."""

    status: int = 200
    body: bytes | Body | None = None
    headers: dict[str, str] = field(default_factory=dict)
    close: str = ""


def _error(status: int, message: str, headers: dict[str, str] | None = None, **names: str) -> Fault:
    return Fault(status, {"error": {"message": message, **names}}, headers or {})


FAULTS: dict[str, Fault] = {
    "429": _error(429, "Rate limit reached", type="requests", code="rate_limit_exceeded"),
    "429-after": _error(429, "Rate limit reached", {"retry-after": "0"}, code="rate_limit_exceeded"),
    "money": _error(429, "You exceeded your current quota", type="insufficient_quota", code="insufficient_quota"),
    "401": _error(401, "Incorrect API key provided", code="invalid_api_key"),
    "402": _error(402, "Payment required"),
    "403": _error(403, "Not allowed"),
    "404": _error(404, "No such model", code="model_not_found"),
    "500": _error(500, "The server had an error"),
    "503": _error(503, "Overloaded"),
    "lacking": _error(400, "Unsupported parameter: 'temperature' is not supported with this model.",
                      code="unsupported_parameter", param="temperature"),
    "blocked": _error(400, "Invalid prompt", code="content_policy_violation"),
    "overflow": _error(400, "maximum context length is 4096 tokens", code="context_length_exceeded"),
    "error-in-200": Fault(200, {"error": {"message": "upstream failed", "code": 502}}),
    "bad-json": Fault(200, b'{"choices": [{"message": '),
    "html": Fault(200, b"<html>busy</html>", {"content-type": "text/html"}),
    "reset": Fault(close="reset"),
    "cut": Fault(close="cut"),
    "hang": Fault(close="hang"),
    "huge": Fault(200, b'{"choices": "' + b"x" * 40_000_000 + b'"}'),
    "surrogates": Fault(200, b'{"model":"m","choices":[{"message":{"content":"a \\ud83d b"},'
                             b'"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":4}}'),
    "nul": Fault(200, b'{"model":"m","choices":[{"message":{"content":"a\\u0000b"},"finish_reason":"stop"}]}'),
}  # fmt: skip


@dataclass(frozen=True)
class Seen:
    """One call as it arrived."""

    path: str
    headers: dict[str, str]
    body: Body

    @property
    def prompt(self) -> str:
        """The whole text that was asked: the raw prompt, or every turn."""
        if "prompt" in self.body:
            return str(self.body["prompt"])
        if "contents" in self.body:
            return "\n".join(part["text"] for turn in self.body["contents"] for part in turn["parts"])
        return "\n".join(str(turn["content"]) for turn in self.body.get("messages", ()))


class FaultBox:
    """The server. Set `latency`, `answer` and `fault` before or while it is asked; read `seen` and `asked`."""

    def __init__(self, *, latency: float = 0.0, at: Path | None = None) -> None:
        self.latency = latency
        self.answer: Callable[[Seen], str] = lambda seen: f"answer to {seen.prompt[-40:]}"
        self.fault: Callable[[Seen], str | None] = lambda _seen: None
        self.usage: tuple[int, int] | None = (11, 7)
        self.stop = "stop"
        self.seen: list[Seen] = []
        self.asked: Counter[str] = Counter()
        self.at_once = 0
        self.most_at_once = 0
        self.port = 0
        self._log = (at / "asked").open("a", buffering=1) if at else None
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def faults(self, names: Iterable[str | None]) -> None:
        """Let the next calls go wrong in turn (None = answer well), all after them well."""
        order = iter(names)
        self.fault = lambda _seen: next(order, None)

    def share(self, parts: dict[str, float], seed: int = 1) -> None:
        """Let these shares of calls go wrong, at random."""
        dice = random.Random(seed)
        self.fault = lambda _seen: next(
            iter(dice.choices([*parts, None], [*parts.values(), 1 - sum(parts.values())]))
        )

    @property
    def url(self) -> str:
        """The base URL of the OpenAI routes."""
        return f"http://127.0.0.1:{self.port}/v1"

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        if self._log:
            self._log.close()

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(
            self._loop.create_server(lambda: _Connection(self), "127.0.0.1", self.port)
        )
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()
        server.close()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.close()

    def note(self, seen: Seen) -> None:
        """Count a call."""
        self.seen.append(seen)
        self.asked[seen.prompt] += 1
        if self._log:
            self._log.write(json.dumps([seen.prompt, seen.body.get("seed")]) + "\n")

    def reply(self, seen: Seen) -> Body | Fault:
        """Return the well-formed answer to a call; a test may put another answer here, or a fault."""
        text = self.answer(seen)
        into, out = self.usage or (None, None)
        if seen.path.endswith("/apply-template"):
            return {"prompt": f"<|user|>{seen.prompt}<|assistant|>"}
        if seen.path.endswith("/v1/messages"):
            usage = {"input_tokens": into, "output_tokens": out} if self.usage else {}
            return {"type": "message", "role": "assistant", "model": "m-served", "usage": usage,
                    "content": [{"type": "text", "text": text}], "stop_reason": "end_turn"}  # fmt: skip
        if seen.path.endswith(":generateContent"):
            usage = {"promptTokenCount": into, "candidatesTokenCount": out} if self.usage else {}
            content = {"role": "model", "parts": [{"text": text}]}
            return {"modelVersion": "m-served", "usageMetadata": usage,
                    "candidates": [{"content": content, "finishReason": "STOP"}]}  # fmt: skip
        raw = seen.path.endswith("/v1/completions")
        said = {"text": text} if raw else {"message": {"role": "assistant", "content": text}}
        usage = {"prompt_tokens": into, "completion_tokens": out} if self.usage else None
        return {
            "model": "m-served",
            "choices": [{"index": 0, **said, "finish_reason": self.stop}],
            "usage": usage,
        }


class _Connection(asyncio.Protocol):
    """One connection: HTTP/1.1 with content-length, one request after another."""

    def __init__(self, box: FaultBox) -> None:
        self._box = box
        self._got = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._out = transport

    def data_received(self, data: bytes) -> None:
        self._got += data
        head, found, rest = self._got.partition(b"\r\n\r\n")
        if not found:
            return
        lines = head.decode("latin-1").split("\r\n")
        headers = {
            name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])
        }
        length = int(headers.get("content-length", "0"))
        if len(rest) < length:
            return
        self._got = rest[length:]
        seen = Seen(lines[0].split(" ")[1], headers, json.loads(rest[:length] or b"{}"))
        box = self._box
        box.note(seen)
        box.at_once += 1
        box.most_at_once = max(box.most_at_once, box.at_once)
        if box.latency:
            asyncio.get_running_loop().call_later(box.latency, self._answer, seen)
        else:
            self._answer(seen)

    def _answer(self, seen: Seen) -> None:
        box = self._box
        name = None if seen.path.endswith("/apply-template") else box.fault(seen)
        fault = FAULTS[name] if name else Fault()
        if fault.close == "hang":
            return
        box.at_once -= 1
        body = fault.body if fault.body is not None else box.reply(seen)
        if isinstance(body, Fault):
            fault, body = body, body.body
        written = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"content-type": "application/json", "content-length": str(len(written)), **fault.headers}
        head = f"HTTP/1.1 {fault.status} x\r\n" + "".join(
            f"{key}: {value}\r\n" for key, value in headers.items()
        )
        if fault.close == "reset":
            self._out.abort()
        elif fault.close == "cut":
            self._out.write(head.encode() + b"\r\n" + written[: len(written) // 2])
            self._out.close()
        else:
            self._out.write(head.encode() + b"\r\n" + written)


def main(folder: Path, latency: float) -> None:
    """Serve until the process ends; the port is in FOLDER/port, every prompt asked a line of FOLDER/asked."""
    with FaultBox(latency=latency, at=folder) as box:
        (folder / "port").write_text(str(box.port))
        threading.Event().wait()


if __name__ == "__main__":
    main(Path(sys.argv[1]), float(sys.argv[2]) if len(sys.argv) > 2 else 0.0)
