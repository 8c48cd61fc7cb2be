"""The coding page: the text with its marks, what is looked for, and the ways to the next answer."""

import html
import json
import re

import pytest

from app import db
from app.annotations import order, passing
from app.db import Database
from app.settings import Settings
from tests.annotations import coded
from tests.annotations.coded import WORDS, Coded
from tests.cast import SUBJECTS, Draw
from tests.compare.reading import browser
from tests.reading.people import LOCAL, second

pytestmark = pytest.mark.anyio


def different(*given: object) -> Draw:
    """Every repeat says something else, so that none is passed with another."""
    return Draw(f"{WORDS} {given[-1]}")


@pytest.fixture
def study(sqlite: Database) -> Coded:
    with sqlite.writing() as session:
        return coded.study(session, subjects=SUBJECTS[:2], say=different)


def island(page: str) -> dict[str, object]:
    found = re.search(r"<div hidden data-desk>(.*?)</div>", page, re.S)
    assert found
    told: dict[str, object] = json.loads(html.unescape(found[1]))
    return told


def body(page: str, message: int) -> str:
    found = re.search(rf'data-message="{message}">(.*?)</div>', page, re.S)
    assert found
    return found[1]


async def test_the_text_stands_as_it_is_stored_with_the_marks_painted_in(
    study: Coded, settings: Settings
) -> None:
    transcript, message = study.answers[0]
    [one] = coded.put(study, study.span(14, 25, WORDS[14:25]))
    [two] = coded.put(study, study.span(18, 29, WORDS[18:29], tag="refusal"))
    async with browser(settings) as client:
        page = (await client.get(f"/transcripts/{transcript}/code")).text
    with db.reading() as session:
        stored = session.get_one(coded.Message, message).text
    said = body(page, message)
    assert html.unescape(re.sub(r"<[^>]*>", "", said)) == stored
    painted = re.findall(r'<mark class="painted ([^"]*)" data-marks="([^"]*)">', said)
    assert ("slot-0", str(one)) in painted
    assert ("slot-0 slot-1", f"{one} {two}") in painted
    assert ("slot-1", str(two)) in painted
    told = island(page)
    assert [mark["id"] for mark in told["marks"]] == [one, two]  # type: ignore[attr-defined,index]
    assert told["look"] == ["hedging", "refusal", "persona"]


async def test_the_panel_says_what_is_looked_for_and_what_becomes_absent(
    study: Coded, settings: Settings
) -> None:
    coded.put(study, study.span(0, 7, WORDS[:7]), study.whole("persona", polarity="absent"))
    async with browser(settings) as client:
        page = (await client.get(f"/transcripts/{study.first}/code")).text
        named = (await client.get(f"/transcripts/{study.first}/code?look=persona&look=refusal")).text
        panel = (await client.get(f"/-/transcripts/{study.first}/code?look=persona")).text
    assert re.findall(r'class="state is-(\w+)"', page) == ["present", "open", "absent"]
    assert "1 open becomes absent when you are done." in page
    assert re.findall(r'data-put="([\w-]+)"', named) == ["persona", "refusal"]
    assert re.findall(r'data-put="([\w-]+)"', panel) == ["persona"]
    assert "<html" not in panel


async def test_a_pass_that_stands_is_told_and_that_marks_changed_since(
    study: Coded, settings: Settings
) -> None:
    with db.writing() as session:
        passing.submit(session, study.hand(), study.first, ["hedging", "refusal"])
    async with browser(settings) as client:
        passed = (await client.get(f"/transcripts/{study.first}/code?look=hedging&look=refusal")).text
        coded.put(study, study.span(0, 7, WORDS[:7]))
        changed = (await client.get(f"/transcripts/{study.first}/code?look=hedging&look=refusal")).text
    assert "Done again, next" in passed
    assert "changed since" not in passed
    assert "changed since" in changed


async def test_others_marks_stand_apart_with_their_author_and_cannot_be_changed(
    study: Coded, settings: Settings
) -> None:
    with db.writing() as session:
        other = second(session, "Ana <i>")
    coded.put(study, study.span(0, 7, WORDS[:7], note="theirs"), hand=study.hand(other))
    async with browser(settings) as client:
        page = (await client.get(f"/transcripts/{study.first}/code")).text
    assert "Others' marks" in page
    assert "Ana &lt;i&gt;" in page
    assert "theirs" in page
    assert "data-change" not in page


