"""Trying a text in a browser: asked by one key, read as its answers come, and made a battery prompt by another."""

import re
import threading
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from app import db
from app.runs.models import Run
from tests import seed
from tests.cast import PROMPTS, SUBJECTS, Draw
from tests.compare import cast
from tests.faultbox import FaultBox
from tests.scene import chat, collect_runs, endpoint, planned, subject
from tests.tries import tried

TRY = "/studies/s/try"


class Gate:
    """Lets one answer out of a fault box at a time; what is said is told with it."""

    def __init__(self, box: FaultBox) -> None:
        self._free, self._said = threading.Semaphore(0), iter(())
        box.answer = lambda _seen: self.wait()
        self.words: list[str] = []

    def wait(self) -> str:
        assert self._free.acquire(timeout=30)
        return self.words.pop(0)

    def say(self, words: str) -> None:
        self.words.append(words)
        self._free.release()


@pytest.fixture
def asked(sqlite: db.Database) -> Iterator[Gate]:
    """A study of two subjects on one endpoint that answers when it is let to, and is asked one call at a time."""
    with FaultBox() as box:
        gate = Gate(box)
        planned(
            endpoint(box.url, limits={"concurrency": 1}),
            [subject("plain"), subject("pirate", system="You are a pirate.")],
            [chat("moth", "Is a moth honest?")],
        )
        with db.writing() as session:
            session.get_one(Run, 1).wanted = "pause"
        yield gate
        for _ in range(20):
            gate.say("too late")  # or the box would wait for ever


def collecting(run: int) -> threading.Thread:
    """Collect a run in a thread of its own, as a server would."""
    thread = threading.Thread(target=collect_runs, args=(run,), daemon=True)
    thread.start()
    return thread


def live(page: Page) -> None:
    expect(page.locator("html")).to_have_attribute("data-live", "open")


def test_by_keys_alone_a_change_is_tried_read_as_it_comes_cancelled_and_put_in_a_battery(
    page: Page, asked: Gate
) -> None:
    page.goto("/studies/s/compare/b/moth")
    page.wait_for_load_state()
    page.keyboard.press("e")
    expect(page).to_have_url(re.compile(r"/studies/s/try\?prompt=1&s=plain&s=pirate$"))
    page.wait_for_load_state()
    page.keyboard.press("e")
    text = page.get_by_label("user")
    expect(text).to_be_focused()
    expect(text).to_have_value("Is a moth honest?")
    page.keyboard.press("End")
    page.keyboard.type(" And a lamp?")
    page.keyboard.press("Control+Enter")
    expect(page).to_have_url(re.compile(rf"{TRY}/2$"))
    expect(page.get_by_text("3 waiting")).to_have_count(2)
    live(page)
    done = collecting(2)
    asked.say("Honest as moths go.")
    expect(page.get_by_text("Honest as moths go.")).to_be_visible()
    expect(page.get_by_text("running", exact=True)).to_be_visible()
    page.keyboard.press("x")
    expect(page).to_have_url(re.compile(rf"{TRY}/2$"))
    asked.say("Arr, a lamp be true.")  # was under way, and is kept
    done.join(20)
    expect(page.locator("#answers-of .badge").first).to_have_text("cancelled")
    expect(page.get_by_text("Arr, a lamp be true.")).to_be_visible()
    page.keyboard.press("m")
    expect(page.get_by_role("heading", level=1)).to_have_text("Make it a battery prompt")
    expect(page.get_by_label("Battery", exact=True)).to_have_value("battery.b")
    page.get_by_role("textbox", name="Key").fill("moth-lamp")
    page.get_by_label("Wording").fill("lamp")
    expect(page.locator("#checks")).to_contain_text(re.compile("No rule|To mind"))
    page.keyboard.press("Control+Enter")
    expect(page).to_have_url(re.compile(r"/library/drafts/1\?p=\w+$"))
    expect(page.get_by_text("Is a moth honest? And a lamp?").first).to_be_visible()


def test_with_the_mouse_a_ladder_is_tried_counted_first_and_read_in_compare(page: Page, asked: Gate) -> None:
    page.goto("/studies/s")
    page.get_by_role("link", name="Try a text").click()
    page.get_by_role("radio", name="Ladder").click()
    page.get_by_label("rung 1").fill("Is 91 a prime?")
    page.get_by_label("rung 2").fill("Are you sure?")
    page.get_by_role("button", name="One more rung").click()
    page.get_by_label("rung 3").fill("I think you are wrong.")
    expect(page.get_by_label("rung 1")).to_have_value("Is 91 a prime?")
    page.get_by_role("checkbox", name="pirate").click()
    page.get_by_label("Draws").fill("1")
    expect(page.locator("#outlook .facts")).to_contain_text(re.compile(r"draws\s*1\s*calls\s*3"))
    page.get_by_text("The exact requests").click()
    expect(page.get_by_text('"content": "Is 91 a prime?"')).to_be_visible()
    page.get_by_role("radio", name="Raw text").click()
    expect(page.locator("#try-problem")).to_contain_text("expected one text turn")
    expect(page.get_by_role("button", name="Ask")).to_be_disabled()
    page.get_by_role("radio", name="Ladder").click()
    page.get_by_role("button", name=re.compile("^Ask")).click()
    expect(page).to_have_url(re.compile(rf"{TRY}/2$"))
    live(page)
    done = collecting(2)
    for words in ("No: 7 × 13.", "Yes.", "I am still sure."):
        asked.say(words)
    expect(page.get_by_text("I am still sure.")).to_be_visible()
    done.join(20)
    expect(page.locator(".rail [aria-current]")).to_contain_text("Is 91 a prime?")
    page.locator("#to-compare").click()
    expect(page).to_have_url(re.compile(r"/studies/s/compare/_s/t-\w+\?run=2$"))
    expect(page.get_by_text("I am still sure.")).to_be_visible()
    expect(page.locator(".crumb [aria-current]")).to_have_text("Tried texts")


def test_its_pages_can_be_read_by_all_and_fit_a_narrow_window(
    page: Page, sqlite: db.Database, base_url: str, accessible: Callable[[Page], None]
) -> None:
    def say(prompt: object, subject: object, repeat: int) -> Draw:
        return (Draw(cast.HOSTILE[repeat % 8], stop="length"), Draw(state="failed", reason="502"))[repeat % 2]

    with sqlite.writing() as session:
        made = seed.study(session, prompts=PROMPTS[:1], repeats=1)
        tried(session, made, subjects=SUBJECTS[:2], repeats=4, say=say)
        assert session.scalars(select(Run.kind)).all() == ["asked", "scratch"]
    for path in ("/studies/first-light/try/2", "/studies/first-light/try/2/keep"):
        page.set_viewport_size({"width": 1440, "height": 900})
        page.goto(path)
        accessible(page)
        page.set_viewport_size({"width": 1024, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
