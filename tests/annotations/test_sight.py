"""Where others' marks are hidden they are so at every door until one's own pass, and first passes are blind."""

import pytest

from app import db
from app.accounts.models import LOCAL
from app.annotations import marks, passing, ruling, sight
from app.annotations.adjudicating import Admins
from app.annotations.models import Pass
from app.db import Database
from app.settings import Settings
from app.transcripts.models import Transcript
from tests.annotations import apart, coded
from tests.annotations.asking import API
from tests.annotations.coded import WORDS, Coded
from tests.compare.reading import browser


@pytest.fixture
def study(database: Database) -> Coded:
    return apart.study(database)


def seen(study: Coded, person: int = LOCAL) -> list[int]:
    with db.reading() as session:
        return [one.id for one in marks.seen_by(session, person, study.made.study_id)]


def test_others_marks_are_hidden_until_ones_own_pass(study: Coded) -> None:
    ana = apart.coder(study)
    [theirs] = coded.put(study, study.span(0, 7, WORDS[:7]), hand=ana)
    assert seen(study) == []
    assert seen(study, ana.person) == [theirs]
    with db.writing() as session:
        passing.submit(session, study.hand(), study.first, apart.LOOK)
    assert seen(study) == [theirs]


def test_a_mark_on_several_answers_is_hidden_until_all_of_them_are_passed(study: Coded) -> None:
    ana = apart.coder(study)
    targets = [
        {"transcript": number, "message": message, "start": 0, "end": 7}
        for number, message in study.answers[:2]
    ]
    wanted = coded.Wanted.model_validate({"tag": "hedging", "targets": targets})
    [theirs] = coded.put(study, wanted, hand=ana)
    for nth, expected in ((0, []), (1, [theirs])):
        with db.writing() as session:
            passing.submit(session, study.hand(), study.answers[nth][0], apart.LOOK)
        assert seen(study) == expected


def test_a_mark_on_a_set_is_hidden_until_all_members_are_passed(study: Coded) -> None:
    ana = apart.coder(study)
    members = [number for number, _ in study.answers[:3]]
    wanted = coded.Wanted.model_validate({"tag": "hedging", "kind": "set", "members": members})
    [theirs] = coded.put(study, wanted, hand=ana)
    for nth, expected in ((0, []), (1, []), (2, [theirs])):
        with db.writing() as session:
            passing.submit(session, study.hand(), study.answers[nth][0], apart.LOOK)
        assert seen(study) == expected


def test_the_first_pass_is_blind_and_one_submitted_again_is_not(study: Coded) -> None:
    for _ in range(2):
        with db.writing() as session:
            passing.submit(session, study.hand(), study.first, apart.LOOK)
    with db.reading() as session:
        assert [one.blind_coders for one in session.query(Pass).order_by(Pass.id)] == [True, False]


def test_a_mark_put_before_the_own_pass_is_blind_and_later_ones_are_not(study: Coded) -> None:
    [early] = coded.put(study, study.span(0, 7, WORDS[:7]))
    with db.writing() as session:
        passing.submit(session, study.hand(), study.first, apart.LOOK)
    [late] = coded.put(study, study.span(8, 13, WORDS[8:13]))
    assert (coded.one(early).blind_coders, coded.one(late).blind_coders) == (True, False)


def test_without_the_rule_everybody_sees_everything_and_nobody_is_blind(database: Database) -> None:
    with database.writing() as session:
        study = coded.study(session)
    ana = apart.coder(study)
    [theirs] = coded.put(study, study.span(0, 7, WORDS[:7]), hand=ana)
    assert seen(study) == [theirs]
    with db.writing() as session:
        passing.submit(session, study.hand(), study.first, apart.LOOK)
        assert sight.blindness(session, LOCAL, [study.first]) == {}
        assert sight.blindness(session, LOCAL, []) == {}
    with db.reading() as session:
        assert not session.query(Pass).one().blind_coders


def test_the_rule_is_an_admins_and_its_change_an_event(study: Coded) -> None:
    with pytest.raises(Admins), db.writing() as session:
        ruling.rule(session, study.hand(), False)
    with db.writing() as session:
        ruling.rule(session, study.hand(admin=True), False)
        ruling.rule(session, study.hand(admin=True), False)
    with db.reading() as session:
        told = session.query(coded.Annotation.metadata.tables["events"]).all()
    ruled = [row for row in told if row.kind == ruling.KIND]
    assert [(row.before, row.after) for row in ruled] == [
        ({"others_hidden": False}, {"others_hidden": True}),
        ({"others_hidden": True}, {"others_hidden": False}),
    ]


@pytest.mark.anyio
async def test_no_door_tells_of_a_hidden_mark_evidence_21(sqlite: Database, settings: Settings) -> None:
    study = apart.study(sqlite)
    ana = apart.coder(study, "Ana Kowalska")
    [theirs] = coded.put(study, study.span(0, 7, WORDS[:7], tag="persona", note="whispered"), hand=ana)
    with db.reading() as session:
        number = session.get_one(Transcript, study.first).id
    doors = (
        f"/transcripts/{number}/code", f"/-/transcripts/{number}/code", f"{API}/annotations",
        f"{API}/annotations?transcript={number}", f"{API}/annotations/{theirs}", "/studies/first-light/codebook",
        "/studies/first-light/tags/persona", f"/transcripts/{number}", f"{API}/agreement",
    )  # fmt: skip
    async with browser(settings) as client:
        for door in doors:
            text = (await client.get(door)).text
            assert "whispered" not in text, door
            assert "Kowalska" not in text, door
        edits = [
            await client.patch(
                f"{API}/annotations/{theirs}", json={"note": "x"}, headers={"if-match": '"1"'}
            ),
            await client.delete(f"{API}/annotations/{theirs}", headers={"if-match": '"1"'}),
            await client.delete(f"{API}/annotations/{theirs}", headers={"if-match": '"7"'}),
        ]
    assert [reply.status_code for reply in edits] == [404, 404, 404]
