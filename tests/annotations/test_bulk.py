"""Tagging all answers of a search or a set: seen beforehand, put in one act, taken back by one undo."""

import re

import pytest

from app import db
from app.annotations import bulk
from app.annotations.models import Annotation
from app.annotations.wanted import MOST_AT_ONCE
from app.db import Database
from app.settings import Settings
from app.web import Invalid
from tests.annotations import apart
from tests.annotations.asking import API, STUDY
from tests.annotations.coded import Coded, put
from tests.compare.reading import browser

pytestmark = pytest.mark.anyio
PAGE = f"{STUDY}/tag-all"


@pytest.fixture
def study(sqlite: Database) -> Coded:
    return apart.study(sqlite)


def standing() -> list[Annotation]:
    with db.reading() as session:
        return session.query(Annotation).where(Annotation.removed_at.is_(None)).order_by(Annotation.id).all()


async def test_what_it_would_come_to_is_shown_before_anything_is_tagged(
    study: Coded, settings: Settings
) -> None:
    put(study, study.whole("hedging"), study.whole("hedging", nth=1, polarity="absent"))
    async with browser(settings) as client:
        plain = (await client.get(f"{PAGE}?t=1")).text
        page = (await client.get(f"{PAGE}?t=1&put=hedging")).text
    words = re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "", page))
    assert "Show what it comes to" in plain
    assert "6 finished answers" in words
    assert "5 would be tagged, 1 you have tagged already; of 1 you said that it is not there" in words
    assert len(standing()) == 2


async def test_all_are_tagged_in_one_act_which_one_undo_takes_back(study: Coded, settings: Settings) -> None:
    put(study, study.whole("hedging", nth=1, polarity="absent"))
    async with browser(settings) as client:
        told = await client.post(PAGE, data={"filter": "t=1", "tag": "hedging", "note": "by search"})
        tagged = standing()
        twice = await client.post(PAGE, data={"filter": "t=1", "tag": "hedging"})
        await client.post(f"{API}/undo")
        left = standing()
    assert "6 answers tagged." in told.text
    assert {one.transcript_id for one in tagged} == {number for number, _ in study.answers}
    assert {(one.kind, one.polarity, one.note) for one in tagged} == {("transcript", "present", "by search")}
    assert twice.status_code == 422
    assert "tagged each of these answers already" in twice.text
    assert [(one.polarity, one.transcript_id) for one in left] == [("absent", study.answers[1][0])]


async def test_a_pattern_and_a_set_are_tagged_as_they_are_found(study: Coded, settings: Settings) -> None:
    async with browser(settings) as client:
        await client.post(
            f"{STUDY}/sets", data={"filter": "q=/perhaps/", "name": "P", "reason": "to tag", "kind": "frozen"}
        )
        by_set = await client.post(PAGE, data={"filter": "set=1", "tag": "refusal"})
        by_pattern = await client.post(PAGE, data={"filter": "q=/perhaps.*/", "tag": "persona"})
        link = (await client.get("/sets/1")).text
        search = (await client.get(f"{STUDY}/search?q=perhaps")).text
    assert "6 answers tagged." in by_set.text
    assert "6 answers tagged." in by_pattern.text
    assert f'href="{PAGE}?set=1"' in link
    assert f'href="{PAGE}?q=perhaps"' in search


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ({"filter": "t=1", "tag": "nothing"}, "expected a tag in use"),
        ({"filter": "t=hot", "tag": "hedging"}, "expected a temperature"),
        ({"filter": "subject=nobody", "tag": "hedging"}, "nobody"),
        ({"filter": "t=0.3", "tag": "hedging"}, "Nothing would be tagged"),
        ({"filter": "t=1", "tag": "hedging", "note": "a" * 4001}, "note"),
    ],
)
async def test_what_cannot_be_is_told_and_nothing_is_tagged(
    study: Coded, settings: Settings, sent: dict[str, str], told: str
) -> None:
    async with browser(settings) as client:
        reply = await client.post(PAGE, data=sent)
    assert reply.status_code == 422
    assert told in reply.text.replace("&#39;", "'")
    assert standing() == []


def test_more_than_can_be_undone_at_once_is_refused(study: Coded) -> None:
    with db.reading() as session:
        tag = bulk_tag(study)
        many = bulk.outlook(session, 1, tag, range(1, MOST_AT_ONCE + 2))
    assert many.too_many
    with pytest.raises(Invalid, match="More than 2,000"), db.writing() as session:
        bulk.put(session, study.hand(), tag, many)


def bulk_tag(study: Coded) -> bulk.TagNow:
    with db.reading() as session:
        return bulk.putting.tags.at(session, study.made.study_id).by_slug["hedging"]


async def test_a_study_without_tags_leads_to_its_codebook(sqlite: Database, settings: Settings) -> None:
    with sqlite.writing() as session:
        apart.coded.seed.study(session, repeats=1)
    async with browser(settings) as client:
        assert "Open the codebook" in (await client.get(f"{PAGE}?t=1")).text
