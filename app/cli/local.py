"""Settings for commands that serve or ask: what is not safe, or not built, is refused before anything is done."""

import secrets

from app.cli.main import fail
from app.settings import Settings, settings


def local_settings() -> Settings:
    """Return the settings; fail with one message where they cannot be served so."""
    found = settings()
    if found.mode == "team":
        _team(found)
    if found.root_path:
        fail(
            f"STYLOSCOPE_ROOT_PATH: found {found.root_path!r}, for a proxy that serves others below a path, "
            "which is not built yet; expected none (unset the variable)"
        )
    return found


def _team(found: Settings) -> None:
    """Hold what a server for others needs."""
    if not found.public_url:
        fail(
            "STYLOSCOPE_PUBLIC_URL: found none; team mode expects the address under which people reach the server, "
            "such as https://styloscope.example"
        )
    if not found.secret_key:
        fail(
            "STYLOSCOPE_SECRET_KEY: found none; team mode expects a random text of its own, such as "
            f"{secrets.token_urlsafe(32)}"
        )
