"""What a reader has not seen of a view: counted by its columns, found again from anywhere, asked for as JSON."""

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.compare import queries
from app.compare.unseen import Next, Reading, next_unseen, numbers_of
from app.compare.view import read
from app.db import Database
from app.reading import seen
from app.settings import Settings
from app.transcripts.models import Transcript
from tests import seed
from tests.cast import Draw
from tests.compare import cast
from tests.compare.reading import browser, laid_out, panel
from tests.draws import Seeded
from tests.reading.people import LOCAL, second

STUDY = "/api/v1/studies/first-light"


def made_of(session: Session, **values: Any) -> Seeded:
    return seed.study(session, subjects=cast.SUBJECTS[:3], prompts=cast.PROMPTS, say=cast.say, **values)


def reading(session: Session, person: int = LOCAL, **view: str) -> Reading:
    study = queries.study(session, "first-light")
    return Reading(session, person, study.id, read({name: [value] for name, value in view.items()}))


def counted(session: Session, key: str, person: int = LOCAL, **view: str) -> int:
    mine = reading(session, person, **view)
    ((_, number),) = numbers_of(mine, [("mode-collapse", key)]).items()
    return mine.counts([number])[number]


def of(session: Session, **where: object) -> list[int]:
    return list(session.scalars(select(Transcript.id).filter_by(**where)))


def test_a_prompt_counts_what_its_columns_show_and_this_reader_has_not_seen(database: Database) -> None:
    with database.writing() as session:
        made = made_of(session, repeats=4)
        ana = second(session)
        default = of(session, prompt_id=made.prompts["habits-plain"], subject_id=made.subjects["default"])
        seen.mark(session, LOCAL, default[:3], True)
        assert counted(session, "habits-plain") == 9
        assert counted(session, "habits-plain", ana) == 12
        assert counted(session, "habits-plain", cols="default") == 1
        assert counted(session, "habits-plain", cols="base-raw@1,constitution") == 8
        assert counted(session, "habits-plain", t="0.2") == 0


def test_a_newer_run_takes_the_place_of_an_older_one_and_runs_are_chosen_and_pooled(
    database: Database,
) -> None:
    with database.writing() as session:
        made = made_of(session, repeats=3)
        first = made.run_id
        seed.run(session, made, subjects=cast.SUBJECTS[:1], prompts=cast.PROMPTS, say=cast.say, repeats=2)
        assert counted(session, "habits-plain") == 2 + 3 + 3
        assert counted(session, "habits-plain", run=str(first)) == 9
        assert counted(session, "habits-plain", run=str(made.run_id)) == 2
        assert counted(session, "habits-plain", run="all") == 11
        seen.mark(session, LOCAL, of(session, run_id=first), True)
        assert counted(session, "habits-plain", run="all") == 2


def test_what_is_left_is_found_behind_then_from_the_beginning_then_nowhere(database: Database) -> None:
    with database.writing() as session:
        made = made_of(session, repeats=2)

        def see(*keys: str) -> None:
            for key in keys:
                seen.mark(session, LOCAL, of(session, prompt_id=made.prompts[key]), True)

        see("habits-plain", "wish-prefill")
        here = reading(session)
        assert next_unseen(here, "mode-collapse", "number-terse") == Next(
            "mode-collapse", "sure-ladder", 6, False
        )
        see("sure-ladder")
        assert next_unseen(here, "mode-collapse", "number-terse") == Next(
            "mode-collapse", "number-plain", 6, True
        )
        see("number-plain")
        assert next_unseen(here, "mode-collapse", "number-terse") == Next(
            "mode-collapse", "number-terse", 6, True
        )
        only = reading(session, cols="default")
        seen.mark(session, LOCAL, of(session, subject_id=made.subjects["default"]), True)
        assert next_unseen(only, "mode-collapse", "number-terse") is None
        assert next_unseen(here, "", "") == Next("mode-collapse", "number-terse", 4, False)


