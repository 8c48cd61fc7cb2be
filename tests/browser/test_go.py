"""The palette in the browser: by keys and by mouse, on Compare and elsewhere, with the focus where it belongs."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.reading import address
from tests.compare.reading import BATTERY

Check = Callable[[Page], None]


@pytest.mark.usefixtures("seeded")
def test_a_few_letters_lead_to_a_prompt_a_column_and_a_run(page: Page, accessible: Check) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{BATTERY}/habits-plain?hide=kept")
    palette = page.get_by_role("dialog", name="Go to")
    field = page.get_by_role("combobox", name="Go to")
    chosen = palette.locator('[role="option"][aria-selected="true"]')
    page.locator("#hide").focus()
    assert not [url for url in asked if "go.js" in url or "/-/go" in url]  # nothing before it is opened
    page.keyboard.press("Control+KeyK")
    expect(field).to_be_focused()
    expect(palette.get_by_role("group", name="Columns").get_by_role("option")).to_have_count(5)
    expect(palette.get_by_text("Default assistant")).to_have_count(0)  # names are hidden
    accessible(page)
    page.keyboard.press("Escape")
    expect(palette).to_be_hidden()
    expect(page.locator("#hide")).to_be_focused()
    page.keyboard.press("Control+KeyK")
    page.keyboard.type("wish")
    page.keyboard.press("Enter")  # before or after the answer came: to what the letters lead to
    address(page, r"/wish-prefill\?hide=kept$")
    expect(palette).to_be_hidden()
    page.keyboard.press("b")
    address(page, r"/wish-prefill$")
    page.locator('[name="q"]').first.focus()  # also from within a field
    page.keyboard.press("Control+KeyK")
    page.keyboard.type("column const")
    expect(chosen).to_have_text("Default + constitution, T 1")
    expect(field).to_have_attribute("aria-activedescendant", "go-to-0")
    page.keyboard.press("ArrowUp")
    expect(chosen).to_have_text("Search for “column const” in this study")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    address(page, r"/wish-prefill\?col=constitution@1$")
    page.get_by_role("link", name="Go to").click()
    expect(field).to_have_js_property("selectionEnd", len("column const"))  # to be written over
    field.fill("run 1")
    palette.get_by_role("option", name="Run 1 First light").click()
    expect(page).to_have_url("/runs/1")
