"""`serve` as it is typed: the address, what is refused, and an end that does not wait for open pages."""

import contextlib
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn

from app import db, schema
from app.cli.serve import is_loopback, trusting
from app.runs.models import Run
from app.settings import Settings, settings
from app.transcripts.queries import run_status
from tests import scene
from tests.faultbox import FaultBox
from tests.ports import free_port
from tests.typed import typed


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder of its own."""
    monkeypatch.setenv("STYLOSCOPE_DATA", str(tmp_path / "data"))
    monkeypatch.delenv("STYLOSCOPE_DATABASE_URL", raising=False)
    monkeypatch.delenv("STYLOSCOPE_MODE", raising=False)
    settings.cache_clear()
    return tmp_path


@contextlib.contextmanager
def serving(folder: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """Serve in a process of its own; yield it and its port once it has said where it is."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "app.cli", "serve", "--port", str(port)],
        cwd=Path(schema.__file__).parent.parent, env=os.environ | {"STYLOSCOPE_DATA": str(folder / "data")},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        first = process.stdout.readline()
        assert re.fullmatch(rf"Styloscope is at http://127\.0\.0\.1:{port}/ \(Ctrl-C ends it\)\n", first)
        yield process, port
    finally:
        process.kill()
        process.communicate()


def get(port: int, path: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    with contextlib.closing(connection):
        connection.request("GET", path)
        reply = connection.getresponse()
        return reply.status, reply.read()


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.4", "::", "example.org", ""])
def test_local_mode_serves_this_machine_alone(here: Path, host: str) -> None:
    result = typed("serve", "--host", host)
    assert result.exit_code == 2
    assert f"--host: found {host!r}, expected a loopback address such as 127.0.0.1" in result.stderr
    assert not (here / "data").exists()


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.1", "::1", "[::1]", "localhost"])
def test_every_loopback_address_is_this_machine(host: str) -> None:
    assert is_loopback(host)


def test_forwarded_headers_are_believed_of_named_proxies_alone() -> None:
    for proxies, believed in ((), False), (("10.0.0.0/8",), True):
        config = uvicorn.Config("app", **trusting(proxies))
        assert (config.proxy_headers, config.forwarded_allow_ips) == (believed, list(proxies))


def test_team_mode_does_not_start_without_what_makes_it_safe(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STYLOSCOPE_MODE", "team")
    for name, value, words in (
        ("PUBLIC_URL", "https://styloscope.example", "STYLOSCOPE_PUBLIC_URL: found none"),
        ("SECRET_KEY", "0123456789abcdefghijklmnopqrstuvwxyz", "STYLOSCOPE_SECRET_KEY: found none"),
    ):
        result = typed("serve", "--port", str(free_port()))
        assert (result.exit_code, result.stdout) == (2, "")
        assert words in result.stderr
        assert not (here / "data").exists()
        monkeypatch.setenv(f"STYLOSCOPE_{name}", value)
    result = typed("serve", "--port", str(free_port()))
    assert (result.exit_code, result.stdout) == (2, "")
    assert "There is no admin yet; `styloscope user invite --role admin`" in result.stderr


def test_a_port_in_use_is_one_message(here: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = typed("serve", "--port", str(port))
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(f"--port: {port} is in use")
    assert not (here / "data").exists()


def test_it_makes_the_database_answers_and_ends_at_once_with_a_page_open(here: Path) -> None:
    with serving(here) as (process, port):
        status, body = get(port, "/healthz")
        assert (status, json.loads(body)["status"]) == (200, "ok")
        assert (here / "data" / "styloscope.db").exists()
        stream = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        stream.request("GET", "/events")
        reply = stream.getresponse()
        assert b"retry:" in reply.readline()
        began = time.monotonic()
        process.send_signal(signal.SIGINT)
        printed, _ = process.communicate(timeout=20)
        stream.close()
        assert process.returncode == 0
        assert printed == ""  # no traceback, no warning
        assert time.monotonic() - began < 10  # two seconds on a machine with nothing else to do


def test_a_server_collects_what_a_page_has_queued_and_shows_its_limits(here: Path) -> None:
    before = db.use(None)
    database = schema.open_ready(Settings(data=here / "data"))
    with FaultBox() as box:
        run = scene.planned(scene.endpoint(box.url), repeats=3)
        with serving(here) as (_process, port):
            deadline = time.monotonic() + 60
            while time.monotonic() < deadline:
                with database.reading() as session:
                    status = run_status(session, run)
                if status is not None and status.state == "done":
                    break
                get(port, "/healthz")  # gives the server its turn
            assert status is not None
            assert (status.state, status.counts.done) == ("done", 3)
            assert get(port, f"/runs/{run}")[0] == 200
            with database.writing() as session:
                session.get_one(Run, run).wanted = "pause"
    database.close()
    db.use(before)
