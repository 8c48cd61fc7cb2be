"""What is long stays usable, and what is printed breaks where a prompt ends, in a real browser."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from app import db
from app.batteries.shape import PromptShape, Turn
from app.subjects.shape import SubjectShape
from tests import seed
from tests.browser.reading import address
from tests.cast import Draw
from tests.compare import cast
from tests.compare.reading import BATTERY

PAGE = re.compile(rb"/Type\s*/Page\b")
WORD = "x" * 200_000
TEXT = "The well stood by the door, and nobody counted the steps. " * 3_448 + "The needle lies here."
LONG = cast.HABITS.model_copy(update={"key": "very-long", "title": "Very long"})
LADDER = cast.LADDER.model_copy(
    update={"turns": tuple(Turn(user=f"Sure, for time {n}?") for n in range(400))}
)


def say(prompt: PromptShape, subject: SubjectShape, repeat: int) -> Draw:
    if prompt.key == LADDER.key:
        return Draw(tuple(f"Yes, {n}." for n in range(400)))
    if prompt.key == LONG.key:
        return Draw(WORD if subject.slug == "default" else TEXT)
    return Draw("A short answer.")


def test_a_sheet_a_prompt(page: Page, seeded: None, accessible: Callable[[Page], None]) -> None:
    page.goto(f"{BATTERY}/habits-plain?cols=default@1,constitution@1&hide=kept")
    page.keyboard.press("p")
    expect(page).to_have_url(re.compile(r"/print\?prompt=mode-collapse/habits-plain&cols=.*hide=kept"))
    expect(page.locator(".print-sheet h3")).to_have_text(["A", "B"])
    accessible(page)
    # each of two prompts of two columns fits a page; one that is not ticked takes none
    page.goto("/studies/first-light/print?cols=default@1,constitution@1"
              "&prompt=mode-collapse/wish-prefill&prompt=mode-collapse/number-terse")  # fmt: skip
    expect(page.locator(".print-sheet")).to_have_count(2)
    assert len(PAGE.findall(page.pdf(prefer_css_page_size=True))) == 2
    page.get_by_label("print this sheet").first.uncheck()
    assert len(PAGE.findall(page.pdf(prefer_css_page_size=True))) == 1
    page.get_by_role("button", name="Keep only the ticked").click()
    expect(page.locator(".print-sheet")).to_have_count(1)
    page.emulate_media(media="print")
    assert page.locator(".masthead, .viewbar, .tick").evaluate_all(
        "all => all.every(one => !one.checkVisibility())"
    )


def test_very_long_texts_stay_usable(page: Page, sqlite: db.Database) -> None:
    with sqlite.writing() as session:
        made = seed.study(
            session, subjects=cast.SUBJECTS[1:3], prompts=[cast.HABITS, LONG, LADDER], say=say, repeats=1
        )
    page.goto(f"{BATTERY}/very-long")
    bodies = page.locator(".answer .text")
    assert bodies.evaluate_all("all => all.map(one => one.textContent)") == [WORD, TEXT]
    assert max(bodies.evaluate_all("all => all.map(one => one.clientHeight)")) < 500
    page.get_by_text("Show all").last.click()
    assert bodies.last.evaluate("one => one.clientHeight") > 5_000
    end = bodies.last.locator(".piece").last
    end.scroll_into_view_if_needed()
    page.wait_for_function(
        "one => one.checkVisibility({ contentVisibilityAuto: true })", arg=end.element_handle()
    )
    page.keyboard.press("j")
    address(page, "/sure-ladder$")
    expect(page.locator(".answer").first.locator(".between")).to_have_count(
        7
    )  # asked between six answers, and the fold
    page.get_by_role("link", name="787 turns between · show all").last.click()
    address(page, r"/sure-ladder\?.*wide=constitution@1.*")
    expect(page.locator(".wide .answer .between")).to_have_count(399)
    page.keyboard.press("Escape")
    number = made.transcripts[LADDER.key, "default", 1]
    page.goto(f"/transcripts/{number}")
    last = page.locator(".turns .turn").last
    page.goto(f"/transcripts/{number}#{last.get_attribute('id')}")
    expect(last).to_be_in_viewport()
    expect(last.locator(".text")).to_have_text("Yes, 399.")
    page.goto(f"/transcripts/{number}?tab=exchanges")
    page.get_by_role("link", name="Calls from 21 on").first.click()
    expect(page.get_by_role("heading", name="Call 1 of turn 21", exact=True)).to_be_visible()
