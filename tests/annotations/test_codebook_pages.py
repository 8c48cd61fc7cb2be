"""The codebook in pages: read, worded, put away, merged, split, restored, taken in as a file."""

import httpx
import pytest

from app import db
from app.annotations import tags
from app.db import Database
from app.settings import Settings
from tests.annotations import coded
from tests.annotations.asking import STUDY
from tests.annotations.coded import WORDS, Coded
from tests.compare.reading import browser

pytestmark = pytest.mark.anyio
BOOK = f"{STUDY}/codebook"


@pytest.fixture
def study(sqlite: Database) -> Coded:
    with sqlite.writing() as session:
        return coded.study(session)


def newest(study: Coded) -> tags.Codebook:
    with db.reading() as session:
        return tags.at(session, study.made.study_id)


def form(**changed: str) -> dict[str, str]:
    """The form of a tag as a browser sends it."""
    empty = dict.fromkeys(
        ("group", "parent", "key", "definition", "use_when", "not_when", "example", "near_miss"), ""
    )
    return {"slug": "loop", "name": "Loop", "scope": "conversation", "slot": "4", "seen": "1", "why": "needed",
            **empty, **changed}  # fmt: skip


async def test_a_study_without_tags_offers_the_starter_and_begins_with_it(
    sqlite: Database, settings: Settings
) -> None:
    with sqlite.writing() as session:
        coded.seed.study(session, repeats=1)
    async with browser(settings) as client:
        empty = await client.get(BOOK)
        begun = await client.post(f"{BOOK}/starter")
        shown = await client.get(BOOK)
        twice = await client.post(f"{BOOK}/starter")
    assert "No tags yet" in empty.text
    assert (begun.status_code, begun.headers["location"]) == (303, BOOK)
    for name in ("sycophancy-flip", "voice-narrator", "begun with the starter codebook"):
        assert name in shown.text
    assert twice.status_code == 409


async def test_the_codebook_is_read_as_it_stands_and_as_it_stood(study: Coded, settings: Settings) -> None:
    async with browser(settings) as client:
        await client.post(f"{STUDY}/tags/hedging/edit", data=form(name="Hedge", definition="two qualifiers"))
        now = (await client.get(BOOK)).text
        then = (await client.get(f"{BOOK}?revision=1")).text
        change = (await client.get(f"{BOOK}/revisions/2")).text
        none = await client.get(f"{BOOK}?revision=99")
        no_change = await client.get(f"{BOOK}/revisions/99")
    assert "two qualifiers" in now
    assert "two qualifiers" not in then
    assert "Codebook at revision 1" in then
    assert "<ins>two qualifiers</ins>" in change
    assert "<del>Hedging</del>" in change
    assert (none.status_code, no_change.status_code) == (404, 404)


async def test_a_tag_is_made_and_worded_by_a_form(study: Coded, settings: Settings) -> None:
    async with browser(settings) as client:
        blank = (await client.get(f"{BOOK}/new")).text
        made = await client.post(f"{BOOK}/new", data=form(definition="says it\r\nagain"))
        shown = (await client.get(f"{STUDY}/tags/loop")).text
        filled = (await client.get(f"{STUDY}/tags/loop/edit")).text
        fragment = (await client.get(f"/-{STUDY}/tags/loop")).text
    assert "Short name" in blank
    assert (made.status_code, made.headers["location"]) == (303, f"{STUDY}/tags/loop")
    assert newest(study).by_slug["loop"].definition == "says it\nagain"
    for page in (shown, fragment):
        assert "says it\nagain" in page
        assert "a whole conversation" in page.lower()
    assert "says it\nagain" in filled
    assert 'name="slug"' not in filled


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({"slug": "Bad Name"}, "a-z"),
        ({"name": ""}, "name"),
        ({"key": "12"}, "key"),
        ({"scope": "word"}, "scope"),
        ({"why": " "}, "why the codebook changes"),
        ({"slug": "hedging"}, "has already"),
        ({"key": "1"}, "which is the key of"),
        ({"seen": "0"}, "changed since you saw it"),
        ({"parent": "nothing"}, "expected a tag of this codebook"),
        ({"name": "Hedging"}, "twice"),
    ],
)
async def test_a_form_that_cannot_stand_comes_back_as_it_was_with_what_is_wrong(
    study: Coded, settings: Settings, sent: dict[str, str], words: str
) -> None:
    async with browser(settings) as client:
        reply = await client.post(f"{BOOK}/new", data=form(use_when="kept in the form", **sent))
    assert reply.status_code == 422
    assert words in reply.text.replace("&#39;", "'")
    assert "kept in the form" in reply.text
    assert newest(study).revision == 1


