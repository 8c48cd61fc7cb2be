"""Agreement in a study: what counts and what does not, each number by hand."""

import math

import pytest

from app import db
from app.annotations import agreement_view, codebook_commands, judgements, reliability
from app.annotations.acts import Hand
from app.annotations.reliability import Row
from app.db import Database
from tests.annotations import apart, coded
from tests.annotations.coded import WORDS, Coded


@pytest.fixture
def study(database: Database) -> Coded:
    return apart.study(database)


def sample(study: Coded, **more: object) -> judgements.Sample:
    with db.reading() as session:
        return judgements.load(session, study.made.study_id, **more)  # type: ignore[arg-type]


def row(study: Coded, tag: str = "hedging") -> Row:
    [found] = reliability.rows(sample(study), tag=study.tags[tag])
    return found


def reworded(study: Coded, slug: str = "hedging", **fields: object) -> int:
    with db.writing() as session:
        book = judgements.tags.at(session, study.made.study_id)
        shape = codebook_commands.shape_of(book.by_slug[slug], book).model_copy(update=fields)
        return codebook_commands.put_tag(session, study.hand(), shape, "better", seen=book.revision)


def two(study: Coded, mine: str, theirs: str) -> Hand:
    ana = apart.coder(study)
    apart.codes(study, study.hand(), mine)
    apart.codes(study, ana, theirs)
    return ana


def test_alpha_of_two_coders_by_hand_evidence_19(study: Coded) -> None:
    two(study, "110010", "100011")
    found = row(study)
    # Four of six the same; n = 12 values, 6 of them present: D_o = 2/6, D_e = 2·6·6/(12·11).
    assert found.alpha.value is not None
    assert math.isclose(found.alpha.value, 1 - (2 / 6) / (72 / 132))
    assert found.percent.value == 4 / 6
    assert (found.share, found.n, found.coded, found.coders, found.differ) == (0.5, 6, 6, 2, 2)
    assert found.interval is None
    assert "1 prompt family" in found.no_interval


def test_only_texts_that_both_looked_at_are_compared_and_the_rest_is_told(study: Coded) -> None:
    two(study, "11----", "1-0---")
    found = row(study)
    assert (found.n, found.coded) == (1, 3)


def test_a_tag_that_one_of_them_did_not_look_for_is_not_agreed_on_evidence_19(study: Coded) -> None:
    ana = apart.coder(study)
    apart.codes(study, study.hand(), "000000", look=["hedging"])
    apart.codes(study, ana, "000000", look=["refusal"])
    assert [one.n for one in reliability.rows(sample(study))] == [0, 0]
    assert all(one.alpha.why for one in reliability.rows(sample(study)))


def test_passes_made_in_sight_of_others_are_left_out_and_counted_evidence_19(study: Coded) -> None:
    with db.writing() as session:
        reliability_rule(session, study, hide=False)
    two(study, "110000", "110000")
    assert sample(study).judged == []
    assert sample(study).dependent == 12


def reliability_rule(session: coded.Session, study: Coded, *, hide: bool) -> None:
    apart.ruling.rule(session, study.hand(admin=True), hide)


def test_a_pass_submitted_again_after_the_others_were_seen_does_not_replace_the_blind_one(
    study: Coded,
) -> None:
    ana = two(study, "100000", "000000")
    before = row(study)
    coded.put(study, study.span(8, 13, WORDS[8:13]), hand=ana)  # now she has seen mine
    with db.writing() as session:
        apart.passing.submit(session, ana, study.first, apart.LOOK)
    assert row(study) == before
    assert sample(study).dependent == 0


def test_queue_and_browse_do_not_pool_evidence_10(study: Coded) -> None:
    ana = apart.coder(study)
    apart.codes(study, study.hand(), "111000")
    with db.writing() as session:
        for number, _ in study.answers:
            apart.passing.submit(session, ana, number, apart.LOOK, via="queue")
    assert {one.person for one in sample(study).judged} == {study.hand().person}
    assert {one.person for one in sample(study, via="queue").judged} == {ana.person}


def test_draws_with_the_same_words_are_one_text_evidence_9(database: Database) -> None:
    with database.writing() as session:
        study = coded.study(session, repeats=5)
        apart.ruling.rule(session, study.hand(admin=True), True)
    ana = apart.coder(study)
    apart.codes(study, study.hand(), "1")
    apart.codes(study, ana, "--1")  # another draw of the same words
    found = row(study)
    assert (found.n, found.coded, found.differ) == (1, 1, 0)


