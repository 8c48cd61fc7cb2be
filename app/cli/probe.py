"""The `probe` command: what endpoints can do, asked of them."""

import asyncio
import json
import os
from typing import Annotated

import typer

from app.cli.main import SOME_FAILED, command, fail

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]
Slug = Annotated[
    str, typer.Argument(metavar="[ENDPOINT]", help="An endpoint's slug; all where none is given.")
]


@command("probe")
def probe(endpoint: Slug = "", as_json: AsJson = False) -> None:
    """Ask what an endpoint can do, with a handful of tiny calls; exit 3 where one could not be asked."""
    from app.cli import probe_report
    from app.cli.local import local_settings
    from app.schema import open_ready

    found = local_settings()
    open_ready(found)
    rows = probe_report.chosen(endpoint)
    if endpoint and not rows:
        fail(probe_report.unknown(endpoint))
    say = _nothing if as_json else print
    for row in rows:
        say(probe_report.outlook_of(row))
    ended = asyncio.run(probe_report.probe_all(found, rows, os.environ, say))
    if as_json:
        print(json.dumps({"probes": [one.document() for one in ended]}, ensure_ascii=False))
    else:
        probe_report.show(ended)
    if not all(one.well for one in ended):
        raise typer.Exit(SOME_FAILED)


def _nothing(_line: str) -> None:
    """Say nothing: one document is all that is printed."""
