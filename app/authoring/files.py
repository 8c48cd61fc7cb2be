"""Files of what is registered, or drafted: as `check` and `apply` read them."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from app.authoring import commands
from app.authoring.queries import draft, slug_in
from app.batteries.queries import battery
from app.batteries.shape import BatteryShape
from app.runs.handing_on import Incomplete, battery_file, folder, study_files
from app.runs.yaml_text import battery_text
from app.studies.queries import study
from app.web import LARGEST, Invalid, NotFound, Number, ReadDep

router = APIRouter(include_in_schema=False)
YAML = "application/yaml; charset=utf-8"
VersionNumber = Annotated[int | None, Query(ge=1, le=LARGEST)]


@router.get("/library/batteries/{slug}/file")
def of_battery(session: ReadDep, slug: str, version: VersionNumber = None) -> Response:
    """Hand out a version of a battery as a file."""
    row = battery(session, slug)
    if row is None:
        raise NotFound(f"There is no battery {slug}.")
    try:
        return _handed(battery_file(session, row, version), f"{slug}.yaml")
    except LookupError as error:
        raise NotFound(f"There is no version {version} of the battery {slug}.") from error


@router.get("/library/drafts/{number}/file")
def of_draft(session: ReadDep, number: Number) -> Response:
    """Hand out a battery's draft as a file, where it is sound."""
    row = draft(session, number)
    if row is None:
        raise NotFound("There is no such draft; it was published or thrown away.")
    shape = commands.checked(session, row).shape
    if not isinstance(shape, BatteryShape):
        raise Invalid("Only a sound draft of a battery can be a file.")
    return _handed(battery_text(shape), f"{slug_in(row)}.yaml")


@router.get("/studies/{slug}/file")
def of_study(session: ReadDep, slug: str) -> Response:
    """Hand out a study as a folder: its file, and those of its batteries that are no built-in ones."""
    row = study(session, slug)
    if row is None:
        raise NotFound(f"There is no study {slug}.")
    try:
        return _handed(folder(study_files(session, row)), f"{slug}.zip", "application/zip")
    except Incomplete as error:
        raise Invalid(f"{error}: it cannot be a file yet.") from error


def _handed(body: str | bytes, name: str, kind: str = YAML) -> Response:
    return Response(body, media_type=kind, headers={"content-disposition": f'attachment; filename="{name}"'})
