"""The demo's run: begun once, gone on with while versions are equal, ended by the clock or by Ctrl-C."""

import asyncio
import os
import shutil
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from app import db
from app.demo import run
from app.demo.models import GEMMA, MODELS, SMOLLM2, LocalModel
from app.demo.run import Prepared, ask, prepare, set_aside
from app.live import log
from app.runs.models import Run
from app.settings import Settings
from app.transcripts import commands, watch
from app.transcripts.queries import Counts, counts_of
from app.transcripts.watch import Look, Silence

ALL = Counts(queued=269, impossible=18)


def prepared(*models: LocalModel, full: bool = False) -> tuple[Prepared, list[str]]:
    said: list[str] = []
    with db.writing() as session:
        return prepare(session, models or MODELS, said.append, full=full), said


def progress(run_id: int | None) -> Counts:
    assert run_id is not None
    with db.reading() as session:
        return counts_of(session, [run_id])[run_id]


def wanted(run_id: int | None) -> str:
    with db.reading() as session:
        return session.get_one(Run, run_id).wanted


def test_the_first_demo_begins_a_run_of_every_subject(database: db.Database) -> None:
    begun, said = prepared()
    assert (begun.new, begun.queued) == (True, 269)
    assert progress(begun.run_id) == ALL
    assert "study demo: new" in said


def test_the_second_demo_goes_on_with_that_run_and_adds_nothing(database: db.Database) -> None:
    first, _ = prepared()
    second, said = prepared()
    assert second == Prepared(first.run_id, False, 269)
    assert progress(first.run_id) == ALL
    assert said == ["study demo: unchanged"]


def test_a_paused_run_goes_on(sqlite: db.Database) -> None:
    first, _ = prepared()
    set_aside(first.run_id)
    assert wanted(first.run_id) == "pause"
    prepared()
    assert wanted(first.run_id) == "go"


def test_a_run_that_a_person_cancelled_stays_cancelled(sqlite: db.Database) -> None:
    first, _ = prepared()
    with db.writing() as session:
        commands.cancel(session, first.run_id)
    second, said = prepared()
    assert second == Prepared(first.run_id, False, 0)
    assert said[-1] == (
        f"run {first.run_id} was cancelled and stays so; `styloscope resume {first.run_id}` undoes it"
    )


def test_only_subjects_whose_model_is_there_are_asked_and_the_others_join_the_same_run(
    sqlite: db.Database,
) -> None:
    alone, _ = prepared(SMOLLM2)
    # Five columns: 20 numbers and 3 of seven other prompts, less what raw text or a chat cannot do.
    assert progress(alone.run_id) == Counts(queued=190, impossible=15)
    both, _ = prepared(SMOLLM2, GEMMA)
    assert both.run_id == alone.run_id
    assert progress(both.run_id) == ALL


def test_a_run_waits_for_a_model_that_is_gone(sqlite: db.Database) -> None:
    first, _ = prepared()
    set_aside(first.run_id)
    second, said = prepared(SMOLLM2)
    assert second == Prepared(first.run_id, False, 0)
    assert wanted(first.run_id) == "pause"
    assert said[-1] == f"run {first.run_id} waits: the model of gemma-raw, gemma-scaffold is not there"


def test_without_a_model_nothing_is_begun(sqlite: db.Database) -> None:
    with db.writing() as session:
        assert prepare(session, (), print) == Prepared(None, True, 0)


