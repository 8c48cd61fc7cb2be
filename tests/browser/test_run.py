"""A run in the browser: its progress appears by itself in every window, a key pauses it, and all can read it."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import update

from app import db
from app.batteries.shape import PromptShape
from app.live.log import record
from app.runs.models import Run
from app.subjects.shape import SubjectShape
from app.transcripts.models import Transcript
from app.transcripts.queries import run_status
from tests import seed
from tests.cast import PROMPTS, SUBJECTS, Draw, say

HOSTILE = "<script>alert(1)</script> \u202eevil " + "very long name " * 12


def begun(prompt: PromptShape, subject: SubjectShape, repeat: int) -> Draw:
    """Let two repeats be there, one be on its way, and one wait."""
    state = {3: "running", 4: "queued"}.get(repeat)
    return Draw(state=state) if state else say(prompt, subject, repeat)


def made(**values: object) -> seed.Seeded:
    with db.writing() as session:
        return seed.study(session, **values)  # type: ignore[arg-type]


def fail_one(run_id: int) -> None:
    """Let a queued draw fail, as a collector would: the row and its event in one transaction."""
    with db.writing() as session:
        row = session.query(Transcript).filter_by(run_id=run_id, state="queued").first()
        assert row is not None
        session.execute(
            update(Transcript)
            .where(Transcript.id == row.id)
            .values(state="failed", reason="HTTP 500: upstream is down", finished_at=db.now())
        )
        record(session, "run.progress", {"run": run_id}, study=row.study_id)


def state_of(run_id: int) -> str:
    with db.reading() as session:
        status = run_status(session, run_id)
    assert status is not None
    return status.wanted


def live(page: Page) -> None:
    """Wait until the page hears what others do."""
    expect(page.locator("html")).to_have_attribute("data-live", "open")


def test_progress_appears_by_itself_in_a_second_window(page: Page, second_page: Page) -> None:
    run = made(say=begun, repeats=4).run_id
    for window in (page, second_page):
        window.goto(f"/runs/{run}")
        live(window)
        expect(window.locator("#failures")).to_have_count(0)
    fail_one(run)
    for window in (page, second_page):
        expect(window.get_by_text("HTTP 500: upstream is down")).to_be_visible()
        expect(window.get_by_text("failed · 1 cause")).to_be_visible()


def test_the_list_of_runs_moves_too(page: Page) -> None:
    run = made(say=begun, repeats=4).run_id
    page.goto("/runs")
    live(page)
    expect(page.get_by_text("1 failed")).to_have_count(0)
    fail_one(run)
    expect(page.get_by_text("1 failed")).to_be_visible()


def test_p_pauses_and_the_other_window_sees_it(page: Page, second_page: Page) -> None:
    run = made(say=lambda *draw: Draw(state="queued"), repeats=2).run_id
    second_page.goto(f"/runs/{run}")
    live(second_page)
    page.goto(f"/runs/{run}")
    page.keyboard.press("p")
    expect(page.get_by_role("button", name="Resume")).to_be_visible()
    assert state_of(run) == "pause"
    expect(second_page.locator(".run-head")).to_have_attribute("data-run-state", "paused")
    second_page.keyboard.press("p")
    expect(page.locator(".run-head")).to_have_attribute("data-run-state", "queued")
    assert state_of(run) == "go"


def test_the_focus_stays_on_what_took_the_place_of_the_pressed_button(page: Page) -> None:
    run = made(say=lambda *draw: Draw(state="queued"), repeats=2).run_id
    page.goto(f"/runs/{run}")
    live(page)
    said = page.locator("[data-announce]")
    page.get_by_role("button", name="Pause").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#act-resume")).to_be_focused()
    expect(said).to_have_text("This run: paused, 0 of 30 done")
    page.locator("#act-resume").click()
    expect(page.locator("#act-pause")).to_be_focused()
    expect(said).to_have_text("This run: queued, 0 of 30 done")
    with db.writing() as session:  # somebody else pauses it: the focus is not lost with the button
        session.get_one(Run, run).wanted = "pause"
        record(session, "run.paused", {"run": run})
    expect(page.locator("#act-resume")).to_be_focused()
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator("#act-resume")).to_be_focused()
    expect(said).to_have_text(re.compile("^This run: cancelled"))
    assert state_of(run) == "cancel"


def test_who_listens_hears_what_becomes_of_a_run(page: Page) -> None:
    run = made(say=lambda *draw: Draw(state="queued"), repeats=2).run_id
    page.goto(f"/runs/{run}")
    live(page)
    with db.writing() as session:
        session.get_one(Run, run).wanted = "pause"
        record(session, "run.paused", {"run": run})
    expect(page.locator("[data-announce]")).to_have_text("This run: paused, 0 of 30 done")


def test_a_number_leads_to_its_draws_and_these_to_texts(
    page: Page, accessible: Callable[[Page], None]
) -> None:
    run = made(repeats=9).run_id
    page.goto(f"/runs/{run}")
    page.get_by_role("link", name="declared no").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Declared noes")
    accessible(page)
    page.get_by_role("link", name="who-plain × Constitution, repeat 9").click()
    expect(page.get_by_text("I can't help with that.")).to_be_visible()


def test_a_providers_words_turn_nothing_beside_them(page: Page) -> None:
    reason = "\u202ethe proxy said no " + "and no " * 20
    run = made(say=lambda *draw: Draw(state="failed", reason=reason), repeats=1).run_id
    page.goto(f"/runs/{run}/failures")
    causes = page.locator(".causes .switch")
    expect(causes.nth(1)).to_contain_text("…")
    for one in causes.locator(".ctl").all():
        assert one.evaluate("one => getComputedStyle(one).unicodeBidi") == "isolate"


def test_a_run_is_extended_without_a_mouse(page: Page) -> None:
    run = made(subjects=SUBJECTS[1:2], prompts=PROMPTS[:1], repeats=2).run_id
    page.goto(f"/runs/{run}")
    page.get_by_role("button", name="Extend…").press("Enter")
    repeats = page.get_by_label("Repeats of each cell")
    repeats.fill("5")
    page.get_by_label("Why").fill("more of the same")
    repeats.press("Enter")
    expect(page.get_by_text("more of the same")).to_be_visible()
    expect(page.get_by_text("done of 5 possible")).to_be_visible()


def test_failures_are_asked_again_from_where_they_are_read(page: Page) -> None:
    run = made(repeats=7).run_id
    page.goto(f"/runs/{run}")
    page.get_by_role("link", name="read 3 exchanges").click()
    expect(page.locator(".failed-draw")).to_have_count(3)
    expect(page.get_by_text("upstream unavailable").locator("visible=true").first).to_be_visible()
    page.get_by_role("button", name="Ask 3 again").click()
    expect(page).to_have_url(re.compile(rf"/runs/{run}$"))
    expect(page.locator("#failures")).to_have_count(0)
    expect(page.locator(".stat").first).to_contain_text("3queued")


def test_a_new_run_is_counted_as_it_is_ticked_and_then_started(page: Page) -> None:
    made(repeats=1)
    page.goto("/runs/new?study=first-light")
    draws = page.locator("#outlook .stat b").first
    expect(draws).to_have_text("12")
    page.get_by_role("checkbox", name="Base, raw").uncheck()
    expect(draws).to_have_text("9")
    page.get_by_label("Repeats of each cell").fill("4")
    expect(draws).to_have_text("36")
    page.get_by_label("Subject", exact=True).select_option("pirate")
    expect(page.get_by_text("You are a pirate.")).to_be_visible()
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("First light, run 2")
    expect(page.get_by_text("done of 36 possible")).to_be_visible()


@pytest.mark.parametrize("path", ["/runs", "/runs/1", "/runs/1/failures", "/runs/new?study=first-light"])
def test_every_run_page_can_be_read_by_all(page: Page, accessible: Callable[[Page], None], path: str) -> None:
    made(say=begun, repeats=4, title=HOSTILE)
    with db.writing() as session:
        record(session, "run.progress", {"run": 1})
    fail_one(1)
    page.goto(path)
    accessible(page)


def test_what_changed_since_the_run_before_is_read_by_all_and_leads_to_both(
    page: Page, accessible: Callable[[Page], None]
) -> None:
    one = SUBJECTS[1]
    other = one.model_copy(
        update={"system": HOSTILE * 3, "sampling": one.sampling.model_copy(update={"max_tokens": 9})}
    )
    with db.writing() as session:
        study = seed.study(session, subjects=[one], repeats=2, title=HOSTILE)
        seed.version(session, study, other, 2)
        seed.battery_version(session, study, PROMPTS[:1])
        seed.run(session, study, subjects=[other], prompts=PROMPTS[:1], repeats=3)
    page.set_viewport_size({"width": 1024, "height": 800})
    page.goto("/runs/2")
    expect(page.get_by_text("what changed since the last run of the same battery")).to_be_visible()
    expect(page.get_by_text("max_tokens", exact=True)).to_be_visible()
    assert page.locator("h1 bdi").text_content() == HOSTILE  # what turns in a name turns nothing beside it
    accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    page.get_by_role("link", name="Read both side by side").press("Enter")
    expect(page.locator(".column")).to_have_count(2)


@pytest.mark.parametrize("path", ["/runs", "/runs/new"])
def test_empty_pages_can_be_read_by_all(page: Page, accessible: Callable[[Page], None], path: str) -> None:
    page.goto(path)
    accessible(page)


def test_nothing_is_cut_off_on_a_narrow_screen(page: Page) -> None:
    made(title=HOSTILE, repeats=7)
    page.set_viewport_size({"width": 1024, "height": 800})
    for path in ("/runs", "/runs/1", "/runs/1/failures", "/runs/new?study=first-light"):
        page.goto(path)
        too_wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert too_wide <= 0, f"{path} is {too_wide} px too wide"
