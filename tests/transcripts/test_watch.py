"""A run seen from a terminal: what the lines and the table say, and how often."""

import asyncio
import io
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from rich.console import Console

from app.db import Database
from app.runs.commands import Budget
from app.settings import Settings
from app.transcripts import watch
from app.transcripts.progress import Pace, SubjectProgress
from app.transcripts.queries import Counts, RunStatus
from app.transcripts.watch import (
    Look,
    MovingTable,
    PlainLines,
    Silence,
    clock,
    collect_and_show,
    line_of,
    look,
    pace,
    screen_for,
    spent,
    table_of,
)
from tests import scene, seed
from tests.faultbox import FaultBox


@pytest.fixture
def box() -> Iterator[FaultBox]:
    with FaultBox() as started:
        yield started


def part(name: str, counts: Counts, per_second: float = 0.0, spent_micro: int | None = 0) -> SubjectProgress:
    return SubjectProgress(
        version_id=1, number=1, slug="a", name=name, style="s", slot=1, endpoint_id=1, endpoint="e", concurrency=4,
        tokens_limit=None, counts=counts, pace=Pace(per_second), spent_micro=spent_micro,
        impossible=None, stopped=None,
    )  # fmt: skip


def at(counts: Counts, *subjects: SubjectProgress, left: float | None = None, **values: object) -> Look:
    status = RunStatus(**{
        "id": 7, "study_slug": "s", "study_title": "S", "kind": "asked", "wanted": "go", "state": "running",
        "counts": counts, "calls": 0, "tokens": 0, "spent_micro": 0, "cost_micro": 0, "budget_micro": None,
        "budget_calls": None, "budget_tokens": None, "person_id": 1, "created_at": datetime(2026, 1, 1, tzinfo=UTC),
        **values,
    })  # type: ignore[arg-type]  # fmt: skip
    return Look(status, subjects, sum(one.pace.per_second for one in subjects), left)


def printed(shown: Look) -> str:
    console = Console(file=io.StringIO(), width=140, markup=False, highlight=False)
    console.print(table_of(shown))
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert isinstance(text, str)
    return text


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


def test_the_table_has_a_row_for_each_subject_and_one_for_all() -> None:
    shown = at(
        Counts(queued=5, done=15, impossible=3),
        part("Base\x1b[31m, raw", Counts(queued=5, done=15), 0.5),
        part("Prefilled", Counts(impossible=3)),
        part("Reasoner", Counts(done=2), spent_micro=None),
        left=10.0, spent_micro=2_000_000, cost_micro=None, budget_micro=4_000_000,
    )  # fmt: skip
    head, base, prefilled, reasoner, every = printed(shown).splitlines()
    assert head.split() == ["subject", "done", "failed", "left", "pace", "to", "go", "spent"]
    assert base.startswith(r"Base\x1b[31m, raw")
    assert base.split()[-5:] == ["5", "30/min", "0:10", "$", "0"]
    assert "3 not possible here" in prefilled
    assert reasoner.endswith("price unknown")
    assert every.startswith("run 7")
    assert every.endswith("≥ $ 2.00 of $ 4.00")


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


class Terminal(io.StringIO):
    """A stream that is a terminal."""

    def isatty(self) -> bool:
        return True


def test_the_screen_fits_the_stream() -> None:
    table = screen_for(Terminal())
    assert isinstance(table, MovingTable)
    table.close()
    assert isinstance(screen_for(io.StringIO()), PlainLines)
    assert isinstance(screen_for(io.StringIO(), silent=True), Silence)


def test_a_terminal_sees_the_table_move_and_keeps_the_last_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    stream = Terminal()
    table = MovingTable(stream)
    for done in (1, 2):
        table.show(at(Counts(done=done, queued=2 - done), part("Base", Counts(done=done))))
    table.say("box: no key")
    table.close()
    assert "Base" in stream.getvalue()
    assert "box: no key" in stream.getvalue()
    assert "run 7" in stream.getvalue().splitlines()[-2]  # the last one gives the cursor back


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
    assert screen.closed == 1


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
