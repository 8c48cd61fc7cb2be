"""Fixtures of browser tests: a real server on a free port, a real Chromium, and a page that forgives nothing.

Every page asserts at its end that no security policy was violated, nothing was written to the console as an error,
and no request left the origin.
"""

import os
import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page, Playwright, Request

from app import db
from app.main import create_app
from app.settings import Settings
from tests import seed
from tests.compare import cast
from tests.conftest import missing

QUIET = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync",
         "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"]  # fmt: skip
TELL_VIOLATIONS = """
addEventListener('securitypolicyviolation', event =>
  console.error('policy violated: ' + event.violatedDirective + ' ' + event.blockedURI + ' ' + event.sample));
"""
BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
SERIOUS = {"serious", "critical"}


def chromium(playwright: Playwright) -> str | None:
    """Find a browser: `CHROMIUM`, then the PATH, then Playwright's own; None when there is none.

    The shell is the same engine without a browser's own windows, each of which costs as much as a page of ours.
    """
    named = os.environ.get("CHROMIUM")
    if named:
        return shutil.which(named)
    on_path = next(filter(None, map(shutil.which, BROWSERS)), None)
    own = playwright.chromium.executable_path
    return on_path or (own if Path(own).exists() else None)


@pytest.fixture(scope="session")
def browser_type_launch_args(playwright: Playwright) -> dict[str, Any]:
    """Start the browser that is there, without a sandbox only as root (it refuses otherwise)."""
    found = chromium(playwright)
    if found is None:
        missing("Chromium (set CHROMIUM, or put it on the PATH)")
    flags = [*QUIET, "--no-sandbox"] if os.getuid() == 0 else QUIET
    return {"executable_path": found, "headless": True, "args": flags}


@pytest.fixture(scope="session")
def browser_context_args() -> dict[str, Any]:
    """One size, one language, one zone, no motion: pictures and texts come out alike everywhere."""
    return {
        "viewport": {"width": 1440, "height": 900},
        "reduced_motion": "reduce",
        "locale": "en-GB",
        "timezone_id": "UTC",
    }


@contextmanager
def serving(settings: Settings) -> Iterator[str]:
    """Serve the application from the database in use, in a thread; yield its address."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    config = uvicorn.Config(create_app(settings), log_level="warning", ws="none", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    started = threading.Event()
    startup = server.startup

    async def tell(sockets: list[socket.socket] | None = None) -> None:
        await startup(sockets)
        started.set()

    server.startup = tell  # type: ignore[method-assign]
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    assert started.wait(30), "the server did not start"
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)
        listener.close()


@pytest.fixture(scope="session", autouse=True)
def _verify_url() -> None:
    """Replace the base-url plugin's look at its address: each test here has a server of its own."""


@pytest.fixture
def base_url(sqlite: db.Database, settings: Settings) -> Iterator[str]:
    """The address of a server over an empty database of this test's own; seed it with `tests.seed`."""
    with serving(settings) as address:
        yield address


@pytest.fixture
def seeded(sqlite: db.Database) -> None:
    """A study with answers of every kind, for Compare."""
    with sqlite.writing() as session:
        seed.study(session, subjects=cast.SUBJECTS, prompts=cast.PROMPTS, say=cast.say)


class Guard:
    """Watches one page for what must never happen."""

    def __init__(self, page: Page, base_url: str) -> None:
        self.problems: list[str] = []
        self.allowed: list[str] = []
        self.base_url = base_url
        page.add_init_script(TELL_VIOLATIONS)
        page.on("console", self.console)
        page.on("pageerror", lambda error: self.problems.append(f"script error: {error}"))
        page.on(
            "request", self.request
        )  # looked at, not routed: routing would switch the browser's cache off

    def console(self, message: ConsoleMessage) -> None:
        expected = any(words in message.text for words in self.allowed)
        if message.type == "error" and not expected:
            self.problems.append(f"console: {message.text}")

    def request(self, request: Request) -> None:
        if not request.url.startswith((self.base_url + "/", "data:", "blob:")):
            self.problems.append(f"request off the origin: {request.url}")


@pytest.fixture
def open_page(
    browser: Browser, browser_context_args: dict[str, Any], base_url: str
) -> Iterator[Callable[..., Page]]:
    """Open a guarded page in a window (context) of its own; `expecting` words of console errors are let pass."""
    opened: list[tuple[Page, Guard]] = []

    def make(*, expecting: tuple[str, ...] = (), **context: Any) -> Page:
        page = browser.new_context(base_url=base_url, **{**browser_context_args, **context}).new_page()
        guard = Guard(page, base_url)
        guard.allowed.extend(expecting)
        opened.append((page, guard))
        return page

    yield make
    problems = [problem for _, guard in opened for problem in guard.problems]
    for page, _ in opened:
        page.context.close()
    assert not problems, "\n".join(problems)


@pytest.fixture
def page(open_page: Callable[..., Page]) -> Page:
    """A guarded page: no policy violation, no console error, no request off the origin."""
    return open_page()


@pytest.fixture
def second_page(open_page: Callable[..., Page]) -> Page:
    """A second reader's window, guarded alike."""
    return open_page()


@pytest.fixture
def accessible() -> Callable[[Page], None]:
    """Assert that axe finds nothing serious on the page, in light and (what goes by colours) in dark."""

    def check(page: Page) -> None:
        for scheme, rules in (("light", {}), ("dark", {"runOnly": ["color-contrast", "link-in-text-block"]})):
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            found = Axe().run(page, options={"resultTypes": ["violations"], **rules}).response["violations"]
            serious = [
                f"{scheme}: {one['id']} at {[node['target'] for node in one['nodes']][:5]}: {one['help']}"
                for one in found
                if one["impact"] in SERIOUS or one["id"] == "page-has-heading-one"
            ]
            assert not serious, "\n".join(serious)

    return check


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark everything in this folder as a browser test."""
    for item in items:
        if "tests/browser" in item.path.as_posix():
            item.add_marker(pytest.mark.browser)
