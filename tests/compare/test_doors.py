"""Every number in a column's head leads to exactly the draws that it counts."""

from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy.orm import Session

from app.compare.page import Page
from app.db import Database
from app.transcripts.behind import Behind
from app.transcripts.listed import listed
from tests import seed
from tests.cast import Draw
from tests.compare import cast
from tests.compare.reading import laid_out, panel


def draws(session: Session, url: str) -> set[int]:
    """Read the list that an address leads to."""
    parts = urlsplit(url)
    run = int(parts.path.split("/")[2])
    wanted = Behind(**{name: values[-1] for name, values in parse_qs(parts.query).items()})
    return {line.id for line in listed(session, run, wanted, 1000)}


def counted(session: Session, page: Page) -> int:
    """Compare every ending of every head with its list; return how many were looked at."""
    looked = 0
    for one in page.panels:
        for ending in one.head.ended:
            found = draws(session, f"{one.draws}&{ending.asked}")
            assert len(found) == int(ending.words.split()[0]), (one.token, ending)
            kept = {row.id for row in one.cell.rows if row.state == "failed"} | {
                d.row.id for d in one.cell.draws
            }
            assert found <= kept, (one.token, ending)
            looked += 1
    return looked


@pytest.mark.parametrize("view", ["", "?run=all", "?others=1", "?run=1"])
def test_a_heads_endings_lead_to_their_draws(database: Database, view: str) -> None:
    with database.writing() as session:
        made = seed.study(session, subjects=cast.SUBJECTS, prompts=cast.PROMPTS, say=cast.say)
        seed.run(session, made, subjects=cast.SUBJECTS[:3], prompts=cast.PROMPTS, say=cast.say, repeats=7)
    with database.reading() as session:
        for key in ("habits-plain", "number-plain", "sure-ladder", "wish-prefill"):
            assert counted(session, laid_out(session, key + view)) >= 4


def test_pooled_draws_of_equal_prompts_are_listed_together(database: Database) -> None:
    twin = cast.HABITS.model_copy(update={"key": "habits-twin"})
    short = cast.HABITS.model_copy(update={"key": "habits-short", "max_tokens": 8})
    with database.writing() as session:
        seed.study(session, subjects=cast.SUBJECTS[:1], prompts=[cast.HABITS, twin, short], repeats=3,
                   say=lambda *_: Draw("here"))  # fmt: skip
    with database.reading() as session:
        page = laid_out(session, "habits-plain?run=all")
        assert counted(session, page) == 1
        assert len(draws(session, f"{panel(page, 'base-raw').draws}&ended=whole")) == 6


def test_hidden_names_are_not_told_by_an_address(sqlite: Database) -> None:
    with sqlite.writing() as session:
        seed.study(session, subjects=cast.SUBJECTS, prompts=[cast.HABITS], say=cast.say, repeats=2)
    with sqlite.reading() as session:
        assert {one.draws for one in laid_out(session, "habits-plain?hide=kept").panels} == {""}
