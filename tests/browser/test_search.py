"""Search as a reader uses it: by keys and by mouse, in light and dark, in every view."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from app.db import Database
from tests import seed
from tests.cast import Draw


@pytest.fixture
def asked(sqlite: Database) -> None:
    """The default study."""
    with sqlite.writing() as session:
        seed.study(session, repeats=9)


RIGHT = "في المرفأ كانت السفن تنتظر"


@pytest.mark.usefixtures("asked")
def test_from_any_page_by_keys_to_an_answer_and_beside_the_others(page: Page) -> None:
    page.goto("/runs")
    page.keyboard.press("Slash")
    page.keyboard.type("parrot")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search?q=parrot")
    expect(page.locator(".told")).to_contain_text("answers, newest first")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    line = page.locator("[data-line]").first
    expect(line).to_be_focused()
    expect(line.locator("mark")).to_have_text("parrot")
    page.keyboard.press("Enter")
    page.wait_for_url("**/transcripts/*#m*")
    expect(page.locator(":target")).to_contain_text("parrot")
    page.go_back()
    page.get_by_role("link", name="Compare", exact=True).nth(1).click()  # the first is the masthead's
    page.wait_for_url("**/compare/**repeat=*")
    expect(page.locator(".answer.focus")).to_contain_text("parrot")
    page.keyboard.press("Slash")
    expect(page.get_by_label("Search this study")).to_be_focused()
    page.keyboard.type("fish")
    page.keyboard.press("Enter")
    page.wait_for_url("**/studies/first-light/search?q=fish")
    # Where one was reopens a search too, told in words.
    expect(page.locator("html")).to_have_attribute("data-place", "/studies/first-light/search?q=fish")
    page.goto("/studies/first-light")
    expect(page.get_by_role("link", name="Answers with “fish” · Search · First light")).to_be_visible()
    page.keyboard.press("c")
    page.wait_for_url("**/studies/first-light/search?q=fish")


@pytest.mark.usefixtures("asked")
def test_in_context_by_mouse_and_by_keys_with_k_of_n(page: Page, accessible: Callable[[Page], None]) -> None:
    page.goto("/studies/first-light/search?q=model")
    page.keyboard.press("c")
    page.wait_for_url("**as=kwic")
    head = page.locator(".column-head", has_text="Reasoning, medium")
    expect(head).to_contain_text(" of ")
    # Places stand in one column: every mark begins at the same place.
    lefts = {round(mark.bounding_box()["x"]) for mark in page.locator(".kwic mark").all()}  # type: ignore[index]
    assert len(lefts) == 1
    page.get_by_role("button", name="By words before").click()
    page.wait_for_url("**by=left")
    page.keyboard.press("b")
    page.wait_for_url("**hide=kept")
    expect(page.locator("main")).not_to_contain_text("Reasoning, medium")
    expect(page.locator(".column-head").first).to_contain_text("T ")
    accessible(page)
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url("**/compare/**hide=kept**")
    expect(page.locator(".columns")).not_to_contain_text("Reasoning, medium")


@pytest.mark.usefixtures("asked")
def test_narrowing_by_the_form_and_taking_it_away(page: Page, accessible: Callable[[Page], None]) -> None:
    page.goto("/studies/first-light/search?q=I")
    page.get_by_text("Narrow by run").click()
    page.get_by_label("Subject").select_option("pirate")
    page.get_by_label("Ended").select_option("whole")
    accessible(page)
    page.get_by_role("button", name="Narrow").click()
    page.wait_for_url("**/search?q=I&subject=pirate&stop=whole")
    expect(page.locator(".hits .subject").first).to_contain_text("Default, as a pirate")
    page.get_by_role("link", name="Without subject pirate").click()
    page.wait_for_url("**/search?q=I&stop=whole")
    page.get_by_role("link", name="Prompts", exact=True).click()
    page.wait_for_url("**role=prompt**")
    expect(page.locator(".hits mark").first).to_be_visible()
    accessible(page)


@pytest.mark.usefixtures("asked")
def test_a_bad_pattern_points_at_its_place_and_is_mended_at_once(
    open_page: Callable[..., Page], accessible: Callable[[Page], None]
) -> None:
    page = open_page(expecting=("422",))
    page.goto("/search?q=moth+%2F(a%2F")
    expect(page.get_by_role("alert")).to_contain_text("At sign 7: the pattern /(a/ cannot be read")
    expect(page.locator(".pointed mark")).to_have_text("(")
    field = page.get_by_label("Words, phrases, patterns")
    expect(field).to_be_focused()
    accessible(page)
    field.fill("/par+ot/")
    page.get_by_role("button", name="Search", exact=True).click()
    page.wait_for_url("**/search?q=%2Fpar%2Bot%2F")
    expect(page.locator(".hits mark").first).to_have_text("parrot")
    page.goto("/search?q=zzyzx&subject=pirate")
    expect(page.get_by_text("Nothing found")).to_be_visible()
    page.get_by_role("link", name="Look without the filters").click()
    page.wait_for_url("**/search?q=zzyzx")


def test_scripts_from_the_right_long_words_and_hostile_text_stay_in_their_lines(
    page: Page, sqlite: Database
) -> None:
    said = {
        "base-raw": RIGHT, "pirate": "fish" + "x" * 4000,
        "constitution": "\u202e<script>fish</script> <img src=x onerror=alert(1)> fish",
        "reasoner": "fish\n\n\tfish",
    }  # fmt: skip
    with sqlite.writing() as session:
        seed.study(session, prompts=seed.PROMPTS[:1], repeats=2,
                   say=lambda _, subject, __: Draw(said.get(subject.slug, "the fish")))  # fmt: skip
    for width in (1440, 700):
        page.set_viewport_size({"width": width, "height": 900})
        for address in ("fish*", "fish*&as=kwic", "كانت", "كانت&as=kwic"):
            page.goto(f"/search?q={address}")
            expect(page.locator("mark").first).to_be_visible()
            assert page.evaluate("document.documentElement.scrollWidth") <= width
    row = page.locator(".place").first
    assert row.get_attribute("dir") == "rtl"
    before, mark = (row.locator(name).bounding_box() for name in (".before bdi", "mark"))
    assert before is not None
    assert mark is not None
    assert before["x"] > mark["x"]  # what comes before stands at the right
