"""Settling what coders differ on: a decision, else the majority, else unresolved. No α over what was settled."""

import pytest

from app import db
from app.annotations import adjudicating, agreement_view, judgements, reliability
from app.annotations.acts import Hand
from app.annotations.adjudicating import Admins, settled
from app.annotations.models import Decision
from app.db import Database
from app.web import Invalid
from tests.annotations import apart, coded
from tests.annotations.coded import WORDS, Coded


@pytest.fixture
def study(database: Database) -> Coded:
    return apart.study(database)


@pytest.mark.parametrize(
    ("said", "decided", "holds"),
    [([True], None, "present"), ([True, False], None, "unresolved"), ([True, True, False], None, "present"),
     ([False, False, True], None, "absent"), ([True, False], "absent", "absent"),
     ([], None, "unresolved")],
)  # fmt: skip
def test_what_holds_of_a_text_evidence_6(said: list[bool], decided: str | None, holds: str) -> None:
    assert settled(said, decided) == holds  # type: ignore[arg-type]


def decide(study: Coded, hand: Hand | None = None, state: str = "present", **more: object) -> int:
    with db.writing() as session:
        return adjudicating.decide(
            session, hand or study.hand(admin=True), study.first, "hedging", state, **more  # type: ignore[arg-type]
        )  # fmt: skip


def differing(study: Coded) -> list[agreement_view.Differing]:
    hand = study.hand(admin=True)
    with db.reading() as session:
        found = agreement_view.sample(session, hand, "browse")
        tag = found.book.by_slug["hedging"]
        texts, count, _ = agreement_view.differing(session, hand, found, tag, "tag", "")
        assert len(texts) == count
        return texts


def test_a_decision_takes_one_coders_span_into_the_agreed_layer(study: Coded) -> None:
    ana = apart.coder(study)
    apart.codes(study, study.hand(), "0")
    apart.codes(study, ana, "1")
    [text] = differing(study)
    assert text.settled == "unresolved"
    [mine, hers] = text.words
    assert (mine.present, hers.present, hers.name) == (False, True, "ana")
    [mark] = hers.marks
    decide(study, taken=[mark.id], why="two qualifiers")
    [text] = differing(study)
    assert text.settled == "present"
    assert text.decided is not None
    assert text.decided.marks == (mark.id,)
    assert text.decided.row.why == "two qualifiers"


def test_what_was_decided_never_enters_the_agreement_evidence_19(study: Coded) -> None:
    ana = apart.coder(study)
    apart.codes(study, study.hand(), "010")
    apart.codes(study, ana, "110")
    with db.reading() as session:
        before = reliability.rows(judgements.load(session, study.made.study_id))
    decide(study)
    with db.reading() as session:
        assert reliability.rows(judgements.load(session, study.made.study_id)) == before


def test_a_later_decision_replaces_the_earlier_which_stays_on_record(study: Coded) -> None:
    first, second = decide(study), decide(study, state="absent", why="on second thoughts")
    with db.reading() as session:
        assert session.get_one(Decision, first).replaced_at is not None
        assert session.get_one(Decision, second).replaced_at is None
        assert len(adjudicating.decisions(session, study.made.study_id)) == 1
    with db.writing() as session:
        assert adjudicating.withdraw(session, study.hand(admin=True), study.first, study.tags["hedging"])
        assert not adjudicating.withdraw(session, study.hand(admin=True), study.first, study.tags["hedging"])
    with db.reading() as session:
        assert adjudicating.decisions(session, study.made.study_id) == {}


def test_only_an_admin_decides(study: Coded) -> None:
    with pytest.raises(Admins):
        decide(study, study.hand())
    with pytest.raises(Admins), db.writing() as session:
        adjudicating.withdraw(session, study.hand(), study.first, study.tags["hedging"])


def test_what_cannot_be_decided_is_refused_and_nothing_written(study: Coded) -> None:
    [other] = coded.put(study, study.span(0, 7, WORDS[:7], tag="refusal"))
    [elsewhere] = coded.put(study, study.span(0, 7, WORDS[:7], nth=1))
    [mark] = coded.put(study, study.span(0, 7, WORDS[:7]))
    for more, words in (
        ({"taken": [other]}, "no mark of this tag"),
        ({"taken": [elsewhere]}, "no mark of this tag"),
        ({"taken": [999]}, "no mark of this tag"),
        ({"taken": [mark], "state": "absent"}, "found some with absent"),
        ({"why": "a" * 1001}, "at most 1000"),
    ):
        with pytest.raises(Invalid, match=words):
            decide(study, **more)  # type: ignore[arg-type]
    with pytest.raises(Invalid, match="no finished transcript"), db.writing() as session:
        adjudicating.decide(session, study.hand(admin=True), 999, "hedging", "present")
    with pytest.raises(Invalid, match="does not have"), db.writing() as session:
        adjudicating.decide(session, study.hand(admin=True), study.first, "nothing", "present")
    with db.reading() as session:
        assert session.query(Decision).count() == 0
