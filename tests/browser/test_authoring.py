"""Writing in the browser: saved as one types, by keyboard and by mouse, in two windows at once; nothing is lost."""

import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from app import db
from app.authoring.models import Draft
from app.batteries.queries import battery, prompts_of, versions
from app.studies.queries import study
from app.subjects import queries as subjects
from tests.authoring.drafts import begun, ids, row_of
from tests.runs.test_applying import ask, put

HOSTILE = "<script>alert(1)</script> \u202eevil " + "very long name " * 12


def live(page: Page) -> None:
    """Wait until the page hears what others do."""
    expect(page.locator("html")).to_have_attribute("data-live", "open")


def saved(page: Page, act: Callable[[], object]) -> None:
    """Do something, and wait until the draft is saved."""
    with page.expect_response(
        lambda reply: "/library/drafts/" in reply.url and reply.request.method == "POST"
    ):
        act()


def shape(number: int, key: str) -> dict[str, object]:
    return next(one["shape"] for one in row_of(number).data["prompts"] if one["shape"].get("key") == key)


def words(page: Page) -> Locator:
    return page.get_by_label("Words of turn 1")


def rail(page: Page) -> list[str]:
    return [
        text.strip() for text in page.locator("#rail li[data-prompt] a > span:first-child").all_inner_texts()
    ]


def test_a_battery_is_written_by_keyboard_and_survives_the_window(
    page: Page, tmp_path: Path, accessible: Callable[[Page], None]
) -> None:
    ask(put(tmp_path))
    page.goto("/library/batteries/mine")
    page.keyboard.press("e")
    expect(page).to_have_url(re.compile(r"/library/drafts/1$"))
    page.wait_for_load_state()  # keys are there when the page is
    page.keyboard.press("j")
    expect(words(page)).to_have_value("Pick a number.")
    page.wait_for_load_state()
    page.keyboard.press("e")
    expect(words(page)).to_be_focused()
    # Saved while one types, without leaving the field: its finding stands beside it, and the focus stays.
    saved(page, lambda: words(page).fill("Pick a [kind] number."))
    expect(page.locator("#side")).to_contain_text("found [kind], expected the words that belong there")
    expect(words(page)).to_be_focused()
    saved(page, lambda: page.keyboard.press("Control+s"))
    page.get_by_label("Repeats", exact=True).fill("many")
    saved(page, lambda: page.get_by_label("Repeats", exact=True).press("Tab"))
    expect(page.locator("#m-repeats")).to_have_text("found 'many', expected a whole number")
    expect(page.get_by_label("Repeats", exact=True)).to_have_attribute("aria-invalid", "true")
    accessible(page)
    page.reload()
    expect(words(page)).to_have_value("Pick a [kind] number.")
    expect(page.get_by_label("Repeats", exact=True)).to_have_value("many")
    page.get_by_label("Repeats", exact=True).fill("")
    saved(page, lambda: page.get_by_label("Repeats", exact=True).press("Tab"))
    # A further wording after it; then its clone; then both are moved, also from within a field.
    page.get_by_label("Repeats", exact=True).press("Escape")
    page.keyboard.press("a")
    expect(words(page)).to_be_focused()
    expect(page.get_by_label("Family", exact=True)).to_have_value("number")
    words(page).fill("Name a number.")
    page.get_by_label("Wording", exact=True).fill("named")
    saved(page, lambda: page.keyboard.press("Alt+ArrowUp"))
    expect(page.locator("#rail li a > span:first-child").first).to_have_text("number-2")
    assert shape(1, "number-2")["turns"] == [{"user": "Name a number."}]
    page.get_by_label("Wording", exact=True).press("Escape")
    page.keyboard.press("c")
    expect(page.get_by_label("Key", exact=True)).to_have_value("number-3")
    page.wait_for_load_state()
    page.get_by_label("Key", exact=True).press("Escape")
    page.keyboard.press("Delete")
    expect(page.locator("#rail")).to_contain_text("Removed 1")
    page.wait_for_load_state()
    expect(page.locator(".toast")).to_contain_text("Removed number-3")
    expect(page.locator("#rail [aria-current]")).to_be_focused()
    page.reload()
    page.keyboard.press("u")  # put back also after a reload, and removed again
    expect(page.get_by_label("Key", exact=True)).to_have_value("number-3")
    expect(page.locator("[data-announce]")).to_have_text("Put back number-3")
    expect(page.locator("#rail [aria-current]")).to_be_focused()
    expect(page.locator("#rail .removed")).to_have_count(0)
    page.wait_for_load_state()
    page.keyboard.press("Delete")
    expect(page.locator("#rail")).to_contain_text("Removed 1")
    page.wait_for_load_state()
    saved(page, lambda: page.keyboard.press("Alt+Shift+ArrowDown"))
    assert rail(page) == ["begun", "number-2", "number", "steps", "minutes"]
    expect(page.locator("[data-announce]")).to_contain_text("Family number moved")
    saved(page, lambda: page.keyboard.press("Alt+Shift+ArrowUp"))
    page.keyboard.press("Shift+Slash")
    for name in (
        "Save",
        "Move this prompt up",
        "Move this family up",
        "Add a prompt after this one",
        "Clone this prompt",
        "Write",
    ):
        expect(page.locator("#keys")).to_contain_text(name)
    page.keyboard.press("Escape")
    page.keyboard.press("Shift+P")
    expect(page.get_by_role("heading", level=1)).to_have_text("Publish Mine")
    expect(page.get_by_text("makes version 2, since run 1 asked version 1")).to_be_visible()
    accessible(page)
    page.get_by_role("button", name="Publish").press("Enter")
    expect(page).to_have_url(re.compile(r"/library/batteries/mine$"))
    with db.reading() as session:
        row = battery(session, "mine")
        assert row is not None
        newest = versions(session, row.id)[0]
        assert [prompt.key for prompt in prompts_of(session, newest.id)][:2] == ["number-2", "number"]


