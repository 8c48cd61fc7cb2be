"""Marks where answers are read: told for the turns on a page, listed for the answer in focus, within one study."""

import httpx
import pytest

from app import db
from app.db import Database
from app.settings import Settings
from tests.annotations import coded
from tests.annotations.asking import API, STUDY, put, put_one, span, whole
from tests.annotations.coded import WORDS, Coded
from tests.cast import SUBJECTS
from tests.compare.reading import browser
from tests.reading.people import second

pytestmark = pytest.mark.anyio


@pytest.fixture
def study(sqlite: Database) -> Coded:
    with sqlite.writing() as session:
        return coded.study(session, subjects=SUBJECTS[:2])


async def told(client: httpx.AsyncClient, study: Coded, *answers: int) -> dict[str, object]:
    query = [("message", study.answers[nth][1]) for nth in answers]
    query += [("transcript", study.answers[nth][0]) for nth in answers]
    found: dict[str, object] = (await client.get(f"{API}/marks", params=query)).json()
    return found


async def test_marks_on_the_turns_of_a_page_are_told_with_their_places_there(
    study: Coded, settings: Settings
) -> None:
    async with browser(settings) as client:
        one = await put_one(client, span(study, 0, 7))
        two = await put_one(client, whole(study, "persona", nth=1))
        await put_one(client, span(study, 0, 7, nth=2))
        found = await told(client, study, 0, 1)
        none = await told(client, study, 3)
    assert [mark["id"] for mark in found["marks"]] == [one["id"], two["id"]]  # type: ignore[attr-defined,index]
    [span_told, whole_told] = found["marks"]  # type: ignore[misc]
    assert span_told["places"] == [[study.answers[0][1], 0, 7]]
    assert (whole_told["kind"], whole_told["places"], whole_told["transcript"]) == (
        "transcript",
        [],
        study.answers[1][0],
    )
    assert [tag["slug"] for tag in found["tags"]] == list(coded.TAGS)  # type: ignore[attr-defined]
    assert none["marks"] == []


async def test_one_mark_across_answers_is_told_in_each_with_how_much_is_elsewhere(
    study: Coded, settings: Settings
) -> None:
    targets = [
        {"transcript": study.answers[nth][0], "message": study.answers[nth][1], "start": 0, "end": 7}
        for nth in (0, 3)
    ]
    async with browser(settings) as client:
        reply = await put(client, {"tag": "hedging", "targets": targets})
        [here] = (await told(client, study, 0))["marks"]  # type: ignore[misc]
        [both] = (await told(client, study, 0, 3))["marks"]  # type: ignore[misc]
        listed = [(await client.get(f"/-{STUDY}/marks/{study.answers[nth][0]}")).text for nth in (0, 1, 3)]
    assert reply.status_code == 201
    assert reply.json()["annotations"][0]["transcript"] is None
    assert (len(here["places"]), here["more"]) == (1, 1)
    assert (len(both["places"]), both["more"]) == (2, 0)
    assert ["across answers" in text for text in listed] == [True, False, True]


async def test_a_mark_on_a_shared_turn_is_seen_in_every_answer_below_it(
    study: Coded, settings: Settings
) -> None:
    with db.reading() as session:
        root = session.get_one(coded.Transcript, study.first).root_id
    async with browser(settings) as client:
        target = {"message": root, "start": 0, "end": 4}
        await put_one(client, {"tag": "persona", "transcript": study.first, "targets": [target]})
        lists = [(await client.get(f"/-{STUDY}/marks/{number}")).text for number, _ in study.answers]
    assert all("Persona" in text for text in lists)


async def test_the_list_names_others_and_leads_to_coding(study: Coded, settings: Settings) -> None:
    with db.writing() as session:
        other = second(session, "Ana <i>")
    coded.put(study, study.span(0, 7, WORDS[:7], note="<script>"), hand=study.hand(other))
    async with browser(settings) as client:
        text = (await client.get(f"/-{STUDY}/marks/{study.first}")).text
        hidden = (await client.get(f"/-{STUDY}/marks/{study.first}?hide=kept")).text
    assert "Ana &lt;i&gt;" in text
    assert "<script>" not in text
    assert f'href="/transcripts/{study.first}/code"' in text
    assert f'href="/transcripts/{study.first}/code?hide=kept"' in hidden


async def test_what_belongs_to_another_study_or_is_no_number_is_refused(
    study: Coded, settings: Settings
) -> None:
    with db.writing() as session:
        coded.other_study(session)
    async with browser(settings) as client:
        for address, status in (
            (f"/-/studies/other/marks/{study.first}", 404),
            (f"/-{STUDY}/marks/999", 404),
            ("/api/v1/studies/nowhere/marks", 404),
            (f"{API}/marks?message=x", 422),
            (f"{API}/marks?message=0", 422),
            (f"{API}/marks?" + "&".join(f"message={n}" for n in range(1, 1002)), 422),
        ):
            assert (await client.get(address)).status_code == status, address
