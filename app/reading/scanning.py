"""Reading texts for patterns in a process of their own (`scan`), within a hard limit of time."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import IO, Any

from app.reading.filters import BadFilter
from app.reading.frames import Spans, put, take
from app.reading.terms import Pattern, Terms
from app.web import ROOT

HINTS = {
    "(?=": "RE2 knows no look-ahead", "(?!": "RE2 knows no look-ahead", "(?<": "RE2 knows no look-behind",
    "\\1": "RE2 knows no back-references",
}  # fmt: skip


class Cut(Exception):
    """The limit was reached before all was read."""


class Scanner:
    """A process at work on some patterns. It is killed when its time is up, whatever it does then."""

    def __init__(self, line: Terms, seconds: float) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "app.reading.scan"], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        self.deadline = time.monotonic() + seconds
        self._timer = threading.Timer(seconds, self._process.kill)
        self._timer.daemon = True
        self._timer.start()
        self._waiting = 0
        self._line = line

    @property
    def left(self) -> float:
        """The seconds that are left."""
        return max(0.0, self.deadline - time.monotonic())

    def start(self) -> None:
        """Hand the patterns over; raise BadFilter where RE2 cannot read one."""
        line = self._line
        each = [
            [(one.text, one.any_case, one.literal) for one in some]
            for some in (line.patterns, line.without_patterns)
        ]
        self._send({"patterns": each[0], "without": each[1]})
        wrong = self._take()
        if wrong:
            raise _unreadable(wrong, line.scanned)

    def send(self, texts: Sequence[str]) -> None:
        """Give it texts to read, while those before may still be read."""
        self._send(list(texts))
        self._waiting += 1

    def answer(self) -> list[tuple[int, Spans]]:
        """Return the places and spans of the texts that match, of the first list not answered yet; raise Cut."""
        self._waiting -= 1
        found: list[tuple[int, Spans]] = self._take()
        return found

    @property
    def waiting(self) -> int:
        """How many lists of texts are not answered yet."""
        return self._waiting

    def close(self) -> None:
        """End the process."""
        self._timer.cancel()
        self._process.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            _closed(pipe)
        self._process.wait()

    def _send(self, value: object) -> None:
        assert self._process.stdin is not None
        try:
            put(value, self._process.stdin)
        except OSError as error:
            raise Cut from error

    def _take(self) -> Any:
        assert self._process.stdout is not None
        try:
            return take(self._process.stdout)
        except (EOFError, OSError, ValueError) as error:
            raise Cut from error


@contextmanager
def scanner(line: Terms, seconds: float) -> Iterator[Scanner]:
    """Start a process for a line's patterns and end it afterwards; raise BadFilter where one cannot be read."""
    one = Scanner(line, seconds)
    try:
        one.start()
        yield one
    finally:
        one.close()


def _closed(pipe: IO[bytes] | None) -> None:
    with suppress(OSError):  # what it never took is lost with it
        if pipe is not None:
            pipe.close()


def _unreadable(wrong: str, patterns: Sequence[Pattern]) -> BadFilter:
    """Say what is wrong with a pattern, and at which sign of the line."""
    what, _, part = wrong.partition(": ")
    one = next((one for one in patterns if part and part in one.text), patterns[0])
    at = one.at + max(0, one.text.find(part))
    hint = next((f"; {words}" for sign, words in HINTS.items() if sign in one.text), "")
    return BadFilter(f"q, sign {at}: the pattern /{one.text}/ cannot be read: {wrong}{hint}")
