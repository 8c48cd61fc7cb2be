"""Prompts found as prompts: each once, with the study that asked it last."""

import pytest

from app.batteries.shape import PromptShape, Turn
from app.db import Database
from app.reading import prompts as module
from app.reading.look import read
from app.reading.prompts import Prompts, search_prompts
from tests import seed
from tests.cast import Draw

MANY = [
    PromptShape(key=f"p{n}", family="p", theme="odd" if n % 2 else "even", branch=f"a/{n % 3}",
                turns=(Turn(user=f"Count to {n}, sailor."),))
    for n in range(7)
]  # fmt: skip


@pytest.fixture
def asked(database: Database) -> Database:
    with database.writing() as session:
        made = seed.study(
            session, prompts=MANY, repeats=1, say=lambda *_: Draw("aye"), subjects=seed.SUBJECTS[:1]
        )
        seed.run(
            session, made, prompts=MANY[:2], repeats=1, say=lambda *_: Draw("aye"), subjects=seed.SUBJECTS[:1]
        )
    return database


def look(limit: int = 50, study: str = "", **params: str) -> Prompts:
    return search_prompts(
        read({"role": ["prompt"], **{name: [value] for name, value in params.items()}}, study), 1, limit
    )


def keys(found: Prompts) -> list[str]:
    return [one.key for one in found.lines]


def test_words_patterns_and_what_is_left_out(asked: Database) -> None:
    assert keys(look(q="sailor")) == [f"p{n}" for n in range(6, -1, -1)]
    assert keys(look(q="sailor -3")) == ["p6", "p5", "p4", "p2", "p1", "p0"]
    assert keys(look(q="/to [12],/")) == ["p2", "p1"]
    assert keys(look(q="nobody")) == []
    assert look(q="3").lines[0].snippet == "Count to <mark>3</mark>, sailor."


def test_pages_both_ways(asked: Database) -> None:
    for q in ("sailor", "/s[a]ilor/"):
        first = look(3, q=q)
        second = look(3, q=q, before=first.older)
        assert keys(first) + keys(second) == ["p6", "p5", "p4", "p3", "p2", "p1"]
        assert keys(look(3, q=q, before=second.older)) == ["p0"]
    assert keys(look(3, q="sailor", after=second.newer or "4")) == ["p6", "p5", "p4"]


def test_filters_of_prompts_narrow(asked: Database) -> None:
    assert keys(look(q="sailor", theme="odd")) == ["p5", "p3", "p1"]
    assert keys(look(q="sailor", branch="a/0")) == ["p6", "p3", "p0"]
    assert keys(look(q="sailor", prompt="p4")) == ["p4"]
    assert len(look(q="sailor", study="first-light").lines) == 7
    assert len(look(q="sailor", run="1").lines) == 7


def test_a_prompt_leads_to_its_answers_else_to_the_library(asked: Database) -> None:
    line = look(q="3").lines[0]
    assert (line.study, line.href("kept")) == (
        "first-light", "/studies/first-light/compare/mode-collapse/p3?hide=kept",
    )  # fmt: skip
    with asked.writing() as session:
        seed._battery(session, "never", [MANY[0].model_copy(update={"turns": (Turn(user="Unasked."),)})])
    assert look(q="unasked").lines[0].href() == "/library/batteries/never#p0"


def test_a_time_that_does_not_suffice_is_told(asked: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SECONDS", 0.0)
    assert look(q="/s[a]ilor/").cut
