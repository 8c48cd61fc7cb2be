"""Starting and stopping the local model servers."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

import httpx

from app.demo.models import LocalModel

READY_SECONDS = 60.0
STOP_SECONDS = 5.0


class ServerError(RuntimeError):
    """A model server that does not come up; the message says which and why, in one line."""


@dataclass(frozen=True, slots=True)
class Server:
    """A model server that was started; its log is what it says on standard error."""

    model: LocalModel
    process: subprocess.Popen[bytes]
    log: IO[bytes]

    def await_ready(self) -> None:
        """Return when /health answers 200; raise ServerError when the process ends or takes too long."""
        deadline = time.monotonic() + READY_SECONDS
        with httpx.Client(trust_env=False, timeout=5) as client:
            while time.monotonic() < deadline:
                if self.process.poll() is not None:
                    said = _last_line(self.log) or f"exit code {self.process.returncode}, and it said nothing"
                    raise ServerError(f"{self.model.title}: its server ended at once ({said})")
                try:
                    if client.get(f"http://127.0.0.1:{self.model.port}/health").status_code == 200:
                        return
                except httpx.TransportError:
                    pass
                time.sleep(0.05)
        said = _last_line(self.log) or "it said nothing"
        raise ServerError(
            f"{self.model.title}: its server was not ready after {READY_SECONDS:.0f} s ({said})"
        )


@contextmanager
def starting(model: LocalModel, file: Path) -> Iterator[Server]:
    """Serve a model on its port of 127.0.0.1 while the block runs; loading it takes a second or three."""
    require_free(model)
    with TemporaryFile() as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "app.demo.server", str(file), model.name, str(model.port)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=log,
            cwd=Path(__file__).parents[2],
        )
        try:
            yield Server(model, process, log)
        finally:
            _stop(process)


def require_free(model: LocalModel) -> None:
    """Raise ServerError when the port is taken. (The server itself would share it silently.)"""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", model.port))
        except OSError:
            raise ServerError(
                f"{model.title}: port {model.port} is in use, perhaps by another demo. End what listens there and "
                "start again; another port would make other subjects of the same models"
            ) from None


def _last_line(log: IO[bytes]) -> str:
    log.seek(0)
    lines = log.read().decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else ""


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End the process by closing its standard input, then by force."""
    assert process.stdin is not None
    process.stdin.close()
    try:
        process.wait(STOP_SECONDS)
    except BaseException as error:  # Ctrl-C once more: it is not left behind either
        process.kill()
        process.wait()
        if not isinstance(error, subprocess.TimeoutExpired):
            raise
