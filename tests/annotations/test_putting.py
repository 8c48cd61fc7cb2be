"""Annotations are put whole or not at all: on spans, transcripts and sets, each place checked against its text."""

from typing import Any

import pytest
from pydantic import ValidationError
from sqlalchemy import func, select

from app import db
from app.accounts.models import LOCAL
from app.annotations.models import Annotation, Member, Target
from app.annotations.wanted import Wanted
from app.db import Database
from app.live.models import Event
from app.transcripts.models import Message, Transcript
from app.web import Invalid
from tests.annotations import coded
from tests.annotations.coded import WORDS, Coded, one, put
from tests.cast import SUBJECTS, Draw
from tests.reading.people import second


@pytest.fixture
def study(database: Database) -> Coded:
    with database.writing() as session:
        return coded.study(session, subjects=SUBJECTS[:2])


def targets(number: int) -> list[Target]:
    with db.reading() as session:
        query = select(Target).where(Target.annotation_id == number).order_by(Target.place)
        return list(session.scalars(query))


def refused(study: Coded, *wanted: Wanted, match: str) -> None:
    """The act is refused with these words, and nothing of it is written."""
    with db.reading() as session:
        before = [
            session.scalar(select(func.count()).select_from(table)) for table in (Annotation, Target, Event)
        ]
    with pytest.raises(Invalid, match=match):
        put(study, *wanted)
    with db.reading() as session:
        after = [
            session.scalar(select(func.count()).select_from(table)) for table in (Annotation, Target, Event)
        ]
    assert after == before


# ------------------------------------------------------------------ on spans


def test_a_span_is_kept_with_its_quote_and_what_is_beside_it(study: Coded) -> None:
    (number,) = put(study, study.span(21, 24, "👩‍🚀", note="an astronaut", confidence=2))
    row, (target,) = one(number), targets(number)
    assert (row.person_id, row.tag_id, row.kind, row.polarity) == (
        LOCAL,
        study.tags["hedging"],
        "span",
        "present",
    )
    assert (row.note, row.confidence, row.revision, row.version) == ("an astronaut", 2, 1, 1)
    assert row.transcript_id == study.first
    assert (target.quote, target.prefix, target.suffix) == ("👩‍🚀", "I think it may be 42 ", ", perhaps.")


def test_one_annotation_speaks_of_several_spans_that_may_overlap(study: Coded) -> None:
    transcript, message = study.answers[0]
    spans = [(0, 7), (2, 10), (24, 32)]
    wanted = Wanted.model_validate({"tag": "hedging", "transcript": transcript, "targets": [
        {"message": message, "start": start, "end": end, "quote": WORDS[start:end]} for start, end in spans
    ]})  # fmt: skip
    (number,) = put(study, wanted)
    assert [(each.start, each.end) for each in targets(number)] == spans


def test_several_tags_stand_on_one_span(study: Coded) -> None:
    made = put(study, *[study.span(0, 7, WORDS[:7], tag) for tag in coded.TAGS])
    assert {one(number).tag_id for number in made} == set(study.tags.values())


def test_a_span_reaches_over_turns_as_targets_in_each(database: Database) -> None:
    """The prompt's turn and the answer, reasoning too: any turn on the transcript's path can be spoken of."""
    with database.writing() as session:
        study = coded.study(session, say=lambda *_: Draw(WORDS, reasoning="The user asks."), repeats=1)
        path = _path(session, study.first)
    asked = [{"message": row.id, "start": 0, "end": len(row.text), "quote": row.text} for row in path]
    assert [row.role for row in path] == [
        "user",
        "reasoning",
        "assistant" if path[-1].role == "assistant" else "text",
    ]
    (number,) = put(
        study, Wanted.model_validate({"tag": "persona", "transcript": study.first, "targets": asked})
    )
    assert [each.message_id for each in targets(number)] == [row.id for row in path]
    assert one(number).transcript_id == study.first


def _path(session: Any, transcript: int) -> list[Message]:
    found, at = [], session.get_one(Transcript, transcript).tip_id
    while at is not None:
        found.append(session.get_one(Message, at))
        at = found[-1].parent_id
    return found[::-1]


def test_a_comparative_annotation_has_targets_in_the_answers_of_several_subjects(study: Coded) -> None:
    (one_of, message), (other, other_message) = study.answers[0], study.answers[-1]
    asked = [
        {"transcript": one_of, "message": message, "start": 0, "end": 7, "quote": "I think"},
        {"transcript": other, "message": other_message, "start": 2, "end": 7, "quote": "think"},
    ]
    (number,) = put(study, Wanted.model_validate({"tag": "hedging", "targets": asked, "note": "both hedge"}))
    assert one(number).transcript_id is None
    assert [each.transcript_id for each in targets(number)] == [one_of, other]


