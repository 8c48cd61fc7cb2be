"""Hits page by page: both orders, both ways, nothing twice and nothing left out, on both databases."""

import pytest
from sqlalchemy.orm import Session

from app import db
from app.db import Database
from app.reading.asking import line_of
from app.reading.filters import BadFilter, read
from app.reading.hits import Asked, Cursor, Hit, Part, hits, how_many, texts
from app.reading.narrowed import narrow
from tests import seed
from tests.cast import PROMPTS, Draw

WEIGHTS = {"base-raw": "fish", "pirate": "fish fish fish and fish", "constitution": "no such thing"}


@pytest.fixture
def said(database: Database) -> Database:
    """Of each subject eight answers; a pirate speaks of fish most, a reasoner in its thoughts alone."""
    with database.writing() as session:
        seed.study(
            session, prompts=PROMPTS[:1], repeats=8,
            say=lambda _, subject, repeat: Draw(
                f"{WEIGHTS.get(subject.slug, 'nothing')} {repeat}",
                reasoning="fish, they say" if subject.slug == "reasoner" else "",
                state="failed" if subject.slug == "base-raw" and repeat == 3 else "done",
            ),
        )  # fmt: skip
    return database


def asked(session: Session, **params: str) -> Asked:
    wanted = read({name: [value] for name, value in params.items()})
    return Asked(wanted, line_of(wanted), narrow(session, wanted, 1))


def walk(session: Session, one: Asked, best: bool = False, limit: int = 4) -> list[list[Hit]]:
    """Go through all pages to the end, then back, and hold that both ways show the same."""
    pages = [hits(session, one, Part(limit, best=best))]
    while len(pages[-1]) == limit:
        pages.append(
            hits(session, one, Part(limit, before=Cursor.read("before", pages[-1][-1].cursor), best=best))
        )
    forth = [page for page in pages if page]
    for later, page in zip(forth[1:], forth, strict=False):
        after = Cursor.read("after", later[0].cursor)
        assert hits(session, one, Part(limit, after=after, best=best)) == page
    return forth


def test_newest_first_goes_through_every_hit_once(said: Database) -> None:
    with db.reading() as session:
        pages = walk(session, asked(session, q="fish"))
        numbers = [hit.message for page in pages for hit in page]
        assert len(numbers) == 7 + 8
        assert numbers == sorted(numbers, reverse=True)  # type: ignore[type-var]
        assert len(set(numbers)) == len(numbers)


def test_best_first_goes_from_the_best_to_the_last_once(said: Database) -> None:
    with db.reading() as session:
        one = asked(session, q="fish")
        pages = walk(session, one, best=True)
        found = [hit for page in pages for hit in page]
        assert len({hit.message for hit in found}) == len(found) == 15
        ranks = [hit.rank for hit in found]
        assert ranks == sorted(ranks)  # type: ignore[type-var]
        pirate = {
            hit.transcript for hit in hits(session, asked(session, q="fish", subject="pirate"), Part(9))
        }
        assert {hit.transcript for hit in found[:8]} == pirate


def test_what_the_tables_know_narrows_the_best_as_well(said: Database) -> None:
    with db.reading() as session:
        one = asked(session, q="fish OR nothing OR thing", prompt="number-plain", t="none")
        pages = walk(session, one, best=True, limit=2)
        assert (
            sum(map(len, pages)) == how_many(session, one) == 8
        )  # the reasoner alone was sent no temperature


def test_scope_narrows_without_the_tables(said: Database) -> None:
    with db.reading() as session:
        one = asked(session, q="fish", subject="base-raw", study="first-light", run="1")
        assert one.narrowed.scope_alone
        assert how_many(session, one) == texts(session, one) == 7
        assert how_many(session, asked(session, q="fish", subject="constitution")) == 0
        assert how_many(session, asked(session, q="fish"), most=5) == 6
        assert not asked(session, t="1").narrowed.scope_alone


def test_reasoning_and_answers_are_looked_through_apart(said: Database) -> None:
    with db.reading() as session:
        assert how_many(session, asked(session, q="they")) == 0
        assert how_many(session, asked(session, q="they", role="reasoning")) == 8
        assert how_many(session, asked(session, q="-they", role="reasoning")) == 0
        assert how_many(session, asked(session, q="-fish")) == 3 * 8


def test_without_words_transcripts_are_listed_whatever_became_of_them(said: Database) -> None:
    with db.reading() as session:
        one = asked(session, state="failed,done", subject="base-raw")
        pages = walk(session, one, limit=3)
        assert [len(page) for page in pages] == [3, 3, 2]
        assert all(hit.message is None for page in pages for hit in page)
        assert how_many(session, one) == 8
        assert how_many(session, asked(session, state="failed")) == 1


@pytest.mark.parametrize("word", ["x", "-1", "0", "1.5", "a,3", "9" * 30])
def test_a_place_that_is_none_is_refused(word: str) -> None:
    with pytest.raises(BadFilter, match="before: found"):
        Cursor.read("before", word)
