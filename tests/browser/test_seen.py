"""What was seen, in a real browser: by reading, by mouse, by keys, and each person's own."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import func, select
from starlette.types import Receive, Scope, Send

from app import db, main
from app.accounts.person import LOCAL_READER, Reader, WhoIsAsking
from app.reading.models import SeenMark
from tests import seed
from tests.browser.reading import address
from tests.compare import cast
from tests.compare.reading import BATTERY
from tests.draws import Seeded
from tests.reading.people import LOCAL, second

ANA = Reader(2, "ana", "AN")


class TwoReaders(WhoIsAsking):
    """A cookie says who asks, as a log-in will."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            cookie = dict(scope["headers"]).get(b"cookie", b"")
            scope.setdefault("state", {})["person"] = ANA if b"reader=ana" in cookie else LOCAL_READER
        await self.app(scope, receive, send)


@pytest.fixture
def two(monkeypatch: pytest.MonkeyPatch, sqlite: db.Database) -> Seeded:
    monkeypatch.setattr(main, "WhoIsAsking", TwoReaders)
    with sqlite.writing() as session:
        assert second(session) == ANA.id
        return seed.study(session, subjects=cast.SUBJECTS[:3], prompts=cast.PROMPTS, say=cast.say, repeats=6)


def marks(person: int) -> int:
    with db.reading() as session:
        return session.scalar(select(func.count()).where(SeenMark.person_id == person)) or 0


def test_what_is_read_is_seen_and_two_people_have_marks_of_their_own(
    two: Seeded, open_page: Callable[..., Page], base_url: str, accessible: Callable[[Page], None]
) -> None:
    page = open_page()
    page.goto(f"{BATTERY}/habits-plain")
    here = page.locator(".rail a[aria-current]")
    expect(page.locator(".seen-sign.just").first).to_be_visible()  # in view for long enough, and only then
    expect(page.locator("#col-1 .answer").first).to_have_attribute("data-unseen", "0")
    left = int(here.get_attribute("data-unseen") or 0)
    assert 0 < left < 18  # what is not shown is not seen
    expect(page.locator(".rail a", has_text="Honestly, what I want")).to_have_attribute("data-unseen", "18")
    with page.expect_response("**/api/v1/seen"):
        page.keyboard.press("j")  # and away: the marks are written all the same
    address(page, "/wish-prefill$")
    accessible(page)
    page.goto(f"{BATTERY}/habits-plain")
    expect(page.locator("#col-1 .answer").first).to_have_attribute("data-unseen", "0")
    expect(page.locator(".seen-sign.just:visible")).to_have_count(0)
    kept = marks(LOCAL)
    assert kept >= 18 - left
    ana = open_page()
    ana.context.add_cookies([{"name": "reader", "value": "ana", "url": base_url}])
    ana.goto(f"{BATTERY}/sure-ladder")
    expect(ana.locator(".rail a", has_text="Habits if nobody")).to_have_attribute("data-unseen", "18")
    assert marks(ANA.id) == 0
    ana.keyboard.press("Shift+I")
    expect(ana.locator(".toast")).to_contain_text("18 answers marked as seen")
    assert marks(ANA.id) == 18
    page.goto(f"{BATTERY}/number-plain")
    expect(page.locator(".rail a", has_text="Are you sure?")).to_have_attribute("data-unseen", "18")


def test_marks_are_put_and_taken_back_by_keys_and_by_mouse_and_what_is_left_is_found(
    open_page: Callable[..., Page], two: Seeded
) -> None:
    page = open_page(
        viewport={"width": 1440, "height": 240}
    )  # no answer is in view, so none is seen by itself
    page.goto(f"{BATTERY}/sure-ladder?hide=kept")
    here = page.locator(".rail a[aria-current]")
    expect(here).to_have_attribute("data-unseen", "18")
    page.get_by_role("button", name="All seen").click()
    expect(here).to_have_attribute("data-unseen", "0")
    assert marks(LOCAL) == 18
    page.get_by_role("button", name="Undo").click()
    expect(here).to_have_attribute("data-unseen", "18")
    assert marks(LOCAL) == 0
    page.keyboard.press("i")
    expect(page.get_by_role("button", name="Seen", exact=True)).to_have_attribute("aria-pressed", "true")
    one = 18 - int(here.get_attribute("data-unseen") or 0)
    assert one == marks(LOCAL) > 0
    page.get_by_role("button", name="Seen", exact=True).click()
    expect(here).to_have_attribute("data-unseen", "18")
    page.keyboard.press("Shift+I")
    expect(here).to_have_attribute("data-unseen", "0")
    page.keyboard.press("Shift+J")  # nothing after it: from the beginning, and that is said
    address(page, r"/number-plain\?hide=kept$")
    expect(page.locator(".toast", has_text="From the beginning again")).to_be_visible()
    for name in ("habits-plain", "wish-prefill", "number-terse"):
        page.goto(f"{BATTERY}/{name}")
        expect(here).to_have_attribute("data-unseen", "18")
        page.get_by_role("button", name="All seen").click()
        expect(here).to_have_attribute("data-unseen", "0")
    page.get_by_role("link", name="Next unseen").click()
    address(page, "/number-plain$")
    page.keyboard.press("Shift+I")
    expect(here).to_have_attribute("data-unseen", "0")
    page.keyboard.press("Shift+J")
    expect(page.locator(".toast", has_text="Nothing unseen is left")).to_be_visible()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("An answer is seen once it was shown to you in full")
