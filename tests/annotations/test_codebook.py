"""Codebooks change by numbered revisions: tags are archived or merged, never gone; marks keep theirs."""

import pytest
from sqlalchemy import func, select

from app import db
from app.accounts.models import LOCAL
from app.annotations import codebook_commands as commands
from app.annotations import codebook_diff, codebook_file, codebook_view, marks, tags
from app.annotations.acts import Stale
from app.annotations.codebook_shape import TagShape
from app.annotations.models import Tag, TagVersion
from app.annotations.tags import Codebook
from app.db import Database
from app.web import Invalid
from tests.annotations import coded
from tests.annotations.coded import WORDS, Coded


@pytest.fixture
def study(database: Database) -> Coded:
    with database.writing() as session:
        return coded.study(session)


def book(study: Coded, revision: int | None = None) -> Codebook:
    with db.reading() as session:
        return tags.at(session, study.made.study_id, revision)


def shapes(study: Coded, revision: int | None = None) -> dict[str, TagShape]:
    return {one.slug: one for one in commands.shapes_of(book(study, revision))}


def revise(study: Coded, *wanted: TagShape, why: str = "better", seen: int | None = None) -> int:
    with db.writing() as session:
        return commands.revise(session, study.hand(), wanted, why, seen=seen)


def changed(study: Coded, slug: str, **fields: object) -> int:
    with db.writing() as session:
        shape = shapes(study)[slug].model_copy(update=fields)
        return commands.put_tag(
            session, study.hand(), shape, "better", seen=tags.at(session, study.made.study_id).revision
        )


def versions(study: Coded) -> int:
    with db.reading() as session:
        return session.scalar(select(func.count()).select_from(TagVersion)) or 0


# ------------------------------------------------------------------ revisions


def test_a_change_is_the_next_revision_and_writes_only_what_is_otherwise(study: Coded) -> None:
    before = versions(study)
    assert changed(study, "hedging", definition="two qualifiers") == 2
    assert versions(study) == before + 1
    assert shapes(study)["hedging"].definition == "two qualifiers"
    assert shapes(study, 1)["hedging"].definition == ""
    assert book(study).revision == 2


def test_nothing_changed_is_no_revision(study: Coded) -> None:
    same = list(shapes(study).values())
    assert revise(study, *same, seen=1) == 1
    assert book(study).revision == 1


def test_whoever_saw_an_older_revision_is_told_and_nothing_is_written(study: Coded) -> None:
    changed(study, "hedging", definition="first")
    with pytest.raises(Stale, match="you saw revision 1, it is now 2"):
        revise(study, *shapes(study).values(), seen=1)
    assert book(study).revision == 2


@pytest.mark.parametrize(
    ("why", "words"), [("", "found nothing"), (" \n ", "found nothing"), ("a" * 301, "301")]
)
def test_a_change_says_why_in_a_line(study: Coded, why: str, words: str) -> None:
    with pytest.raises(Invalid, match=words):
        revise(study, shapes(study)["hedging"], why=why)
    assert book(study).revision == 1


def test_what_a_new_codebook_leaves_out_is_put_away_not_deleted(study: Coded) -> None:
    revise(study, shapes(study)["persona"], TagShape(slug="loop", name="Loop"))
    assert [one.slug for one in book(study).live()] == ["persona", "loop"]
    assert shapes(study)["hedging"].archived
    with db.reading() as session:
        assert session.scalar(select(func.count()).select_from(Tag)) == 4


def test_an_earlier_revision_is_restored_as_a_new_one(study: Coded) -> None:
    changed(study, "hedging", definition="worse", name="Hedge")
    revise(study, *shapes(study).values(), TagShape(slug="loop", name="Loop"))
    with db.writing() as session:
        assert commands.restore(session, study.hand(), 1, "as it was", seen=3) == 4
    assert shapes(study)["hedging"].name == "Hedging"
    assert shapes(study)["loop"].archived
    assert shapes(study, 2)["hedging"].name == "Hedge"
    with pytest.raises(Invalid, match="found 9"), db.writing() as session:
        commands.restore(session, study.hand(), 9, "x", seen=4)