def test_a_battery_is_written_by_mouse(page: Page, tmp_path: Path) -> None:
    put(tmp_path)
    begun("battery", "mine")
    page.goto("/library/drafts/1")
    page.locator("#rail").get_by_role("link", name="begun").click()
    assert rail(page) == ["number", "begun", "steps", "minutes"]
    lines = page.locator("#rail li")
    saved(page, lambda: lines.nth(3).drag_to(lines.nth(0), target_position={"x": 20, "y": 2}))
    expect(page.locator("#rail li a > span:first-child").first).to_have_text("minutes")
    saved(page, lambda: page.get_by_role("button", name="Add a turn").click())
    expect(page.get_by_label("Words of turn 3")).to_be_visible()
    page.get_by_label("Words of turn 3").fill("and")
    saved(page, lambda: page.get_by_label("Words of turn 3").press("Tab"))
    expect(page.get_by_role("button", name="Add a turn")).to_be_focused()
    saved(page, lambda: page.keyboard.press("Control+s"))
    expect(page.get_by_label("Words of turn 4")).to_have_count(0)  # focused is not pressed
    saved(page, lambda: page.get_by_role("button", name="Remove turn 3").click())
    expect(page.get_by_label("Words of turn 3")).to_have_count(0)
    saved(page, lambda: page.get_by_label("Mode", exact=True).select_option("chat"))
    expect(page.locator("#side")).to_contain_text("as mode chat has it")
    saved(page, lambda: page.get_by_label("Kind", exact=True).select_option("choice"))
    expect(page.get_by_label("One of, a line each")).to_be_visible()
    expect(page.get_by_label("From", exact=True)).to_be_hidden()
    page.get_by_role("link", name="Difference").click()
    expect(page.locator("#side")).to_contain_text("is another prompt")
    page.get_by_role("button", name="Remove", exact=True).click()
    expect(page.locator("#rail")).to_contain_text("Removed 1")
    page.locator(".toast").get_by_role("button", name="Undo").click()
    expect(page.locator("#rail li[data-prompt]")).to_have_count(4)
    saved(page, lambda: page.get_by_role("button", name="Family number one down").click())
    expect(page.locator("#rail li[data-prompt] a > span:first-child").nth(2)).to_have_text("number")
    expect(page.get_by_role("button", name="Family number one down")).to_be_focused()
    page.get_by_text("More ▾").click()
    page.get_by_role("link", name="Throw the draft away").click()
    expect(page.get_by_text("since version 1 would be lost")).to_be_visible()
    page.get_by_role("button", name="Throw it away").click()
    expect(page).to_have_url(re.compile(r"/library/batteries/mine$"))
    with db.reading() as session:
        assert session.query(Draft).count() == 0


