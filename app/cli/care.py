"""Commands that look after the database: `verify`, `migrate`, `doctor`."""

import json
from typing import Annotated

import typer

from app.cli.main import SOME_FAILED, command

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]
PRINTED = 100


@command("verify")
def verify(as_json: AsJson = False) -> None:
    """Check that everything is as it was written: hashes, paths, sums, states. Changes nothing; exit 3 if not."""
    from app import db
    from app.schema import open_ready
    from app.settings import settings
    from app.transcripts import verify as checking

    database = open_ready(settings())
    with db.reading() as session:
        report = checking.verify(session, checking.watch(database))
    if as_json:
        print(json.dumps(report.document(), ensure_ascii=False))
    else:
        for problem in report.problems[:PRINTED]:
            print(f"{problem.where}: {problem.found}")
        if report.found > PRINTED:
            print(f"… and {report.found - PRINTED} more (--json shows the first {checking.SHOWN})")
        looked = ", ".join(f"{number} {name}" for name, number in report.checked.items())
        print(f"checked {looked}: {f'{report.found} problems' if report.found else 'all as it was written'}")
    if not report.clean:
        raise typer.Exit(SOME_FAILED)


@command("migrate")
def migrate() -> None:
    """Bring the database to this program's version; an embedded one is backed up before."""
    from app import schema
    from app.db import open_database
    from app.settings import settings

    found = settings()
    database = open_database(found)
    before = schema.version(database)
    if before == schema.HEAD:
        print(f"the database is at version {before}: nothing to do")
        return
    if found.embedded:
        database.close()
        schema.open_ready(found)
        backups = sorted(found.data.glob("*.bak"), key=lambda path: path.stat().st_mtime)
        kept = f"; the one before is kept as {backups[-1]}" if before and backups else ""
    else:
        schema.migrate(database)
        kept = ""
    print(f"the database is now at version {schema.HEAD} (was {before or 'empty'}){kept}")


@command("doctor")
def doctor(as_json: AsJson = False) -> None:
    """Tell how this installation is: versions, settings, database, disk, keys by name, locks. Changes nothing."""
    from app.cli import doctor_report
    from app.settings import settings

    found = list(doctor_report.lines(settings(), doctor_report.environment()))
    told = doctor_report.document(found)
    if as_json:
        print(json.dumps(told, ensure_ascii=False))
    else:
        about = ""
        for line in found:
            if line.about != about:
                about = line.about
                print(about)
            mark = {True: "ok", False: "!!", None: "  "}[line.well]
            print(f"  {mark} {line.name}: {line.found}")
        print("all well" if told["ok"] else "lines marked !! need a look")
    if not told["ok"]:
        raise typer.Exit(SOME_FAILED)
