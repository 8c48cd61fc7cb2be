"""Reading a study file with its batteries: whole and sound, or one message."""

from pathlib import Path

from app import batteries as batteries_package
from app.batteries.shape import BatteryShape
from app.runs import battery_checks, study_checks
from app.runs.applying import Applied, apply
from app.runs.mistakes import FileError, Mistake, shown
from app.runs.shaping import shaped
from app.runs.study_shape import StudyFile, StudyShape
from app.runs.yaml_source import read

BUILT_IN = Path(batteries_package.__file__ or "").resolve().parent / "data"

__all__ = ["Applied", "FileError", "StudyFile", "apply", "built_in", "load", "load_battery"]


def load(path: Path) -> StudyFile:
    """Read a study file and its batteries; raise FileError with what is wrong in the first bad file."""
    source = read(path)
    shape = shaped(source, StudyShape)
    files, missing = _battery_files(path, shape)
    mistakes = [*study_checks.mistakes_of(shape), *missing]
    if mistakes:
        raise source.error(mistakes)
    batteries = tuple(load_battery(file) for file in files)
    slugs = [battery.battery.slug for battery in batteries]
    for index, slug in enumerate(slugs):
        if slug in slugs[:index]:
            text = f"found the battery {shown(slug)} again, expected each slug once"
            raise source.error([Mistake(("batteries", index), text)])
    return StudyFile(path, shape, batteries)


def load_battery(path: Path) -> BatteryShape:
    """Read a battery file; raise FileError with what is wrong in it."""
    source = read(path)
    shape = shaped(source, BatteryShape)
    mistakes = list(battery_checks.mistakes_of(shape))
    if mistakes:
        raise source.error(mistakes)
    return shape


def built_in() -> dict[str, Path]:
    """Return the batteries that come with the program, by slug."""
    return {path.stem: path for path in sorted(BUILT_IN.glob("*.yaml"))}


def _battery_files(study: Path, shape: StudyShape) -> tuple[list[Path], list[Mistake]]:
    """Return the files of a study's batteries, and a mistake for each that there is not."""
    known, files, mistakes = built_in(), [], []
    for index, name in enumerate(shape.batteries):
        if "/" in name:
            file = study.parent / name
            missing = None if file.is_file() else f"found {shown(name)}, expected the path of a battery file"
        else:
            file = known.get(name, study)
            listed = ", ".join(known)
            missing = f"found {shown(name)}, expected one of {listed}, or a path such as ./mine.yaml"
            missing = None if name in known else missing
        files.append(file)
        mistakes += [Mistake(("batteries", index), missing)] if missing else []
    return files, mistakes