def test_two_windows_write_and_both_texts_are_kept(page: Page, second_page: Page, tmp_path: Path) -> None:
    put(tmp_path)
    number = begun("battery", "mine")
    place = f"/library/drafts/{number}?p={ids(number)['number']}"
    for window in (page, second_page):
        window.goto(place)
        live(window)
    # In different fields: joined, and each sees what the other wrote.
    page.get_by_label("Note", exact=True).fill("mine")
    saved(page, lambda: page.get_by_label("Note", exact=True).press("Tab"))
    expect(second_page.get_by_label("Note", exact=True)).to_have_value("mine")
    # In one field: the later one is told, sees both, and chooses.
    second_page.get_by_label("Title", exact=True).focus()
    page.get_by_label("Title", exact=True).fill("Mine")
    saved(second_page, lambda: page.get_by_label("Title", exact=True).press("Tab"))
    second_page.keyboard.type("Yours")
    saved(second_page, lambda: second_page.get_by_label("Title", exact=True).press("Tab"))
    told = second_page.locator("#x-title")
    expect(told).to_contain_text("Two windows wrote here.")
    expect(told).to_contain_text("Yours")
    assert shape(number, "number")["title"] == "Mine"
    saved(second_page, lambda: told.get_by_role("button", name="Take this one").click())
    expect(second_page.get_by_label("Title", exact=True)).to_have_value("Yours")
    expect(page.get_by_label("Title", exact=True)).to_have_value("Yours")
    assert shape(number, "number")["title"] == "Yours"


def test_lines_are_pasted_a_reading_is_tried_and_the_request_is_seen(
    page: Page, tmp_path: Path, accessible: Callable[[Page], None]
) -> None:
    put(tmp_path)
    number = begun("battery", "mine")
    page.goto(f"/library/drafts/{number}")
    page.keyboard.press("i")
    expect(page.get_by_label("Lines or table")).to_be_focused()
    page.keyboard.insert_text("key,prompt,extra\nfine,Say one number.,x\nBad,Say two.,y\n")
    expect(page.get_by_text("1 to be mended first")).to_be_visible()
    expect(page.get_by_role("button", name="Add 2 prompts")).to_be_disabled()
    page.get_by_label("extra").select_option("note")
    accessible(page)
    page.get_by_label("Lines or table").fill("key,prompt,extra\nfine,Say one number.,x\ngood,Say two.,y\n")
    expect(page.get_by_text("all sound")).to_be_visible()
    expect(page.get_by_label("extra")).to_have_value("note")
    page.get_by_role("button", name="Add 2 prompts").click()
    expect(page.get_by_label("Key", exact=True)).to_have_value("fine")
    expect(page.get_by_label("Note", exact=True)).to_have_value("x")
    page.get_by_role("link", name="Answers").click()
    saved(page, lambda: page.get_by_label("Kind", exact=True).select_option("integer"))
    page.get_by_label("Answers, one a line").fill("42\n42\nten")
    expect(page.locator("#tried")).to_contain_text("2/3")
    expect(page.locator("#tried")).to_contain_text("there is no number")
    page.get_by_label("From", exact=True).fill("50")
    saved(page, lambda: page.get_by_label("From", exact=True).press("Tab"))
    expect(page.locator("#tried")).to_contain_text("42 is less than 50")
    page.get_by_role("link", name="Sent").click()
    page.get_by_label("To", exact=True).last.select_option("assistant")
    expect(page.locator("#side")).to_contain_text("https://api.example.com/v1/chat/completions")
    expect(page.locator("#side")).to_contain_text("Say one number.")
    saved(page, lambda: words(page).fill("Say one small number."))
    expect(page.locator("#side")).to_contain_text("Say one small number.")
    accessible(page)


