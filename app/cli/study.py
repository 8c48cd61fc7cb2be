"""Commands about study files: `check` tells what one comes to, `apply` registers what it names."""

import json
from pathlib import Path
from typing import Annotated

import typer

from app.cli.main import command

StudyPath = Annotated[
    Path, typer.Argument(metavar="STUDY.yaml", help="A study file; see docs/study-file.md.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]


@command("check")
def check(study: StudyPath, as_json: AsJson = False) -> None:
    """Validate a study file and print the calls, tokens and cost to expect. Sends nothing, writes nothing."""
    from app.cli import check_report
    from app.cli.probed import as_probed
    from app.runs.study_file import load
    from app.settings import settings

    file = load(study)
    report = check_report.of(file, *as_probed(file, settings()))
    if as_json:
        print(json.dumps(check_report.document(report), ensure_ascii=False))
    else:
        check_report.show(report)


@command("apply")
def apply(study: StudyPath, as_json: AsJson = False) -> None:
    """Register the styles, endpoints, subjects, batteries and the study that a file names; idempotent."""
    from app import db
    from app.runs.study_file import apply as apply_file
    from app.runs.study_file import load
    from app.schema import open_ready
    from app.settings import settings

    file = load(study)
    open_ready(settings())
    with db.writing() as session:
        applied = apply_file(session, file)
    slug = file.shape.study.slug
    if as_json:
        print(json.dumps({"study": slug, "changed": applied.lines}, ensure_ascii=False))
        return
    for line in applied.lines or (f"study {slug}: unchanged",):
        print(line)
