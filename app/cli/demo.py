"""The `demo` command: two small real models, a demo study, a page to read."""

import signal
import socket
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from functools import partial
from importlib import import_module
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.main import INTERRUPTED, SOME_FAILED, command, fail
from app.cli.serve import Port, listen, serve_on

if TYPE_CHECKING:
    from app.demo.models import LocalModel
    from app.demo.run import Prepared
    from app.settings import Settings

NoServe = Annotated[bool, typer.Option("--no-serve", help="End after the run.")]
Full = Annotated[bool, typer.Option("--full", help="20 repeats of every prompt, however long that takes.")]

WHAT = """\
The demo asks two toy models of 135 and 270 million parameters, on this machine. What they say is often wrong and
sometimes odd; the method is what it shows."""


@command("demo")
def demo(no_serve: NoServe = False, full: Full = False, port: Port = 8765) -> None:
    """Fetch and start two small local models, put the demo study to them, then serve its answers."""
    from contextlib import ExitStack

    from app.cli.local import local_settings
    from app.demo.models import MODELS, fetched
    from app.demo.processes import ServerError, require_free, starting

    found = local_settings()
    listener = None if no_serve else listen("127.0.0.1", port)
    print(WHAT)
    with _every_end_as_ctrl_c(), ExitStack() as stack:
        if listener is not None:
            stack.enter_context(listener)
        try:
            for model in MODELS:
                require_free(model)
            files = fetched(found.data / "models", print)
            servers = [stack.enter_context(starting(model, file)) for model, file in files.items()]
            prepared = _prepared(found, files, full=full, page=listener is not None)
            leave = partial(_set_aside, prepared.run_id)
            stack.callback(leave)
            for server in servers:
                server.await_ready()
                print(f"{server.model.title}: on 127.0.0.1:{server.model.port}. {server.model.licence}")
        except ServerError as error:
            fail(str(error))
        if prepared.queued and not prepared.new and listener is not None:
            print(f"{prepared.queued} draws are asked behind the page, which shows them as they come")
        elif prepared.run_id is not None and prepared.queued:
            _ask(prepared.run_id, full=full, behind=listener is not None)
        if listener is not None:
            _serve(listener, leave)
    if not files:
        raise typer.Exit(SOME_FAILED)


def _prepared(
    settings: "Settings", models: Collection["LocalModel"], *, full: bool, page: bool
) -> "Prepared":
    """Make the database and the run ready, and load what serves the page: all that while the models load."""
    from app import db
    from app.demo import run
    from app.schema import open_ready

    open_ready(settings)
    with db.writing() as session:
        prepared = run.prepare(session, models, print, full=full)
    if page:
        import_module("app.main")
    return prepared


def _set_aside(run_id: int | None) -> None:
    from app.demo import run

    run.set_aside(run_id)


@contextmanager
def _every_end_as_ctrl_c() -> Iterator[None]:
    """Take `kill`, and a terminal that is closed, for Ctrl-C, also where a script had that ignored.

    What is left is then paused and the model servers end: no other process could ask these draws.
    """

    def pass_on(_signal: int, _frame: FrameType | None) -> None:
        signal.raise_signal(signal.SIGINT)

    wanted = {signal.SIGINT: signal.default_int_handler, signal.SIGTERM: pass_on, signal.SIGHUP: pass_on}
    if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:  # nohup
        del wanted[signal.SIGHUP]
    before = {one: signal.signal(one, handler) for one, handler in wanted.items()}
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


def _ask(run_id: int, *, full: bool, behind: bool) -> None:
    """Ask the run's draws with live progress, then say what came of it; end with 130 after Ctrl-C."""
    import sys
    import time

    import uvloop

    from app.cli.screens import screen_for
    from app.demo import run
    from app.settings import settings

    seconds = None if full else run.GUARD_SECONDS
    begun = time.monotonic()
    ended = uvloop.run(run.ask(settings(), run_id, screen_for(sys.stdout), seconds=seconds, behind=behind))
    if ended == "interrupted":
        print("Stopped. The next demo goes on where this one ended.")
        raise typer.Exit(INTERRUPTED)
    print(f"Asked for {time.monotonic() - begun:.0f} s. What is not possible says why on its page.")
    if ended == "guard":
        where = "The rest is asked" if behind else "The next demo serves at once and asks the rest"
        print(f"{seconds:.0f} s are over. {where} behind the page, which shows it as it comes.")


def _serve(listener: socket.socket, ending: Callable[[], None]) -> None:
    """Serve until Ctrl-C, after naming the page to begin with."""
    address, port = listener.getsockname()[:2]
    print(f"Side by side: http://{address}:{port}/studies/demo/compare/demo/number", flush=True)
    serve_on(listener, ending)
