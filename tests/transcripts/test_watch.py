"""A run seen from a terminal: what the lines and the table say, and how often."""

import asyncio
import io
from collections.abc import Iterator

import pytest

from app.db import Database
from app.runs.commands import Budget
from app.settings import Settings
from app.transcripts import watch
from app.transcripts.queries import Counts
from app.transcripts.watch import (
    Look,
    PlainLines,
    Silence,
    clock,
    collect_and_show,
    line_of,
    look,
    pace,
    spent,
)
from tests import scene, seed
from tests.faultbox import FaultBox
from tests.transcripts.looks import at, part


@pytest.fixture
def box() -> Iterator[FaultBox]:
    with FaultBox() as started:
        yield started


@pytest.mark.parametrize(
    ("per_second", "words"),
    [
        (0.0, "–"),
        (0.05, "3/min"),
        (0.99, "59/min"),
        (1.0, "1.0/s"),
        (9.94, "9.9/s"),
        (212.4, "212/s"),
        (2000, "2,000/s"),
    ],
)
def test_pace_is_a_second_or_a_minute(per_second: float, words: str) -> None:
    assert pace(per_second) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (None, "–"),
        (0.0, "0:00"),
        (7.2, "0:08"),
        (59.5, "1:00"),
        (125, "2:05"),
        (3600, "1:00:00"),
        (7325, "2:02:05"),
    ],
)
def test_time_is_minutes_and_seconds_rounded_up(seconds: float | None, words: str) -> None:
    assert clock(seconds) == words


@pytest.mark.parametrize(
    ("cost", "known", "words"),
    [
        (0, 0, "$ 0"),
        (310, 310, "$ 0.0003"),
        (2_010_000, 2_010_000, "$ 2.01"),
        (1_234_567_890, 0, "$ 1,234.57"),
        (None, 0, "price unknown"),
        (None, 560_000, "≥ $ 0.56"),
    ],
)
def test_money_is_dollars_and_says_when_a_price_is_unknown(cost: int | None, known: int, words: str) -> None:
    assert spent(cost, known) == words


def test_a_line_tells_how_far_a_run_is() -> None:
    shown = at(Counts(queued=20, running=4, done=70, failed=6), part("A", Counts(), 2.0), left=12.0)
    assert line_of(shown) == "70 of 100 done · 6 failed · 24 left · 2.0/s · 0:12 to go · $ 0"
    assert line_of(at(Counts(done=100, impossible=5))) == "100 of 100 done · 0 failed · 0 left · $ 0"


def test_plain_lines_come_at_most_once_a_second_and_the_last_one_always(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    moment = iter([0.0, 0.4, 0.9, 1.1, 1.2])
    monkeypatch.setattr(watch.time, "monotonic", lambda: next(moment))
    out = io.StringIO()
    lines = PlainLines(out)
    for done in range(5):
        lines.show(at(Counts(done=done + 1, queued=4 - done)))
    lines.close()
    lines.close()
    assert [line.split(" ·")[0] for line in out.getvalue().splitlines()] == [
        "1 of 5 done",
        "4 of 5 done",
        "5 of 5 done",
    ]


def test_a_run_that_stands_still_writes_nothing_new() -> None:
    out = io.StringIO()
    lines = PlainLines(out)
    lines.SECONDS = 0.0  # type: ignore[misc]
    for _ in range(3):
        lines.show(at(Counts(queued=2)))
    assert out.getvalue().count("\n") == 1


def test_what_is_said_cannot_steer_the_terminal() -> None:
    out = io.StringIO()
    PlainLines(out).say("box\x1b[2J: another process")
    assert out.getvalue() == "box\\x1b[2J: another process\n"


def test_a_look_is_what_the_page_shows(database: Database) -> None:
    with database.writing() as session:
        run = seed.study(session).run_id
    shown = look(run)
    assert shown.status.counts == Counts(done=274, failed=6, impossible=20)
    assert [one.slug for one in shown.subjects][0] == "base-raw"
    with pytest.raises(LookupError, match="there is no run 99"):
        look(99)


class Heard(Silence):
    """Keeps what it was shown."""

    every: float | None = 0.01

    def __init__(self) -> None:
        self.counts: list[Counts] = []
        self.closed = 0

    def show(self, look: Look) -> None:
        self.counts.append(look.status.counts)

    def close(self) -> None:
        self.closed += 1


async def asked(run: int, screen: Heard, stop: asyncio.Event | None = None) -> Look:
    stop = stop or asyncio.Event()
    return await collect_and_show(Settings(), run, keys={}, screen=screen, stop=stop)


def test_a_run_is_asked_to_the_end_while_it_is_shown(sqlite: Database, box: FaultBox) -> None:
    run, screen = scene.planned(scene.endpoint(box.url), repeats=4), Heard()
    ended = asyncio.run(asked(run, screen))
    assert ended.status.counts == screen.counts[-1] == Counts(done=4)
    assert len(screen.counts) > 1
    assert screen.closed == 1


def test_a_run_that_nobody_watches_is_read_once_it_has_ended(sqlite: Database, box: FaultBox) -> None:
    run, screen = scene.planned(scene.endpoint(box.url), repeats=4), Heard()
    screen.every = Silence.every
    ended = asyncio.run(asked(run, screen))
    assert screen.counts == [ended.status.counts] == [Counts(done=4)]
    assert ended.subjects == ()


def test_a_run_at_its_cap_ends_there(sqlite: Database, box: FaultBox) -> None:
    run = scene.planned(scene.endpoint(box.url), repeats=4, budget=Budget(calls=2))
    ended = asyncio.run(asked(run, Heard()))
    assert (ended.status.state, ended.status.counts) == ("budget", Counts(queued=2, done=2))


def test_a_stop_leaves_the_rest_queued(sqlite: Database, box: FaultBox) -> None:
    async def stopped() -> Look:
        stop = asyncio.Event()
        stop.set()
        return await asked(run, Heard(), stop)

    run = scene.planned(scene.endpoint(box.url), repeats=4)
    assert asyncio.run(stopped()).status.counts == Counts(queued=4)
