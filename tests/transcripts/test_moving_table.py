"""A run as a table that moves: what its lines say, and what stays of it."""

import io

import pytest
from rich.console import Console

from app.transcripts.moving_table import MovingTable, table_of
from app.transcripts.queries import Counts
from app.transcripts.watch import Look
from tests.transcripts.looks import Terminal, at, part


def printed(shown: Look) -> str:
    console = Console(file=io.StringIO(), width=140, markup=False, highlight=False)
    console.print(table_of(shown))
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert isinstance(text, str)
    return text


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
