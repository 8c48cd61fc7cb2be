"""What is registered as files of design §10: a battery's file, and a study's folder with all that it names."""

import io
import zipfile
from collections.abc import Mapping
from functools import cache

from sqlalchemy.orm import Session

from app.batteries import queries as batteries
from app.batteries.models import Battery
from app.batteries.shape import BatteryShape
from app.runs.study_file import built_in, load_battery
from app.runs.study_shape import StudyShape
from app.runs.whole import battery_shape, endpoint_shape, head_of, prompts_of, style_shape, subject_shape
from app.runs.yaml_text import battery_text, study_text
from app.studies.models import Study
from app.studies.queries import wanted
from app.studies.shape import StudyHead
from app.subjects import queries as subjects

LONG_AGO = (1980, 1, 1, 0, 0, 0)  # the first moment that a ZIP file can tell


class Incomplete(ValueError):
    """A study that is no file yet: it names nobody to ask, or nothing to ask."""


@cache
def come_with_it() -> Mapping[str, BatteryShape]:
    """Return the batteries that come with the program, by slug."""
    return {slug: load_battery(path) for slug, path in built_in().items()}


def battery_file(session: Session, battery: Battery, number: int | None = None) -> str:
    """Return a version of a battery as a file, the newest where none is named; raise LookupError for none such."""
    found = [one for one in batteries.versions(session, battery.id) if number in (None, one.number)]
    if not found:
        raise LookupError(f"there is no version {number} of battery {battery.slug}")
    shape = BatteryShape(styloscope=1, battery=head_of(battery), prompts=prompts_of(session, found[0]))
    return battery_text(shape)


def study_files(session: Session, study: Study) -> dict[str, str]:
    """Return the files of a study by their names in its folder: `study.yaml`, and the batteries beside it.

    A battery that is as it comes with the program is named by its slug, and has no file. Raise Incomplete where
    no file could be made of it.
    """
    asked = wanted(study)
    whom = {one.slug: one for one in subjects.subjects(session)}
    what = {one.slug: one for one in batteries.batteries(session)}
    newest = subjects.newest_versions(session)
    rows = [whom[slug] for slug in asked.subjects if slug in whom]
    shapes = [battery_shape(session, what[slug]) for slug in asked.batteries if slug in what]
    if not rows or not shapes:
        raise Incomplete(f"study {study.slug} names no {'subject' if not rows else 'battery'}")
    endpoints = list({row.endpoint.slug: row.endpoint for row in rows}.values())
    own = [one for one in shapes if come_with_it().get(one.battery.slug) != one]
    names = {one.battery.slug: f"batteries/{one.battery.slug}.yaml" for one in own}
    shape = StudyShape(
        styloscope=1,
        study=StudyHead(slug=study.slug, title=study.title, question=study.question),
        styles=tuple({one.style.slug: style_shape(one.style) for one in endpoints}.values()),
        endpoints=tuple(map(endpoint_shape, endpoints)),
        subjects=tuple(subject_shape(row, newest[row.id]) for row in rows),
        batteries=tuple(f"./{names[one.battery.slug]}" if one in own else one.battery.slug for one in shapes),
        run=asked.run,
    )
    return {"study.yaml": study_text(shape), **{names[one.battery.slug]: battery_text(one) for one in own}}


def folder(files: Mapping[str, str]) -> bytes:
    """Return files as a ZIP file, the same bytes each time."""
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_STORED) as archive:
        for name, text in files.items():
            entry = zipfile.ZipInfo(name, LONG_AGO)
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, text.encode())
    return body.getvalue()