def test_a_changed_prompt_makes_a_new_run(
    sqlite: db.Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, _ = prepared()
    for name in ("study.yaml", "battery.yaml"):
        shutil.copy(run.STUDY.with_name(name), tmp_path / name)
    battery = (tmp_path / "battery.yaml").read_text()
    (tmp_path / "battery.yaml").write_text(battery.replace("Are you alive?", "Are you asleep?"))
    monkeypatch.setattr(run, "STUDY", tmp_path / "study.yaml")
    second, _ = prepared()
    assert (second.new, second.run_id == first.run_id) == (True, False)


def test_full_wants_twenty_of_everything_in_the_same_run_once(sqlite: db.Database) -> None:
    first, _ = prepared()
    full, _ = prepared(full=True)
    assert full.run_id == first.run_id
    # 7 columns x 8 prompts x 20 repeats
    assert progress(first.run_id).total == 1120
    again, _ = prepared(full=True)
    assert again.queued == full.queued
    plain, _ = prepared()
    assert progress(plain.run_id).total == 1120, "a plain demo afterwards takes nothing back"


def test_a_run_with_nothing_left_is_not_set_aside(sqlite: db.Database) -> None:
    first, _ = prepared()
    with db.writing() as session:
        commands.cancel(session, first.run_id)
    set_aside(first.run_id)
    assert wanted(first.run_id) == "cancel"


def test_a_run_that_a_person_paused_is_not_paused_again(sqlite: db.Database) -> None:
    first, _ = prepared()
    assert first.run_id is not None
    with db.writing() as session:
        commands.pause(session, first.run_id)
    with db.reading() as session:
        before = log.newest(session)
    set_aside(first.run_id)
    with db.reading() as session:
        assert (wanted(first.run_id), log.newest(session)) == ("pause", before)


def test_where_there_is_no_run_nothing_is_set_aside(sqlite: db.Database) -> None:
    set_aside(None)


Collecting = Callable[..., Awaitable[None]]


async def for_ever(_settings: Settings, *, stop: asyncio.Event, **_rest: Any) -> None:
    """Collect nothing until told to stop."""
    await stop.wait()


async def nothing(_settings: Settings, **_rest: Any) -> None:
    """Have collected everything already."""


class Watcher(Silence):
    """A screen that keeps what it was shown; `then` is done at the first look."""

    every = 0.5

    def __init__(self, then: Callable[[], None] = lambda: None) -> None:
        self.seen: list[Counts] = []
        self._then = then

    def show(self, look: Look) -> None:
        self.seen.append(look.status.counts)
        if len(self.seen) == 1:
            self._then()


@pytest.fixture
def begun(sqlite: db.Database) -> int:
    """A run of the demo."""
    first, _ = prepared()
    assert first.run_id is not None
    return first.run_id


def asked(
    monkeypatch: pytest.MonkeyPatch,
    run_id: int,
    collecting: Collecting,
    seconds: float | None = None,
    screen: Watcher | None = None,
    behind: bool = False,
) -> str:
    monkeypatch.setattr(watch, "collect_all", collecting)
    return asyncio.run(ask(Settings(), run_id, screen or Watcher(), seconds=seconds, behind=behind))


def test_the_guard_pauses_the_run(monkeypatch: pytest.MonkeyPatch, begun: int) -> None:
    screen = Watcher()
    assert asked(monkeypatch, begun, for_ever, 0.01, screen) == "guard"
    assert wanted(begun) == "pause"
    assert screen.seen[-1] == ALL


def test_the_guard_leaves_the_run_going_where_a_page_asks_the_rest(
    monkeypatch: pytest.MonkeyPatch, begun: int
) -> None:
    assert asked(monkeypatch, begun, for_ever, 0.01, behind=True) == "guard"
    assert wanted(begun) == "go"
    screen = Watcher(lambda: os.kill(os.getpid(), signal.SIGINT))
    assert asked(monkeypatch, begun, for_ever, None, screen, behind=True) == "interrupted"
    assert wanted(begun) == "pause"


def test_ctrl_c_pauses_the_run(monkeypatch: pytest.MonkeyPatch, begun: int) -> None:
    before = signal.getsignal(signal.SIGINT)
    screen = Watcher(lambda: os.kill(os.getpid(), signal.SIGINT))
    assert asked(monkeypatch, begun, for_ever, None, screen) == "interrupted"
    assert wanted(begun) == "pause"
    assert signal.getsignal(signal.SIGINT) == before, "Ctrl-C means again what it meant"


def test_a_run_that_ends_by_itself_is_finished(monkeypatch: pytest.MonkeyPatch, begun: int) -> None:
    assert asked(monkeypatch, begun, nothing, 75.0) == "finished"
    assert wanted(begun) == "go"


def test_a_guard_that_comes_after_the_last_answer_is_no_guard(
    monkeypatch: pytest.MonkeyPatch, begun: int
) -> None:
    with db.writing() as session:
        commands.cancel(session, begun)
    assert asked(monkeypatch, begun, for_ever, 0.01) == "finished"


def test_the_collector_is_given_this_run_and_no_keys(monkeypatch: pytest.MonkeyPatch, begun: int) -> None:
    given: dict[str, Any] = {}

    async def keep(_settings: Settings, **rest: Any) -> None:
        given.update(rest)

    asked(monkeypatch, begun, keep)
    assert (given["runs"], given["keys"]) == ({begun}, {})


def test_a_fault_of_the_collector_is_not_hidden(monkeypatch: pytest.MonkeyPatch, begun: int) -> None:
    async def broken(_settings: Settings, **_rest: Any) -> None:
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        asked(monkeypatch, begun, broken)


def test_no_other_run_is_made_by_looking(sqlite: db.Database) -> None:
    for _ in range(3):
        prepared()
    with db.reading() as session:
        assert len(session.scalars(select(Run.id)).all()) == 1
