"""The `demo` command: two small real models, a demo study, a page to read."""

from typing import Annotated

import typer

from app.cli.main import command

NoServe = Annotated[bool, typer.Option("--no-serve", help="End after the run.")]
Full = Annotated[bool, typer.Option("--full", help="20 repeats of every prompt, however long that takes.")]


@command("demo")
def demo(no_serve: NoServe = False, full: Full = False) -> None:
    """Fetch and start two small local models, put the demo study to them, then serve its answers."""
    from app.demo.run import demo as run_demo

    run_demo(no_serve=no_serve, full=full)
