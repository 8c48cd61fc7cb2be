"""`/api/v1/…/annotations`: put whole or not at all, changed against the version seen, undone by act."""

import asyncio

import httpx
import pytest

from app import db
from app.db import Database
from app.live import log
from app.settings import Settings
from tests.annotations import coded
from tests.annotations.asking import API, put, put_one, seen, span, whole
from tests.annotations.coded import WORDS, Coded
from tests.cast import SUBJECTS
from tests.compare.reading import browser
from tests.reading.people import second

pytestmark = pytest.mark.anyio


@pytest.fixture
def study(database: Database) -> Coded:
    with database.writing() as session:
        return coded.study(session, subjects=SUBJECTS[:2])


async def test_a_mark_is_put_and_told_with_its_quote(study: Coded, settings: Settings) -> None:
    async with browser(settings) as client:
        made = await put_one(client, span(study, 14, 20, note="unsure", confidence=2))
        told = (await client.get(f"{API}/annotations/{made['id']}")).json()
        listed = (await client.get(f"{API}/annotations")).json()
    assert told == made
    assert (made["tag"], made["polarity"], made["confidence"], made["note"]) == (
        "hedging",
        "present",
        2,
        "unsure",
    )
    assert made["mine"]
    assert made["version"] == 1
    assert made["codebook_revision"] == 1
    [target] = made["targets"]
    assert target["quote"] == WORDS[14:20]
    assert target["prefix"] == WORDS[:14]
    assert target["suffix"] == WORDS[20:]
    assert listed == {"annotations": [made], "next": None}


async def test_places_are_code_points_and_a_wrong_quote_is_refused_with_where_it_stands(
    study: Coded, settings: Settings
) -> None:
    transcript, message = study.answers[0]
    at = WORDS.index("perhaps")
    units = len(WORDS[:at].encode("utf-16-le")) // 2  # as a sender counts who counts in UTF-16
    assert units > at
    wrong = {"message": message, "start": units, "end": units + 7, "quote": "perhaps"}
    async with browser(settings) as client:
        reply = await put(client, {"tag": "hedging", "transcript": transcript, "targets": [wrong]})
        right = await put_one(
            client,
            {"tag": "hedging", "transcript": transcript, "targets": [wrong | {"start": at, "end": at + 7}]},
        )
    assert reply.status_code == 422
    assert reply.json()["error"]
    assert right["targets"][0]["quote"] == "perhaps"


async def test_all_of_an_act_is_put_or_none_and_the_first_mistake_is_named(
    study: Coded, settings: Settings
) -> None:
    async with browser(settings) as client:
        reply = await put(client, span(study), span(study, tag="nothing", nth=1))
        listed = (await client.get(f"{API}/annotations")).json()
    assert reply.status_code == 422
    assert reply.json()["error"].startswith("annotations.1: tag: found 'nothing'")
    assert listed["annotations"] == []


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({}, "annotations"),
        ({"annotations": []}, "annotations"),
        ({"annotations": [{"tag": "hedging", "nonsense": 1}]}, "nonsense"),
        ({"annotations": [{"tag": "UPPER"}]}, "tag"),
        ({"annotations": [{"tag": "hedging", "confidence": 4}]}, "confidence"),
        ({"annotations": [{"tag": "hedging", "note": "a" * 4001}]}, "note"),
        ({"annotations": [{"tag": "hedging", "note": "\ud800"}]}, ""),
    ],
)
async def test_what_is_no_annotation_is_told_by_its_place(
    study: Coded, settings: Settings, body: object, words: str
) -> None:
    async with browser(settings) as client:
        try:
            reply = await client.post(f"{API}/annotations", json=body)
        except UnicodeEncodeError:  # a lone surrogate is no JSON that a client could send
            return
    assert reply.status_code == 422
    assert words in reply.text


