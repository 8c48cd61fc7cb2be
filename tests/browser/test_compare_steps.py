"""What a step within Compare leaves as it was: the focus, the place in the answers; and what it says."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from app import db
from app.batteries.shape import PromptShape, Turn
from app.live.log import record
from app.subjects.shape import SubjectShape
from tests import seed
from tests.browser.reading import address
from tests.cast import Draw
from tests.compare import cast
from tests.compare.reading import BATTERY

LONG = PromptShape(
    key="long-ladder", family="long", theme="pressure", branch="pressure", mode="ladder",
    turns=tuple(Turn(user=f"Are you sure, for the {n}. time?") for n in range(120)),
)  # fmt: skip


def thinking(prompt: PromptShape, subject: SubjectShape, repeat: int) -> Draw:
    """Let every subject answer every rung, one of them after thought."""
    thought = "Let me think about that.\n" * 8 if subject.slug == "default" else ""
    return Draw(tuple(f"Answer {n}." for n in range(len(prompt.turns))), reasoning=thought)


def scrolled(page: Page, to: int) -> None:
    """Wait until the answers are scrolled so far, but for what was not laid out before it came into sight."""
    reached = "to => Math.abs(document.getElementById('reading').scrollTop - to) <= 60"
    page.wait_for_function(reached, arg=to)


# ------------------------------------------------------------------ focus


@pytest.mark.usefixtures("seeded")
def test_whoever_turns_the_pages_with_a_button_keeps_it(page: Page) -> None:
    page.goto(f"{BATTERY}/number-plain")
    forward = page.get_by_role("link", name="Next prompt")
    forward.focus()
    for key in ("number-terse", "habits-plain"):
        page.keyboard.press("Enter")
        address(page, f"/{key}$")
        expect(forward).to_be_focused()


@pytest.mark.usefixtures("seeded")
def test_whoever_is_among_the_answers_stays_there(page: Page) -> None:
    page.goto(f"{BATTERY}/habits-plain")
    default = page.get_by_role("article", name="Default assistant, T 1", exact=True)
    default.locator("[data-focus]").nth(1).focus()
    page.keyboard.press("Enter")
    address(page, r"/habits-plain\?col=default@1&repeat=\d+$")
    expect(default.locator(".answer.focus .stepper .at")).to_be_focused()
    more = default.locator(".answer-more a")
    more.focus()
    page.keyboard.press("Enter")
    expect(more).to_have_text("show fewer")
    expect(more).to_be_focused()


@pytest.mark.usefixtures("seeded")
def test_whoever_chooses_in_a_menu_is_back_at_it(page: Page) -> None:
    page.goto(f"{BATTERY}/habits-plain")
    page.locator("summary", has_text="T all").press("Enter")
    page.get_by_role("link", name="T 1", exact=True).press("Enter")
    address(page, r"/habits-plain\?t=1$")
    expect(page.locator("summary", has_text="T 1")).to_be_focused()


@pytest.mark.usefixtures("seeded")
def test_what_is_gone_after_a_step_gives_the_focus_to_the_answers(page: Page) -> None:
    page.goto(f"{BATTERY}/habits-plain")
    page.get_by_role("link", name="take in").press("Enter")
    address(page, r"/habits-plain\?others=1$")
    expect(page.locator("#reading")).to_be_focused()


@pytest.mark.usefixtures("seeded")
def test_escape_closes_a_menu_and_nothing_below_it(page: Page) -> None:
    page.goto(f"{BATTERY}/habits-plain?wide=default@1")
    summary = page.locator("summary", has_text="5 of 5 columns")
    summary.press("Enter")
    page.get_by_role("checkbox", name="Base, raw").focus()
    page.keyboard.press("Escape")
    expect(page.locator(".picker")).to_be_hidden()
    expect(summary).to_be_focused()
    page.keyboard.press("Escape")
    address(page, "/habits-plain$")


# ------------------------------------------------------------------ the place in the answers


@pytest.mark.usefixtures("seeded")
def test_the_way_back_leads_to_the_line_that_was_read(page: Page) -> None:
    page.goto(f"{BATTERY}/habits-plain?all=1")
    page.locator("#reading").evaluate("one => { one.scrollTop = 700; }")
    page.keyboard.press("j")
    address(page, r"/wish-prefill\?all=1$")
    scrolled(page, 0)
    page.go_back()
    address(page, r"/habits-plain\?all=1$")
    scrolled(page, 700)
    page.go_forward()
    address(page, r"/wish-prefill\?all=1$")
    scrolled(page, 0)


@pytest.mark.usefixtures("seeded")
def test_so_does_the_way_back_from_a_transcript(page: Page) -> None:
    page.goto(f"{BATTERY}/habits-plain?all=1")
    page.locator("#reading").evaluate("one => { one.scrollTop = 700; }")
    page.get_by_role("link", name=re.compile("^Transcript ")).click()
    expect(page).to_have_url(re.compile("/transcripts/"))
    page.go_back()
    scrolled(page, 700)


@pytest.mark.usefixtures("seeded")
def test_an_answer_in_focus_is_never_below_the_heads(page: Page) -> None:
    page.goto(f"{BATTERY}/habits-plain?all=1&col=base-raw@1&repeat=12")
    page.locator("#reading").evaluate("one => { one.scrollTop = one.scrollHeight; }")
    for _ in range(9):
        page.keyboard.press(",")
        expect(page.locator("#main")).not_to_have_attribute("aria-busy", "true")
    address(page, r".*repeat=3$")
    answer, head = page.locator(".answer.focus").bounding_box(), page.locator("#col-0 header").bounding_box()
    assert answer is not None
    assert head is not None
    assert answer["y"] >= head["y"] + head["height"] - 1


@pytest.mark.usefixtures("seeded")
def test_skipping_to_the_content_fetches_nothing(page: Page) -> None:
    page.goto(f"{BATTERY}/habits-plain")
    page.evaluate("document.getElementById('main').dataset.mine = 'yes'")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
    page.go_back()
    page.keyboard.press("l")
    address(page, r"/habits-plain\?col=default@1$")
    page.go_back()
    address(page, "/habits-plain$")
    expect(page.locator("#notes h2").first).to_contain_text("Base, raw")


def test_a_name_of_three_hundred_letters_leaves_room_to_read(page: Page, sqlite: db.Database) -> None:
    endless = cast.SUBJECTS[1].model_copy(update={"name": "x" * 300})
    with sqlite.writing() as session:
        seed.study(session, subjects=[cast.SUBJECTS[0], endless], prompts=cast.PROMPTS, say=cast.say)
    page.goto(f"{BATTERY}/habits-plain")
    for head in page.locator(".column > header").all():
        box = head.bounding_box()
        assert box is not None
        assert box["height"] <= 450
        assert head.evaluate("one => one.scrollWidth <= one.clientWidth")
    notes = page.locator("#notes")
    assert notes.evaluate("one => one.scrollWidth <= one.clientWidth")


# ------------------------------------------------------------------ what is said


@pytest.mark.usefixtures("seeded")
def test_a_listener_hears_what_a_key_did(page: Page) -> None:
    page.goto(f"{BATTERY}/habits-plain")
    said = page.locator("[data-announce]")
    page.keyboard.press("r")
    expect(said).to_have_text("Rendered on")
    page.keyboard.press("r")
    expect(said).to_have_text("Rendered off")
    page.keyboard.press("l")
    expect(said).to_contain_text("Default assistant, repeat")
    page.keyboard.press("j")
    expect(said).to_contain_text("Honestly, what I want.")


@pytest.mark.usefixtures("seeded")
def test_a_listener_hears_of_new_answers(page: Page, sqlite: db.Database) -> None:
    page.goto(f"{BATTERY}/habits-plain")
    expect(page.locator("html")).to_have_attribute("data-live", "open")
    with sqlite.writing() as session:
        record(session, "run.progress", {"run": 1}, study=1)
    expect(page.locator("[data-announce]")).to_have_text("New answers")


# ------------------------------------------------------------------ ladders


def rungs(page: Page, text: str) -> set[int]:
    """Return the heights on the page at which the columns say something."""
    said = page.locator(".between", has_text=re.compile(f"^{re.escape(text)}$"))
    return {round(box["y"]) for one in said.all() if (box := one.bounding_box())}


def test_a_long_ladder_is_aligned_to_its_last_rung(page: Page, sqlite: db.Database) -> None:
    with sqlite.writing() as session:
        seed.study(session, subjects=cast.SUBJECTS[:3], prompts=[LONG], say=thinking, repeats=1)
    page.goto(f"{BATTERY}/long-ladder?align=1")
    expect(page.locator(".between")).to_have_count(3 * 119)
    before = 0
    for n in (1, 17, 18, 19, 60, 119):
        (at,) = rungs(page, LONG.turns[n].words)
        assert at > before
        before = at
    page.locator("details.reasoning").first.locator("summary").click()
    assert len(rungs(page, LONG.turns[60].words)) == 1


@pytest.mark.usefixtures("seeded")
def test_aligning_turns_hides_nothing_where_there_are_none(page: Page) -> None:
    page.goto(f"{BATTERY}/sure-ladder?align=1")
    page.keyboard.press("k")
    address(page, r"/wish-prefill\?align=1$")
    assert page.locator("#col-0 .answer").count() == 3
    page.keyboard.press("j")
    address(page, r"/sure-ladder\?align=1$")
    expect(page.locator("#col-0 .answer")).to_have_count(1)


@pytest.mark.usefixtures("seeded")
def test_without_script_nothing_is_offered_that_needs_it(open_page: Callable[..., Page]) -> None:
    page = open_page(java_script_enabled=False)
    page.goto(f"{BATTERY}/habits-plain")
    expect(page.get_by_role("button", name="Keys of this page")).to_be_hidden()
    page.goto("/runs/1")
    expect(page.get_by_role("button", name="Extend…")).to_be_hidden()
    page.get_by_label("Repeats of each cell").fill("21")
    page.get_by_role("button", name="Extend", exact=True).click()
    expect(page.get_by_text("to 21 repeats")).to_be_visible()
    page.goto("/runs/new")
    page.get_by_label("Base, raw").uncheck()
    page.get_by_role("button", name="Count again").click()
    expect(page.locator(".stat b").first).to_have_text("320")
