"""Model servers as processes: one port each, ended with their parent, and a clear word when they do not start."""

import importlib.metadata
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from app.demo.models import SERVER_PACKAGE, SMOLLM2, LocalModel, present
from app.demo.processes import ServerError, starting
from app.settings import settings
from tests.ports import free_port

REPOSITORY = Path(__file__).parents[2]
ENDED_SECONDS = 10.0


def alive(pid: int) -> bool:
    """Tell whether a process is there and no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        if Path("/proc/self/stat").exists():
            return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def ended(pid: int) -> bool:
    """Wait for a process to end."""
    deadline = time.monotonic() + ENDED_SECONDS
    while alive(pid) and time.monotonic() < deadline:
        os.sched_yield() if hasattr(os, "sched_yield") else None
    return not alive(pid)


@pytest.fixture
def model() -> LocalModel:
    """SmolLM2 on a port of this test's own."""
    return replace(SMOLLM2, port=free_port())


@pytest.fixture
def file(model: LocalModel) -> Path:
    """The model's file, where the demo has fetched it; tests never fetch 98 MB by themselves."""
    settings.cache_clear()
    folders = (settings().data / "models", REPOSITORY / "data" / "models")
    found = next((path for folder in folders if (path := present(model, folder))), None)
    installed = {one.name for one in importlib.metadata.distributions()}
    if found is None or SERVER_PACKAGE not in installed:
        print("\n*** SKIPPED: SmolLM2 was not fetched (make demo does that) ***", file=sys.stderr)
        pytest.skip("SmolLM2 was not fetched")
    return found


@pytest.fixture
def taken(model: LocalModel) -> Iterator[LocalModel]:
    """The model, its port in use by someone else."""
    with closing(socket.socket()) as other:
        other.bind(("127.0.0.1", model.port))
        other.listen()
        yield model


def test_a_port_in_use_is_named(taken: LocalModel) -> None:
    with pytest.raises(ServerError) as caught, starting(taken, Path("toy.gguf")):
        pass
    assert f"port {taken.port} is in use, perhaps by another demo" in str(caught.value)


def test_a_server_that_does_not_start_says_why_in_one_line(model: LocalModel, tmp_path: Path) -> None:
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"not a model")
    with (
        pytest.raises(ServerError, match=r"SmolLM2 .*: its server ended at once") as caught,
        starting(model, broken) as server,
    ):
        server.await_ready()
    assert "\n" not in str(caught.value)
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"http://127.0.0.1:{model.port}/health", trust_env=False)


@pytest.mark.local_llm
def test_a_real_model_answers_and_ends_with_the_block(model: LocalModel, file: Path) -> None:
    with starting(model, file) as server:
        server.await_ready()
        pid = server.process.pid
        assert alive(pid)
        reply = httpx.post(
            f"http://127.0.0.1:{model.port}/v1/chat/completions",
            json={"messages": [{"role": "user", "content": "Are you alive?"}], "max_tokens": 8, "seed": 1},
            timeout=60,
            trust_env=False,
        ).json()
    assert reply["model"] == "smollm2-135m-instruct"
    assert 1 <= reply["usage"]["completion_tokens"] <= 8
    assert reply["choices"][0]["message"]["content"]
    assert not alive(pid)


@pytest.mark.local_llm
def test_the_template_puts_in_the_persona_that_the_study_speaks_of(model: LocalModel, file: Path) -> None:
    with starting(model, file) as server:
        server.await_ready()
        prompts = [
            httpx.post(
                f"http://127.0.0.1:{model.port}/apply-template",
                json={"messages": [*system, {"role": "user", "content": "Hi"}]},
                timeout=60,
                trust_env=False,
            ).json()["prompt"]
            for system in ([], [{"role": "system", "content": ""}])
        ]
    assert "You are a helpful AI assistant named SmolLM, trained by Hugging Face" in prompts[0]
    assert "SmolLM" not in prompts[1]


@pytest.mark.local_llm
def test_a_server_does_not_outlive_a_parent_that_was_killed(model: LocalModel, file: Path) -> None:
    parent_code = (
        "import sys; from dataclasses import replace; from pathlib import Path\n"
        "from app.demo.models import SMOLLM2; from app.demo.processes import starting\n"
        "with starting(replace(SMOLLM2, port=int(sys.argv[1])), Path(sys.argv[2])) as server:\n"
        "    server.await_ready(); print(server.process.pid, flush=True); sys.stdin.read()\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", parent_code, str(model.port), str(file.absolute())],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=REPOSITORY,
    )
    with parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert alive(pid)
        os.kill(parent.pid, signal.SIGKILL)
    assert ended(pid)
