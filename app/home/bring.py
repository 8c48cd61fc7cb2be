"""Bringing a study file in the browser: pasted or uploaded, checked, and applied by the command's own steps."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Annotated

from fastapi import APIRouter, File, Form, Request, UploadFile
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from app import db
from app.runs.linting import findings
from app.runs.study_file import FileError, StudyFile, apply, load
from app.web import page, slow

router = APIRouter(include_in_schema=False)
STUDY = "study.yaml"
MOST = 20  # battery files beside a study


@dataclass(frozen=True, slots=True)
class Beside:
    """A battery file that a study names by its path."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Brought:
    """What was pasted or uploaded, and what is wrong with it."""

    study: str = ""
    beside: tuple[Beside, ...] = ()
    mistakes: tuple[str, ...] = ()


@router.get("/library/bring")
def form(request: Request) -> HTMLResponse:
    """Show where a study file is pasted or uploaded."""
    return page(request, "home/bring.html", here="library", brought=Brought(), sound=None, warnings=0)


@router.post("/library/bring")
async def bring(
    request: Request,
    study: Annotated[str, Form()] = "",
    name: Annotated[list[str] | None, Form()] = None,
    text: Annotated[list[str] | None, Form()] = None,
    files: Annotated[list[UploadFile] | None, File()] = None,
    act: Annotated[str, Form()] = "check",
) -> Response:
    """Check a study file, or apply it; what is wrong comes back with what was given."""
    sent = [(one.filename or "", await one.read()) for one in files or () if one.filename]
    beside = [Beside(*both) for both in zip(name or (), text or (), strict=False)]
    return await slow(_brought, request, study, beside, sent, act == "apply")


def _brought(
    request: Request, study: str, beside: Sequence[Beside], sent: Sequence[tuple[str, bytes]], go: bool
) -> Response:
    given = gathered(study, beside, sent)
    sound, warnings = None, 0
    if not given.mistakes:
        try:
            sound = _loaded(given)
            warnings = len(findings(sound.batteries))
            if go:
                with db.writing() as session:
                    apply(session, sound)
                return RedirectResponse(f"/runs/new?study={sound.shape.study.slug}", 303)
        except FileError as error:
            given = Brought(given.study, given.beside, error.lines)
    status = 422 if given.mistakes else 200
    return page(request, "home/bring.html", status_code=status, here="library", brought=given,
                sound=sound if not given.mistakes else None, warnings=warnings)  # fmt: skip


def gathered(study: str, beside: Sequence[Beside], sent: Sequence[tuple[str, bytes]]) -> Brought:
    """Put what was pasted and uploaded together: the file with a `study:` is the study, others lie beside it."""
    texts = {one.name: one.text.replace("\r\n", "\n") for one in beside}
    study, mistakes = study.replace("\r\n", "\n"), []
    for name, body in sent:
        named = PurePosixPath(name.replace("\\", "/")).name
        try:
            text = body.decode("utf-8-sig").replace("\r\n", "\n")
        except UnicodeDecodeError as error:
            mistakes.append(
                f"{named}: found bytes that are no UTF-8 at {error.start:,}, expected a text file"
            )
            continue
        if any(line.startswith("study:") for line in text.split("\n")):
            study = text
        else:
            texts[named] = text
    mistakes += [
        f"{one}: found this name, expected one such as mine.yaml" for one in texts if not _is_name(one)
    ]
    if len(texts) > MOST:
        mistakes.append(f"found {len(texts)} files beside the study, expected at most {MOST}")
    if not mistakes and not study.strip():
        mistakes.append(f"{STUDY}: found nothing, expected a study file; paste it, or choose the file")
    return Brought(study, tuple(Beside(name, text) for name, text in sorted(texts.items())), tuple(mistakes))


def _is_name(name: str) -> bool:
    plain = PurePosixPath(name).name == name and "\0" not in name
    return plain and name != STUDY and name.endswith((".yaml", ".yml"))


def _loaded(given: Brought) -> StudyFile:
    """Read the files as the commands do: from a folder, which is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="styloscope-") as folder:
        (Path(folder) / STUDY).write_text(given.study, "utf-8", newline="")
        for one in given.beside:
            (Path(folder) / one.name).write_text(one.text, "utf-8", newline="")
        try:
            return load(Path(folder) / STUDY)
        except FileError as error:
            raise FileError(line.replace(f"{folder}/", "") for line in error.lines) from error
