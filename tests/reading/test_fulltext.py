"""The full text is the database's own work: what is written is found, what is withdrawn is not."""

import pytest
from sqlalchemy import text

from app import db
from app.batteries.shape import PromptShape, Turn
from app.db import Database
from app.reading import fulltext
from tests import seed
from tests.cast import Draw

LADDER = PromptShape(
    key="ladder",
    family="ladder",
    mode="ladder",
    turns=(Turn(user="Are you sure?"), Turn(user="Really sure?")),
)
SAID = {"base-raw": ("The café and/or the Harbour", "I don't know"), "reasoner": ("quiet", "quieter")}


@pytest.fixture
def said(database: Database) -> Database:
    with database.writing() as session:
        seed.study(
            session, prompts=[LADDER], repeats=2,
            say=lambda _, subject, __: Draw(
                SAID.get(subject.slug, ("nothing", "more")),
                reasoning="The user doubts me" if subject.slug == "reasoner" else "",
            ),
        )  # fmt: skip
    return database


def found(database: Database, sqlite: str, postgresql: str, table: str = "messages_fts") -> int:
    """Return how many rows match, in each database's own words."""
    query = (
        f"SELECT count(*) FROM {table} WHERE {table} MATCH :words"
        if database.sqlite
        else f"SELECT count(*) FROM {table} WHERE words @@ CAST(:words AS tsquery)"
    )
    with db.reading() as session:
        number = session.scalar(text(query), {"words": sqlite if database.sqlite else postgresql})
    assert number is not None
    return number


def test_words_are_found_whatever_their_case_accents_and_joints(said: Database) -> None:
    assert found(said, "cafe", "cafe") == 2
    assert found(said, "harbour", "harbour") == 2
    assert found(said, "text : or", "or") == 2
    assert found(said, '"don t"', "don <-> t") == 2
    assert found(said, "har*", "har:*") == 2
    assert found(said, "harbours", "harbours") == 0


def test_scope_tokens_tell_subject_run_study_and_thoughts_and_are_no_words(said: Database) -> None:
    with db.reading() as session:
        subject = session.scalar(text("SELECT id FROM subjects WHERE slug = 'reasoner'"))
    assert (
        found(said, f"scope : s{subject}", f"'/s{subject}'") == 8
    )  # two draws of two answers with a thought each
    assert found(said, f"scope : s{subject} AND scope : kr", f"'/s{subject}' & '/kr'") == 4
    assert found(said, "scope : y1", "'/y1'") == 5 * 2 * 2 + 4
    assert found(said, f"text : s{subject}", f"s{subject}") == 0


def test_a_prompt_is_found_once_however_often_it_was_asked(said: Database) -> None:
    assert found(said, "sure", "sure") == 0
    assert found(said, "sure", "sure", "prompts_fts") == 1
    assert found(said, "really", "really", "prompts_fts") == 1


def test_what_is_withdrawn_is_found_no_more(said: Database) -> None:
    with db.writing() as session:
        session.execute(
            text("INSERT INTO maintenance (kind, reason, person_id, opened_at) VALUES ('t', 't', 1, 0)")
        )
        session.execute(text("UPDATE messages SET text = 'withdrawn' WHERE text LIKE '%Harbour'"))
        leaves = text(
            "DELETE FROM messages WHERE text = 'more' AND id NOT IN (SELECT tip_id FROM transcripts WHERE id < 3)"
        )
        session.execute(text("UPDATE transcripts SET tip_id = root_id WHERE id >= 3"))
        session.execute(leaves)
        session.execute(text("DELETE FROM maintenance"))
    assert found(said, "harbour", "harbour") == 0
    assert found(said, "withdrawn", "withdrawn") == 2
    assert 0 < found(said, "more", "more") < 6


def test_a_database_from_before_is_filled_and_a_second_time_changes_nothing(said: Database) -> None:
    with said.engine.begin() as connection:
        connection.execute(text("DROP TABLE messages_fts"))
        fulltext.ensure(connection)
        fulltext.ensure(connection)
    assert found(said, "cafe", "cafe") == 2
    assert found(said, "scope : kr", "'/kr'") == 4


def test_a_text_beyond_what_a_tsvector_holds_is_kept_and_found_by_its_beginning(said: Database) -> None:
    long = "beginning " + " ".join(f"w{n:x}" for n in range(300_000))
    with db.writing() as session:
        session.execute(
            text(
                "INSERT INTO messages (role, text, origin, scope, text_sha256, made_by, created_at) "
                "VALUES ('assistant', :long, 'model', 's1', '', 1, 0)"
            ),
            {"long": long},
        )
    assert found(said, "beginning", "beginning") == 1
