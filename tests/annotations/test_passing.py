"""A pass says of every tag looked for that it is there or not, in one act; browsing keeps its own kind."""

import pytest
from sqlalchemy import select

from app import db
from app.annotations import passing, tags
from app.annotations.models import Pass, PassSame, PassTag
from app.annotations.passing import Looked, Submitted
from app.annotations.wanted import Wanted
from app.db import Database
from app.live.models import Event
from app.web import Invalid
from tests.annotations import coded
from tests.annotations.coded import TAGS, Coded, put
from tests.cast import Draw
from tests.reading.people import LOCAL, second


@pytest.fixture
def study(database: Database) -> Coded:
    """Three answers with words of their own."""
    with database.writing() as session:
        return coded.study(session, say=lambda _prompt, _subject, repeat: Draw(f"I think it is {repeat}."))


def looked(study: Coded, nth: int = 0, person: int = LOCAL) -> dict[str, str]:
    with db.reading() as session:
        book = tags.at(session, study.made.study_id)
        found = passing.states(session, person, study.answers[nth][0], book.live(), book)
    return {one.tag.slug: one.state for one in found}


def submit(study: Coded, *look: str, nth: int = 0, person: int = LOCAL, **more: object) -> Submitted:
    with db.writing() as session:
        return passing.submit(session, study.hand(person), study.answers[nth][0], look or TAGS, **more)  # type: ignore[arg-type]


def said(number: int) -> dict[int, str]:
    with db.reading() as session:
        rows = session.execute(select(PassTag.tag_id, PassTag.state).where(PassTag.pass_id == number))
        return {tag: state for tag, state in rows}  # noqa: C416


# ------------------------------------------------------------------ what is looked for


def test_named_tags_are_looked_for_else_what_the_prompt_watches_else_those_with_keys(study: Coded) -> None:
    with db.writing() as session:
        coded.revised(session, study.made.study_id, study.tags["refusal"], 2, key="")
    with db.reading() as session:
        book = tags.at(session, study.made.study_id)

    def names(named: list[str], watched: list[str]) -> list[str]:
        return [one.slug for one in passing.looked_for(book, named, watched)]

    assert names(["persona"], ["refusal"]) == ["persona"]
    assert names([], ["refusal", "unheard"]) == ["refusal"]
    assert names([], ["unheard"]) == ["hedging", "persona"]
    assert names(["persona", "hedging", "persona"], []) == ["persona", "hedging"]


def test_tags_of_sets_and_archived_ones_are_not_looked_for_in_a_transcript(study: Coded) -> None:
    with db.writing() as session:
        coded.revised(session, study.made.study_id, study.tags["hedging"], 2, scope="set")
        session.add(coded.CodebookRevision(study_id=study.made.study_id, number=3, why="w", person_id=LOCAL))
        session.add(coded.TagVersion(tag_id=study.tags["refusal"], revision=3, position=1, name="R", archived=True,
                                     key="2", text_sha256=coded.HASH))  # fmt: skip
    with db.reading() as session:
        book = tags.at(session, study.made.study_id)
    assert [one.slug for one in passing.looked_for(book, ["hedging", "refusal"], [])] == ["persona"]


# ------------------------------------------------------------------ while it is open


def test_evidence_6_a_tag_is_present_absent_or_open_by_ones_own_marks(study: Coded) -> None:
    put(study, study.span(0, 7, "I think"), study.whole("refusal", polarity="absent"))
    assert looked(study) == {"hedging": "present", "refusal": "absent", "persona": "open"}
    with db.writing() as session:
        ana = second(session)
    assert set(looked(study, person=ana).values()) == {"open"}
    assert set(looked(study, nth=1).values()) == {"open"}


def test_marks_are_counted(study: Coded) -> None:
    put(study, study.span(0, 7, "I think"), study.span(2, 7, "think"), study.whole())
    with db.reading() as session:
        book = tags.at(session, study.made.study_id)
        (found,) = passing.states(session, LOCAL, study.first, [book.by_slug["hedging"]], book)
    assert found == Looked(book.by_slug["hedging"], "present", 3)


def test_evidence_11_a_mark_on_a_set_says_nothing_of_its_members_one_by_one(study: Coded) -> None:
    members = [number for number, _ in study.answers[:2]]
    put(study, Wanted.model_validate({"tag": "hedging", "kind": "set", "members": members}))
    assert looked(study)["hedging"] == "open"


def test_a_comparative_mark_says_it_of_each_of_its_answers(study: Coded) -> None:
    asked = [
        {"transcript": t, "message": m, "start": 0, "end": 7, "quote": "I think"}
        for t, m in study.answers[:2]
    ]
    put(study, Wanted.model_validate({"tag": "hedging", "targets": asked}))
    assert [looked(study, nth)["hedging"] for nth in range(3)] == ["present", "present", "open"]


