"""What tests of Compare in a browser share."""

import re

from playwright.sync_api import Page, expect

from tests.compare.reading import BATTERY


def address(page: Page, pattern: str) -> None:
    """Wait for an address, and for the page that belongs to it."""
    expect(page).to_have_url(re.compile(re.escape(BATTERY) + pattern))
    expect(page.locator("#main")).not_to_have_attribute("aria-busy", "true")