def test_the_same_place_twice_is_one_target(study: Coded) -> None:
    transcript, message = study.answers[0]
    place = {"message": message, "start": 0, "end": 7, "quote": "I think"}
    (number,) = put(
        study, Wanted.model_validate({"tag": "hedging", "transcript": transcript, "targets": [place, place]})
    )
    assert len(targets(number)) == 1


# ------------------------------------------------------------------ on transcripts and sets


def test_a_whole_transcript_is_said_to_have_a_tag_or_not(study: Coded) -> None:
    present, absent = put(study, study.whole("refusal"), study.whole("persona", polarity="absent"))
    assert (one(present).kind, one(present).polarity) == ("transcript", "present")
    assert (one(absent).polarity, targets(absent)) == ("absent", [])


def test_a_set_of_repeats_is_frozen_with_its_members(study: Coded) -> None:
    """Evidence 11: repeats that come later are no part of it."""
    members = [study.answers[nth][0] for nth in (0, 1, 1)]
    (number,) = put(study, Wanted.model_validate({"tag": "hedging", "kind": "set", "members": members}))
    with db.reading() as session:
        kept = session.scalars(select(Member.transcript_id).where(Member.annotation_id == number)).all()
    assert sorted(kept) == members[:2]
    assert one(number).transcript_id is None


def test_a_set_holds_repeats_of_one_cell(study: Coded) -> None:
    mixed = [study.answers[0][0], study.answers[-1][0]]
    of = {"tag": "hedging", "kind": "set"}
    for members in (mixed, mixed[:1], []):
        refused(study, Wanted.model_validate({**of, "members": members}), match="members: ")


# ------------------------------------------------------------------ what cannot be put


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"tag": "unheard"}, "tag: found 'unheard', which the codebook of this study does not have"),
        (
            {"transcript": 999_999},
            "targets.0.transcript: found 999999, which is no finished transcript of this study",
        ),
        ({"transcript": None}, "targets.0.transcript: found none"),
        ({"polarity": "absent"}, "polarity: found absent on a span"),
        ({"targets": []}, "targets: found 0, expected at least one with kind span"),
        ({"kind": "transcript"}, "targets: found 1, expected none with kind transcript"),
        (
            {"kind": "transcript", "targets": [], "transcript": None},
            "transcript: found none, expected the transcript",
        ),
        ({"members": [1, 2]}, "members: found 2, expected none with kind span"),
    ],
)
def test_what_does_not_fit_together_is_refused_by_name(
    study: Coded, changed: dict[str, Any], told: str
) -> None:
    sound = study.span(0, 7, "I think").model_dump()
    refused(study, Wanted.model_validate({**sound, **changed}), match=told)


def test_in_a_batch_the_one_that_cannot_be_is_named_and_none_is_put(study: Coded) -> None:
    refused(
        study,
        study.whole("refusal"),
        study.span(0, 7, "He thinks"),
        match="annotations.1: targets.0: found the quote",
    )


def test_a_turn_of_another_transcript_is_no_place_in_this_one(study: Coded) -> None:
    strange = study.span(0, 7, "I think").model_dump()
    strange["targets"][0]["message"] = study.answers[1][1]
    refused(study, Wanted.model_validate(strange), match="which is no turn of transcript")


def test_a_transcript_of_another_study_is_not_there(study: Coded, database: Database) -> None:
    with database.writing() as session:
        other = coded.other_study(session)
        other_hand = study.hand()
    with pytest.raises(Invalid, match="found \\d+, which is no finished transcript of this study"):
        put(other, study.whole("hedging"), hand=other.hand())
    assert put(study, study.whole("hedging"), hand=other_hand)


def test_a_draw_that_failed_is_not_coded(database: Database) -> None:
    with database.writing() as session:
        study = coded.study(session, say=lambda *_: Draw(state="failed", reason="502"), repeats=1)
    refused(study, study.whole("hedging"), match="no finished transcript")