# ------------------------------------------------------------------ submitting


def test_evidence_6_submitting_says_in_one_act_that_what_is_open_is_absent(study: Coded) -> None:
    put(study, study.span(0, 7, "I think"), study.whole("refusal", polarity="absent"))
    made = submit(study)
    assert (made.present, made.absent, made.opened) == (1, 2, 1)
    assert said(made.id) == {
        study.tags["hedging"]: "present", study.tags["refusal"]: "absent", study.tags["persona"]: "absent",
    }  # fmt: skip
    with db.reading() as session:
        row = session.get_one(Pass, made.id)
        events = session.scalars(select(Event).where(Event.kind == "pass")).all()
    assert (row.person_id, row.via, row.revision, row.blind_coders, row.blind_subject) == (
        LOCAL,
        "browse",
        1,
        False,
        False,
    )
    assert [event.ids for event in events] == [{"transcripts": [study.first], "client": ""}]


def test_it_speaks_only_of_the_tags_that_were_looked_for(study: Coded) -> None:
    put(study, study.whole("persona"))
    made = submit(study, "hedging")
    assert said(made.id) == {study.tags["hedging"]: "absent"}


def test_evidence_7_absent_in_an_answer_cut_by_length_is_absent_in_the_part_seen(database: Database) -> None:
    with database.writing() as session:
        study = coded.study(session, say=lambda *_: Draw("I think it may", stop="length"), repeats=1)
    put(study, study.span(0, 7, "I think"))
    made = submit(study, "hedging", "refusal")
    assert said(made.id) == {study.tags["hedging"]: "present", study.tags["refusal"]: "unseen_part"}


def test_evidence_9_a_stack_of_same_answers_is_coded_once(database: Database) -> None:
    words = ("I think so.", "i think so", "No.")
    with database.writing() as session:
        study = coded.study(session, say=lambda _prompt, _subject, repeat: Draw(words[repeat - 1]))
    made = submit(study)
    same = [number for number, _ in study.answers[:2]]
    assert list(made.transcripts) == same
    with db.reading() as session:
        assert session.scalars(select(PassSame.transcript_id)).all() == [same[1]]
        every = [number for number, _ in study.answers]
        assert passing.passed(session, LOCAL, every) == set(same)
        there = passing.standing(session, LOCAL, same[1])
        assert there is not None
        assert there.row.id == made.id
        assert passing.standing(session, LOCAL, every[2]) is None


def test_evidence_10_passes_of_the_queue_and_of_browsing_stand_apart(study: Coded) -> None:
    browsed, queued = submit(study), submit(study, via="queue")
    with db.reading() as session:
        standing = session.execute(
            select(Pass.id, Pass.via).where(Pass.replaced_at.is_(None)).order_by(Pass.id)
        ).all()
        assert [tuple(one) for one in standing] == [(browsed.id, "browse"), (queued.id, "queue")]
        assert passing.passed(session, LOCAL, [study.first], "queue") == {study.first}


def test_submitted_again_it_replaces_what_was_said_and_keeps_it(study: Coded) -> None:
    first = submit(study)
    put(study, study.whole("persona"))
    again = submit(study)
    with db.reading() as session:
        assert session.get_one(Pass, first.id).replaced_at is not None
        standing = passing.standing(session, LOCAL, study.first)
    assert said(first.id)[study.tags["persona"]] == "absent"
    assert standing is not None
    assert (standing.row.id, standing.said[study.tags["persona"]]) == (again.id, "present")


def test_another_persons_pass_is_theirs(study: Coded) -> None:
    with db.writing() as session:
        ana = second(session)
    submit(study)
    submit(study, person=ana)
    with db.reading() as session:
        assert len(session.scalars(select(Pass.id).where(Pass.replaced_at.is_(None))).all()) == 2


def test_what_cannot_be_passed_over_is_refused(study: Coded, database: Database) -> None:
    with pytest.raises(
        Invalid, match="look: found 'unheard', which the codebook of this study does not have"
    ):
        submit(study, "unheard")
    with pytest.raises(Invalid, match="look: found no tag"), db.writing() as session:
        passing.submit(session, study.hand(), study.first, [])
    with database.writing() as session:
        other = coded.other_study(session)
    with (
        pytest.raises(Invalid, match="which is no finished transcript of this study"),
        db.writing() as session,
    ):
        passing.submit(session, other.hand(), study.first, ["hedging"])
    with db.reading() as session:
        assert session.scalars(select(Pass)).all() == []
