"""Reading a study file with its batteries: whole and sound, or one message."""

import os
from pathlib import Path

from app import batteries as batteries_package
from app.batteries.shape import BatteryShape
from app.runs import battery_checks, study_checks
from app.runs.applying import Applied, apply
from app.runs.mistakes import FileError, Mistake, nearest, one_of, shown
from app.runs.shaping import shaped
from app.runs.study_shape import StudyFile, StudyShape
from app.runs.yaml_source import Source, read

BUILT_IN = Path(batteries_package.__file__ or "").resolve().parent / "data"

__all__ = ["Applied", "FileError", "StudyFile", "apply", "built_in", "load", "load_battery"]


def load(path: Path) -> StudyFile:
    """Read a study file and its batteries; raise FileError with what is wrong in the first bad file."""
    source = read(path)
    if _holds(source, "prompts", but_not="study"):
        raise source.error(
            [Mistake((), "found a battery file, expected a study file, which names batteries")]
        )
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
    if _holds(source, "study", but_not="prompts"):
        raise source.error([Mistake((), "found a study file, expected a battery file")])
    shape = shaped(source, BatteryShape)
    mistakes = list(battery_checks.mistakes_of(shape))
    if mistakes:
        raise source.error(mistakes)
    return shape


def built_in() -> dict[str, Path]:
    """Return the batteries that come with the program, by slug."""
    return {path.stem: path for path in sorted(BUILT_IN.glob("*.yaml"))}


def _holds(source: Source, key: str, *, but_not: str) -> bool:
    return key in source.root.children and but_not not in source.root.children


def _battery_files(study: Path, shape: StudyShape) -> tuple[list[Path], list[Mistake]]:
    """Return the files of a study's batteries, and a mistake for each that there is not."""
    known, files, mistakes = built_in(), [], []
    for index, name in enumerate(shape.batteries):
        files.append(study.parent / name if "/" in name else known.get(name, study))
        wrong = _wrong_path(study, name) if "/" in name else _wrong_slug(study.parent, name, known)
        mistakes += [Mistake(("batteries", index), f"found {shown(name)}{wrong}")] if wrong else []
    return files, mistakes


def _wrong_slug(folder: Path, name: str, known: dict[str, Path]) -> str | None:
    """Return what is wrong with the name of a built-in battery."""
    if name in known:
        return None
    for beside in (name, f"{name}.yaml"):
        if _kind(folder / beside) == "a file":
            return f", expected ./{beside} (the path of a file begins with ./)"
    return f", expected {one_of(name, list(known), 'one of')}, or a path such as ./mine.yaml"


def _wrong_path(study: Path, name: str) -> str | None:
    """Return what is wrong with the path of a battery file.

    A study is one folder: it can be handed on whole, and a stranger's file makes us read nothing else.
    """
    file = Path(os.path.normpath(name))
    if file.is_absolute() or file.parts[:1] == ("..",):
        return ", which leads out of the study's folder, expected a path below it, such as ./mine.yaml"
    kind = _kind(study.parent / name)
    if kind == "a file":
        return None
    beside = [one.name for one in sorted((study.parent / file.parent).glob("*.yaml")) if one != study]
    near = nearest(file.name, beside)
    expected = f"./{file.parent / near}" if near else "the path of a battery file"
    return f", where there is {kind}, expected {expected}"


def _kind(path: Path) -> str:
    """Return what is at a path: a file, a folder or nothing."""
    try:
        return "a file" if path.is_file() else "a folder" if path.is_dir() else "nothing"
    except OSError:  # a name that no file can have
        return "nothing"
