"""Citing an answer: by key and by mouse, of what is selected, on Compare and on a transcript's page."""

import re
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.compare.reading import BATTERY

SELECT = """(body, [start, end]) => {
  const walker = document.createTreeWalker(body, NodeFilter.SHOW_TEXT);
  const range = document.createRange();
  let at = 0, begun = false;
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const length = node.data.length;
    if (!begun && start <= at + length) { range.setStart(node, start - at); begun = true; }
    if (begun && end <= at + length) { range.setEnd(node, end - at); break; }
    at += length;
  }
  getSelection().removeAllRanges();
  getSelection().addRange(range);
}"""
QUOTED = "() => [...CSS.highlights.get('cited') ?? []].map(range => range.toString()).join('')"


def cited(page: Page) -> str:
    """The citation as text, from the open dialog."""
    expect(page.locator("dialog#cite")).to_be_visible()
    return page.locator("dialog#cite .body").first.inner_text()


@pytest.mark.usefixtures("seeded")
def test_an_answer_is_cited_by_key_and_its_link_leads_back_to_the_words(
    page: Page, accessible: Callable[[Page], None]
) -> None:
    page.goto(f"{BATTERY}/habits-plain")
    answer = page.locator(".answer.focus [data-message]").first
    whole = answer.evaluate("body => body.textContent")
    page.keyboard.press("y")
    told = cited(page)
    assert whole[:40] in told
    assert re.search(r"repeat \d+ of \d+", told)
    accessible(page)
    page.keyboard.press("Escape")
    expect(page.locator("dialog#cite")).to_be_hidden()

    answer.evaluate(SELECT, [2, 12])
    page.keyboard.press("y")
    told = cited(page)
    assert told.startswith(f"“{whole[2:12]}”")
    address = urlsplit(told.splitlines()[-1])
    page.goto(f"{address.path}?{address.query}")
    assert page.evaluate(QUOTED) == whole[2:12]


@pytest.mark.usefixtures("seeded")
def test_a_transcript_is_cited_with_the_mouse_and_hidden_names_stay_hidden(page: Page) -> None:
    page.goto("/transcripts/1")
    subject = page.locator("h1").inner_text().strip()
    page.get_by_role("link", name="Cite").click()
    assert subject.split(maxsplit=1)[-1] in cited(page)
    page.keyboard.press("Escape")
    page.keyboard.press("b")
    expect(page.locator("h1")).to_have_text("Name hidden")
    assert subject.split(maxsplit=1)[-1] not in page.content()
    page.keyboard.press("y")
    told = cited(page)
    assert "a subject whose name is hidden" in told
    address = urlsplit(told.splitlines()[-1])
    page.goto(f"{address.path}?{address.query}")
    expect(page.locator("h1")).to_have_text("Name hidden")
