"""A server started as a user starts it, on a free port, ended by the process that was started."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.measure import ROOT, STYLOSCOPE, free_port


@dataclass(frozen=True, slots=True)
class Served:
    """A running server: its port, its process id, and the seconds from start to first answer."""

    port: int
    pid: int
    first_answer: float

    def peak_mb(self) -> float:
        """Return the process's peak memory so far, in MB (Linux)."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(status.split("VmHWM:")[1].split()[0]) / 1024


def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), 1) as connection:
            connection.sendall(b"GET /healthz HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n")
            return b" 200 " in connection.recv(64)
    except OSError:
        return False


@contextmanager
def server(data: Path) -> Iterator[Served]:
    """Serve this data folder."""
    port = free_port()
    began = time.perf_counter()
    child = subprocess.Popen(
        [*STYLOSCOPE, "serve", "--port", str(port)], cwd=ROOT,
        env={**os.environ, "STYLOSCOPE_DATA": str(data)}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        while not _answers(port):
            if child.poll() is not None or time.perf_counter() - began > 60:
                raise RuntimeError("the server did not start")
            time.sleep(0.005)
        yield Served(port, child.pid, time.perf_counter() - began)
    finally:
        child.send_signal(signal.SIGINT)
        child.wait(15)