async def test_a_change_names_the_version_that_it_was_made_against(study: Coded, settings: Settings) -> None:
    async with browser(settings) as client:
        made = await put_one(client, span(study))
        at = f"{API}/annotations/{made['id']}"
        blind = await client.patch(at, json={"note": "x"})
        changed = await client.patch(at, json={"note": "so", "tag": "refusal"}, headers=seen(1))
        late = await client.patch(at, json={"note": "too late"}, headers=seen(1))
        gone = await client.delete(at, headers=seen(1))
        odd = await client.patch(at, json={"note": "x"}, headers={"if-match": "latest"})
        now = (await client.get(at)).json()
    assert blind.status_code == 428
    assert (changed.status_code, changed.json()["version"], changed.json()["tag"]) == (200, 2, "refusal")
    assert late.status_code == 409
    assert late.json()["current"] == now
    assert (now["note"], now["version"]) == ("so", 2)
    assert "it is now 2" in late.json()["error"]
    assert gone.status_code == 409
    assert odd.status_code == 422


async def test_of_two_who_change_the_same_one_wins_and_the_other_sees_both(
    study: Coded, settings: Settings
) -> None:
    async with browser(settings) as one, browser(settings) as other:
        made = await put_one(one, span(study))
        at = f"{API}/annotations/{made['id']}"
        replies = await asyncio.gather(
            one.patch(at, json={"note": "mine"}, headers=seen(1)),
            other.patch(at, json={"note": "yours"}, headers=seen(1)),
        )
        now = (await one.get(at)).json()
    assert sorted(reply.status_code for reply in replies) == [200, 409]
    won, lost = sorted(replies, key=lambda reply: reply.status_code)
    assert lost.json()["current"]["note"] == won.json()["note"] == now["note"]
    assert now["version"] == 2


async def test_acts_are_undone_and_done_again_after_a_reload(study: Coded, settings: Settings) -> None:
    async with browser(settings) as client:
        made = await put_one(client, span(study))
        await client.patch(f"{API}/annotations/{made['id']}", json={"note": "changed"}, headers=seen(1))
    async with browser(settings) as client:  # another window
        first = (await client.post(f"{API}/undo")).json()
        without = (await client.get(f"{API}/annotations/{made['id']}")).json()
        second_time = (await client.post(f"{API}/undo")).json()
        none = (await client.get(f"{API}/annotations/{made['id']}")).status_code
        nothing = (await client.post(f"{API}/undo")).json()
        again = (await client.post(f"{API}/redo")).json()
        back = (await client.get(f"{API}/annotations/{made['id']}")).json()
        last = (await client.post(f"{API}/redo")).json()
        over = (await client.post(f"{API}/redo")).json()
    assert (first["act"], second_time["act"], nothing["act"]) == ("change", "put", None)
    assert first["transcripts"] == [study.first]
    assert without["note"] == ""
    assert none == 404
    assert again["act"] == "put"
    assert back["note"] == ""
    assert (last["act"], over["act"]) == ("change", None)


async def test_a_removed_mark_comes_back_by_undo(study: Coded, settings: Settings) -> None:
    async with browser(settings) as client:
        made = await put_one(client, span(study))
        at = f"{API}/annotations/{made['id']}"
        gone = await client.delete(at, headers=seen(1))
        missing = await client.get(at)
        await client.post(f"{API}/undo")
        back = (await client.get(at)).json()
    assert gone.json() == {"id": made["id"]}
    assert missing.status_code == 404
    assert back["targets"] == made["targets"]


async def test_the_list_goes_by_keyset_and_narrows_to_a_transcript(study: Coded, settings: Settings) -> None:
    async with browser(settings) as client:
        for nth in range(3):
            await put_one(client, span(study, nth=nth))
            await put_one(client, whole(study, "refusal", nth=nth))
        page = (await client.get(f"{API}/annotations?limit=4")).json()
        rest = (await client.get(f"{API}/annotations?limit=4&after={page['next']}")).json()
        only = (await client.get(f"{API}/annotations?transcript={study.answers[1][0]}")).json()
        strange = await client.get(f"{API}/annotations?nonsense=1")
    assert [len(page["annotations"]), len(rest["annotations"]), rest["next"]] == [4, 2, None]
    assert {one["id"] for one in page["annotations"]}.isdisjoint(one["id"] for one in rest["annotations"])
    assert {one["transcript"] for one in only["annotations"]} == {study.answers[1][0]}
    assert len(only["annotations"]) == 2
    assert strange.status_code == 422


