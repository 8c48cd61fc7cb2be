"""Columns of Compare that are pinned, moved and set run beside run: by keys, by menus and by dragging."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Locator, Page, expect

from app import db
from tests import seed
from tests.browser.reading import address
from tests.compare import cast
from tests.compare.reading import BATTERY

Check = Callable[[Page], None]


def names(page: Page) -> list[str]:
    return page.locator(".column h2 .name").all_inner_texts()


def focus_column(page: Page, at: int) -> None:
    """Lead to a column by its name, and wait until its page has taken the place of the other."""
    page.locator(f"#col-{at} .name").click()
    expect(page.locator(f"#col-{at}.here")).to_be_attached()


def left_of(one: Locator) -> float:
    box = one.bounding_box()
    assert box is not None
    return box["x"]


@pytest.mark.usefixtures("seeded")
def test_columns_are_moved_and_pinned_by_keys(page: Page) -> None:
    page.goto(f"{BATTERY}/habits-plain")
    said = page.locator("[data-announce]")
    page.keyboard.press("l")
    address(page, r"/habits-plain\?col=default@1$")
    page.keyboard.press("Shift+L")
    address(page, r"/habits-plain\?cols=base-raw@1,constitution@1,default@1,")
    expect(said).to_have_text("Default assistant, T 1 moved to place 3 of 5")
    page.keyboard.press("Shift+H")
    page.keyboard.press("Shift+P")
    address(page, r".*pin=default@1")
    expect(said).to_have_text("Default assistant, T 1 pinned at the left")
    assert names(page)[0] == "Default assistant"
    page.keyboard.press("Shift+H")
    expect(said).to_have_text("It cannot go further left")
    page.keyboard.press("j")
    address(page, r"/wish-prefill\?.*pin=default@1")
    assert names(page)[0] == "Default assistant"
    page.keyboard.press("Shift+P")
    expect(said).to_have_text("Default assistant, T 1 no longer pinned")
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keys of this page")
    for name in ("move the column left", "pin the column at the left, or let it go"):
        expect(dialog.get_by_text(name)).to_be_visible()


@pytest.mark.usefixtures("seeded")
def test_columns_are_moved_and_pinned_by_mouse(page: Page) -> None:
    page.goto(f"{BATTERY}/habits-plain")
    page.locator("#col-3 h2").drag_to(page.locator("#col-0 h2"), target_position={"x": 4, "y": 8})
    address(page, r"/habits-plain\?cols=base-scaffold@1,base-raw@1,default@1,")
    expect(page.locator("[data-announce]")).to_have_text(
        "Base + assistant scaffold, T 1 moved to place 1 of 5"
    )
    page.get_by_role("button", name="Pin at the left: Default assistant").click()
    address(page, r".*pin=default@1")
    pinned = page.get_by_role("button", name="Pin at the left: Default assistant")
    expect(pinned).to_be_focused()
    expect(pinned).to_have_attribute("aria-pressed", "true")
    focus_column(page, 2)
    page.locator("#head-menu > summary").click()
    page.get_by_role("link", name="Take this column out").click()
    expect(page.locator(".column")).to_have_count(4)
    focus_column(page, 1)
    page.locator("#head-menu > summary").click()
    page.get_by_role("link", name="Move right").click()
    expect(page.locator("#head-menu > summary")).to_be_focused()


@pytest.mark.parametrize("width", [1440, 1024])
def test_pinned_columns_stay_while_the_others_pass_below_them(
    open_page: Callable[..., Page], sqlite: db.Database, width: int
) -> None:
    more = [cast.SUBJECTS[1].model_copy(update={"slug": f"m{n}", "name": f"More {n}"}) for n in range(3)]
    with sqlite.writing() as session:
        seed.study(session, subjects=(*cast.SUBJECTS, *more), prompts=[cast.HABITS], repeats=8,
                   say=lambda p, s, r: cast.say(p, cast.SUBJECTS[1], r))  # fmt: skip
    page = open_page(viewport={"width": width, "height": 800})
    page.goto(f"{BATTERY}/habits-plain?all=1&pin=default@1,constitution@1")
    reading = page.locator("#reading")
    fit = (reading.bounding_box() or {})["width"] / (page.locator("#col-0").bounding_box() or {})["width"]
    assert abs(fit - round(fit)) < 0.1, "columns show whole, or not at all"
    start = [left_of(page.locator(f"#col-{at} > header")) for at in (0, 1, 4)]
    reading.evaluate("one => { one.scrollTop = 600; one.scrollLeft = 500; }")
    page.wait_for_function("document.getElementById('reading').scrollLeft > 100")
    now = [left_of(page.locator(f"#col-{at} > header")) for at in (0, 1, 4)]
    assert now[:2] == pytest.approx(start[:2], abs=1.5)
    assert now[2] < start[2] - 100
    top = (reading.bounding_box() or {})["y"]
    for at in (0, 1, 4):
        assert (page.locator(f"#col-{at} > header").bounding_box() or {})["y"] == pytest.approx(top, abs=1)
    over = page.evaluate(
        "([x, y]) => document.elementFromPoint(x, y).closest('.column').id", [start[1] + 20, top + 300]
    )
    assert over == "col-1"
    for _ in range(3):
        page.keyboard.press("l")
        expect(page.locator("#main")).not_to_have_attribute("aria-busy", "true")
    shown = page.locator(".column.here")
    assert left_of(shown) >= start[1] + (page.locator("#col-1").bounding_box() or {})["width"] - 2


@pytest.mark.usefixtures("seeded")
def test_what_stands_beyond_the_edge_is_told_and_the_notes_give_room(page: Page) -> None:
    page.goto(f"{BATTERY}/habits-plain")
    beyond = page.locator("#beyond")
    expect(beyond).to_have_text("1 more column ›")
    beyond.click()
    expect(beyond).to_have_text("‹ first columns")
    beyond.click()
    expect(beyond).to_have_text("1 more column ›")
    page.keyboard.press("o")
    address(page, r"/habits-plain\?notes=off$")
    expect(beyond).to_be_hidden()
    expect(page.locator("#notes h2")).to_have_count(0)
    page.get_by_role("button", name="About the answer").click()
    expect(page.locator("#notes h2").first).to_contain_text("Base, raw")


def test_runs_are_set_beside_one_another_from_the_menu(
    page: Page, sqlite: db.Database, accessible: Check
) -> None:
    some = {"subjects": cast.SUBJECTS[:2], "prompts": [cast.HABITS], "say": cast.say}
    with sqlite.writing() as session:
        made = seed.study(session, **some, repeats=6, ago=timedelta(days=9))  # type: ignore[arg-type]
        seed.run(session, made, **some, repeats=4)  # type: ignore[arg-type]
        seed.wave(session, made, **some, first=5, repeats=6, reason="four were too few")  # type: ignore[arg-type]
    page.goto(f"{BATTERY}/habits-plain")
    page.locator("#runs > summary").press("Enter")
    for name in ("run 1", "run 2"):
        page.get_by_role("checkbox", name=name).check()
    page.get_by_role("button", name="Side by side").press("Enter")
    address(page, r"/habits-plain\?run=2,1&beside=1$")
    assert names(page) == ["Base, raw", "Base, raw", "Default assistant", "Default assistant"]
    second = page.get_by_role("article", name="Base, raw, T 1, run 2", exact=True)
    expect(second.locator("header")).to_contain_text("run 2 · wave 1 + 2 · version 1")
    expect(second.locator(".differs.clean, .clean")).to_contain_text("date")
    expect(page.get_by_text("judged against two runs of one day")).to_be_visible()
    page.locator("#runs > summary").click()
    page.get_by_role("link", name=re.compile("wave 2.*four were too few")).click()
    address(page, r".*wave=2")
    expect(second.locator("header")).to_contain_text("n 2")
    accessible(page)
