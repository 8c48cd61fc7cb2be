"""Marks of what was seen: each person's own, put twice as once, taken back, counted by cell, and a filter."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db import Database
from app.reading import seen
from app.reading.asking import conditions
from app.reading.filters import BadFilter, read
from app.reading.models import SeenMark
from app.transcripts.models import Transcript
from tests import seed
from tests.cast import Draw
from tests.draws import Seeded
from tests.reading.people import LOCAL, second


@pytest.fixture
def made(database: Database) -> Seeded:
    with database.writing() as session:
        return seed.study(session, repeats=3)


def marked(session: Session, person: int) -> set[int]:
    return set(session.scalars(select(SeenMark.transcript_id).where(SeenMark.person_id == person)))


def answers(made: Seeded, key: str = "number-plain", subject: str = "base-raw") -> list[int]:
    return [made.transcripts[key, subject, repeat] for repeat in (1, 2, 3)]


def test_a_mark_is_put_once_and_tells_what_it_changed(database: Database, made: Seeded) -> None:
    some = answers(made)
    with database.writing(personal=True) as session:
        assert seen.mark(session, LOCAL, some[:2], True) == some[:2]
        assert seen.mark(session, LOCAL, some, True) == some[2:]
        assert seen.mark(session, LOCAL, some, True) == []
        assert seen.mark(session, LOCAL, some[1:], False) == some[1:]
        assert marked(session, LOCAL) == {some[0]}
        assert seen.mark(session, LOCAL, some[1:], False) == []


def test_two_people_have_marks_of_their_own(database: Database, made: Seeded) -> None:
    with database.writing() as session:
        ana = second(session)
        seen.mark(session, LOCAL, answers(made), True)
        seen.mark(session, ana, answers(made)[:1], True)
    with database.reading() as session:
        prompts = [made.prompts["number-plain"]]
        assert seen.seen_of(session, LOCAL, made.study_id, prompts) == set(answers(made))
        assert seen.seen_of(session, ana, made.study_id, prompts) == {answers(made)[0]}
        assert seen.is_seen(session, ana, answers(made)[0])
        assert not seen.is_seen(session, ana, answers(made)[1])


def test_what_is_no_answer_is_never_seen(database: Database) -> None:
    states = ("failed", "queued", "done")
    with database.writing() as session:
        made = seed.study(session, repeats=3, say=lambda _p, _s, repeat: Draw("x", state=states[repeat - 1]))
        assert seen.mark(session, LOCAL, [*answers(made), 10**6], True) == answers(made)[2:]


def test_more_answers_than_one_statement_holds_are_marked_and_taken_back(database: Database) -> None:
    with database.writing() as session:
        made = seed.study(session, repeats=90, say=lambda *_: Draw("x"))
        every = sorted(made.transcripts.values())
        assert len(every) > 2 * seen.AT_ONCE
        assert seen.mark(session, LOCAL, every, True) == every
        assert len(marked(session, LOCAL)) == len(every)
        assert seen.of_runs(session, LOCAL, [(made.study_id, made.run_id)]) == {made.run_id: len(every)}
        assert seen.mark(session, LOCAL, every, False) == every
        assert marked(session, LOCAL) == set()


def test_cells_count_what_is_done_and_what_is_seen(database: Database, made: Seeded) -> None:
    with database.writing() as session:
        ana = second(session)
        seen.mark(session, LOCAL, answers(made)[:2], True)
        seen.mark(session, ana, answers(made, subject="pirate"), True)
        found = seen.cells(session, LOCAL, made.study_id, list(made.prompts.values()))
    by_cell = {(one.prompt_id, one.subject_version_id): (one.n, one.done, one.seen) for one in found}
    number, version = made.prompts["number-plain"], made.versions
    assert by_cell[number, version["base-raw"]] == (3, 3, 2)
    assert by_cell[number, version["pirate"]] == (3, 3, 0)
    assert by_cell[made.prompts["said-prefill"], version["constitution"]] == (3, 0, 0)  # not possible there
    assert {one.run_id for one in found} == {made.run_id}


def test_a_prompt_that_is_seen_whole_is_found_without_looking_at_answers(
    database: Database, made: Seeded
) -> None:
    with database.writing() as session:
        whole = [number for (key, _, _), number in made.transcripts.items() if key == "number-plain"]
        seen.mark(session, LOCAL, whole, True)
        some = seen.with_unseen(session, LOCAL, made.study_id, list(made.prompts.values()))
    assert some == {made.prompts["who-plain"], made.prompts["said-prefill"]}


def test_a_filter_narrows_to_what_the_reader_has_or_has_not_seen(database: Database, made: Seeded) -> None:
    def found(session: Session, query: str) -> set[int]:
        wanted = read({"seen": [query]}, study="first-light")
        where = conditions(session, wanted, LOCAL)
        return set(session.scalars(select(Transcript.id).where(*where)))

    with database.writing() as session:
        ana = second(session)
        seen.mark(session, LOCAL, answers(made), True)
        seen.mark(session, ana, answers(made, subject="pirate"), True)
        done = set(session.scalars(select(Transcript.id).where(Transcript.state == "done")))
        assert found(session, "yes") == set(answers(made))
        assert found(session, "no") == done - set(answers(made))
        assert found(session, "no,yes") == done
        with pytest.raises(BadFilter, match="seen: found 'perhaps', expected yes or no"):
            found(session, "perhaps")
    assert read({"seen": ["no"]}).said() == "answers that I have not seen"
