"""Tokens in a browser: from one to the next by arrows and clicks, and the first of them beside what was drawn."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from app import db
from tests import seed
from tests.cast import Draw
from tests.compare import cast
from tests.draws import Seeded
from tests.told import tell, token

WORDS = ["The", " door", " is", " a", " very", " old", " one", "."] * 24
ASKING = [
    one.model_copy(update={"sampling": one.sampling.model_copy(update={"logprobs": 2})})
    for one in cast.SUBJECTS[:2]
]
ALIKE = {" door": 0.5, " moth": 0.25}


@pytest.fixture
def made(sqlite: db.Database) -> Seeded:
    with sqlite.writing() as session:
        text = "".join(WORDS)
        found = seed.study(
            session, subjects=ASKING, prompts=[cast.HABITS], repeats=2, say=lambda *_: Draw(text)
        )
        for number in found.transcripts.values():
            shares = (0.95, 0.5, 0.3, 0.1, 0.02, 0.004, 0.6, 0.9)
            tokens = [
                token(word, shares[at % 8], **(ALIKE if word == " door" else {}))
                for at, word in enumerate(WORDS)
            ]
            tell(session, number, tokens, "before")
    return found


def test_an_answer_is_read_token_by_token(
    page: Page, made: Seeded, accessible: Callable[[Page], None]
) -> None:
    number = made.transcripts["habits-plain", "base-raw", 1]
    page.goto(f"/transcripts/{number}")
    page.get_by_role("link", name="Tokens").click()
    page.wait_for_load_state()
    assert page.locator(".token-text").evaluate("one => one.textContent") == "".join(WORDS)
    token_of = page.locator("#token")
    expect(token_of).to_contain_text("Token 1 of 192")
    page.keyboard.press("ArrowRight")
    expect(token_of).to_contain_text("Token 2 of 192")
    expect(token_of.locator(".alternatives")).to_contain_text(
        re.compile(r"door.*50\.0 %.*moth.*25\.0 %", re.S)
    )
    expect(token_of).to_contain_text("top 2 hold 75.0 %")
    expect(page).to_have_url(re.compile(r"tab=tokens&at=1\.2#t1\.2$"))
    page.keyboard.press("ArrowDown")
    expect(page.locator(".tok[aria-current]")).not_to_have_id("t1.2")
    below = page.locator(".tok[aria-current]").evaluate("one => one.getBoundingClientRect().top")
    assert below > page.locator('[id="t1.2"]').evaluate("one => one.getBoundingClientRect().top")
    page.keyboard.press("End")
    expect(token_of).to_contain_text("Token 192 of 192")
    page.keyboard.press("Home")
    page.keyboard.press("s")
    expect(token_of).to_contain_text("Token 5 of 192")
    expect(page.locator(".tok[aria-current]")).to_be_focused()
    page.locator('[id="t1.7"]').click()
    expect(token_of).to_contain_text("Token 7 of 192")
    page.reload()
    expect(token_of).to_contain_text("Token 7 of 192")
    page.locator(".surprising a").first.click()
    expect(token_of).to_contain_text("0.4 %")
    accessible(page)


def test_the_first_token_is_shown_beside_what_was_drawn(
    page: Page, made: Seeded, accessible: Callable[[Page], None]
) -> None:
    page.goto("/studies/first-light/compare/mode-collapse/habits-plain")
    expect(page.locator(".first-token")).to_have_count(0)
    page.wait_for_load_state()
    page.keyboard.press("w")
    expect(page).to_have_url(re.compile(r"\?first=1$"))
    expect(page.locator(".first-token")).to_have_count(2)
    expect(page.locator(".first-token").first).to_contain_text(re.compile(r"The\s*95 %\s*2", re.S))
    expect(page.locator(".first-token").first).to_contain_text("a lower bound")
    accessible(page)
    page.get_by_role("button", name="first token").click()
    expect(page.locator(".first-token")).to_have_count(0)
