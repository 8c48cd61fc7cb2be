"""A working set is a filter or its members under a name; what it means never changes, on both databases."""

import hashlib
from collections.abc import Callable
from urllib.parse import parse_qs

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from app.db import Database
from app.reading import sets
from app.reading.asking import conditions as asked
from app.reading.filters import BadFilter, Filter, read
from app.reading.models import WorkingSet, WorkingSetMember
from app.studies.models import Study
from app.transcripts.models import Instance, Transcript
from tests import seed

ME = 1


@pytest.fixture
def made(database: Database) -> seed.Seeded:
    with database.writing() as session:
        return seed.study(session, repeats=4)


def wanted(query: str) -> Filter:
    return read(parse_qs(query), study="first-light")


def keep(
    database: Database, query: str, kind: str = "frozen", name: str = "Of the pirate", reason: str = "why"
) -> int:
    with database.writing() as session:
        study = session.scalars(select(Study)).one()
        how: Callable[..., WorkingSet] = sets.freeze if kind == "frozen" else sets.keep_live
        return how(session, study, name, reason, wanted(query), ME).id


def members(session: Session, number: int) -> set[int]:
    one = session.get_one(WorkingSet, number)
    return set(session.scalars(select(Transcript.id).where(*sets.conditions(session, one, ME))))


def of(made: seed.Seeded, subject: str) -> set[int]:
    return {number for (_, slug, _), number in made.transcripts.items() if slug == subject}


def done(session: Session, numbers: set[int]) -> set[int]:
    return set(
        session.scalars(select(Transcript.id).where(Transcript.id.in_(numbers), Transcript.state == "done"))
    )


@pytest.mark.parametrize("kind", ["live", "frozen"])
def test_a_set_holds_what_its_filter_finds(database: Database, made: seed.Seeded, kind: str) -> None:
    number = keep(database, "subject=pirate", kind)
    with database.reading() as session:
        found = members(session, number)
        assert found == done(session, of(made, "pirate"))
        assert found
        assert sets.size(session, session.get_one(WorkingSet, number), ME, 1000) == len(found)


def test_a_frozen_set_stays_as_it_was_while_a_live_one_follows(database: Database, made: seed.Seeded) -> None:
    frozen, live = keep(database, "subject=pirate"), keep(database, "subject=pirate", "live", "Live")
    with database.writing() as session:
        before = members(session, frozen)
        again = seed.run(session, made, repeats=2)
    with database.reading() as session:
        assert members(session, frozen) == before
        grown = members(session, live)
        assert grown > before
        assert {session.get_one(Transcript, one).run_id for one in grown - before} == {again}


def test_words_make_a_set_too(database: Database, made: seed.Seeded) -> None:
    number = keep(database, "q=arr&subject=pirate", "live")
    with database.reading() as session:
        found = members(session, number)
        assert found < done(session, of(made, "pirate"))
        assert found


def test_the_hash_is_of_the_members_texts_and_anybody_can_compute_it(
    database: Database, made: seed.Seeded
) -> None:
    number = keep(database, "subject=pirate&state=done,failed")
    with database.reading() as session:
        one = session.get_one(WorkingSet, number)
        instance = session.scalars(select(Instance.name)).one()
        rows = session.execute(
            select(Transcript.id, Transcript.sha256, Transcript.state)
            .where(Transcript.id.in_(members(session, number)))
            .order_by(Transcript.id)
        ).all()
        lines = "".join(f"{instance}:t{row.id} {row.sha256 or row.state}\n" for row in rows)
        assert one.sha256 == hashlib.sha256(lines.encode()).hexdigest()
        assert one.size == len(rows)
        assert sets.fingerprint(session, number) == (one.size, one.sha256)


def test_members_read_for_beforehand_are_the_set(database: Database, made: seed.Seeded) -> None:
    some = sorted(made.transcripts.values())[:3]
    with database.writing() as session:
        study = session.scalars(select(Study)).one()
        number = sets.freeze(session, study, "Read", "why", wanted("q=/a.r/"), ME, [*some, some[0]]).id
    with database.reading() as session:
        assert members(session, number) == set(some)


