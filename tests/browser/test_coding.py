"""Coding in a real browser: by keyboard alone and by mouse, undone after a reload, seen by others at once."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from app import db
from app.annotations.models import Annotation, Pass
from tests.annotations import coded
from tests.annotations.coded import Coded
from tests.cast import SUBJECTS, Draw

SAID = "I used to count the steps 👩‍🚀 from the well. My mother sang, perhaps. Nobody heard."


def said(*given: object) -> Draw:
    return Draw(f"{SAID} {given[-1]}")


@pytest.fixture
def study(sqlite: db.Database) -> Coded:
    with sqlite.writing() as session:
        return coded.study(session, subjects=SUBJECTS[:1], repeats=3, say=said)


def marks(page: Page) -> list[str]:
    return [" ".join(text.split()) for text in page.locator("[data-mark] .door").all_inner_texts()]


def highlighted(page: Page, slot: int) -> list[str]:
    """The texts under the highlight of a colour slot."""
    found: list[str] = page.evaluate(
        """slot => [...(CSS.highlights.get(`slot-${slot}`) ?? [])].map((one) => {
             const range = document.createRange();
             range.setStart(one.startContainer, one.startOffset);
             range.setEnd(one.endContainer, one.endOffset);
             return range.toString();
           })""",
        slot,
    )
    return found


def test_an_answer_is_coded_and_passed_with_the_keyboard_alone(
    page: Page, study: Coded, accessible: Callable[[Page], None]
) -> None:
    page.goto("/code")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text("Base, raw")
    page.keyboard.press("v")
    page.keyboard.press("s")
    # What a keyboard sends whose digits need Shift: another sign at the same place.
    page.dispatch_event(
        "body", "keydown", {"code": "Digit1", "key": "&", "bubbles": True, "cancelable": True}
    )
    expect(page.locator("[data-mark]")).to_have_count(1)
    page.keyboard.press("v")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("2")
    expect(page.locator("[data-mark]")).to_have_count(2)
    page.keyboard.press("Shift+3")
    expect(page.locator("[data-mark]")).to_have_count(3)
    assert highlighted(page, 0) == [SAID[: SAID.index(" My")]]
    assert highlighted(page, 1) == ["used to"]
    expect(page.locator(".checklist .state")).to_have_text(["✓ present", "✓ present", "– absent"])
    accessible(page)
    page.keyboard.press("x")
    expect(page.locator(".viewbar")).to_contain_text("repeat 2 of 3")
    with db.reading() as session:
        assert session.query(Pass).count() == 1
        assert session.query(Annotation).count() == 3


def test_marks_are_walked_moved_changed_removed_and_undone_by_keys(page: Page, study: Coded) -> None:
    at = SAID.index("perhaps")
    coded.put(study, study.span(at, at + 7, "perhaps"), study.span(0, 6, "I used", tag="refusal"))
    page.goto(f"/transcripts/{study.first}/code")
    page.keyboard.press("]")
    page.keyboard.press("]")
    expect(page.locator("[data-now] q")).to_have_text("perhaps")
    page.keyboard.press("Alt+ArrowRight")
    expect(page.locator("[data-now] q")).to_have_text("perhaps. Nobody")
    page.keyboard.press("Alt+Shift+ArrowLeft")
    expect(page.locator("[data-now] q")).to_have_text("sang, perhaps. Nobody")
    page.locator("[data-now] .door").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#mark-dialog")).to_be_visible()
    page.locator("#mark-tag").select_option("persona")
    page.locator("#mark-confidence").select_option("3")
    page.locator("#mark-note").fill("sure of it\nnow")
    page.keyboard.press("Control+Enter")
    line = page.locator("[data-mark]", has_text="sang")
    expect(line).to_contain_text("Persona")
    expect(line.locator(".note")).to_have_text("sure of it\nnow")
    expect(page.locator("#mark-dialog")).to_be_hidden()
    page.keyboard.press("u")
    expect(line).to_contain_text("Hedging")
    page.reload()
    page.keyboard.press("u")  # what was done before the reload
    expect(page.locator("[data-mark] q", has_text="perhaps")).to_have_text("perhaps. Nobody")
    page.keyboard.press("Shift+U")
    expect(page.locator("[data-mark] q", has_text="perhaps")).to_have_text("sang, perhaps. Nobody")
    page.keyboard.press("]")
    page.locator("[data-now] .door").focus()
    page.keyboard.press("Delete")
    expect(page.locator("[data-mark]")).to_have_count(1)
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("[data-mark]")).to_have_count(2)


def test_a_selection_with_the_mouse_asks_for_its_tag_and_a_click_leads_to_the_mark(
    page: Page, study: Coded, accessible: Callable[[Page], None]
) -> None:
    page.goto(f"/transcripts/{study.first}/code")
    body = page.locator(".answer-turn [data-message]")
    box = body.bounding_box()
    assert box
    page.mouse.move(box["x"] + 2, box["y"] + 12)
    page.mouse.down()
    page.mouse.move(box["x"] + 120, box["y"] + 12, steps=4)
    page.mouse.up()
    expect(page.locator("#tagger")).to_be_visible()
    accessible(page)
    page.keyboard.type("pers")
    page.keyboard.press("Enter")
    expect(page.locator("[data-mark]")).to_have_count(1)
    assert SAID.startswith(highlighted(page, 2)[0])
    page.mouse.click(box["x"] + 20, box["y"] + 12)
    expect(page.locator("[data-now]")).to_have_count(1)
    expect(page.locator("[data-definition]")).to_contain_text("Persona")


def test_places_with_emoji_are_the_same_on_the_server_and_on_the_page(page: Page, study: Coded) -> None:
    start = SAID.index("👩")
    end = SAID.index("from") + 4
    coded.put(study, study.span(start, end, SAID[start:end]))
    page.goto(f"/transcripts/{study.first}/code")
    expect(page.locator("[data-mark]")).to_have_count(1)
    assert highlighted(page, 0) == [SAID[start:end]]
    page.keyboard.press("v")
    for _ in range(6):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("2")
    expect(page.locator("[data-mark]")).to_have_count(2)
    told = page.evaluate("fetch('/api/v1/studies/first-light/annotations').then((reply) => reply.json())")
    [target] = told["annotations"][1]["targets"]
    with db.reading() as session:
        text = session.get_one(coded.Message, target["message"]).text
    assert text[target["start"] : target["end"]] == target["quote"] == highlighted(page, 1)[0]


def test_without_script_the_marks_are_painted_by_the_server(
    open_page: Callable[..., Page], study: Coded
) -> None:
    coded.put(study, study.span(0, 6, "I used"))
    page = open_page(java_script_enabled=False)
    page.goto(f"/transcripts/{study.first}/code")
    expect(page.locator("mark.painted")).to_have_text("I used")
    expect(page.locator("[data-mark] q")).to_have_text("I used")


def test_the_tags_looked_for_are_chosen_and_stay_on_the_way(page: Page, study: Coded) -> None:
    page.goto(f"/transcripts/{study.first}/code")
    page.get_by_text("Look for …").click()
    for name in ("Refusal", "Hedging"):
        page.get_by_role("checkbox", name=name).uncheck()
    page.get_by_role("button", name="Look for these").click()
    expect(page.locator(".checklist .name")).to_have_text(["Persona"])
    page.keyboard.press("s")
    expect(page.locator(".viewbar")).to_contain_text("repeat 2 of 3")
    expect(page).to_have_url(re.compile(r"\?look=persona$"))


def test_of_two_windows_that_change_one_mark_the_slower_sees_both_texts(
    page: Page, open_page: Callable[..., Page], study: Coded
) -> None:
    coded.put(study, study.span(0, 6, "I used"))
    slower = open_page(expecting=("409",))
    for one in (page, slower):
        one.goto(f"/transcripts/{study.first}/code")
        one.locator("[data-change]").click()
        expect(one.locator("#mark-dialog")).to_be_visible()
    page.locator("#mark-note").fill("the faster")
    page.locator("#mark-form").get_by_role("button", name="Save").click()
    expect(page.locator("[data-mark] .note")).to_have_text("the faster")
    slower.locator("#mark-note").fill("the slower")
    slower.locator("#mark-form").get_by_role("button", name="Save").click()
    expect(slower.locator("[data-conflict]")).to_contain_text("the faster")
    expect(slower.locator("#mark-note")).to_have_value("the slower")
    slower.locator("#mark-form").get_by_role("button", name="Save").click()
    expect(page.locator("[data-mark] .note")).to_have_text("the slower")


def test_a_mark_put_by_somebody_else_appears_by_itself(page: Page, second_page: Page, study: Coded) -> None:
    for one in (page, second_page):
        one.goto(f"/transcripts/{study.first}/code")
        expect(one.locator("html")).to_have_attribute("data-live", "open")
    page.keyboard.press("v")
    page.keyboard.press("1")
    expect(second_page.locator("[data-mark]")).to_have_count(1)
    assert highlighted(second_page, 0) == ["I"]


def test_the_codebook_is_begun_and_a_tag_worded_in_the_browser(
    page: Page, sqlite: db.Database, accessible: Callable[[Page], None]
) -> None:
    with sqlite.writing() as session:
        coded.seed.study(session, repeats=1)
    page.goto("/studies/first-light/codebook")
    page.get_by_role("button", name="Begin with the starter codebook").click()
    expect(page.locator(".tag-lines li")).to_have_count(41)
    accessible(page)
    page.get_by_role("link", name="hedging", exact=True).click()
    accessible(page)
    page.keyboard.press("e")
    page.get_by_label("Means").fill("Doubt that the text itself drops.")
    page.get_by_label("Why it changes").fill("shorter")
    accessible(page)
    page.get_by_role("button", name="Save as revision 2").click()
    expect(page.locator("dd").first).to_have_text("Doubt that the text itself drops.")
    page.goto("/studies/first-light/codebook/revisions/2")
    expect(page.locator("ins")).to_have_text("Doubt that the text itself drops.")
    accessible(page)
