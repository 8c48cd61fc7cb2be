"""The command itself: its groups, and how every command fails (one message, the agreed exit code)."""

import gc
import json
import sys
from collections.abc import Callable, Sequence
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


class Failed(typer.Exit):
    """The end of a command: one message, and all that is wrong, a line for each."""

    def __init__(self, message: str, code: int, lines: Sequence[str] = ()) -> None:
        super().__init__(code)
        self.message = message
        self.lines = tuple(lines) or tuple(message.split("\n"))


def fail(message: str, code: int = BAD_INPUT) -> NoReturn:
    """End the command with one message and this exit code."""
    raise Failed(message, code)


def command(name: str) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Register a command; a mistake of the user's (settings, schema, files) becomes one message and exit 2, a
    database that goes away one message and exit 1, Ctrl-C exit 130."""

    def register(function: Callable[P, T]) -> Callable[P, T]:
        @wraps(function)
        def run(*args: P.args, **kwargs: P.kwargs) -> T:
            try:
                return function(*args, **kwargs)
            except (Exception, KeyboardInterrupt) as error:
                failed = _failed(error)
                if failed is None:
                    raise
                _tell(failed, as_json=bool(kwargs.get("as_json")))
                raise failed from None

        app.command(name)(run)
        return run

    return register


def _failed(error: BaseException) -> Failed | None:
    """Return the end of a command that an error stands for, None for a fault of ours."""
    from app.db import AWAY, said
    from app.runs.mistakes import FileError
    from app.schema import SchemaError
    from app.settings import SettingsError

    match error:
        case Failed():
            return error
        case FileError():
            return Failed(str(error), BAD_INPUT, error.lines)
        case SettingsError() | SchemaError():
            return Failed(str(error), BAD_INPUT)
        case KeyboardInterrupt():
            return Failed("interrupted", INTERRUPTED)
    if isinstance(error, AWAY):
        return Failed(f"the database cannot be used any more: {said(error)}", FAILED)
    return None


def _tell(failed: Failed, *, as_json: bool) -> None:
    """Print what is wrong: on standard error; bad input under --json as the document that was asked for."""
    if as_json and failed.exit_code == BAD_INPUT:
        print(json.dumps({"ok": False, "mistakes": failed.lines}, ensure_ascii=False))
    else:
        print(failed.message, file=sys.stderr)


def main() -> None:
    """Run the command line."""
    from app.cli import groups

    _start_quickly()
    groups.load()
    app()


def _start_quickly() -> None:
    """Leave out what a command's imports would spend a tenth of their time on, and nobody needs."""
    # Nothing of what is imported is garbage, and by default the collector walks through it again and again.
    gc.set_threshold(10_000, 20, 20)
    # A command of httpx's own, with Click, Pygments and Rich behind it: httpx does without where it is missing.
    sys.modules["httpx._main"] = None  # type: ignore[assignment]
    # The colours of an error in a template of Alembic's, and Pygments again: Mako does without in the same way.
    sys.modules["mako.ext.pygmentplugin"] = None  # type: ignore[assignment]
