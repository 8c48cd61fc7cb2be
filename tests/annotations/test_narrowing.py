"""Every filter may ask by tag and coder: what the reader sees, within each study, in search, sets and exports."""

import pytest

from app import db
from app.accounts.models import LOCAL
from app.annotations import codebook_commands, passing
from app.annotations.models import Pass
from app.db import Database
from app.reading.asking import conditions
from app.reading.filters import BadFilter, names, read
from app.settings import Settings
from app.transcripts.models import Transcript
from tests.annotations import apart, coded
from tests.annotations.asking import STUDY
from tests.annotations.coded import WORDS, Coded
from tests.compare.reading import browser


@pytest.fixture
def study(database: Database) -> Coded:
    return apart.study(database)


def found(study: Coded, person: int = LOCAL, **asked: str) -> list[int]:
    """Which answers of the study (their places) a filter finds for somebody."""
    wanted = read({name: [value] for name, value in asked.items()}, study="first-light")
    with db.reading() as session:
        rows = session.query(Transcript.id).where(*conditions(session, wanted, person)).all()
    places = {number: nth for nth, (number, _) in enumerate(study.answers)}
    return sorted(places[row.id] for row in rows)


def test_a_tag_finds_marks_on_spans_wholes_sets_and_across_answers(study: Coded) -> None:
    assert {"tag", "coder"} <= names()
    across = [
        {"transcript": number, "message": message, "start": 0, "end": 3}
        for number, message in study.answers[1:3]
    ]
    members = [number for number, _ in study.answers[3:6]]
    coded.put(
        study,
        study.span(0, 7, WORDS[:7]),
        coded.Wanted.model_validate({"tag": "hedging", "targets": across}),
        study.whole("refusal", nth=4),
        coded.Wanted.model_validate({"tag": "persona", "kind": "set", "members": members}),
    )
    assert found(study, tag="hedging") == [0, 1, 2]
    assert found(study, tag="refusal") == [4]
    assert found(study, tag="persona") == [3, 4, 5]
    assert found(study, tag="hedging,refusal") == [0, 1, 2, 4]


def test_what_was_removed_or_said_to_be_absent_is_not_found_as_present(study: Coded) -> None:
    [gone] = coded.put(study, study.span(0, 7, WORDS[:7]))
    coded.put(study, study.whole("hedging", nth=1, polarity="absent"))
    with db.writing() as session:
        apart.putting.snapshots.lay(session, gone, None)
    assert found(study, tag="hedging") == []
    assert found(study, tag="hedging:absent") == [1]


def test_a_pass_says_what_was_looked_for_and_not_there_for_all_with_the_same_words(
    database: Database,
) -> None:
    with database.writing() as session:
        study = coded.study(session, repeats=3)
        passing.submit(session, study.hand(), study.first, ["hedging"])
    assert found(study, tag="hedging:absent") == [0, 1, 2]
    assert found(study, tag="refusal:absent") == []
    assert found(study, coder="local") == [0, 1, 2]


def test_a_merged_tag_finds_its_heirs_marks_and_the_other_way_round(study: Coded) -> None:
    coded.put(study, study.span(0, 7, WORDS[:7], tag="persona"), study.span(0, 7, WORDS[:7], nth=1))
    with db.writing() as session:
        codebook_commands.merge(session, study.hand(), "persona", "hedging", "the same", seen=1)
    assert found(study, tag="hedging") == found(study, tag="persona") == [0, 1]


def test_what_is_hidden_from_a_reader_narrows_nothing_for_them(study: Coded) -> None:
    ana = apart.coder(study)
    apart.codes(study, ana, "10----")
    assert found(study, tag="hedging") == []
    assert found(study, tag="hedging:absent") == []
    assert found(study, coder="ana") == []
    assert found(study, ana.person, tag="hedging") == [0]
    apart.codes(study, study.hand(), "00----")
    assert found(study, tag="hedging") == [0]
    assert found(study, coder="ana") == [0, 1]


def test_a_pass_that_was_replaced_is_not_asked(study: Coded) -> None:
    for look in (["hedging"], ["refusal"]):
        with db.writing() as session:
            passing.submit(session, study.hand(), study.first, look)
    assert found(study, tag="hedging:absent") == []
    assert found(study, tag="refusal:absent") == [0]
    with db.reading() as session:
        assert session.query(Pass).count() == 2


def test_a_study_s_tag_finds_nothing_of_another_study(study: Coded) -> None:
    with db.writing() as session:
        other = coded.other_study(session)
    coded.put(other, other.span(0, 7, WORDS[:7]))
    assert found(study, tag="hedging") == []


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"tag": "nothing"}, "which no codebook has; there are hedging"),
        ({"coder": "nobody"}, "somebody who codes here"),
    ],
)
def test_what_is_not_there_is_told(study: Coded, asked: dict[str, str], told: str) -> None:
    with pytest.raises(BadFilter, match=told):
        found(study, **asked)


@pytest.mark.anyio
async def test_search_offers_tags_and_coders_and_says_what_was_asked(
    sqlite: Database, settings: Settings
) -> None:
    study = apart.study(sqlite)
    apart.codes(study, study.hand(), "1-----")
    async with browser(settings) as client:
        page = (await client.get(f"{STUDY}/search?tag=hedging")).text
        api = (await client.get("/api/v1/search?study=first-light&tag=hedging&sort=newest")).json()
        odd = await client.get(f"{STUDY}/search?tag=nothing")
        kept = (await client.get(f"{STUDY}/sets/new?tag=hedging:absent")).text
    assert 'value="hedging:absent"' in page
    assert "tagged hedging" in page
    assert len(api["found"]) == 1
    assert "no codebook has" in odd.text
    assert "without hedging" in kept