def test_a_study_is_made_in_the_browser_from_nothing(page: Page, accessible: Callable[[Page], None]) -> None:
    page.goto("/library")
    page.get_by_role("button", name="New style").click()
    page.get_by_label("Name", exact=True).fill("RLHF")
    publish(page)
    page.goto("/library")
    menu(page, "Endpoint")
    for label, text in (("Slug", "hosted"), ("Base URL", "https://one.example/v1"), ("Model", "m-1")):
        page.get_by_label(label, exact=True).fill(text)
    page.get_by_label("Wire", exact=True).select_option("openai-chat")
    page.get_by_label("Style", exact=True).select_option("rlhf")
    page.get_by_label("Name of the key's variable").fill("ONE_API_KEY")
    saved(page, lambda: page.get_by_label("Family", exact=True).press("Tab"))
    page.get_by_label("Base URL", exact=True).fill("https://two.example/v1")
    saved(page, lambda: page.get_by_label("Base URL", exact=True).press("Tab"))
    expect(page.get_by_label("Name of the key's variable")).to_have_value("")
    page.get_by_label("Name of the key's variable").fill("sk-abcdefghijklmnop1234567890")
    saved(page, lambda: page.get_by_label("Name of the key's variable").press("Tab"))
    expect(page.locator("#m-key_env")).to_contain_text("found what looks like a key (not kept)")
    page.get_by_label("Name of the key's variable").fill("TWO_API_KEY")
    publish(page)
    page.goto("/library")
    menu(page, "Subject")
    page.get_by_label("Name", exact=True).fill("Hosted, plain")
    page.get_by_label("Endpoint", exact=True).select_option("hosted")
    saved(page, lambda: page.get_by_label("Mode", exact=True).select_option("chat"))
    publish(page)
    page.goto("/studies")
    page.get_by_role("button", name="New study").click()
    page.get_by_label("Title", exact=True).fill("By hand")
    page.get_by_label("Hosted, plain").check()
    page.get_by_label("Mode collapse").check()
    saved(page, lambda: page.get_by_label("Prefill").check())
    accessible(page)
    publish(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("By hand")
    page.get_by_role("link", name="New run").first.click()
    expect(page.locator("#outlook .stat b").first).not_to_have_text("0")
    with db.reading() as session:
        row = subjects.endpoint(session, "hosted")
        assert row is not None
        assert (row.key_env, row.key_origin) == ("TWO_API_KEY", "https://two.example:443")
        assert study(session, "by-hand") is not None


def menu(page: Page, kind: str) -> None:
    page.get_by_text("New ▾").click()
    page.get_by_role("button", name=kind, exact=True).click()
    expect(page.locator("#sheet")).to_be_visible()


def publish(page: Page) -> None:
    """Publish a draft from its page, whatever is still being written."""
    page.get_by_role("link", name="Publish…").click()
    page.get_by_role("button", name="Publish").click()
    expect(page).to_have_url(re.compile(r"/(library/\w+|studies)/[\w-]+$"))


def test_sixty_prompts_and_hostile_words_stay_in_the_window(page: Page, tmp_path: Path) -> None:
    put(tmp_path)
    number = begun("battery", "mine")
    with db.writing() as session:
        row = session.get_one(Draft, number)
        one = {"family": "f", "turns": [{"user": HOSTILE}], "title": HOSTILE, "note": "x" * 400}
        more = [
            {"id": f"{n:08x}", "shape": {**one, "key": f"k-{n}", "family": f"f{n // 5}"}} for n in range(56)
        ]
        row.data = {**row.data, "prompts": [*row.data["prompts"], *more]}
    for width, path in (
        (1440, "?p=00000037"),
        (1024, "?p=00000037&side=diff"),
        (1024, ""),
        (1440, "/import"),
    ):
        page.set_viewport_size({"width": width, "height": 800})
        page.goto(f"/library/drafts/{number}{path}")
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, (width, path)
    page.goto(f"/library/drafts/{number}?p=00000037")
    expect(page.locator("#rail [aria-current]")).to_be_in_viewport()
