"""A team in real browsers: people join by a link and sign in; coders see marks at once, or not yet."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from app import db
from app.accounts import commands
from app.annotations import ruling
from tests.accounts import team
from tests.accounts.team import KEY, PASSWORD
from tests.annotations import coded
from tests.annotations.coded import Coded
from tests.browser.conftest import serving
from tests.browser.test_coding import said
from tests.cast import SUBJECTS


@pytest.fixture
def base_url(sqlite: db.Database, tmp_path: Path) -> Iterator[str]:
    """The address of a team's server over this test's database."""
    with serving(team.settings(tmp_path)) as address:
        yield address


@pytest.fixture
def study(sqlite: db.Database) -> Coded:
    with sqlite.writing() as session:
        return coded.study(session, subjects=SUBJECTS[:1], repeats=2, say=said)


def signed_in(open_page: Callable[..., Page], name: str, role: str = "coder") -> Page:
    """A window of its own in which somebody has signed in by the form."""
    team.person(name, role)
    page = open_page()
    page.goto("/code")
    expect(page.locator("h1")).to_have_text("Sign in")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator("h1")).to_have_text("Code")
    return page


def test_an_admin_invites_somebody_who_joins_and_marks(
    open_page: Callable[..., Page], study: Coded, accessible: Callable[[Page], None]
) -> None:
    admin = signed_in(open_page, "root", "admin")
    admin.get_by_role("link", name="root: people and settings").click()
    accessible(admin)
    admin.get_by_role("button", name="Make a link").click()
    link = admin.locator(".code .body").inner_text()
    accessible(admin)
    guest = open_page()
    guest.goto(re.sub(r"^.*?/join/", "/join/", link.strip()))
    accessible(guest)
    guest.get_by_label("Name").fill("Ana Kowalska")
    guest.get_by_label("Password").fill(PASSWORD)
    guest.get_by_role("button", name="Join").click()
    expect(guest.locator(".person")).to_have_text("AK")
    guest.goto(f"/transcripts/{study.first}/code")
    guest.keyboard.press("v")
    guest.keyboard.press("1")
    expect(guest.locator("[data-mark]")).to_have_count(1)
    guest.goto("/me")
    accessible(guest)
    guest.get_by_label("What it is for").fill("my script")
    guest.get_by_role("button", name="Make a token").click()
    expect(guest.locator(".code .body")).to_contain_text("Authorization: Bearer ")
    guest.get_by_role("button", name="Sign out here").click()
    expect(guest.locator("h1")).to_have_text("Sign in")
    accessible(guest)


def test_a_mark_of_one_coder_appears_in_the_other_s_window_with_their_name(
    open_page: Callable[..., Page], study: Coded
) -> None:
    ana, ben = signed_in(open_page, "Ana"), signed_in(open_page, "Ben")
    for one in (ana, ben):
        one.goto(f"/transcripts/{study.first}/code")
        expect(one.locator("html")).to_have_attribute("data-live", "open")
    ana.keyboard.press("v")
    ana.keyboard.press("2")
    expect(ben.locator("#other-marks")).to_be_visible()
    expect(ben.locator("[data-mark]")).to_contain_text("Ana")
    expect(ben.locator("[data-change]")).to_have_count(0)  # it is hers
    expect(ana.locator("[data-change]")).to_have_count(1)


def test_where_coders_work_apart_marks_come_in_sight_with_ones_own_pass(
    open_page: Callable[..., Page], study: Coded
) -> None:
    with db.writing() as session:
        ruling.rule(session, study.hand(admin=True), True)
    ana, ben = signed_in(open_page, "Ana"), signed_in(open_page, "Ben")
    for one in (ana, ben):
        one.goto(f"/transcripts/{study.first}/code")
        expect(one.locator("html")).to_have_attribute("data-live", "open")
    ana.keyboard.press("v")
    ana.keyboard.press("1")
    expect(ana.locator("[data-mark]")).to_have_count(1)
    with ben.expect_response(
        "**/-/transcripts/*/code"
    ):  # told that something is otherwise, and shown nothing
        ana.keyboard.press("Shift+2")
    expect(ben.locator("[data-mark]")).to_have_count(0)
    ben.keyboard.press("x")
    expect(ben.locator(".viewbar")).to_contain_text("repeat 2 of 2")
    ben.goto(f"/transcripts/{study.first}/code")
    expect(ben.locator("#other-marks")).to_contain_text("2")


def test_who_is_sent_away_is_out_of_a_page_that_is_open(
    open_page: Callable[..., Page], browser: Browser, study: Coded
) -> None:
    number = team.person("Cid")
    page = open_page(expecting=("401",))
    page.context.add_cookies([{"name": "styloscope", "value": team.cookie(number), "url": _origin(page)}])
    page.goto(f"/transcripts/{study.first}/code")
    page.keyboard.press("v")
    with db.writing() as session:
        commands.send_away(session, number, by=None)
    page.keyboard.press("1")
    expect(page.locator(".toast.bad")).to_contain_text("Nobody is signed in, or not any more.")
    expect(page.locator("[data-mark]")).to_have_count(0)
    assert KEY not in page.content()


def _origin(page: Page) -> str:
    page.goto("/sign-in")
    return str(page.evaluate("location.origin"))
