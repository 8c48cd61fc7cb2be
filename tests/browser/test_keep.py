"""Bookmarks and "where I was" in a real browser: by keys, by mouse, on another device, seen alone on its page."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from app import db
from tests import seed
from tests.browser.reading import address
from tests.compare import cast
from tests.compare.reading import BATTERY
from tests.draws import Seeded


@pytest.fixture
def made(sqlite: db.Database) -> Seeded:
    with sqlite.writing() as session:
        return seed.study(session, subjects=cast.SUBJECTS[:3], prompts=cast.PROMPTS, say=cast.say, repeats=4)


def test_answers_and_paths_are_kept_noted_taken_away_and_found_again(
    page: Page, made: Seeded, accessible: Callable[[Page], None]
) -> None:
    page.goto(f"{BATTERY}/sure-ladder?col=default@1&repeat=1")
    button = page.get_by_role("button", name="Bookmark", exact=True)
    page.keyboard.press("f")
    expect(button).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#col-1 .answer.kept")).to_have_count(1)
    page.keyboard.press("Shift+F")
    page.get_by_label("Note, for yourself").fill("gives in at once")
    page.get_by_role("button", name="Keep").click()
    expect(page.locator("#kept-note")).to_have_text("gives in at once")
    page.keyboard.press("l")
    address(page, r".*col=constitution@1")
    expect(button).to_have_attribute("aria-pressed", "false")
    page.get_by_role("link", name=re.compile("^Transcript ")).click()
    path = page.get_by_role("button", name="Bookmark the path up to this turn").nth(1)
    path.click()
    expect(path).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_role("button", name="Seen")).to_have_attribute("aria-pressed", "true")  # all in view
    accessible(page)
    page.goto("/bookmarks")
    expect(page.locator(".bookmark")).to_have_count(2)
    expect(page.locator(".bookmark").first).to_contain_text("the path up to this turn")
    accessible(page)
    page.locator(".bookmark").nth(1).get_by_role("button", name=re.compile("^Remove")).click()
    expect(page.locator(".bookmark")).to_have_count(1)
    page.wait_for_load_state()
    page.keyboard.press("u")
    expect(page.locator(".bookmark")).to_have_count(2)
    page.locator(".bookmark").nth(1).get_by_role("link", name="beside the others").click()
    address(page, r"/sure-ladder\?run=1&col=default@1&repeat=1$")
    expect(button).to_have_attribute("aria-pressed", "true")


def test_reading_goes_on_from_another_device(open_page: Callable[..., Page], made: Seeded) -> None:
    page = open_page()
    page.goto(f"{BATTERY}/habits-plain?hide=kept")
    page.keyboard.press("l")
    address(page, r"/habits-plain\?hide=kept&col=default@1$")
    expect(page.locator("html")).to_have_attribute("data-place", re.compile("col=default@1$"))
    other = open_page()
    other.goto("/studies/first-light")
    other.get_by_role("link", name="Habits if nobody rated you · First light").click()
    address(other, r"/habits-plain\?hide=kept&col=default@1$")
