"""The product as it is typed: commands as processes of their own, with an environment that holds nothing else."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from tests.ports import free_port

ROOT = Path(__file__).resolve().parent.parent.parent
KEPT = ("PATH", "HOME", "LANG", "TMPDIR")
PATIENCE = 40.0  # seconds that anything may take before the test gives up


@dataclass(frozen=True)
class Ended:
    """A command that has ended."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The one JSON document that standard output is."""
        return json.loads(self.out)


class Typist:
    """Starts commands in a folder of its own; one for a whole test run (`tests.journeys.warm`)."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="styloscope-typed-"))
        self.numbers = count(1)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.journeys.warm", str(self.folder)], cwd=ROOT, stdin=subprocess.PIPE
        )

    def type(self, words: list[str], environment: dict[str, str]) -> int:
        """Start a command and return its number."""
        number = next(self.numbers)
        line = json.dumps({"number": number, "words": words, "environment": environment}) + "\n"
        assert self._process.stdin
        self._process.stdin.write(line.encode())
        self._process.stdin.flush()
        return number

    def close(self) -> None:
        """End it; its commands have ended before."""
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait(PATIENCE)
        shutil.rmtree(self.folder)


@dataclass(frozen=True)
class Running:
    """A command under way."""

    folder: Path
    number: int

    def _file(self, name: str) -> Path:
        return self.folder / f"{self.number}.{name}"

    @property
    def out(self) -> str:
        """What it has printed so far."""
        return self._file("out").read_text("utf-8") if self._file("out").exists() else ""

    @property
    def code(self) -> int | None:
        """How it ended, None while it has not."""
        return int(self._file("code").read_text()) if self._file("code").exists() else None

    @property
    def pid(self) -> int:
        """Its process."""
        return int(until(self._file("pid").exists, "the process") and self._file("pid").read_text())

    def send(self, number: signal.Signals) -> None:
        """Send it a signal."""
        os.kill(self.pid, number)

    def ended(self) -> Ended:
        """Wait for its end."""
        until(self._file("code").exists, f"command {self.number} to end; so far it said: {self.out}")
        return Ended(self.code or 0, self.out, self._file("err").read_text("utf-8"))


@dataclass(frozen=True)
class Served:
    """A running server."""

    url: str
    command: Running


@dataclass
class Shell:
    """Types commands over one database. `said` keeps everything that any of them printed."""

    typist: Typist
    folder: Path
    database_url: str = ""  # empty = SQLite in the folder
    keys: dict[str, str] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)
    started: list[Running] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        own = {name: os.environ[name] for name in KEPT if name in os.environ}
        own |= {"STYLOSCOPE_DATA": str(self.folder)}
        if self.database_url:
            own["STYLOSCOPE_DATABASE_URL"] = self.database_url
        return own | self.keys

    def with_keys(self, **keys: str) -> "Shell":
        """Return a shell over the same database with other keys in its environment."""
        return Shell(self.typist, self.folder, self.database_url, keys, self.said, self.started)

    def start(self, *words: object) -> Running:
        """Start a command; it is the caller's to end."""
        running = Running(self.typist.folder, self.typist.type([*map(str, words)], self.environment))
        self.started.append(running)
        return running

    def end(self, running: Running) -> Ended:
        """Wait for a command and return how it ended; nothing ever ends in a traceback."""
        ended = running.ended()
        self.said += [ended.out, ended.err]
        assert "Traceback" not in ended.err, ended.err
        return ended

    def __call__(self, *words: object, code: int = 0) -> Ended:
        """Type a command to its end, which must be this exit code."""
        ended = self.end(self.start(*words))
        assert ended.code == code, f"{words}: {ended}"
        return ended

    def cold(self, *words: object, code: int = 0) -> Ended:
        """The same in an interpreter of its own, as a user's shell does it."""
        done = subprocess.run(
            [sys.executable, "-m", "app.cli", *map(str, words)],
            cwd=ROOT, env=self.environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
        )  # fmt: skip
        self.said += [done.stdout, done.stderr]
        assert done.returncode == code, f"{words}: {done}"
        return Ended(done.returncode, done.stdout, done.stderr)

    def json(self, *words: object, code: int = 0) -> Any:
        """Type a command with --json; standard output must be one document and nothing else."""
        return self(*words, "--json", code=code).document

    @contextmanager
    def serving(self) -> Iterator[Served]:
        """Serve the dashboard on a free port, and end it by Ctrl-C."""
        command = self.start("serve", "--port", free_port())
        until(lambda: "(Ctrl-C ends it)" in command.out or command.code is not None, "the server")
        assert command.code is None, self.end(command)
        found = re.search(r"http://127\.0\.0\.1:\d+", command.out)
        assert found
        try:
            yield Served(found[0], command)
        finally:
            if command.code is None:
                command.send(signal.SIGINT)
            self.end(command)

    def sweep(self) -> None:
        """Kill what a failed test left running."""
        for running in self.started:
            if running.code is None:
                running.send(signal.SIGKILL)
        self.started.clear()


def until(true: Callable[[], object], what: str, seconds: float = PATIENCE) -> Any:
    """Look again and again until something is true; return it."""
    deadline = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < deadline, f"waited {seconds:g} s for {what}"
        time.sleep(0.01)
    return found
