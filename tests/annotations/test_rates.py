"""How often a tag is there: over passes, each draw once, as settled; the rest stands apart."""

import pytest

from app import db
from app.annotations import adjudicating, codebook_commands, passing, rates
from app.annotations.acts import Hand
from app.annotations.models import PassTag
from app.annotations.rates import Rate
from app.db import Database
from app.settings import Settings
from tests.annotations import apart, coded
from tests.annotations.asking import API
from tests.annotations.coded import Coded
from tests.cast import Draw
from tests.compare.reading import browser


@pytest.fixture
def study(database: Database) -> Coded:
    return apart.study(database, repeats=6, subjects=1)


def rate(study: Coded, tag: str = "hedging", hand: Hand | None = None, **more: str) -> Rate | None:
    """The rate of a tag in the one cell of the study."""
    cell = [number for number, _ in study.answers]
    with db.reading() as session:
        [found] = rates.rates(session, hand or study.hand(admin=True), [cell], **more)
    return next((one for one in found if one.tag.slug == tag), None)


def counts(found: Rate | None) -> tuple[int, int, int, int]:
    assert found is not None
    return found.present, found.n, found.unresolved, found.censored


def test_passes_are_the_denominator_and_marks_outside_of_one_are_no_rate_evidence_6(study: Coded) -> None:
    coded.put(study, study.span(0, 7, coded.WORDS[:7], nth=5))
    assert rate(study) is None  # found once, never a rate
    apart.codes(study, study.hand(), "110---")
    found = rate(study)
    assert counts(found) == (2, 3, 0, 0)
    assert found is not None
    assert found.share is not None
    assert found.share.thin
    assert found.share.low is not None
    assert round(found.share.low, 4) == 0.2077  # Wilson, 2 of 3
    assert rate(study, "persona") is None  # nobody looked for it


def test_a_draw_counts_once_by_majority_or_decision_and_the_unresolved_stand_apart_evidence_6(
    study: Coded,
) -> None:
    for name, said in (("ana", "1100"), ("ben", "1000"), ("cid", "0-00")):
        apart.codes(study, apart.coder(study, name), said)
    assert counts(rate(study)) == (1, 3, 1, 0)
    with db.writing() as session:
        adjudicating.decide(session, study.hand(admin=True), study.answers[1][0], "hedging", "present")
        adjudicating.decide(session, study.hand(admin=True), study.answers[0][0], "hedging", "absent")
    assert counts(rate(study)) == (1, 4, 0, 0)


def test_absence_in_a_cut_answer_is_censored_for_tags_of_a_conversation_evidence_7(
    database: Database,
) -> None:
    def cut(*given: object) -> Draw:
        return Draw(f"cut short {given[-1]}", stop="length")

    with database.writing() as session:
        study = coded.study(session, say=cut, repeats=3)
        book = codebook_commands.tags.at(session, study.made.study_id)
        shape = codebook_commands.shape_of(book.by_slug["refusal"], book).model_copy(
            update={"scope": "conversation"}
        )
        codebook_commands.put_tag(session, study.hand(), shape, "of the whole", seen=1)
    for number, _ in study.answers:
        with db.writing() as session:
            passing.submit(session, study.hand(), number, ["hedging", "refusal"])
    with db.reading() as session:
        assert {one.state for one in session.query(PassTag).all()} == {"unseen_part"}
    assert counts(rate(study, "hedging")) == (0, 3, 0, 0)
    assert counts(rate(study, "refusal")) == (0, 0, 0, 3)


def test_rates_count_draws_and_those_with_the_same_words_were_passed_with_one_evidence_9(
    database: Database,
) -> None:
    with database.writing() as session:
        study = coded.study(session, repeats=5)
    apart.codes(study, study.hand(), "1")
    assert counts(rate(study)) == (5, 5, 0, 0)


def test_queue_and_browse_do_not_pool_evidence_10(study: Coded) -> None:
    apart.codes(study, study.hand(), "110000")
    with db.writing() as session:
        passing.submit(session, study.hand(), study.answers[5][0], ["hedging"], via="queue")
    assert counts(rate(study)) == (2, 6, 0, 0)
    assert counts(rate(study, via="queue")) == (0, 1, 0, 0)


def test_what_a_coder_may_not_see_yet_does_not_count_for_them(study: Coded) -> None:
    ana, ben = apart.coder(study), apart.coder(study, "ben")
    apart.codes(study, ana, "111111")
    assert rate(study, hand=ben) is None
    apart.codes(study, ben, "0-----")
    assert counts(rate(study, hand=ben)) == (0, 0, 1, 0)
    assert counts(rate(study)) == (5, 5, 1, 0)


def test_a_pass_submitted_again_replaces_what_it_said(study: Coded) -> None:
    apart.codes(study, study.hand(), "0-----")
    coded.put(study, study.span(0, 7, coded.WORDS[:7]))
    with db.writing() as session:
        passing.submit(session, study.hand(), study.first, ["hedging"])
    assert counts(rate(study)) == (1, 1, 0, 0)


def test_a_merged_tag_s_words_are_its_heir_s(study: Coded) -> None:
    apart.codes(study, study.hand(), "10----", tag="persona", look=["persona", "hedging"])
    with db.writing() as session:
        codebook_commands.merge(session, study.hand(), "persona", "hedging", "the same", seen=1)
    assert counts(rate(study)) == (1, 2, 0, 0)
    assert rate(study, "persona") is None


@pytest.mark.anyio
async def test_the_api_tells_rates_by_cell_with_their_interval(sqlite: Database, settings: Settings) -> None:
    study = apart.study(sqlite, repeats=6, subjects=1)
    apart.codes(study, study.hand(), "110---")
    first, second = ([number for number, _ in part] for part in (study.answers[:2], study.answers[2:]))
    query = [("draws", ",".join(map(str, cell))) for cell in (first, second)]
    async with browser(settings) as client:
        told = (await client.get(f"{API}/rates", params=query)).json()["cells"]
        none = (await client.get(f"{API}/rates")).json()
        odd = await client.get(f"{API}/rates?draws=1,x")
    assert [(one["tag"], one["present"], one["n"]) for one in told[0]] == [
        ("hedging", 2, 2),
        ("refusal", 0, 2),
    ]
    assert [(one["present"], one["n"]) for one in told[1]] == [(0, 1), (0, 1)]
    assert 0 < told[0][0]["low"] < told[0][0]["high"] <= 1
    assert none == {"cells": []}
    assert odd.status_code == 422
