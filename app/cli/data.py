"""Commands that take data out."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli.main import FAILED, command, fail

if TYPE_CHECKING:
    from app.exports.selection import Filters

FORMATS = ("jsonl",)


@command("export")
def export(
    study: Annotated[str, typer.Argument(metavar="STUDY", help="A study's slug.")],
    out: Annotated[Path, typer.Option("--out", help="A folder that is new or empty.")],
    form: Annotated[str, typer.Option("--format", help=f"One of: {', '.join(FORMATS)}.")] = "jsonl",
    run: Annotated[list[int] | None, typer.Option("--run", help="Only this run; may be given again.")] = None,
    battery: Annotated[
        list[str] | None, typer.Option("--battery", help="Only this battery, by slug.")
    ] = None,
    subject: Annotated[
        list[str] | None, typer.Option("--subject", help="Only this subject, by slug.")
    ] = None,
    state: Annotated[
        list[str] | None,
        typer.Option("--state", help="Only this state: all that ended are taken otherwise."),
    ] = None,
    sets: Annotated[
        list[str] | None, typer.Option("--set", help="Only this working set, by number or name.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the manifest and nothing else.")] = False,
) -> None:
    """Write a study as a dataset folder; nothing is left behind when it cannot be finished."""
    from app.exports.selection import ENDED, Filters

    if form not in FORMATS:
        fail(f"--format: found {form!r}, expected {' or '.join(FORMATS)}")
    filters = Filters(
        tuple(run or ()), tuple(battery or ()), tuple(subject or ()), tuple(state or ENDED), tuple(sets or ())
    )
    manifest = _exported(study, out, filters)
    print(json.dumps(manifest, ensure_ascii=False) if as_json else _summary(out, manifest["counts"]))


def _exported(study: str, out: Path, filters: "Filters") -> dict[str, Any]:
    from app import db
    from app.exports import jsonl
    from app.exports.folder import PlaceTaken
    from app.exports.selection import SelectionError
    from app.schema import open_ready
    from app.settings import settings
    from app.transcripts.whole import BrokenPath

    open_ready(settings())
    try:
        with db.reading() as session:
            return jsonl.export(session, study, out, filters, public_url=settings().public_url)
    except (SelectionError, PlaceTaken) as error:
        fail(str(error))
    except OSError as error:
        fail(f"{out}: {error.strerror or error}")
    except BrokenPath as error:
        fail(f"the database is damaged ({error}); `styloscope verify` tells what and where", FAILED)


def _summary(out: Path, counts: dict[str, Any]) -> str:
    states = ", ".join(f"{number} {name}" for name, number in counts["states"].items()) or "none"
    return f"{out}: {counts['transcripts']} transcripts ({states}), {counts['messages']} messages"