def test_the_difference_names_each_tag_and_field(study: Coded) -> None:
    changed(study, "hedging", definition="two qualifiers", key="")
    revise(
        study,
        *[one for one in shapes(study).values() if one.slug != "persona"],
        TagShape(slug="loop", name="Loop"),
    )
    with db.reading() as session:
        second = codebook_view.changed(session, study.made.study_id, 2)
        third = codebook_view.changed(session, study.made.study_id, 3)
        both = codebook_view.changed(session, study.made.study_id, 3, since=1)
    [hedging] = second
    assert (hedging.slug, hedging.what) == ("hedging", "changed")
    assert {(one.field, one.before, one.after, one.deciding) for one in hedging.changes} == {
        ("means", "", "two qualifiers", True),
        ("key", "1", "", False),
    }
    assert {(one.slug, one.what) for one in third} == {("loop", "added"), ("persona", "archived")}
    assert {one.slug for one in both} == {"hedging", "loop", "persona"}
    assert codebook_diff.between([*shapes(study).values()], [*shapes(study).values()]) == []


# ------------------------------------------------------------------ merge, split, put away


def test_a_merged_tags_marks_are_shown_and_put_as_its_heirs(study: Coded) -> None:
    [number] = coded.put(study, study.span(0, 7, WORDS[:7], tag="persona"))
    with db.writing() as session:
        commands.merge(session, study.hand(), "persona", "hedging", "the same thing", seen=1)
    with db.reading() as session:
        [mark] = marks.seen_by(session, LOCAL, study.made.study_id)
        assert codebook_view.counts(session, LOCAL, study.made.study_id, book(study)) == {
            study.tags["hedging"]: 1
        }
    assert (mark.id, mark.tag.slug, mark.row.tag_id) == (number, "hedging", study.tags["persona"])
    [later] = coded.put(study, study.span(10, 14, WORDS[10:14], tag="persona"))  # by its old name
    assert coded.one(later).tag_id == study.tags["hedging"]


@pytest.mark.parametrize(
    ("slug", "into", "words"),
    [
        ("persona", "persona", "itself"),
        ("persona", "nothing", "does not have"),
        ("nothing", "hedging", "does not have"),
    ],
)
def test_a_merge_that_leads_nowhere_is_refused(study: Coded, slug: str, into: str, words: str) -> None:
    with pytest.raises(Invalid, match=words), db.writing() as session:
        commands.merge(session, study.hand(), slug, into, "why", seen=1)


def test_tags_are_never_merged_in_a_ring(study: Coded) -> None:
    with db.writing() as session:
        commands.merge(session, study.hand(), "persona", "hedging", "the same", seen=1)
    with pytest.raises(Invalid, match="expected a tag in use"), db.writing() as session:
        commands.merge(session, study.hand(), "hedging", "persona", "back", seen=2)


def test_a_split_tag_stays_over_its_parts_with_its_marks(study: Coded) -> None:
    coded.put(study, study.span(0, 7, WORDS[:7]))
    parts = [TagShape(slug=f"hedging-{part}", name=part) for part in ("real", "empty")]
    with db.writing() as session:
        commands.split(session, study.hand(), "hedging", parts, "two things", seen=1)
    found = book(study)
    assert [(one.slug, one.depth) for one in found.tags][:3] == [
        ("hedging", 0),
        ("hedging-real", 1),
        ("hedging-empty", 1),
    ]
    with db.reading() as session:
        [mark] = marks.seen_by(session, LOCAL, study.made.study_id)
    assert mark.tag.slug == "hedging"
    with pytest.raises(Invalid, match="at least two"), db.writing() as session:
        commands.split(session, study.hand(), "refusal", parts[:1], "one", seen=2)
    with pytest.raises(Invalid, match="has already"), db.writing() as session:
        commands.split(session, study.hand(), "refusal", parts, "again", seen=2)


def test_a_tag_put_away_keeps_its_marks_is_not_put_and_comes_back(study: Coded) -> None:
    coded.put(study, study.span(0, 7, WORDS[:7]))
    with db.writing() as session:
        commands.archive(session, study.hand(), "hedging", "not used", seen=1)
    with pytest.raises(Invalid, match="archived"):
        coded.put(study, study.span(10, 14, WORDS[10:14]))
    with db.reading() as session:
        assert len(marks.seen_by(session, LOCAL, study.made.study_id)) == 1
    with db.writing() as session:
        commands.archive(session, study.hand(), "hedging", "needed", seen=2, back=True)
    assert len(coded.put(study, study.span(10, 14, WORDS[10:14]))) == 1


