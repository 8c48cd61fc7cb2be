"""Marks where answers are read: on Compare over all columns, on a transcript's page, live for who reads along."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from app import db
from app.annotations import passing
from app.annotations.models import Annotation, Member, Target
from tests.annotations import coded
from tests.annotations.coded import Coded
from tests.browser.test_coding import SAID, highlighted, said
from tests.cast import SUBJECTS

PAGE = "/studies/first-light/compare/battery-of-first-light/number-plain"


@pytest.fixture
def study(sqlite: db.Database) -> Coded:
    with sqlite.writing() as session:
        return coded.study(session, subjects=SUBJECTS[:2], repeats=2, say=said)


def painted(page: Page, count: int) -> None:
    expect(page.locator("html")).to_have_attribute("data-painted", str(count))


def test_an_answer_is_marked_on_compare_by_keys_and_listed_beside_it(
    page: Page, study: Coded, accessible: Callable[[Page], None]
) -> None:
    page.goto(PAGE)
    painted(page, 0)
    page.keyboard.press("v")
    page.keyboard.press("s")
    page.keyboard.press("1")
    painted(page, 1)
    assert highlighted(page, 0) == [SAID[: SAID.index(" My")]]
    expect(page.locator("#answer-marks [data-mark]")).to_have_count(1)
    page.keyboard.press("Shift+2")
    expect(page.locator("#answer-marks")).to_contain_text("looked for, not there")
    accessible(page)
    page.keyboard.press("u")
    expect(page.locator("#answer-marks [data-mark]")).to_have_count(1)
    page.keyboard.press("l")  # to the next column: the marks beside are its own
    expect(page.locator("#answer-marks [data-mark]")).to_have_count(0)
    painted(page, 1)


def test_one_mark_is_put_across_the_answers_of_two_subjects(page: Page, study: Coded) -> None:
    page.goto(PAGE)
    painted(page, 0)
    page.evaluate(
        """() => {
            const [one, other] = [0, 1].map((n) => document.querySelector(`#col-${n} .answer [data-message]`));
            getSelection().setBaseAndExtent(one.firstChild, 2, other.firstChild, 6);
        }"""
    )
    page.keyboard.press("t")
    expect(page.locator("#tagger [data-about]")).to_contain_text("places")
    page.keyboard.press("Enter")
    painted(page, 1)
    expect(page.locator("#answer-marks")).to_contain_text("across answers")
    with db.reading() as session:
        mark = session.query(Annotation).one()
        targets = session.query(Target).order_by(Target.place).all()
    assert mark.transcript_id is None
    assert len({one.transcript_id for one in targets}) >= 2
    assert targets[0].quote.startswith("used to count")
    assert targets[-1].quote == SAID[:6]


def test_what_is_selected_with_the_mouse_is_asked_for_and_can_still_be_copied(
    open_page: Callable[..., Page], study: Coded
) -> None:
    page = open_page(permissions=["clipboard-read", "clipboard-write"])
    page.goto(PAGE)
    painted(page, 0)
    box = page.locator("#col-0 .answer [data-message]").first.bounding_box()
    assert box
    page.mouse.move(box["x"] + 1, box["y"] + 10)
    page.mouse.down()
    page.mouse.move(box["x"] + 90, box["y"] + 10, steps=4)
    page.mouse.up()
    expect(page.locator("#tagger")).to_be_visible()
    page.keyboard.press("Control+c")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied
    assert SAID.startswith(copied)
    page.keyboard.press("Escape")
    painted(page, 0)


def test_what_somebody_marks_appears_for_whoever_reads_the_same(
    page: Page, second_page: Page, study: Coded
) -> None:
    page.goto(f"/transcripts/{study.first}")
    second_page.goto(PAGE)
    for one in (page, second_page):
        painted(one, 0)
        expect(one.locator("html")).to_have_attribute("data-live", "open")
    page.keyboard.press("v")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("2")
    for one in (page, second_page):
        painted(one, 1)
        assert highlighted(one, 1) == ["I used"]


def test_from_reading_to_coding_and_back_names_stay_hidden(page: Page, study: Coded) -> None:
    page.goto(f"{PAGE}?hide=kept")
    painted(page, 0)
    page.get_by_role("link", name="Code this answer").click()
    expect(page.locator("h1")).to_have_text("Names are hidden")
    page.keyboard.press("s")
    expect(page).to_have_url(re.compile(r"/code\?hide=kept$"))
    expect(page.locator("h1")).to_have_text("Names are hidden")


def test_under_each_head_stands_how_often_a_tag_is_there_and_leads_to_the_texts(
    page: Page, study: Coded, accessible: Callable[[Page], None]
) -> None:
    coded.put(study, study.span(0, 6, "I used"))
    for nth in (0, 1):
        with db.writing() as session:
            passing.submit(session, study.hand(), study.answers[nth][0], ["hedging", "refusal"])
    page.goto(PAGE)
    rates = page.locator("#col-0 .tag-rates li")
    expect(rates).to_have_count(2)
    expect(rates.first).to_contain_text("Hedging 1/2 [9–91]")
    expect(page.locator("#col-1 .tag-rates")).to_have_count(0)  # nobody has passed its answers
    accessible(page)
    with db.writing() as session:  # and it moves by itself
        passing.submit(session, study.hand(), study.answers[2][0], ["hedging"])
    expect(page.locator("#col-1 .tag-rates li")).to_have_text("Hedging 0/1 [0–79]")
    rates.first.get_by_role("link").click()
    expect(page.locator(".hits")).to_contain_text("I used")
    expect(page).to_have_url(re.compile(r"subject=base-raw&t=1&tag=hedging"))


def test_the_repeats_of_a_column_are_tagged_as_a_frozen_set_evidence_11(page: Page, study: Coded) -> None:
    page.goto(PAGE)
    painted(page, 0)
    page.keyboard.press("Shift+T")
    expect(page.locator("#tagger [data-about]")).to_have_text("the 2 repeats of this column, as a frozen set")
    page.keyboard.type("persona")
    page.keyboard.press("Enter")
    expect(page.locator("#answer-marks")).to_contain_text("the set of 2 repeats")
    with db.reading() as session:
        mark = session.query(Annotation).one()
        members = sorted(one.transcript_id for one in session.query(Member).all())
    assert (mark.kind, mark.transcript_id) == ("set", None)
    assert members == sorted(number for number, _ in study.answers[:2])
    page.keyboard.press(".")  # the other repeat is of the set too
    expect(page.locator("#answer-marks")).to_contain_text("the set of 2 repeats")
    page.keyboard.press("u")
    expect(page.locator("#answer-marks [data-mark]")).to_have_count(0)