async def test_names_are_hidden_where_that_was_asked(study: Coded, settings: Settings) -> None:
    name = SUBJECTS[0].name or SUBJECTS[0].slug
    async with browser(settings) as client:
        shown = (await client.get(f"/transcripts/{study.first}/code")).text
        hidden = (await client.get(f"/transcripts/{study.first}/code?hide=kept")).text
    assert name in shown
    main = hidden[hidden.index("<main") :]
    assert "Names are hidden" in main
    assert name not in main
    assert name not in hidden[hidden.index("<title>") : hidden.index("</title>")]


async def test_the_way_leads_to_what_is_not_passed_and_ends_at_the_start(
    study: Coded, settings: Settings
) -> None:
    numbers = sorted(number for number, _ in study.answers)
    async with browser(settings) as client:
        begun = await client.get("/studies/first-light/code")
        on = await client.get(f"/transcripts/{numbers[1]}/code/next?look=hedging")
        for number in numbers:
            if number != numbers[2]:
                with db.writing() as session:
                    passing.submit(session, study.hand(), number, ["hedging"])
        around = await client.get(f"/transcripts/{numbers[4]}/code/next")
        start = (await client.get("/code")).text
        with db.writing() as session:
            passing.submit(session, study.hand(), numbers[2], ["hedging"])
        over = await client.get("/studies/first-light/code")
        done = (await client.get("/code")).text
    assert begun.headers["location"] == f"/transcripts/{numbers[0]}/code"
    assert on.headers["location"] == f"/transcripts/{numbers[2]}/code?look=hedging"
    assert around.headers["location"] == f"/transcripts/{numbers[2]}/code"
    assert f"{len(numbers) - 1} of {len(numbers)} answers passed" in start
    assert over.headers["location"] == "/code"
    assert "Go on" not in done


async def test_draws_that_say_the_same_are_passed_together_evidence_9(sqlite: Database) -> None:
    with sqlite.writing() as session:
        study = coded.study(session, repeats=4)
        assert order.progress(session, LOCAL, study.made.study_id) == (0, 4)
        passing.submit(session, study.hand(), study.first, ["hedging"])
        assert order.progress(session, LOCAL, study.made.study_id) == (4, 4)
        assert order.after(session, LOCAL, study.made.study_id) is None
        assert order.progress(session, second(session), study.made.study_id) == (0, 4)


async def test_what_is_not_finished_or_not_there_is_404(study: Coded, settings: Settings) -> None:
    async with browser(settings) as client:
        for address in (
            "/transcripts/999/code", "/-/transcripts/999/code", "/transcripts/999/code/next", "/studies/no/code"
        ):  # fmt: skip
            assert (await client.get(address)).status_code == 404, address


async def test_without_a_study_the_start_says_so(sqlite: Database, settings: Settings) -> None:
    async with browser(settings) as client:
        assert "Nothing to code yet" in (await client.get("/code")).text


async def test_a_no_in_words_a_declared_one_and_a_gate_s_are_three_and_never_summed_evidence_8(
    sqlite: Database, settings: Settings
) -> None:
    stops = {1: "natural", 2: "model_refusal_field", 3: "classifier_refusal"}

    def said(*given: object) -> Draw:
        return Draw(f"I will not {given[-1]}", stop=stops[int(str(given[-1]))])

    with sqlite.writing() as session:
        study = coded.study(session, say=said, repeats=3)
    coded.put(study, study.whole("refusal"))  # a person's word on the first, which ended by itself
    words, declared, gated = (number for number, _ in study.answers)
    async with browser(settings) as client:
        badges = {
            number: re.findall(
                r'class="badge (no|gate)"', (await client.get(f"/transcripts/{number}/code")).text
            )
            for number in (words, declared, gated)
        }
        found = {
            query: {
                one["transcript"]
                for one in (await client.get(f"/api/v1/search?study=first-light&sort=newest&{query}")).json()[
                    "found"
                ]
            }
            for query in ("tag=refusal", "stop=declared", "stop=gated")
        }
    assert badges == {words: [], declared: ["no"], gated: ["gate"]}
    assert found == {"tag=refusal": {words}, "stop=declared": {declared}, "stop=gated": {gated}}