def test_marks_made_before_a_tags_text_changed_are_listed_evidence_20(study: Coded) -> None:
    [early] = coded.put(study, study.span(0, 7, WORDS[:7]))
    changed(study, "hedging", slot=5)  # nothing that coders decide by
    hedging = book(study).by_slug["hedging"]
    with db.reading() as session:
        assert codebook_view.predating(session, LOCAL, study.made.study_id, hedging) == []
    changed(study, "hedging", definition="two qualifiers")
    coded.put(study, study.span(10, 14, WORDS[10:14]))
    with db.reading() as session:
        old = codebook_view.predating(session, LOCAL, study.made.study_id, book(study).by_slug["hedging"])
    assert [one.id for one in old] == [early]


# ------------------------------------------------------------------ what cannot stand


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ([{"slug": "a", "name": "A"}, {"slug": "a", "name": "B"}], "slug: found 'a' twice"),
        ([{"slug": "a", "name": "Same"}, {"slug": "b", "name": "same"}], "name: found 'same' twice"),
        (
            [{"slug": "a", "name": "A", "key": "1"}, {"slug": "b", "name": "B", "key": "1"}],
            r"b\.key: found 1",
        ),
        ([{"slug": "a", "name": "A", "parent": "z"}], r"a\.parent: found 'z'"),
        ([{"slug": "a", "name": "A", "parent": "a"}], "leads back"),
        (
            [{"slug": "a", "name": "A", "parent": "b"}, {"slug": "b", "name": "B", "parent": "a"}],
            "leads back",
        ),
        ([{"slug": "a", "name": "A", "merged_into": "z"}], r"a\.merged_into"),
    ],
)
def test_a_codebook_that_cannot_stand_is_refused_whole(
    study: Coded, wanted: list[dict[str, str]], words: str
) -> None:
    with pytest.raises(Invalid, match=words):
        revise(study, *[TagShape.model_validate(one) for one in wanted])
    assert book(study).revision == 1


def test_a_key_is_free_again_when_its_tag_is_put_away(study: Coded) -> None:
    with db.writing() as session:
        commands.archive(session, study.hand(), "hedging", "not used", seen=1)
    assert changed(study, "persona", key="1") == 3


def test_an_example_stands_where_it_says_to_the_letter(study: Coded) -> None:
    transcript, message = study.answers[0]
    place = {"transcript": transcript, "message": message, "start": 0, "end": 7}
    good = shapes(study)["hedging"].model_dump() | {"example": WORDS[:7], "example_place": place}
    revise(
        study,
        *[one for one in shapes(study).values() if one.slug != "hedging"],
        TagShape.model_validate(good),
    )
    assert shapes(study)["hedging"].example_place is not None
    for bad, words in (
        ({"example": "other"}, "expected"),
        ({"example_place": place | {"transcript": 999}}, "no finished transcript"),
        ({"example_place": place | {"end": 999}}, "expected a part"),
    ):
        with pytest.raises(Invalid, match=words):
            revise(study, TagShape.model_validate(good | bad))


# ------------------------------------------------------------------ the starter


def test_the_starter_has_36_tags_of_behaviour_and_a_group_of_voices_evidence_22() -> None:
    starter = codebook_file.starter()
    voices = [one for one in starter if one.group == "voice"]
    assert len(starter) - len(voices) == 36
    assert {one.slug for one in voices} == {
        "voice-assistant",
        "voice-narrator",
        "voice-character",
        "voice-document",
        "voice-web",
    }
    assert {one.key for one in starter if one.key} == set("123456789")
    for one in starter:
        assert one.definition, one.slug
        assert one.use_when, one.slug
        assert one.not_when, one.slug
        assert one.near_miss, one.slug


def test_the_starter_begins_a_codebook_and_is_refused_over_one(database: Database) -> None:
    with database.writing() as session:
        study = coded.study(session)
        commands.revise(session, study.hand(), codebook_file.starter(), "starter", seen=1)
    assert len(book(study).live()) == 41
    with pytest.raises(Stale), db.writing() as session:
        commands.revise(session, study.hand(), codebook_file.starter(), "starter", seen=0)
