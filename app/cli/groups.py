"""The files that hold the commands; importing one registers its commands."""

from importlib import import_module

FILES = ("study", "run", "probe", "serve", "data", "care", "user", "demo")


def load() -> None:
    """Register every command."""
    for name in FILES:
        import_module(f"app.cli.{name}")