async def test_tags_are_put_away_taken_back_merged_and_split_by_forms(
    study: Coded, settings: Settings
) -> None:
    coded.put(study, study.span(0, 7, WORDS[:7], tag="persona"))
    async with browser(settings) as client:
        await client.post(f"{STUDY}/tags/hedging/archive", data={"seen": "1", "why": "not used"})
        away = (await client.get(f"{STUDY}/tags/hedging")).text
        await client.post(
            f"{STUDY}/tags/hedging/archive", data={"seen": "2", "why": "needed", "back": "true"}
        )
        await client.post(f"{STUDY}/tags/persona/merge", data={"seen": "3", "why": "same", "into": "hedging"})
        merged = (await client.get(f"{STUDY}/tags/persona")).text
        parts = "refusal-hard: says no\nrefusal-soft: gives less\n"
        split = await client.post(
            f"{STUDY}/tags/refusal/split", data={"seen": "4", "why": "two", "parts": parts}
        )
        bad = await client.post(
            f"{STUDY}/tags/refusal/split", data={"seen": "5", "why": "two", "parts": "No Slug"}
        )
        stale = await client.post(f"{STUDY}/tags/refusal/archive", data={"seen": "1", "why": "late"})
        listed = (await client.get(BOOK)).text
    assert "It is put away" in away
    assert "merged into Hedging" in merged
    assert split.status_code == 303
    assert newest(study).by_slug["refusal-soft"].definition == "gives less"
    assert (bad.status_code, stale.status_code) == (422, 409)
    assert "Put away or merged: 1" in listed


async def test_an_earlier_revision_is_restored_by_a_form(study: Coded, settings: Settings) -> None:
    async with browser(settings) as client:
        await client.post(f"{STUDY}/tags/hedging/edit", data=form(name="Hedge"))
        told = await client.post(f"{BOOK}/revisions/1/restore", data={"seen": "2"})
    assert told.status_code == 303
    assert newest(study).by_slug["hedging"].name == "Hedging"
    assert newest(study).revision == 3


async def test_marks_that_predate_a_tags_text_are_on_its_page(study: Coded, settings: Settings) -> None:
    coded.put(study, study.span(0, 7, WORDS[:7], note="early"))
    async with browser(settings) as client:
        await client.post(
            f"{STUDY}/tags/hedging/edit", data=form(name="Hedging", definition="two qualifiers")
        )
        shown = (await client.get(f"{STUDY}/tags/hedging")).text
    assert "Made before its text changed" in shown
    assert shown.count("early") == 2  # among them, and among all


async def test_a_file_goes_out_and_comes_in_with_its_difference_shown_first(
    study: Coded, settings: Settings
) -> None:
    async with browser(settings) as client:
        out = await client.get(f"{STUDY}/codebook.yaml")
        text = out.text.replace("name: Hedging", "name: Hedge <b>")
        form_page = await client.get(f"{BOOK}/import")
        shown = await client.post(f"{BOOK}/import", data={"text": text, "seen": "1"})
        unsaid = await client.post(f"{BOOK}/import", data={"text": text, "seen": "1", "sure": "yes"})
        sure = {"text": text, "seen": "1", "sure": "yes", "why": "from a file"}
        late = await client.post(f"{BOOK}/import", data=sure | {"seen": "0"})
        before = newest(study).revision
        taken = await client.post(f"{BOOK}/import", data=sure)
        uploaded = await client.post(f"{BOOK}/import", files={"file": ("c.yaml", text.encode(), "text/yaml")})
    assert out.headers["content-disposition"] == 'attachment; filename="first-light-codebook-1.yaml"'
    assert form_page.status_code == 200
    assert "Hedge &lt;b&gt;" in shown.text
    assert "<b>" not in shown.text.split("Hedge", 1)[1][:10]
    assert unsaid.status_code == late.status_code == 422
    assert before == 1
    assert taken.status_code == 303
    assert newest(study).by_slug["hedging"].name == "Hedge <b>"
    assert "Nothing is otherwise" in uploaded.text


async def test_a_file_that_names_less_says_what_it_would_put_away(study: Coded, settings: Settings) -> None:
    text = "styloscope: 1\ntags:\n  - {slug: hedging, name: Hedging}\n"
    async with browser(settings) as client:
        shown = await client.post(f"{BOOK}/import", data={"text": text, "seen": "1"})
        broken = await client.post(f"{BOOK}/import", data={"text": "styloscope: 1\ntags: x\n", "seen": "1"})
    assert "Put away, since the file does not name them: refusal, persona." in shown.text
    assert broken.status_code == 422
    assert "codebook.yaml:2" in broken.text
    assert newest(study).revision == 1


async def test_what_is_not_there_is_404(study: Coded, settings: Settings) -> None:
    async with browser(settings) as client:
        replies: list[httpx.Response] = [
            await client.get(address)
            for address in (f"{STUDY}/tags/nothing", "/studies/nowhere/codebook", f"/-{STUDY}/tags/nothing",
                            f"{STUDY}/tags/nothing/edit", f"{STUDY}/codebook.yaml?revision=7")
        ]  # fmt: skip
    assert [reply.status_code for reply in replies] == [404] * 5