@pytest.mark.parametrize(("statement", "table"), [
    ("UPDATE working_sets SET filter = ''", "working_sets"),
    ("UPDATE working_sets SET sha256 = NULL", "working_sets"),
    ("UPDATE working_sets SET sha256 = 'ab'", "working_sets"),
    ("UPDATE working_sets SET kind = 'live'", "working_sets"),
    ("DELETE FROM working_sets", "working_sets"),
    ("DELETE FROM working_set_members", "working_set_members"),
    ("UPDATE working_set_members SET transcript_id = 0", "working_set_members"),
    ("INSERT INTO working_set_members SELECT max(set_id), max(transcript_id) + 1 FROM working_set_members",
     "working_set_members"),
])  # fmt: skip
@pytest.mark.usefixtures("made")
def test_both_databases_refuse_to_change_what_a_set_means(
    database: Database, statement: str, table: str
) -> None:
    number = keep(database, "subject=pirate")
    with pytest.raises(DatabaseError, match=f"{table} are frozen"), database.writing() as session:
        session.execute(text(statement))
    with database.reading() as session:
        one = session.get_one(WorkingSet, number)
        assert sets.fingerprint(session, number) == (one.size, one.sha256)


@pytest.mark.parametrize(("query", "kind", "name", "reason", "message"), [
    ("", "frozen", " ", "why", "name: a set needs a name"),
    ("", "live", "x" * 121, "why", "name: found 121 letters, expected at most 120"),
    ("", "live", "New", "  ", "reason: say in a line"),
    ("", "live", "Taken", "why", "name: this study has a set “Taken” already"),
    ("q=nowhereatall", "frozen", "New", "why", "filter: it finds nothing"),
    ("q=/a+/", "live", "New", "why", "kind: a pattern, /…/, is read for text by text; freeze it"),
])  # fmt: skip
@pytest.mark.usefixtures("made")
def test_what_cannot_be_kept_is_said_and_leaves_nothing(
    database: Database, query: str, kind: str, name: str, reason: str, message: str
) -> None:
    keep(database, "", name="Taken")
    with pytest.raises(sets.BadSet, match=message):
        keep(database, query, kind, name, reason)
    with database.reading() as session:
        assert session.scalars(select(WorkingSet.name)).all() == ["Taken"]
        assert set(session.scalars(select(WorkingSetMember.set_id).distinct())) == {1}


@pytest.mark.usefixtures("made")
def test_a_filter_that_names_what_there_is_not_is_not_kept(database: Database) -> None:
    with pytest.raises(BadFilter, match="subject: found 'nobody'"):
        keep(database, "subject=nobody", "live")
    with database.reading() as session:
        assert session.scalars(select(WorkingSet)).all() == []


@pytest.mark.usefixtures("made")
def test_a_set_may_be_worded_anew_and_put_away_and_means_the_same(database: Database) -> None:
    number = keep(database, "subject=pirate")
    with database.writing() as session:
        one = session.get_one(WorkingSet, number)
        before = members(session, number)
        sets.reword(session, one, "  Arr   and more ", "because", ME)
        sets.put_away(session, one, True, ME)
    with database.writing() as session:
        one = session.get_one(WorkingSet, number)
        assert (one.name, one.reason) == ("Arr and more", "because")
        assert one.archived_at is not None
        assert members(session, number) == before
        sets.put_away(session, one, False, ME)
        assert one.archived_at is None


@pytest.mark.usefixtures("made")
def test_sets_are_named_by_number_or_name(database: Database) -> None:
    number = keep(database, "subject=pirate")
    with database.reading() as session:
        study = session.scalars(select(Study.id)).one()
        assert sets.named(session, study, str(number)).id == number
        assert sets.named(session, study, "Of the pirate").id == number
        with pytest.raises(BadFilter, match="set: found 'no such', expected one of Of the pirate"):
            sets.named(session, study, "no such")


def test_members_among_some_transcripts(database: Database, made: seed.Seeded) -> None:
    number = keep(database, "subject=pirate", "live")
    some = {made.transcripts["who-plain", "pirate", 1], made.transcripts["who-plain", "default-assistant", 1]}
    with database.reading() as session:
        one = session.get_one(WorkingSet, number)
        members = sets.conditions(session, one, ME)
        assert sets.among(session, members, some) == done(session, some & of(made, "pirate"))
        assert sets.among(session, members, set()) == frozenset()


@pytest.mark.usefixtures("made")
def test_a_set_narrows_a_filter_and_only_a_frozen_one_can_hold_it(database: Database) -> None:
    number = keep(database, "subject=pirate")
    both = wanted(f"set={number}&subject=pirate,default-assistant")
    assert both.said().endswith(f"in set {number}")
    with database.reading() as session:
        found = set(session.scalars(select(Transcript.id).where(*asked(session, both, ME))))
        assert found == members(session, number)
        with pytest.raises(BadFilter, match="set: found '99', expected the number of a working set"):
            asked(session, wanted("set=99"), ME)
    with pytest.raises(sets.BadSet, match="kind: a set made of sets would change its meaning"):
        keep(database, f"set={number}", "live", "Nested")
    assert keep(database, f"set={number}", "frozen", "Nested")
