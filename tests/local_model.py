"""Real llama.cpp servers of the demo's models, for tests that are marked `local_llm`."""

import importlib.util
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from http.client import HTTPConnection

import pytest

from app.demo.models import SMOLLM2, LocalModel, present
from app.settings import settings
from tests.ports import free_port

READY_SECONDS = 60


@contextmanager
def smollm2() -> Iterator[str]:
    """Serve the smaller one."""
    with served(SMOLLM2) as root:
        yield root


@contextmanager
def served(model: LocalModel) -> Iterator[str]:
    """Serve a model on a free port and yield its root address; skip where the model is not there."""
    file = present(model, settings().data / "models")
    if file is None or importlib.util.find_spec("xllamacpp") is None:
        # Also where CI is set: the weights are the demo's, 100 MB fetched at its set-up and never by the tests.
        pytest.skip("the demo's model is missing (make demo fetches it)")
    port = free_port()
    command = [sys.executable, "-m", "app.demo.server", str(file), model.name, str(port)]
    server = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    assert server.stdin is not None
    try:
        _await_model(port)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.stdin.close()
        server.wait(10)


def _await_model(port: int) -> None:
    """Wait until the model is loaded: the port is open before that."""
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        with closing(HTTPConnection("127.0.0.1", port, timeout=READY_SECONDS)) as asked, suppress(OSError):
            asked.request("GET", "/health")
            with asked.getresponse() as answer:
                if answer.status == 200:
                    return
        time.sleep(0.05)
    pytest.fail("the model server did not come up")
