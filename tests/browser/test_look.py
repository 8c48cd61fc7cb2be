"""The look and the browser's part of it, in a real browser: parts, themes, keys, what lives, what is faithful."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from app import db
from app.home.routes import HOSTILE
from app.live.log import record
from tests import seed
from tests.cast import PROMPTS

Check = Callable[[Page], None]
NARROW = {"width": 1024, "height": 768}


def happen(kind: str, **ids: int | str) -> None:
    """Record an event, as a command of some other person would."""
    with db.writing() as session:
        record(session, kind, dict(ids))


def live(page: Page, address: str) -> Page:
    """Open a page and wait until it hears the stream."""
    page.goto(address)
    expect(page.locator("html[data-live=open]")).to_be_attached()
    return page


def too_wide(page: Page) -> int:
    return int(page.evaluate("document.documentElement.scrollWidth - innerWidth"))


# ------------------------------------------------------------------ parts


def test_every_part_is_accessible_in_light_and_dark(page: Page, accessible: Check) -> None:
    page.goto("/-/patterns")
    expect(page.get_by_role("heading", level=1)).to_have_text("Patterns of the interface")
    accessible(page)


def test_the_first_page_is_accessible_empty_and_filled(page: Page, accessible: Check) -> None:
    page.goto("/")
    accessible(page)
    with db.writing() as session:
        seed.study(session, repeats=2)
    page.goto("/")
    expect(page.get_by_role("link", name="Compare", exact=True).last).to_be_visible()
    accessible(page)


@pytest.mark.parametrize("address", ["/", "/-/patterns"])
def test_nothing_is_wider_than_a_small_window(page: Page, address: str) -> None:
    with db.writing() as session:
        seed.study(session, slug="s" * 64, title="word-" * 30, question="long" * 60, repeats=1)
    page.set_viewport_size(NARROW)  # type: ignore[arg-type]
    page.goto(address)
    assert too_wide(page) == 0


def test_no_name_in_a_battery_makes_its_page_wider(page: Page) -> None:
    endless = PROMPTS[0].model_copy(update={"title": "T" * 280, "branch": "a/" + "b" * 200})
    with db.writing() as session:
        seed.study(session, prompts=[endless], repeats=1)
    page.goto("/library/batteries/mode-collapse")
    assert too_wide(page) == 0


def test_an_error_has_a_way_home(open_page: Callable[..., Page], accessible: Check) -> None:
    page = open_page(expecting=("404",))
    page.goto("/nowhere")
    expect(page.get_by_role("heading", level=1)).to_have_text("Not found")
    accessible(page)
    page.get_by_role("main").get_by_role("link", name="Home").click()
    expect(page).to_have_url(re.compile(r"/$"))


def test_the_keyboard_reaches_the_content_first(page: Page) -> None:
    page.goto("/-/patterns")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the content")
    expect(skip).to_be_focused()
    assert skip.evaluate("element => element.getBoundingClientRect().top >= 0")
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()


# ------------------------------------------------------------------ faithful text


def test_a_shown_text_is_the_stored_text_to_the_code_point(page: Page) -> None:
    page.goto("/-/patterns")
    assert page.locator("#hostile-text").evaluate("element => [...element.textContent]") == list(HOSTILE)


def test_what_hides_or_turns_is_shown_by_name_and_turns_nothing_beside_it(page: Page) -> None:
    page.goto("/-/patterns")
    signs = page.locator("#hostile-text .ctl")
    assert signs.evaluate_all("all => all.map(one => one.dataset.name)") == [
        "RLO",
        "PDF",
        "ZWSP",
        "ESC",
        "BOM",
    ]
    order = page.locator("#hostile-text").evaluate(
        """element => {
            const at = index => {
                const range = document.createRange();
                const text = element.childNodes[1];  // `evil`, after the mark of the override
                range.setStart(text, index); range.setEnd(text, index + 1);
                return range.getBoundingClientRect().left;
            };
            return [at(0), at(1), at(2), at(3)];
        }"""
    )
    assert order == sorted(order)


def test_code_is_copied_as_it_is(open_page: Callable[..., Page]) -> None:
    page = open_page(permissions=["clipboard-read", "clipboard-write"])
    page.goto("/-/patterns")
    figure = page.locator("figure.code", has_text="Request, as it was sent")
    figure.get_by_role("button", name="Copy").click()
    expect(figure.get_by_role("button", name="Copied")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.splitlines()[2] == r'  "prompt": "Pick any whole number.\n<b>not markup</b>",'


# ------------------------------------------------------------------ light and dark


def test_the_theme_is_kept_and_written_by_the_server_the_next_time(page: Page) -> None:
    page.goto("/")
    paper = "getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(paper) == "rgb(251, 251, 250)"
    page.get_by_role("button", name="Light or dark").click()
    assert page.evaluate(paper) == "rgb(22, 24, 29)"
    reply = page.goto("/")
    assert reply is not None
    assert 'data-theme="dark"' in reply.text()
    assert page.evaluate(paper) == "rgb(22, 24, 29)"


# ------------------------------------------------------------------ keys


def test_question_mark_lists_the_keys_of_this_page(page: Page) -> None:
    page.goto("/-/patterns")
    page.keyboard.press("?")
    keys = page.get_by_role("dialog", name="Keys of this page")
    expect(keys).to_be_visible()
    expect(keys.get_by_role("listitem").filter(has_text="Next prompt")).to_have_text(re.compile("j$"))
    expect(keys.get_by_role("listitem").filter(has_text="Home")).to_have_text(re.compile("gh$"))
    page.keyboard.press("Escape")
    expect(keys).to_be_hidden()


def test_a_key_presses_what_owns_it_and_g_goes(page: Page) -> None:
    page.goto("/-/patterns")
    page.keyboard.press("j")
    expect(page).to_have_url(re.compile("#after$"))
    page.keyboard.press("g")
    page.keyboard.press("h")
    expect(page).to_have_url(re.compile(r"/$"))


def test_keys_are_letters_in_a_field_and_escape_leaves_it(page: Page) -> None:
    page.goto("/-/patterns")
    field = page.get_by_label("Slug")
    field.fill("")
    page.keyboard.type("jk?g")
    expect(field).to_have_value("jk?g")
    expect(page).not_to_have_url(re.compile("#"))
    page.keyboard.press("Escape")
    expect(field).not_to_be_focused()
    page.keyboard.press("j")
    expect(page).to_have_url(re.compile("#after$"))


def test_single_keys_can_be_switched_off_for_good(page: Page) -> None:
    page.goto("/-/patterns")
    page.get_by_role("button", name="Keys of this page").click()
    page.get_by_label("Single keys are on").uncheck()
    page.keyboard.press("Escape")
    page.reload()
    page.keyboard.press("j")
    page.keyboard.press("?")
    expect(page).not_to_have_url(re.compile("#"))
    expect(page.get_by_role("dialog")).to_be_hidden()


def test_a_toast_is_said_and_goes_when_closed(page: Page) -> None:
    page.goto("/-/patterns")
    page.get_by_role("button", name="Say something").click()
    toast = page.get_by_role("status").filter(has_text="Marked as seen")
    expect(toast).to_be_visible()
    toast.get_by_role("button", name="Close").click()
    expect(toast).to_be_hidden()


# ------------------------------------------------------------------ what lives


def test_what_happens_elsewhere_appears_by_itself(page: Page) -> None:
    live(page, "/-/patterns")
    expect(page.locator("[data-now]")).to_have_text(re.compile("[01]"))
    page.evaluate("document.querySelector('[data-now]').textContent = 'old'")
    happen("patterns.changed")
    expect(page.locator("[data-now]")).to_have_text("1")


def test_nothing_is_fetched_twice_where_nothing_happened_since_the_page_was_made(page: Page) -> None:
    live(page, "/-/patterns")
    with page.expect_response("**/-/patterns/now"):  # so the server has heard of it too
        happen("patterns.changed")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    live(page, "/-/patterns")
    # The answer to a later event: had the earlier one been asked about, that would have come before it.
    with page.expect_response("**/-/patterns/now"):
        happen("patterns.changed")
    assert [url for url in asked if url.endswith("/-/patterns/now")] == [f"{page.url}/now"]


def test_a_page_catches_up_with_what_happened_while_it_was_on_its_way(page: Page) -> None:
    page.route("**/js/page.js", lambda route: (happen("patterns.changed"), route.fallback())[1])
    live(page, "/-/patterns")
    expect(page.locator("[data-now]")).to_have_text("1")


def test_a_second_tab_catches_up_too(page: Page) -> None:
    live(page, "/-/patterns")
    late = page.context.new_page()
    late.route("**/js/page.js", lambda route: (happen("patterns.changed"), route.fallback())[1])
    live(late, page.url)
    expect(late.locator("[data-now]")).to_have_text("1")


def test_a_region_in_use_waits_and_says_so(page: Page) -> None:
    live(page, "/-/patterns")
    page.evaluate(
        """() => {
            const now = document.querySelector('[data-now]');
            now.textContent = 'being read';
            getSelection().selectAllChildren(now);
        }"""
    )
    happen("patterns.changed")
    happen("patterns.changed")
    news = page.get_by_role("button", name="2 new: show")
    expect(news).to_be_visible()
    expect(page.locator("[data-now]")).to_have_text("being read")
    news.click()
    expect(page.locator("[data-now]")).to_have_text("1")
    expect(news).to_be_hidden()


def test_a_region_takes_what_waited_as_soon_as_it_is_free(page: Page) -> None:
    live(page, "/-/patterns")
    page.evaluate("getSelection().selectAllChildren(document.querySelector('[data-now]'))")
    happen("patterns.changed")
    expect(page.get_by_role("button", name="1 new: show")).to_be_visible()
    page.evaluate(
        "document.querySelector('[data-now]').textContent = 'old'; getSelection().removeAllRanges()"
    )
    expect(page.locator("[data-now]")).to_have_text("1")
    expect(page.locator(".live-news")).to_have_count(0)


def test_ten_tabs_of_one_browser_share_one_stream(page: Page) -> None:
    live(page, "/-/patterns")
    tabs = [page.context.new_page() for _ in range(9)]
    for tab in tabs:
        live(tab, page.url)
        tab.evaluate("document.querySelector('[data-now]').textContent = 'old'")
    happen("patterns.changed")
    for tab in tabs:
        expect(tab.locator("[data-now]")).to_have_text("1")


def test_a_browser_without_shared_workers_hears_the_stream_too(open_page: Callable[..., Page]) -> None:
    page = open_page()
    page.add_init_script("delete window.SharedWorker")
    live(page, "/-/patterns")
    page.evaluate("document.querySelector('[data-now]').textContent = 'old'")
    happen("patterns.changed")
    expect(page.locator("[data-now]")).to_have_text("1")


def test_a_run_that_moves_moves_on_the_first_page(page: Page, second_page: Page) -> None:
    with db.writing() as session:
        made = seed.study(session, repeats=1)
    live(page, "/")
    expect(page.get_by_role("link", name="Run 2", exact=True)).to_have_count(0)
    with db.writing() as session:
        seed.run(session, made, repeats=1)
    happen("run.progress", run=2)
    expect(page.get_by_role("link", name="Run 2", exact=True)).to_be_visible()
