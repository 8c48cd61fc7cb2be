"""Settings for commands that serve or ask: what needs accounts is refused, not done by half."""

from app.cli.main import fail
from app.settings import Settings, settings


def local_settings() -> Settings:
    """Return the settings; fail with one message where they ask for what is not built yet."""
    found = settings()
    if found.mode == "team":
        fail(
            "STYLOSCOPE_MODE: found 'team', which needs accounts, and those are not built yet; expected 'local' "
            "(unset the variable)"
        )
    if found.root_path:
        fail(
            f"STYLOSCOPE_ROOT_PATH: found {found.root_path!r}, for a proxy that serves others, which comes with "
            "team mode; expected none (unset the variable)"
        )
    return found
