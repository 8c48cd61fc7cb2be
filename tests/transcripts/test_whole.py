"""Whole transcripts come in order, once each, in bounded batches, with what many share read once."""

from collections.abc import Iterator

import pytest
from sqlalchemy import event

from app.db import Database
from app.transcripts import whole
from app.transcripts.models import Transcript
from app.transcripts.whole import BrokenPath, Columns, Reader, path_to, steady
from tests import seed
from tests.cast import SUBJECTS, Draw
from tests.draws import Seeded
from tests.elicitation.cases import LADDER


@pytest.fixture
def made(database: Database, monkeypatch: pytest.MonkeyPatch) -> Seeded:
    """30 draws, read in batches of 4."""
    monkeypatch.setattr(whole, "BATCH", 4)
    with database.writing() as session:
        return seed.study(session, repeats=2)


@pytest.fixture
def statements(database: Database) -> Iterator[list[str]]:
    """The statements that the database was asked."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        seen.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    yield seen
    event.remove(database.engine, "before_cursor_execute", note)


def test_every_transcript_comes_once_by_id(database: Database, made: Seeded) -> None:
    with database.reading() as session:
        assert [one.row["id"] for one in Reader(session).all()] == sorted(made.transcripts.values())


@pytest.mark.parametrize(
    ("after", "limit", "expected"), [(0, 3, [1, 2, 3]), (5, 6, [6, 7, 8, 9, 10, 11]), (28, 9, [29, 30])]
)
def test_a_page_begins_behind_a_row_and_has_at_most_so_many(
    database: Database, made: Seeded, after: int, limit: int, expected: list[int]
) -> None:
    with database.reading() as session:
        assert [one.row["id"] for one in Reader(session).all(after=after, limit=limit)] == expected


def test_conditions_narrow(database: Database, made: Seeded) -> None:
    with database.reading() as session:
        found = list(Reader(session).all(Transcript.state == "impossible"))
    assert {one.row["reason"] for one in found} == {"this model refuses prefill"}
    assert len(found) == 2


def test_messages_run_from_the_root_to_the_tip(database: Database) -> None:
    with database.writing() as session:
        seed.study(session, subjects=SUBJECTS[4:], prompts=[LADDER], repeats=1,
                   say=lambda *_: Draw(("Yes.", "No.", "5."), reasoning="Hm."))  # fmt: skip
    with database.reading() as session:
        [one] = Reader(session).all()
    assert [(message["role"], message["text"]) for message in one.messages] == [
        ("user", "Is it 4?"), ("reasoning", "Hm."), ("assistant", "Yes."),
        ("user", "Are you sure?"), ("reasoning", "Hm."), ("assistant", "No."),
        ("user", "I say 5."), ("reasoning", "Hm."), ("assistant", "5."),
    ]  # fmt: skip
    assert one.settings is not None
    assert one.settings["sent"]["max_tokens"] == 1024


def test_without_an_answer_they_end_at_the_prompts_last_shared_turn(database: Database) -> None:
    with database.writing() as session:
        seed.study(session, subjects=SUBJECTS[:1], repeats=1, say=lambda *_: Draw(state="queued"))
    with database.reading() as session:
        ends = [one.messages[-1]["text"] for one in Reader(session).all()]
    assert ends[2] == "Honestly, what I want is"


def test_statements_grow_with_the_batches_and_not_with_the_rows(
    database: Database, made: Seeded, statements: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(whole, "BATCH", 100)
    with database.reading() as session:
        assert len(list(Reader(session).all())) == 30
    # The rows, their own messages, the shared turns and those above them, the settings.
    assert sum("FROM" in statement for statement in statements) <= 5


def test_what_is_remembered_does_not_grow_without_end(
    database: Database, made: Seeded, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(whole, "KEPT", 2)
    with database.reading() as session:
        reader = Reader(session)
        assert len(list(reader.all())) == 30
        assert len(reader.shared) <= 4 + whole.KEPT


def chain(*links: tuple[int, int | None]) -> dict[int, Columns]:
    return {number: {"id": number, "parent_id": parent} for number, parent in links}


class TestPath:
    def test_of_nothing_is_empty(self) -> None:
        assert path_to(None, {}) == ()

    def test_runs_from_the_root_down(self) -> None:
        known = chain((1, None), (2, 1), (5, 2), (9, 1))
        assert [message["id"] for message in path_to(5, known)] == [1, 2, 5]

    def test_with_a_missing_link_or_a_loop_is_broken(self) -> None:
        with pytest.raises(BrokenPath, match="message 1 is missing"):
            path_to(2, chain((2, 1)))
        with pytest.raises(BrokenPath, match="message 2 is its own ancestor"):
            path_to(2, chain((1, 2), (2, 1)))


def test_a_steady_session_sees_one_state_to_its_end(database: Database, made: Seeded) -> None:
    with database.reading() as session:
        steady(session)
        before = len(list(Reader(session).all()))
        with database.writing() as other:
            seed.run(other, made, repeats=1)
        assert len(list(Reader(session).all())) == before
    with database.reading() as session:
        assert len(list(Reader(session).all())) == before + 15
