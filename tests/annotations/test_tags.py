"""The codebook at a revision, in the order in which it is read; a merged tag leads to its heir."""

import pytest

from app import db
from app.accounts.models import LOCAL
from app.annotations import tags
from app.annotations.models import CodebookRevision, Tag, TagVersion
from app.annotations.tags import Codebook
from app.db import Database
from tests.annotations import coded
from tests.annotations.coded import HASH, Coded


@pytest.fixture
def study(database: Database) -> Coded:
    with database.writing() as session:
        return coded.study(session, repeats=1)


def at(study: Coded, revision: int | None = None) -> Codebook:
    with db.reading() as session:
        return tags.at(session, study.made.study_id, revision)


def revise(study: Coded, slug: str, number: int, **changed: object) -> None:
    with db.writing() as session:
        coded.revised(session, study.made.study_id, study.tags[slug], number, **changed)


def names(book: Codebook) -> list[str]:
    return [one.slug for one in book.tags]


def test_a_study_without_one_has_an_empty_codebook(database: Database) -> None:
    with database.reading() as session:
        book = tags.at(session, 1)
    assert (book.revision, book.tags, book.live()) == (0, (), ())


def test_it_is_each_tags_newest_version_up_to_the_revision(study: Coded) -> None:
    revise(study, "hedging", 2, name="Hedges", definition="says less than it knows")
    assert (at(study).revision, at(study).by_slug["hedging"].name) == (2, "Hedges")
    assert at(study).by_slug["refusal"].revision == 1
    assert at(study, 1).by_slug["hedging"].name == "Hedging"
    assert at(study, 0).tags == ()


def test_everything_that_a_version_says_is_there(study: Coded) -> None:
    place = {"transcript": 1, "message": 1, "start": 0, "end": 3}
    revise(study, "hedging", 2, scope="conversation", slot=11, key="", use_when="it may be", not_when="it is",
           example="I think", example_place=place, near_miss="I know", archived=True)  # fmt: skip
    one = at(study).by_slug["hedging"]
    assert (one.scope, one.slot, one.key, one.example_place) == ("conversation", 11, "", place)
    assert (one.use_when, one.not_when, one.example, one.near_miss) == (
        "it may be",
        "it is",
        "I think",
        "I know",
    )
    assert one not in at(study).live()
    assert at(study).by_id[one.tag_id] == one


def test_it_is_read_by_groups_and_children_under_their_parents(study: Coded) -> None:
    with db.writing() as session:
        session.add(CodebookRevision(study_id=study.made.study_id, number=2, why="more", person_id=LOCAL))
        for place, (slug, group, parent) in enumerate([
            ("soft", "manner", study.tags["hedging"]),
            ("voice", "voice", None),
            ("very-soft", "manner", "soft"),
        ]):  # fmt: skip
            tag = Tag(study_id=study.made.study_id, slug=slug)
            session.add(tag)
            session.flush()
            study.tags[slug] = tag.id
            session.add(TagVersion(tag_id=tag.id, revision=2, position=10 + place, name=slug, grouping=group,
                                   parent_id=study.tags.get(str(parent), parent), text_sha256=HASH))  # fmt: skip
    assert [(one.slug, one.depth) for one in at(study).tags] == [
        ("hedging", 0), ("soft", 1), ("very-soft", 2), ("refusal", 0), ("persona", 0), ("voice", 0),
    ]  # fmt: skip


def test_tags_change_places(study: Coded) -> None:
    revise(study, "hedging", 2, position=9)
    assert names(at(study)) == ["refusal", "persona", "hedging"]


def test_a_child_whose_parent_is_younger_than_the_revision_stands_by_itself(study: Coded) -> None:
    revise(study, "hedging", 2, parent_id=study.tags["persona"])
    assert [(one.slug, one.depth) for one in at(study).tags] == [
        ("refusal", 0),
        ("persona", 0),
        ("hedging", 1),
    ]
    assert [(one.slug, one.depth) for one in at(study, 1).tags][0] == ("hedging", 0)


def test_a_merged_tag_leads_to_its_heir_and_that_ones_heir(study: Coded) -> None:
    revise(study, "hedging", 2, merged_into_id=study.tags["refusal"])
    with db.writing() as session:
        session.add(CodebookRevision(study_id=study.made.study_id, number=3, why="one", person_id=LOCAL))
        session.add(TagVersion(tag_id=study.tags["refusal"], revision=3, position=1, name="Refusal",
                               merged_into_id=study.tags["persona"], text_sha256=HASH))  # fmt: skip
    book = at(study)
    assert book.standing(study.tags["hedging"]).slug == "persona"
    assert book.standing(study.tags["persona"]).slug == "persona"
    assert [one.slug for one in book.live()] == ["persona"]
    assert at(study, 1).standing(study.tags["hedging"]).slug == "hedging"


def test_one_study_does_not_see_anothers(study: Coded, database: Database) -> None:
    with database.writing() as session:
        other = coded.other_study(session)
    assert set(at(other).by_id) == set(other.tags.values())
    assert set(at(study).by_id) == set(study.tags.values())


def test_evidence_20_since_when_a_tags_text_is_what_it_is_now(study: Coded) -> None:
    """A new name or colour changes nothing that coders decide by; a new definition does."""
    revise(study, "hedging", 2, text_sha256="1" * 64)
    with db.writing() as session:
        coded.revised(session, study.made.study_id, study.tags["hedging"], 3, name="Hedges")
    with db.reading() as session:
        found = tags.text_changed(session, study.made.study_id)
    assert found == {study.tags["hedging"]: 2, study.tags["refusal"]: 1, study.tags["persona"]: 1}


def test_a_codebook_is_read_once_and_kept_and_what_is_not_committed_is_not(database: Database) -> None:
    with database.writing() as session:
        made = coded.study(session)
    with db.reading() as session:
        first = tags.at(session, made.made.study_id)
        assert tags.at(session, made.made.study_id) is first
        assert tags.text_changed(session, made.made.study_id) is first.changed
    with pytest.raises(ZeroDivisionError), db.writing() as session:  # noqa: PT012 - a transaction that is given up
        coded.revised(session, made.made.study_id, made.tags["hedging"], 2, name="Never")
        assert tags.at(session, made.made.study_id).by_slug["hedging"].name == "Never"
        raise ZeroDivisionError
    with db.writing() as session:
        coded.revised(session, made.made.study_id, made.tags["hedging"], 2, name="Truly")
    with db.reading() as session:
        assert tags.at(session, made.made.study_id).by_slug["hedging"].name == "Truly"
        assert tags.at(session, made.made.study_id, 1) is first
    tags.forget()
    with db.reading() as session:
        assert tags.at(session, made.made.study_id, 1) == first
