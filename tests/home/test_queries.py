"""What the first page reads: studies with their newest run, and the runs under way."""

from app.db import Database
from app.home import queries
from app.reading import seen
from app.studies.models import Study
from app.transcripts.queries import Counts
from tests import seed
from tests.cast import Draw, say
from tests.reading.people import LOCAL, second


def half_asked(prompt, subject, repeat):  # type: ignore[no-untyped-def]
    """Nothing came yet of the repeats after the tenth."""
    return Draw(state="queued") if repeat > 10 else say(prompt, subject, repeat)


def test_an_empty_database_has_no_lines(database: Database) -> None:
    with database.reading() as session:
        assert queries.lines(session, LOCAL) == []
        assert queries.unfinished(session) == []
        assert list(queries.latest(session)) == []


def test_a_study_tells_whom_its_newest_run_asks_and_what(database: Database) -> None:
    with database.writing() as session:
        made = seed.study(session, repeats=2)
    with database.reading() as session:
        (line,) = queries.lines(session, LOCAL)
    assert (line.slug, line.title, line.runs, line.newest) == ("first-light", "First light", 1, made.run_id)
    assert line.question == "Does training or the scaffold make the assistant?"
    assert line.subjects == [
        ("Base, raw", 1),
        ("Default assistant", 2),
        ("Default, as a pirate", 2),
        ("Constitution", 3),
        ("Reasoning, medium", 5),
    ]
    assert line.batteries == [("Mode collapse", 3)]
    assert line.prompts == 3
    assert line.counts == Counts(done=28, impossible=2)


def test_the_counts_are_those_of_the_newest_run_alone(database: Database) -> None:
    with database.writing() as session:
        made = seed.study(session, repeats=4)
        seed.run(session, made, repeats=1)
    with database.reading() as session:
        (line,) = queries.lines(session, LOCAL)
    assert (line.runs, line.newest) == (2, made.run_id)
    assert line.counts == Counts(done=14, impossible=1)


def test_a_study_without_a_run_comes_last_and_is_still_there(database: Database) -> None:
    with database.writing() as session:
        seed.study(session, repeats=1)
        session.add(Study(slug="later", title="Later", question=""))
    with database.reading() as session:
        found = queries.lines(session, LOCAL)
    assert [(line.slug, line.newest, line.subjects, line.prompts) for line in found][1] == (
        "later",
        None,
        [],
        0,
    )
    assert found[0].slug == "first-light"


def test_a_run_is_under_way_while_draws_are_queued(database: Database) -> None:
    with database.writing() as session:
        made = seed.study(session, repeats=2)
        done = made.run_id
        half = seed.run(session, made, repeats=20, say=half_asked)
        paused = seed.run(session, made, repeats=20, say=half_asked, wanted="pause")
        cancelled = seed.run(session, made, repeats=20, say=half_asked, wanted="cancel")
    with database.reading() as session:
        under_way = [(run.id, run.state) for run in queries.unfinished(session)]
        newest = [run.id for run in queries.latest(session)]
    assert under_way == [(paused, "paused"), (half, "queued")]
    assert newest == [cancelled, paused, half, done]


def test_what_is_unseen_of_the_newest_run_is_each_persons_own(database: Database) -> None:
    with database.writing() as session:
        made = seed.study(session, repeats=2)
        ana = second(session)
        seen.mark(session, LOCAL, list(made.transcripts.values())[:5], True)
        old = dict(made.transcripts)
        seed.run(session, made, repeats=1)
        seen.mark(session, ana, [*old.values(), *made.transcripts.values()], True)
        (mine,), (hers,) = queries.lines(session, LOCAL), queries.lines(session, ana)
    assert (mine.counts.done, mine.unseen, hers.unseen) == (14, 14, 0)
