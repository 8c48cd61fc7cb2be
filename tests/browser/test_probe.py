"""A probe in a real browser: by key and by mouse, moving while it goes on, its outcome said in words."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.faultbox import FaultBox
from tests.probes.pretender import Pretender
from tests.scene import endpoint, planned


@pytest.fixture
def box() -> Iterator[FaultBox]:
    with FaultBox() as box:
        yield box


def test_an_endpoint_is_probed_by_key_and_its_evidence_opened(
    page: Page, box: FaultBox, accessible: Callable[[Page], None]
) -> None:
    Pretender.at(box, prefill="continues")
    box.latency = 0.02
    planned(endpoint(box.url, can={"prefill": False}))
    page.goto("/library/endpoints/box")
    expect(page.locator("html")).to_have_attribute("data-live", "open")
    accessible(page)
    page.get_by_role("button", name="Probe", exact=True).focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/library/endpoints/box#probe")
    state = page.locator("#probe [data-probe-state]")
    expect(state).to_have_attribute("data-probe-state", "done")
    expect(page.locator("[data-announce]")).to_have_text("This endpoint: probed")
    expect(page.get_by_role("button", name="Probe again")).to_be_enabled()
    row = page.get_by_role("row", name="Prefill")
    expect(row).to_contain_text("differs: the file wins")
    row.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(row.locator(".evidence")).to_contain_text("ht nine ten eleven")
    accessible(page)


def test_a_probe_that_fails_by_mouse_is_told_and_an_earlier_one_found_again(
    page: Page, box: FaultBox
) -> None:
    Pretender.at(box)
    planned(endpoint(box.url))
    page.goto("/library/endpoints/box")
    page.get_by_role("button", name="Probe", exact=True).click()
    expect(page.locator("#probe [data-probe-state]")).to_have_attribute("data-probe-state", "done")
    box.fault = lambda _seen: "401"
    page.get_by_role("button", name="Probe again").click()
    expect(page.get_by_role("alert")).to_contain_text("HTTP 401: Incorrect API key provided")
    page.locator("#probes summary").click()
    page.locator("#probes a").last.click()
    expect(page.get_by_text("This is an earlier probe.")).to_be_visible()
    expect(page.locator("#probe tbody tr")).not_to_have_count(0)
    page.get_by_role("link", name="The newest").click()
    expect(page.get_by_role("alert")).to_be_visible()
