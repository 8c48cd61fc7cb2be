"""A transcript in a real browser: every turn by its address, every text as it is kept."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from app import db
from tests import seed
from tests.compare import cast
from tests.draws import Seeded


@pytest.fixture
def made(sqlite: db.Database) -> Seeded:
    with sqlite.writing() as session:
        return seed.study(session, subjects=cast.SUBJECTS, prompts=cast.PROMPTS, say=cast.say)


def test_a_reader_goes_from_compare_to_a_transcript_and_back(page: Page, made: Seeded) -> None:
    page.goto("/studies/first-light/compare/mode-collapse/sure-ladder?col=constitution@1&repeat=4")
    page.get_by_role("link", name=re.compile("^Transcript ")).click()
    number = made.transcripts["sure-ladder", "constitution", 4]
    expect(page).to_have_url(re.compile(f"/transcripts/{number}$"))
    expect(page.get_by_role("heading", level=1)).to_contain_text("Default + constitution")
    page.wait_for_load_state()  # keys are heard from then on
    page.keyboard.press(".")
    after = made.transcripts["sure-ladder", "constitution", 5]
    expect(page).to_have_url(re.compile(f"/transcripts/{after}$"))
    page.wait_for_load_state()
    page.keyboard.press("Escape")
    expect(page).to_have_url(re.compile(r"/sure-ladder\?run=1&col=constitution@1&repeat=5$"))
    expect(page.locator("#notes h2").first).to_contain_text("Default + constitution, repeat 5")


def test_a_turn_is_found_by_its_address(page: Page, made: Seeded) -> None:
    number = made.transcripts["sure-ladder", "default", 1]
    page.goto(f"/transcripts/{number}")
    last = page.locator(".turns .turn").last
    name = last.get_attribute("id")
    page.goto(f"/transcripts/{number}#{name}")
    assert page.evaluate("document.querySelector(':target').id") == name
    expect(last).to_be_in_viewport()


@pytest.mark.parametrize("tab", ["text", "rendered", "exchanges", "provenance"])
def test_axe_finds_nothing_serious_on_any_tab(
    page: Page, made: Seeded, accessible: Callable[[Page], None], tab: str
) -> None:
    page.goto(f"/transcripts/{made.transcripts['habits-plain', 'constitution', 1]}?tab={tab}")
    accessible(page)


def test_axe_finds_nothing_serious_in_a_failure(
    page: Page, made: Seeded, accessible: Callable[[Page], None]
) -> None:
    page.goto(f"/transcripts/{made.transcripts['habits-plain', 'reasoner', 7]}")
    accessible(page)


def test_hostile_texts_are_kept_and_harmless(page: Page, sqlite: db.Database) -> None:
    with sqlite.writing() as session:
        made = seed.study(
            session, subjects=cast.SUBJECTS[:1], prompts=[cast.HABITS], say=cast.hostile, repeats=8
        )
    for repeat, text in enumerate(cast.HOSTILE, start=1):
        number = made.transcripts["habits-plain", "base-raw", repeat]
        page.goto(f"/transcripts/{number}")
        assert page.locator(".answer-turn .text").evaluate("one => one.textContent") == text
        page.goto(f"/transcripts/{number}?tab=rendered")
        assert page.locator(".turns :is(img, script, base, iframe, form)").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
