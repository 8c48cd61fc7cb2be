"""`styloscope demo` as it is typed, with stand-ins for the models, the asking and the page."""

import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import Result

from app import db
from app.cli import demo as demo_command
from app.demo import models, processes, run
from app.demo.models import GEMMA, SMOLLM2, LocalModel
from app.settings import Settings, settings
from app.transcripts.watch import Screen
from tests.typed import typed

REQUIRE_FREE = processes.require_free


class Standing:
    """A model's server, ready when `well`."""

    def __init__(self, model: LocalModel, *, well: bool = True) -> None:
        self.model = model
        self.well = well

    def await_ready(self) -> None:
        if not self.well:
            raise processes.ServerError(f"{self.model.title}: its server ended at once (no memory)")


class Stage:
    """What the command did, in order; `ending` is how asking ends, `port` where it is to serve."""

    def __init__(self) -> None:
        self.did: list[str] = []
        self.ending: run.Ended = "finished"
        self.behind: bool | None = None
        self.models: dict[LocalModel, Path] = {GEMMA: Path("g.gguf"), SMOLLM2: Path("s.gguf")}
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]

    @contextmanager
    def starting(self, model: LocalModel, _file: Path) -> Iterator["Standing"]:
        self.did.append(f"start {model.port}")
        try:
            yield Standing(model)
        finally:
            self.did.append(f"stop {model.port}")

    async def ask(
        self, _settings: Settings, run_id: int, _screen: Screen, *, seconds: float | None, behind: bool
    ) -> run.Ended:
        self.did.append(f"ask run {run_id} for {seconds} s")
        self.behind = behind
        return self.ending

    def serve_on(self, listener: socket.socket, ending: Callable[[], None]) -> None:
        self.did.append(f"serve on {listener.getsockname()[1]}")
        ending()
        listener.close()

    def typed(self, *words: str) -> Result:
        return typed("demo", "--port", str(self.port), *words)


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    stage = Stage()
    monkeypatch.setenv("STYLOSCOPE_DATA", str(tmp_path / "data"))
    monkeypatch.delenv("STYLOSCOPE_DATABASE_URL", raising=False)
    monkeypatch.setattr(models, "fetched", lambda _folder, _say: stage.models)
    monkeypatch.setattr(processes, "starting", stage.starting)
    monkeypatch.setattr(processes, "require_free", lambda _model: None)  # a demo may run on this machine
    monkeypatch.setattr(run, "ask", stage.ask)
    monkeypatch.setattr(demo_command, "serve_on", stage.serve_on)
    settings.cache_clear()
    yield stage
    settings.cache_clear()


def wanted(folder: Path) -> str:
    """What the demo's run was last told to do."""
    database = db.Database(f"sqlite:///{folder / 'data' / 'styloscope.db'}")
    with database.reading() as session:
        newest = run.newest_run(session, 1)
    database.close()
    assert newest is not None
    return newest.wanted


def test_a_first_demo_asks_for_45_seconds_and_then_serves_with_the_models_still_there(stage: Stage) -> None:
    result = stage.typed()
    assert result.exit_code == 0, result.output
    assert stage.did == [
        "start 8401",
        "start 8402",
        "ask run 1 for 45.0 s",
        f"serve on {stage.port}",
        "stop 8402",
        "stop 8401",
    ]
    assert f"http://127.0.0.1:{stage.port}/studies/demo/compare/demo/number" in result.output


def test_a_second_demo_serves_at_once_and_asks_the_rest_behind(stage: Stage) -> None:
    stage.typed()
    stage.did.clear()
    result = stage.typed()
    assert [line for line in stage.did if line.startswith(("ask", "serve"))] == [f"serve on {stage.port}"]
    assert "269 draws are asked behind the page" in result.output


def test_no_serve_ends_after_the_run(stage: Stage) -> None:
    result = stage.typed("--no-serve")
    assert result.exit_code == 0, result.output
    assert stage.did == ["start 8401", "start 8402", "ask run 1 for 45.0 s", "stop 8402", "stop 8401"]


def test_no_serve_a_second_time_asks_what_is_left(stage: Stage) -> None:
    stage.typed("--no-serve")
    stage.did.clear()
    stage.typed("--no-serve")
    assert "ask run 1 for 45.0 s" in stage.did


