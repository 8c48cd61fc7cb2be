"""The product as it is typed: commands as processes of their own, with an environment that holds nothing else."""

import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
KEPT = ("PATH", "HOME", "LANG", "TMPDIR", "SYSTEMROOT")
PATIENCE = 60.0  # seconds that anything may take before the test gives up


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


@dataclass(frozen=True)
class Served:
    """A running server."""

    url: str
    process: subprocess.Popen[str]


@dataclass
class Shell:
    """Types commands over one database. `said` keeps everything that any of them printed."""

    folder: Path
    database_url: str = ""  # empty = SQLite in the folder
    keys: dict[str, str] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        own = {name: os.environ[name] for name in KEPT if name in os.environ}
        own |= {"STYLOSCOPE_DATA": str(self.folder), "COLUMNS": "200", "PYTHONUTF8": "1"}
        if self.database_url:
            own["STYLOSCOPE_DATABASE_URL"] = self.database_url
        return own | self.keys

    def with_keys(self, **keys: str) -> "Shell":
        """Return a shell over the same database with other keys in its environment."""
        return Shell(self.folder, self.database_url, keys, self.said)

    def start(self, *words: object) -> subprocess.Popen[str]:
        """Start a command; it is the caller's to end."""
        return subprocess.Popen(
            [sys.executable, "-m", "app.cli", *map(str, words)],
            cwd=ROOT, env=self.environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def end(self, process: subprocess.Popen[str]) -> Ended:
        """Wait for a command and return how it ended."""
        try:
            out, err = process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
        self.said += [out, err]
        assert "Traceback" not in err, err
        return Ended(process.returncode, out, err)

    def __call__(self, *words: object, code: int = 0) -> Ended:
        """Type a command to its end, which must be this exit code."""
        ended = self.end(self.start(*words))
        assert ended.code == code, f"{words}: {ended}"
        return ended

    def json(self, *words: object, code: int = 0) -> Any:
        """Type a command with --json; standard output must be one document and nothing else."""
        return self(*words, "--json", code=code).document

    @contextmanager
    def serving(self) -> Iterator[Served]:
        """Serve the dashboard on a free port, and end it by Ctrl-C."""
        process = self.start("serve", "--port", free_port())
        assert process.stdout
        line = process.stdout.readline()
        found = re.search(r"http://127\.0\.0\.1:\d+", line)
        if not found:
            process.kill()
            raise AssertionError(f"the server did not start: {line}{self.end(process).err}")
        try:
            yield Served(found[0], process)
        finally:
            if process.poll() is None:
                process.send_signal(2)
            self.end(process)


def free_port() -> int:
    """Return a port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(true: Callable[[], object], what: str, seconds: float = PATIENCE) -> Any:
    """Look again and again until something is true; return it."""
    deadline = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < deadline, f"waited {seconds:g} s for {what}"
        time.sleep(0.01)
    return found
