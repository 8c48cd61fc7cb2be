"""Compare in a real browser: by mouse and by keyboard alone, forward and back, in light and dark."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from app import db
from app.live.log import record
from tests import seed
from tests.browser.reading import address
from tests.compare import cast
from tests.compare.reading import BATTERY

Check = Callable[[Page], None]


@pytest.mark.usefixtures("seeded")
def test_a_reader_goes_through_it_by_mouse(page: Page) -> None:
    page.goto("/compare")
    address(page, "/number-plain$")
    page.get_by_role("link", name="Habits if nobody rated you").click()
    address(page, "/habits-plain$")
    expect(page.get_by_role("heading", level=1)).to_have_text("Habits if nobody rated you")
    scaffold = page.get_by_role("article", name="Base + assistant scaffold")
    scaffold.locator("[data-card]").nth(1).click(position={"x": 40, "y": 50})
    address(page, r"/habits-plain\?col=base-scaffold@1&repeat=\d+$")
    expect(scaffold.locator("[data-card]").nth(1)).to_have_class(re.compile("focus"))
    expect(page.locator("#notes h2").first).to_contain_text("Base + assistant scaffold")
    page.get_by_role("link", name="Repeat after").click()
    expect(scaffold.locator(".stepper .at")).to_contain_text("of 20")
    scaffold.get_by_role("link", name="Expand to reading width").click()
    address(page, r".*wide=base-scaffold@1")
    expect(scaffold).to_have_class(re.compile("wide"))
    page.get_by_role("button", name="Group by style").click()
    expect(page.locator(".column h2 .name").nth(1)).to_have_text("Base + assistant scaffold")
    expect(page.get_by_role("button", name="Group by style")).to_have_attribute("aria-pressed", "true")


@pytest.mark.usefixtures("seeded")
def test_the_whole_is_read_by_keyboard_alone(page: Page) -> None:
    page.goto(f"{BATTERY}/number-plain")
    for key, pattern in [
        ("j", "/number-terse$"),
        ("j", "/habits-plain$"),
        ("l", r"/habits-plain\?col=default@1$"),
        ("l", r"/habits-plain\?col=constitution@1$"),
        ("h", r"/habits-plain\?col=default@1$"),
        (".", r"/habits-plain\?col=default@1&repeat=\d+$"),
        (",", r"/habits-plain\?col=default@1&repeat=\d+$"),
        ("d", r".*diff=default@1:\d+"),
        ("r", r".*view=rendered"),
        ("b", r".*hide=kept"),
        ("Enter", r".*wide=default@1"),
        ("Escape", r"(?!.*wide=)"),
        ("Escape", r"(?!.*diff=)"),
        ("k", r"/number-terse\?"),
    ]:
        page.keyboard.press(key)
        address(page, pattern)
        expect(page.locator("#main")).not_to_have_attribute("aria-busy", "true")
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keys of this page")
    for name in ("next prompt", "column right", "hide names", "expand the column", "raw or rendered"):
        expect(dialog.get_by_text(name, exact=True)).to_be_visible()


@pytest.mark.usefixtures("seeded")
def test_back_and_forward_lead_through_what_was_seen(page: Page) -> None:
    page.goto(f"{BATTERY}/habits-plain")
    page.keyboard.press("l")
    address(page, r"/habits-plain\?col=default@1$")
    page.keyboard.press("j")
    address(page, r"/wish-prefill\?col=default@1$")
    page.go_back()
    address(page, r"/habits-plain\?col=default@1$")
    expect(page.get_by_role("heading", level=1)).to_have_text("Habits if nobody rated you")
    page.go_back()
    address(page, "/habits-plain$")
    expect(page.locator("#notes h2").first).to_contain_text("Base, raw")
    page.go_forward()
    expect(page.locator("#notes h2").first).to_contain_text("Default assistant")


@pytest.mark.usefixtures("seeded")
def test_a_step_exchanges_the_page_without_loading_it_anew(page: Page) -> None:
    page.goto(f"{BATTERY}/habits-plain")
    page.evaluate("window.same = true")
    page.keyboard.press("j")
    address(page, "/wish-prefill$")
    page.keyboard.press("l")
    address(page, r"/wish-prefill\?col=default@1$")
    assert page.evaluate("window.same") is True
    assert page.title() == "Honestly, what I want · First light · Styloscope"


@pytest.mark.usefixtures("seeded")
def test_the_focus_stays_on_what_was_pressed(page: Page) -> None:
    page.goto(f"{BATTERY}/habits-plain")
    page.get_by_role("button", name="Rendered").focus()
    page.keyboard.press("Enter")
    address(page, r"/habits-plain\?view=rendered$")
    expect(page.get_by_role("button", name="Rendered")).to_be_focused()
    expect(page.locator(".rendered strong").first).to_have_text("As an AI")


@pytest.mark.usefixtures("seeded")
def test_it_all_works_without_script(open_page: Callable[..., Page]) -> None:
    page = open_page(java_script_enabled=False)
    page.goto(f"{BATTERY}/habits-plain")
    page.get_by_role("link", name="Next prompt").click()
    address(page, "/wish-prefill$")
    page.locator("summary", has_text="5 of 5 columns").click()
    for name in ("Base, raw", "Reasoning, medium", "Default assistant"):
        page.get_by_role("checkbox", name=name).uncheck()
    page.get_by_role("button", name="Show these").click()
    expect(page.locator(".column")).to_have_count(2)


@pytest.mark.usefixtures("seeded")
def test_columns_are_chosen_in_a_menu(page: Page) -> None:
    page.goto(f"{BATTERY}/habits-plain?view=rendered")
    page.locator("summary", has_text="5 of 5 columns").click()
    for name in ("Base, raw", "Reasoning, medium"):
        page.get_by_role("checkbox", name=name).uncheck()
    page.get_by_role("button", name="Show these").click()
    expect(page.locator(".column")).to_have_count(3)
    address(page, r"/habits-plain\?cols=default@1,constitution@1,base-scaffold@1&view=rendered$")


@pytest.mark.usefixtures("seeded")
def test_numbers_stand_on_one_line_over_all_columns(page: Page) -> None:
    page.goto(f"{BATTERY}/number-plain")
    rows = page.locator(".dist .value", has_text=re.compile("^42$"))
    expect(rows).to_have_count(5)
    tops = {round(box["y"]) for row in rows.all() if (box := row.bounding_box())}
    assert len(tops) == 1
    page.get_by_title("53: 6 of 20").click()
    address(page, r"/number-plain\?col=default@1&repeat=\d+$")
    expect(page.locator(".answer.focus .text")).to_have_text("53")


@pytest.mark.usefixtures("seeded")
def test_rungs_stand_on_one_line_when_turns_are_aligned(page: Page) -> None:
    page.goto(f"{BATTERY}/sure-ladder?align=1")
    boxes = page.locator(".between", has_text="I think you are wrong.")
    expect(boxes).to_have_count(5)
    assert len({round(box["y"]) for one in boxes.all() if (box := one.bounding_box())}) == 1


@pytest.mark.usefixtures("seeded")
def test_a_diff_tells_added_from_lacking_words_without_colour(page: Page) -> None:
    page.goto(f"{BATTERY}/habits-plain?diff=default@1")
    expect(page.locator(".answer.pivot")).to_have_count(1)
    gone = page.locator(".diffed del").first
    expect(gone).to_have_css("text-decoration-line", "line-through")
    sign = gone.evaluate("element => getComputedStyle(element, '::before').content")
    assert sign == '"−"'


def test_a_text_in_the_page_is_the_text_that_is_kept(page: Page, sqlite: db.Database) -> None:
    with sqlite.writing() as session:
        seed.study(session, subjects=cast.SUBJECTS[:1], prompts=[cast.HABITS], say=cast.hostile, repeats=9)
    page.goto(f"{BATTERY}/habits-plain?all=1")
    texts = page.locator(".answer .text").evaluate_all("all => all.map(one => one.textContent)")
    assert texts == [cast.hostile(cast.HABITS, cast.SUBJECTS[0], repeat).text for repeat in range(1, 10)]
    page.goto(f"{BATTERY}/habits-plain?all=1&view=rendered")
    assert page.locator(".answer :is(img, script, base, iframe, form, svg)").count() == 0


def test_a_long_answer_is_opened_by_mouse_and_by_keyboard(page: Page, sqlite: db.Database) -> None:
    with sqlite.writing() as session:
        seed.study(session, subjects=cast.SUBJECTS[:2], prompts=[cast.HABITS], say=cast.hostile, repeats=9)
    page.goto(f"{BATTERY}/habits-plain?col=default@1&repeat=9")
    text = page.locator(".answer.focus .text")
    low = text.bounding_box()
    assert low is not None
    assert low["height"] <= 18 * 24
    page.get_by_text("Show all 43,200 words").click()
    high = text.bounding_box()
    assert high is not None
    assert high["height"] > 10_000
    box = page.get_by_role("checkbox", name="Show all 43,200 words")
    box.focus()
    page.keyboard.press("Space")
    expect(box).not_to_be_checked()


def test_heads_stay_in_sight_and_columns_scroll_on_a_narrow_window(
    open_page: Callable[..., Page], sqlite: db.Database
) -> None:
    with sqlite.writing() as session:
        seed.study(session, subjects=cast.SUBJECTS, prompts=cast.PROMPTS, say=cast.say)
    page = open_page(viewport={"width": 1024, "height": 768})
    page.goto(f"{BATTERY}/habits-plain?all=1")
    reading = page.locator("#reading")
    assert reading.evaluate("one => one.scrollWidth > one.clientWidth")
    reading.evaluate("one => { one.scrollTop = 600; one.scrollLeft = 200; }")
    head, frame = page.locator("#col-1 header").bounding_box(), reading.bounding_box()
    assert head is not None
    assert frame is not None
    assert abs(head["y"] - frame["y"]) <= 1
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.usefixtures("seeded")
def test_new_answers_are_told_and_shown_when_the_reader_wants_them(page: Page, sqlite: db.Database) -> None:
    page.goto(f"{BATTERY}/habits-plain")
    expect(page.locator("html")).to_have_attribute("data-live", "open")
    with sqlite.writing() as session:
        record(session, "run.progress", {"run": 1}, study=1)
    news = page.get_by_role("link", name="New answers · show")
    expect(news).to_be_visible()
    news.click()
    expect(news).to_be_hidden()


VIEWS = [
    "habits-plain", "number-plain", "sure-ladder?align=1", "wish-prefill", "habits-plain?diff=default@1",
    "habits-plain?hide=shuffled&wide=default@1", "habits-plain?all=1&view=rendered",
]  # fmt: skip


@pytest.mark.usefixtures("seeded")
@pytest.mark.parametrize("view", VIEWS)
def test_axe_finds_nothing_serious(page: Page, accessible: Check, view: str) -> None:
    page.goto(f"{BATTERY}/{view}")
    accessible(page)


def test_axe_finds_nothing_serious_where_nothing_is_yet(page: Page, accessible: Check) -> None:
    page.goto("/compare")
    expect(page.get_by_role("heading", level=1)).to_have_text("Compare")
    accessible(page)