def test_an_archived_tag_is_not_put_and_a_merged_one_is_put_as_its_heir(
    study: Coded, database: Database
) -> None:
    with database.writing() as session:
        coded.revised(session, study.made.study_id, study.tags["persona"], 2, archived=True)
        old, heir = study.tags["hedging"], study.tags["refusal"]
        session.add(
            coded.CodebookRevision(study_id=study.made.study_id, number=3, why="one", person_id=LOCAL)
        )
        session.add(coded.TagVersion(tag_id=old, revision=3, position=0, name="Hedging", archived=True,
                                     merged_into_id=heir, text_sha256=coded.HASH))  # fmt: skip
    refused(study, study.whole("persona"), match="'persona', which is archived")
    (number,) = put(study, study.whole("hedging"))
    assert (one(number).tag_id, one(number).revision) == (heir, 3)


@pytest.mark.parametrize("again", ["span", "whole", "set"])
def test_the_same_mark_is_not_put_twice_by_one_person(study: Coded, again: str) -> None:
    members = [study.answers[nth][0] for nth in (0, 1)]
    mark = {
        "span": study.span(0, 7, "I think"),
        "whole": study.whole(),
        "set": Wanted.model_validate({"tag": "hedging", "kind": "set", "members": members}),
    }[again]
    put(study, mark)
    refused(study, mark, match="tag: you have put 'hedging' there already")
    with db.writing() as session:
        ana = second(session)
    assert put(study, mark, hand=study.hand(ana))


def test_within_one_batch_the_same_mark_is_refused_too(study: Coded) -> None:
    refused(
        study, study.whole(), study.whole(), match="annotations.1: tag: you have put 'hedging' there already"
    )


def test_absent_is_refused_where_marks_of_the_tag_stand(study: Coded) -> None:
    put(study, study.span(0, 7, "I think"))
    refused(study, study.whole(polarity="absent"), match="you have marked 'hedging' in transcript")


def test_a_mark_takes_back_that_its_tag_was_absent(study: Coded) -> None:
    (absent,) = put(study, study.whole(polarity="absent"))
    put(study, study.span(0, 7, "I think"))
    assert one(absent).removed_at is not None


def test_what_another_person_says_is_theirs(study: Coded) -> None:
    """Absent by one and present by another: neither is touched."""
    (absent,) = put(study, study.whole(polarity="absent"))
    with db.writing() as session:
        ana = second(session)
    put(study, study.span(0, 7, "I think"), hand=study.hand(ana))
    assert one(absent).removed_at is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"tag": "No Slug"},
        {"tag": "x", "unknown": 1},
        {"tag": "x", "confidence": 4},
        {"tag": "x", "note": "x" * 4001},
        {"tag": "x", "note": "\ud800"},
        {"tag": "x", "targets": [{"message": 0, "start": 0, "end": 1, "quote": "a"}]},
        {"tag": "x", "targets": [{"message": 2**63, "start": 0, "end": 1, "quote": "a"}]},
        {"tag": "x", "targets": [{"message": 1, "start": 0, "end": 1, "quote": "a"}] * 201},
        {"tag": "x", "members": list(range(1, 1002))},
    ],
    ids=lambda wrong: ",".join(wrong),
)
def test_what_no_annotation_can_be_is_refused_before_it_is_looked_at(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Wanted.model_validate(wrong)


def test_nothing_and_too_much_in_one_act_are_refused(study: Coded) -> None:
    refused(study, match="annotations: found 0, expected 1 to 2000")
    refused(study, *[study.whole()] * 2001, match="annotations: found 2001")


# ------------------------------------------------------------------ what others hear


def test_one_act_is_one_event_that_tells_ids_and_no_text(study: Coded) -> None:
    made = put(study, study.span(0, 7, "I think", note="my own words"), study.whole("refusal", nth=1),
               hand=study.hand(client="tab1"))  # fmt: skip
    with db.reading() as session:
        (event,) = session.scalars(select(Event).where(Event.kind == "annotation"))
    assert event.ids == {"transcripts": sorted({study.first, study.answers[1][0]}), "client": "tab1"}
    assert (event.study, event.actor) == (study.made.study_id, LOCAL)
    assert event.before == {"annotations": dict.fromkeys(map(str, made))}
    assert event.after is not None
    assert event.after["act"] == "put"
    assert "I think" not in str(event.after), "quotes follow from places and are not kept in the log"


def test_an_act_on_very_many_names_none(database: Database) -> None:
    with database.writing() as session:
        study = coded.study(session, repeats=101)
    put(study, *[study.whole(nth=nth) for nth in range(101)])
    with db.reading() as session:
        event = session.scalars(select(Event).where(Event.kind == "annotation")).one()
    assert event.ids["transcripts"] == []