def test_full_has_no_guard(stage: Stage) -> None:
    stage.typed("--no-serve", "--full")
    assert "ask run 1 for None s" in stage.did


def test_it_says_openly_what_it_asks_and_under_which_terms(stage: Stage) -> None:
    output = stage.typed("--no-serve").output
    assert "toy models of 135 and 270 million parameters" in output
    assert (
        "Gemma is provided under and subject to the Gemma Terms of Use (ai.google.dev/gemma/terms)" in output
    )


def test_the_guard_is_told_and_is_no_failure(stage: Stage) -> None:
    stage.ending = "guard"
    result = stage.typed("--no-serve")
    assert (result.exit_code, stage.behind) == (0, False)
    assert "45 s are over. The next demo serves at once and asks the rest behind the page" in result.output


def test_what_is_left_when_the_guard_ends_is_asked_behind_the_page(stage: Stage) -> None:
    stage.ending = "guard"
    result = stage.typed()
    assert (result.exit_code, stage.behind) == (0, True)
    assert "45 s are over. The rest is asked behind the page, which shows it as it comes." in result.output
    assert stage.did[2:4] == ["ask run 1 for 45.0 s", f"serve on {stage.port}"]


def test_ctrl_c_ends_with_130_and_the_servers_end_too(stage: Stage) -> None:
    stage.ending = "interrupted"
    result = stage.typed()
    assert result.exit_code == 130
    assert stage.did[-2:] == ["stop 8402", "stop 8401"]
    assert not any(line.startswith("serve") for line in stage.did)


def test_what_is_left_is_paused_when_the_models_go(stage: Stage, tmp_path: Path) -> None:
    stage.typed("--no-serve")
    assert wanted(tmp_path) == "pause"


def test_without_one_model_the_other_is_asked(stage: Stage) -> None:
    del stage.models[GEMMA]
    result = stage.typed("--no-serve")
    assert result.exit_code == 0
    assert stage.did == ["start 8402", "ask run 1 for 45.0 s", "stop 8402"]


def test_without_any_model_it_serves_what_is_there(stage: Stage) -> None:
    stage.models.clear()
    result = stage.typed()
    assert stage.did == [f"serve on {stage.port}"]
    assert result.exit_code == 3


def test_a_port_in_use_ends_it_with_one_message_before_anything_is_fetched(stage: Stage) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", stage.port))
        other.listen()
        result = stage.typed()
    assert result.exit_code == 2
    assert f"--port: {stage.port} is in use" in result.output
    assert stage.did == []


def test_a_model_port_in_use_ends_it_with_one_message_before_anything_is_fetched(stage: Stage) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        model = replace(GEMMA, port=other.getsockname()[1])
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(models, "MODELS", (model,))
            patch.setattr(processes, "require_free", REQUIRE_FREE)
            result = stage.typed("--no-serve")
    assert result.exit_code == 2
    assert f"port {model.port} is in use, perhaps by another demo" in result.output
    assert stage.did == []


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_every_end_stops_the_models_and_pauses_what_is_left(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    def ended(listener: socket.socket, _ending: Callable[[], None]) -> None:
        listener.close()
        signal.raise_signal(signal.Signals[name])
        stage.did.append("went on")

    before = [signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]
    monkeypatch.setattr(demo_command, "serve_on", ended)
    stage.typed()
    assert stage.did[-2:] == ["stop 8402", "stop 8401"]
    assert "went on" not in stage.did
    assert wanted(tmp_path) == "pause"
    assert [signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)] == before


def test_a_terminal_that_closes_does_not_end_it_where_nohup_says_so(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hung_up(listener: socket.socket, _ending: Callable[[], None]) -> None:
        listener.close()
        signal.raise_signal(signal.SIGHUP)
        stage.did.append("went on")

    monkeypatch.setattr(demo_command, "serve_on", hung_up)
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        stage.typed()
    finally:
        signal.signal(signal.SIGHUP, before)
    assert "went on" in stage.did


def test_a_model_server_that_does_not_start_ends_it_with_its_message(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(
        processes, "starting", lambda model, _file: nullcontext(Standing(model, well=model is GEMMA))
    )
    result = stage.typed()
    assert result.exit_code == 2
    assert "SmolLM2 135M Instruct (Hugging Face): its server ended at once (no memory)" in result.output
    assert not any(line.startswith(("ask", "serve")) for line in stage.did)
    assert wanted(tmp_path) == "pause"