def test_what_failed_is_nothing_to_see(database: Database) -> None:
    with database.writing() as session:
        seed.study(session, subjects=cast.SUBJECTS[:1], prompts=cast.PROMPTS[:1], repeats=2,
                   say=lambda _p, _s, repeat: Draw("4", state="failed" if repeat == 1 else "done"))  # fmt: skip
        mine = reading(session)
        assert next_unseen(mine, "", "") == Next("mode-collapse", "number-plain", 1, False)
        seen.mark(session, LOCAL, of(session, state="done"), True)
        assert next_unseen(mine, "", "") is None


def test_a_card_names_the_draws_that_say_its_very_text(sqlite: Database) -> None:
    said = ("42", "42.", "The number is 42", "7")
    prompt = cast.NUMBER.model_copy(
        update={"answer": cast.NUMBER.answer.model_copy(update={"where": "first"})}
    )  # type: ignore[union-attr]
    with sqlite.writing() as session:
        seed.study(session, subjects=cast.SUBJECTS[:1], prompts=[prompt], repeats=4,
                   say=lambda _p, _s, repeat: Draw(said[repeat - 1]))  # fmt: skip
    with sqlite.reading() as session:
        shown = panel(laid_out(session, "number-plain"), "base-raw")
        assert len(shown.ids.split()) == 4
        assert shown.of_value == {"42": ("0 1", "2"), "7": ("3", "")}
        assert (shown.cards[0].same, shown.cards[0].rest) == ("0 1", "2")  # the one in focus
        other = panel(laid_out(session, "number-plain?col=base-raw@1&repeat=3"), "base-raw")
        assert (other.cards[0].same, other.cards[0].rest) == ("2", "0 1")


@pytest.mark.anyio
async def test_pages_ask_for_it_as_json_and_what_they_tell_is_kept(
    sqlite: Database, settings: Settings
) -> None:
    with sqlite.writing() as session:
        made = made_of(session, repeats=2)
    one = made.transcripts["habits-plain", "default", 1]
    async with browser(settings) as client:
        printed = (await client.get("/studies/first-light/compare/mode-collapse/habits-plain")).text
        marked = await client.post("/api/v1/seen", json={"transcripts": [one, 10**9]})
        assert marked.json() == {"changed": [one]}
        asked = f"{STUDY}/seen?at=mode-collapse/habits-plain&prompt=mode-collapse/habits-plain&prompt=x/y"
        told = await client.get(asked)
        assert told.json() == {"seen": [one], "kept": [], "unseen": {"mode-collapse/habits-plain": 5}}
        assert told.headers["cache-control"] == "no-store"
        found = await client.get(f"{STUDY}/unseen?at=mode-collapse/habits-plain&hide=kept&repeat=2")
        assert found.json() == {
            "url": "/studies/first-light/compare/mode-collapse/wish-prefill?hide=kept",
            "unseen": 6, "wrapped": False,
        }  # fmt: skip
        gone = await client.get("/studies/first-light/unseen?at=mode-collapse/habits-plain&hide=kept")
        assert gone.headers["location"] == found.json()["url"]
        assert (await client.get("/studies/nowhere/unseen")).status_code == 404
        assert (await client.post("/api/v1/seen", json={"transcripts": ["x"]})).status_code == 422
        again = (await client.get("/studies/first-light/compare/mode-collapse/habits-plain")).text
    own = 'data-client="'
    assert printed.split(own)[1][8:] == again.split(own)[1][8:]  # nothing of it is printed


@pytest.mark.anyio
async def test_an_answer_read_alone_is_seen_with_those_of_its_cell_that_say_the_same(
    sqlite: Database, settings: Settings
) -> None:
    said = ("Yes.", "yes", "No", "Yes, said twice")
    with sqlite.writing() as session:
        made = seed.study(session, subjects=cast.SUBJECTS[:2], prompts=[cast.HABITS], repeats=4,
                          say=lambda _p, _s, repeat: Draw(said[repeat - 1]))  # fmt: skip
    alike = [made.transcripts["habits-plain", "default", repeat] for repeat in (1, 2)]
    async with browser(settings) as client:
        reply = await client.post("/api/v1/seen", json={"transcripts": alike[:1], "alike": True})
        assert reply.json() == {"changed": alike}
        again = await client.post("/api/v1/seen", json={"transcripts": alike[1:], "alike": True})
        assert again.json() == {"changed": []}
