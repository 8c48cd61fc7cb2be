"""What the tables of coding hold and refuse, whoever asks and by whatever words."""

from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError, IntegrityError

from app import db
from app.accounts.models import LOCAL
from app.annotations.models import (
    Annotation,
    CodebookRevision,
    Member,
    Pass,
    PassSame,
    PassTag,
    Tag,
    TagVersion,
    Target,
)
from app.db import Database
from tests import seed
from tests.cast import PROMPTS, SUBJECTS
from tests.draws import Seeded

HASH = "0" * 64


@pytest.fixture
def made(database: Database) -> Seeded:
    """A study with two answers, one tag of two versions, one of each kind of annotation, and a pass over both."""
    with database.writing() as session:
        made = seed.study(session, subjects=SUBJECTS[:1], prompts=PROMPTS[:1], repeats=2)
        study, (one, two) = made.study_id, list(made.transcripts.values())[:2]
        for number in (1, 2):
            session.add(CodebookRevision(study_id=study, number=number, why="begun", person_id=LOCAL))
        session.add(Tag(id=1, study_id=study, slug="hedging"))
        session.flush()
        for number in (1, 2):
            session.add(TagVersion(tag_id=1, revision=number, position=0, name="hedging", text_sha256=HASH))
        common = {"study_id": study, "person_id": LOCAL, "tag_id": 1, "revision": 1}
        session.add(Annotation(id=1, transcript_id=one, **common))
        session.add(Annotation(id=2, transcript_id=one, kind="transcript", polarity="absent", **common))
        session.add(Annotation(id=3, kind="set", **common))
        session.flush()
        session.add(
            Target(annotation_id=1, place=0, transcript_id=one, message_id=1, start=0, end=3, quote="abc")
        )
        session.add_all(Member(annotation_id=3, transcript_id=number) for number in (one, two))
        session.add(Pass(id=1, study_id=study, transcript_id=one, person_id=LOCAL, via="browse", revision=1))
        session.flush()
        session.add(PassTag(pass_id=1, tag_id=1, state="present"))
        session.add(PassSame(pass_id=1, transcript_id=two))
    return made


def test_what_is_put_is_read_back_with_its_defaults(made: Seeded) -> None:
    with db.reading() as session:
        one = session.get_one(Annotation, 1)
        assert (one.kind, one.polarity, one.confidence, one.source) == ("span", "present", None, "person")
        assert (one.version, one.blind_coders, one.blind_subject, one.removed_at) == (1, False, False, None)
        target = session.scalars(select(Target)).one()
        assert (target.start, target.end, target.quote, target.prefix, target.suffix) == (0, 3, "abc", "", "")
        members = session.scalars(select(Member.transcript_id).where(Member.annotation_id == 3)).all()
        assert set(members) == set(list(made.transcripts.values())[:2])


def test_the_codebook_at_a_revision_is_each_tags_newest_version_up_to_it(made: Seeded) -> None:
    with db.writing() as session:
        session.add(CodebookRevision(study_id=made.study_id, number=3, why="more", person_id=LOCAL))
    newest = "SELECT max(revision) FROM tag_versions WHERE tag_id = 1 AND revision <= :r"
    with db.reading() as session:
        found = [session.scalar(text(newest), {"r": number}) for number in (1, 2, 3)]
    assert found == [1, 2, 2]


@pytest.mark.parametrize(
    ("table", "statement"),
    [
        ("codebook_revisions", "UPDATE codebook_revisions SET why = 'other'"),
        ("codebook_revisions", "DELETE FROM codebook_revisions"),
        ("tags", "UPDATE tags SET slug = 'other'"),
        ("tags", "DELETE FROM tags"),
        ("tag_versions", "UPDATE tag_versions SET definition = 'other' WHERE revision = 1"),
        ("tag_versions", "DELETE FROM tag_versions"),
        ("annotations", "DELETE FROM annotations WHERE id = 2"),
        ("passes", "DELETE FROM passes"),
        ("pass_tags", "UPDATE pass_tags SET state = 'absent'"),
        ("pass_tags", "DELETE FROM pass_tags"),
        ("pass_same", "DELETE FROM pass_same"),
    ],
)
def test_what_was_coded_is_replaced_or_dated_and_never_gone(made: Seeded, table: str, statement: str) -> None:
    with pytest.raises(DatabaseError, match=f"{table} are frozen"), db.writing() as session:
        session.execute(text(statement))


def test_a_door_is_held_open_for_a_withdrawal(made: Seeded) -> None:
    door = "INSERT INTO maintenance (kind, reason, person_id, opened_at) VALUES ('withdrawal', 'asked', 1, 0)"
    with db.writing() as session:
        session.execute(text(door))
        session.execute(text("DELETE FROM annotations WHERE id = 2"))
        session.execute(text("DELETE FROM maintenance"))
    with db.reading() as session:
        assert session.scalars(select(Annotation.id).order_by(Annotation.id)).all() == [1, 3]


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        (Annotation, {"kind": "paragraph"}),
        (Annotation, {"polarity": "maybe"}),
        (Annotation, {"confidence": 0}),
        (Annotation, {"confidence": 4}),
        (Annotation, {"source": "machine"}),
        (TagVersion, {"scope": "word"}),
        (TagVersion, {"slot": 12}),
        (Pass, {"via": "hearsay"}),
        (Target, {"start": 3, "end": 3}),
        (Target, {"start": -1, "end": 3}),
    ],
    ids=str,
)
def test_what_cannot_be_is_refused(made: Seeded, row: type[Any], rule: dict[str, Any]) -> None:
    """Each rule alone is broken in a row that is otherwise sound."""
    first = next(iter(made.transcripts.values()))
    own = {"id": 9, "study_id": made.study_id, "person_id": LOCAL, "transcript_id": first, "revision": 1}
    sound: dict[type[Any], dict[str, Any]] = {
        Annotation: {**own, "tag_id": 1},
        TagVersion: {"tag_id": 1, "revision": 9, "position": 0, "name": "x", "text_sha256": HASH},
        Pass: {**own, "via": "queue"},
        Target: {"annotation_id": 1, "place": 9, "transcript_id": first, "message_id": 1, "start": 0, "end": 1,
                 "quote": "a"},
    }  # fmt: skip
    with db.writing() as session, session.begin_nested() as point:
        session.add(row(**sound[row]))
        session.flush()
        point.rollback()
    with pytest.raises(IntegrityError):
        put(row(**{**sound[row], **rule}))


def put(row: Any) -> None:
    with db.writing() as session:
        session.add(row)


def test_one_pass_stands_for_a_person_a_transcript_and_a_way(made: Seeded) -> None:
    first = next(iter(made.transcripts.values()))
    again = {"study_id": made.study_id, "transcript_id": first, "person_id": LOCAL, "revision": 1}
    with pytest.raises(IntegrityError):
        put(Pass(via="browse", **again))
    put(Pass(id=2, via="queue", **again))
    with db.writing() as session:
        session.execute(text("UPDATE passes SET replaced_at = 1 WHERE via = 'browse'"))
    put(Pass(id=3, via="browse", **again))
    with db.reading() as session:
        standing = session.scalars(
            select(Pass.via).where(Pass.replaced_at.is_(None)).order_by(Pass.via)
        ).all()
    assert standing == ["browse", "queue"]


def test_a_slug_names_one_tag_in_a_study(made: Seeded) -> None:
    with pytest.raises(IntegrityError):
        put(Tag(study_id=made.study_id, slug="hedging"))
