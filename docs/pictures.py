"""Make the README's pictures anew: run the demo to its end, serve it, photograph it in Chromium.

`make pictures`. The models are small and their answers random, but seeds are fixed: on one machine the same
pictures come out.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "docs" / "pictures"
STYLOSCOPE = [sys.executable, "-m", "app.cli"]
SHOTS = {
    "compare.png": ("/studies/demo/compare/demo/name", "light"),
    "distribution.png": ("/studies/demo/compare/demo/number", "dark"),
}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def served() -> Iterator[str]:
    """Serve the database that the settings name and yield its address."""
    port = _free_port()
    base = f"http://127.0.0.1:{port}"
    child = subprocess.Popen([*STYLOSCOPE, "serve", "--port", str(port)], cwd=ROOT, stdout=subprocess.DEVNULL)
    try:
        deadline = monotonic() + 30
        while True:
            try:
                urllib.request.urlopen(f"{base}/healthz", timeout=1).close()
                break
            except (urllib.error.URLError, OSError):
                if child.poll() is not None or monotonic() > deadline:
                    raise RuntimeError("the server did not start") from None
                sleep(0.05)
        yield base
    finally:
        child.terminate()
        child.wait(15)


def answered() -> bool:
    """Tell whether the demo's newest run has ended; the demo asks for some time and pauses."""
    told = subprocess.run([*STYLOSCOPE, "status", "--json"], cwd=ROOT, check=True, stdout=subprocess.PIPE)
    of_demo = [run for run in json.loads(told.stdout)["runs"] if run["study"] == "demo"]
    return bool(of_demo) and max(of_demo, key=lambda run: int(run["id"]))["state"] in {"done", "failed"}


def main() -> None:
    """Run the demo until nothing is left, then take every picture."""
    while not answered():
        subprocess.run([*STYLOSCOPE, "demo", "--no-serve"], cwd=ROOT, check=True)
    PICTURES.mkdir(exist_ok=True)
    flags = ["--no-sandbox"] if os.getuid() == 0 else []
    browser_path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    with served() as base, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=[*flags, "--disable-gpu"])
        for name, (path, theme) in SHOTS.items():
            context = browser.new_context(
                viewport={"width": 1440, "height": 900}, locale="en-GB", timezone_id="UTC"
            )
            context.add_cookies([{"name": "theme", "value": theme, "url": base}])
            page = context.new_page()
            page.goto(base + path)
            page.wait_for_selector("html[data-live=open]")
            page.screenshot(path=PICTURES / name)
            context.close()
        browser.close()


if __name__ == "__main__":
    main()