async def test_a_pass_says_in_one_act_what_is_there_and_what_is_not_evidence_6(
    study: Coded, settings: Settings
) -> None:
    async with browser(settings) as client:
        await put_one(client, span(study))
        told = await client.post(
            f"{API}/passes", json={"transcript": study.first, "look": ["hedging", "refusal", "persona"]}
        )
        empty = await client.post(f"{API}/passes", json={"transcript": study.first, "look": []})
        foreign = await client.post(f"{API}/passes", json={"transcript": study.first, "look": ["nothing"]})
    assert told.status_code == 201
    assert {name: told.json()[name] for name in ("present", "absent", "opened")} == {
        "present": 1,
        "absent": 2,
        "opened": 2,
    }
    assert told.json()["transcripts"] == [
        number for number, _ in study.answers[:3]
    ]  # the same words, coded once
    assert (empty.status_code, foreign.status_code) == (422, 422)


async def test_a_mark_holds_under_a_newer_codebook_when_its_author_says_so(
    study: Coded, settings: Settings
) -> None:
    async with browser(settings) as client:
        made = await put_one(client, span(study))
        with db.writing() as session:
            coded.revised(session, study.made.study_id, study.tags["hedging"], 2, text_sha256="1" * 64)
        at = f"{API}/annotations/{made['id']}"
        old = (await client.get(at)).json()
        told = await client.post(f"{at}/confirm", headers=seen(1))
        late = await client.post(f"{at}/confirm", headers=seen(1))
    assert old["old"]
    assert (told.json()["old"], told.json()["codebook_revision"]) == (False, 2)
    assert late.status_code == 409


async def test_nobody_changes_what_is_anothers_and_an_unknown_number_is_404(
    study: Coded, settings: Settings
) -> None:
    with db.writing() as session:
        other = second(session)
    [number] = coded.put(study, study.span(0, 7, WORDS[:7]), hand=study.hand(other))
    async with browser(settings) as client:
        seen_by_all = (await client.get(f"{API}/annotations/{number}")).json()
        unknown = await client.patch(f"{API}/annotations/999", json={"note": "x"}, headers=seen(1))
        nowhere = await client.get("/api/v1/studies/nowhere/annotations")
    assert not seen_by_all["mine"]
    assert unknown.status_code == 404
    assert nowhere.status_code == 404


async def test_an_event_names_what_was_touched_and_from_where_and_never_a_text(
    study: Coded, settings: Settings
) -> None:
    with db.reading() as session:
        before = log.newest(session)
    async with browser(settings) as client:
        await client.post(
            f"{API}/annotations",
            json={"annotations": [span(study, note="secret")]},
            headers={"x-client": "abcd"},
        )
        await client.post(
            f"{API}/passes",
            json={"transcript": study.first, "look": ["hedging"]},
            headers={"x-client": "abcd"},
        )
    with db.reading() as session:
        told = log.after(session, before, 10)
    assert [kind for _, kind, _ in told] == ["annotation", "pass"]
    assert all(ids["client"] == "abcd" and study.first in ids["transcripts"] for _, _, ids in told)
    assert "secret" not in str(told)


async def test_the_api_answers_errors_as_json_whatever_is_accepted(study: Coded, settings: Settings) -> None:
    async with browser(settings) as client:
        reply: httpx.Response = await client.get(f"{API}/annotations/999", headers={"accept": "text/html"})
    assert reply.json() == {"error": "there is no annotation 999"}
