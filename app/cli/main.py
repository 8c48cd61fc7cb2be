"""The command itself: its groups, and how every command fails (one message, the agreed exit code)."""

import sys
from collections.abc import Callable
from functools import wraps
from typing import NoReturn, ParamSpec, TypeVar

import typer

P = ParamSpec("P")
T = TypeVar("T")

FAILED = 1
BAD_INPUT = 2
SOME_FAILED = 3
AT_BUDGET = 4
INTERRUPTED = 130

app = typer.Typer(
    name="styloscope",
    help="Compare how language models behave across alignment styles, and read the texts.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def fail(message: str, code: int = BAD_INPUT) -> NoReturn:
    """Print one message on standard error and end with this exit code."""
    print(message, file=sys.stderr)
    raise typer.Exit(code)


def command(name: str) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Register a command; a mistake of the user's (settings, schema, files) becomes one message and exit 2, a
    database that goes away one message and exit 1, Ctrl-C exit 130."""

    def register(function: Callable[P, T]) -> Callable[P, T]:
        @wraps(function)
        def run(*args: P.args, **kwargs: P.kwargs) -> T:
            from app.runs.mistakes import FileError
            from app.schema import SchemaError
            from app.settings import SettingsError

            try:
                return function(*args, **kwargs)
            except (SettingsError, SchemaError, FileError) as error:
                fail(str(error))
            except KeyboardInterrupt:
                fail("interrupted", INTERRUPTED)
            except Exception as error:
                from app.db import AWAY, said

                if not isinstance(error, AWAY):
                    raise
                fail(f"the database cannot be used any more: {said(error)}", FAILED)

        app.command(name)(run)
        return run

    return register


def main() -> None:
    """Run the command line."""
    from app.cli import groups

    groups.load()
    app()
