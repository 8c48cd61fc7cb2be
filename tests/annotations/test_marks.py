"""What a reader sees of marks: on its own turns and on shared ones, as the tags stand now."""

import pytest
from sqlalchemy.orm import Session

from app import db
from app.annotations import marks, putting
from app.annotations.marks import Mark
from app.annotations.wanted import Wanted
from app.db import Database
from app.transcripts.models import Transcript
from app.transcripts.whole import Reader
from tests.annotations import coded
from tests.annotations.coded import Coded, put
from tests.annotations.test_changing import remove
from tests.cast import SUBJECTS
from tests.reading.people import LOCAL, second


@pytest.fixture
def study(database: Database) -> Coded:
    with database.writing() as session:
        return coded.study(session, subjects=SUBJECTS[:2], repeats=2)


def path(session: Session, transcript: int) -> list[int]:
    whole = next(Reader(session).all(Transcript.id == transcript))
    return [one["id"] for one in whole.messages]


def seen(study: Coded, nth: int = 0, person: int = LOCAL) -> list[Mark]:
    with db.reading() as session:
        number = study.answers[nth][0]
        return marks.of_transcript(session, person, study.made.study_id, number, path(session, number))


def test_marks_come_in_the_order_of_the_text_whole_ones_first(study: Coded) -> None:
    late, early, whole = put(
        study, study.span(26, 33, "perhaps", "persona"), study.span(0, 7, "I think"), study.whole("refusal")
    )
    assert [one.id for one in seen(study)] == [whole, early, late]
    assert [one.tag.slug for one in seen(study)] == ["refusal", "hedging", "persona"]


def test_a_mark_tells_whose_it_is(study: Coded) -> None:
    with db.writing() as session:
        ana = second(session)
    put(study, study.whole("refusal"))
    put(study, study.whole("persona"), hand=study.hand(ana))
    assert [(one.tag.slug, one.by, one.initials, one.mine) for one in seen(study)] == [
        ("refusal", "local", "ME", True), ("persona", "ana", "AN", False),
    ]  # fmt: skip
    assert [one.mine for one in seen(study, person=ana)] == [False, True]


def test_a_removed_mark_is_seen_no_more(study: Coded) -> None:
    (number,) = put(study, study.whole())
    remove(study.hand(), number, 1)
    assert seen(study) == []


def test_a_mark_on_the_shared_prompt_is_seen_in_every_branch_that_passes_through_it(study: Coded) -> None:
    """It is one mark, counted once: the answers of all subjects hang under the same turn."""
    with db.reading() as session:
        root = path(session, study.first)[0]
    said = coded.text_of(root)
    asked = {"tag": "persona", "transcript": study.first,
             "targets": [{"message": root, "start": 0, "end": 4, "quote": said[:4]}]}  # fmt: skip
    (number,) = put(study, Wanted.model_validate(asked))
    chats = [nth for nth in range(4) if root in _path_of(study, nth)]
    assert len(chats) >= 2
    assert [[one.id for one in seen(study, nth)] for nth in chats] == [[number]] * len(chats)


def _path_of(study: Coded, nth: int) -> list[int]:
    with db.reading() as session:
        return path(session, study.answers[nth][0])


def test_a_comparative_mark_is_seen_on_each_of_its_answers(study: Coded) -> None:
    asked = [
        {"transcript": transcript, "message": message, "start": 0, "end": 7, "quote": "I think"}
        for transcript, message in (study.answers[0], study.answers[3])
    ]
    (number,) = put(study, Wanted.model_validate({"tag": "hedging", "targets": asked}))
    (here,), (there,) = seen(study), seen(study, 3)
    assert here.id == there.id == number
    own = {study.answers[0][1]}
    assert [one.message_id for one in here.within(own)] == [study.answers[0][1]]
    assert [one.transcript_id for one in here.elsewhere(own)] == [study.answers[3][0]]
    assert seen(study, 1) == []


def test_a_mark_on_a_set_is_seen_on_each_member(study: Coded) -> None:
    members = [study.answers[nth][0] for nth in (0, 1)]
    (number,) = put(study, Wanted.model_validate({"tag": "hedging", "kind": "set", "members": members}))
    assert [one.id for one in (*seen(study, 0), *seen(study, 1))] == [number, number]
    assert seen(study, 2) == []
    assert seen(study)[0].members == tuple(members)


def test_a_mark_that_predates_its_tags_text_says_so(study: Coded) -> None:
    put(study, study.whole("hedging"), study.whole("refusal"))
    with db.writing() as session:
        coded.revised(session, study.made.study_id, study.tags["hedging"], 2, text_sha256="1" * 64)
    assert {one.tag.slug: one.old for one in seen(study)} == {"hedging": True, "refusal": False}


def test_a_merged_tags_marks_are_read_as_its_heirs(study: Coded) -> None:
    put(study, study.whole("hedging"))
    with db.writing() as session:
        heir = study.tags["persona"]
        coded.revised(
            session, study.made.study_id, study.tags["hedging"], 2, merged_into_id=heir, archived=True
        )
    (mark,) = seen(study)
    assert (mark.tag.slug, mark.row.tag_id) == ("persona", study.tags["hedging"])


def test_another_studys_marks_on_the_same_prompt_are_not_seen(study: Coded, database: Database) -> None:
    """Prompt turns are shared over studies; annotations show only inside their own."""
    with database.writing() as session:
        other = coded.other_study(session)
        root = path(session, other.first)[0]
        said = coded.text_of(root)
        asked = {"tag": "persona", "transcript": other.first,
                 "targets": [{"message": root, "start": 0, "end": 4, "quote": said[:4]}]}  # fmt: skip
        putting.put(session, other.hand(), [Wanted.model_validate(asked)])
    assert len(seen(other)) == 1
    assert all(seen(study, nth) == [] for nth in range(4))


def test_the_api_tells_a_mark_whole(study: Coded) -> None:
    (number,) = put(study, study.span(0, 7, "I think", note="hm", confidence=1))
    told = marks.as_json(seen(study)[0])
    assert told.pop("created_at").endswith("Z")
    assert told.pop("updated_at").endswith("Z")
    transcript, message = study.answers[0]
    assert told == {
        "id": number, "version": 1, "kind": "span", "tag": "hedging", "polarity": "present", "confidence": 1,
        "note": "hm", "coder": "local", "mine": True, "source": "person", "transcript": transcript,
        "codebook_revision": 1, "old": False, "members": [], "blind": {"coders": False, "subject": False},
        "targets": [{"transcript": transcript, "message": message, "start": 0, "end": 7, "quote": "I think",
                     "prefix": "", "suffix": coded.WORDS[7:39]}],
    }  # fmt: skip
