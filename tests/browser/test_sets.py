"""Working sets in a real browser: kept from a search, read in Compare, named anew, put away; by mouse and keys."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from app import db
from tests import seed
from tests.browser.reading import address
from tests.compare import cast

STUDY = "/studies/first-light"
NAME = "Yes, at the last rung <b>only</b>"


@pytest.fixture(autouse=True)
def _filled(sqlite: db.Database) -> None:
    with sqlite.writing() as session:
        seed.study(session, subjects=cast.SUBJECTS[:3], prompts=cast.PROMPTS, say=cast.say, repeats=4)


def test_a_set_is_kept_from_a_search_and_read_in_compare(
    page: Page, accessible: Callable[[Page], None]
) -> None:
    page.goto(f"{STUDY}/search?subject=default,constitution&prompt=mode-collapse/habits-plain")
    page.get_by_role("link", name="Keep as a set").press("Enter")
    expect(page.get_by_label("Name")).to_be_focused()
    page.keyboard.insert_text(NAME)
    page.keyboard.press("Tab")
    page.keyboard.insert_text("two styles of one plain question")
    accessible(page)
    page.get_by_role("button", name="Keep").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(NAME)
    expect(page.get_by_text("members and texts match the hash")).to_be_visible()
    accessible(page)
    page.get_by_role("link", name="Read in Compare").press("Enter")
    address(page, r"/habits-plain\?set=1$")
    expect(page.locator(".column")).to_have_count(2)
    chip = page.get_by_role("link", name=f"Leave the set “{NAME}”: show all answers")
    expect(chip).to_contain_text(NAME)
    page.keyboard.press("l")
    address(page, r".*set=1.*")
    accessible(page)
    chip.press("Enter")
    expect(page.locator(".column")).to_have_count(3)
    address(page, r"/habits-plain\?col=.*")
    expect(page.locator("[data-announce]")).to_have_text("All answers are shown")


def test_a_live_set_is_named_anew_and_put_away_and_taken_back(page: Page) -> None:
    page.goto(f"{STUDY}/sets/new?subject=default")
    page.get_by_label("Name").fill("Default")
    page.get_by_label("Why these").fill("to be read first")
    page.get_by_label("Live: the filter, asked anew each time").check()
    page.get_by_role("button", name="Keep").click()
    page.get_by_text("Change its name or reason").press("Enter")
    page.get_by_label("Name").fill("Default, all of it")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Default, all of it")
    page.get_by_text("Change its name or reason").click()
    page.get_by_role("button", name="Put it away").click()
    expect(page.get_by_text("This set was put away")).to_be_visible()
    page.get_by_role("button", name="Take it back").click()
    expect(page.get_by_text("This set was put away")).to_have_count(0)
    page.goto(f"{STUDY}/sets")
    page.get_by_role("link", name="Compare Default, all of it").click()
    address(page, r".*\?set=1$")
    expect(page.locator(".column")).to_have_count(1)