def test_judgements_under_an_earlier_text_of_the_tag_are_left_out_or_apart_evidence_20(study: Coded) -> None:
    two(study, "110000", "100000")
    assert reworded(study, slot=5) == 2
    assert row(study).n == 6  # its colour is nothing that coders decide by
    reworded(study, definition="two qualifiers")
    assert [one.tag for one in reliability.rows(sample(study))] == [study.tags["refusal"]]
    assert sample(study).predating == {study.tags["hedging"]: 12}
    apart_rows = reliability.rows(sample(study, revisions=True), "revision", study.tags["hedging"])
    assert [(one.part, one.n) for one in apart_rows] == [("1", 6)]


def test_a_text_that_serves_as_an_example_leaves_its_tags_sample_evidence_20(study: Coded) -> None:
    two(study, "110000", "100000")
    number, message = study.answers[1]
    place = {"transcript": number, "message": message, "start": 0, "end": 7}
    reworded(study, example=WORDS[:7], example_place=codebook_commands.TagShape.model_validate(
        {"slug": "x", "name": "x", "example_place": place}).example_place)  # fmt: skip
    found = row(study)
    assert (found.n, found.differ) == (5, 0)
    assert sample(study).examples == {study.tags["hedging"]: 2}
    assert row(study, "refusal").n == 6


def test_a_merged_tags_judgements_count_as_its_heirs(study: Coded) -> None:
    ana = apart.coder(study)
    apart.codes(study, study.hand(), "100000", tag="persona", look=["persona"])
    apart.codes(study, ana, "100000", look=["hedging"])
    with db.writing() as session:
        codebook_commands.merge(session, study.hand(), "persona", "hedging", "the same", seen=1)
    found = row(study)
    assert (found.n, found.differ, found.alpha.value) == (6, 0, 1)


# ------------------------------------------------------------------ parted


def test_agreement_is_parted_by_subject_pair_and_revision(study: Coded) -> None:
    ana = two(study, "110010", "100011")
    ben = apart.coder(study, "ben")
    apart.codes(study, ben, "110---")
    found = sample(study)
    of = study.tags["hedging"]
    subjects = reliability.rows(found, "subject", of)
    assert sum(one.n for one in subjects) == 6
    assert len(subjects) == 2
    pairs = {one.part: one for one in reliability.rows(found, "pair", of)}
    assert set(pairs) == {f"1-{ana.person}", f"1-{ben.person}", f"{ana.person}-{ben.person}"}
    assert pairs[f"1-{ben.person}"].n == 3
    assert pairs[f"1-{ben.person}"].alpha.value == 1
    assert pairs[f"1-{ana.person}"].name == "local and ana"
    assert [one.part for one in reliability.rows(found, "revision", of)] == ["1"]


def test_from_a_number_to_exactly_the_texts_that_it_counts(study: Coded) -> None:
    two(study, "110010", "100011")
    found = sample(study)
    for by in ("tag", "subject", "pair", "revision"):
        for one in reliability.rows(found, by):
            judged = reliability.narrowed(found.of(one.tag), by, one.part)
            assert len(reliability.differing(judged)) == one.differ, (by, one)


def test_the_other_coefficients_say_what_they_are_or_why_not(study: Coded) -> None:
    two(study, "110010", "100011")
    found = sample(study)
    hedging, refusal = (reliability.more(found.of(study.tags[tag])) for tag in ("hedging", "refusal"))
    assert hedging.cohen.value is not None
    assert math.isclose(hedging.cohen.value, 1 / 3)  # P_o = 4/6, P_e = ½
    assert hedging.fleiss.value is not None
    assert hedging.ac1.value is not None
    assert refusal.cohen.value is None
    assert "the same" in refusal.cohen.why
    apart.codes(study, apart.coder(study, "ben"), "1-----")
    three = reliability.more(sample(study).of(study.tags["hedging"]))
    assert "3 coders" in three.cohen.why
    assert "different numbers" in three.fleiss.why


def test_where_a_tag_stands_is_agreed_on_over_the_texts_that_both_passed(study: Coded) -> None:
    ana = two(study, "11----", "1-----")
    with db.reading() as session:
        found = agreement_view.sample(session, study.hand(admin=True), "browse")
        where = agreement_view.where(session, study.hand(), found, study.tags["hedging"], [1, ana.person])
    assert (where.exact.value, where.partial.value, where.alpha_u.value) == (1, 1, 1)


def test_a_coder_counts_only_texts_that_they_passed_themselves(study: Coded) -> None:
    ana = two(study, "110010", "10----")
    with db.reading() as session:
        hers = agreement_view.sample(session, ana, "browse")
        all_of_it = agreement_view.sample(session, study.hand(admin=True), "browse")
    assert {one.transcript for one in hers.judged} == {number for number, _ in study.answers[:2]}
    assert len({one.transcript for one in all_of_it.judged}) == 6
