"""Lint where batteries meet: those of a study file, and the ones that come with the program."""

from collections.abc import Iterable, Mapping
from functools import cache

from app.batteries.lint import lint, texts
from app.batteries.rules import Finding
from app.batteries.shape import BatteryShape
from app.runs.study_file import built_in, load_battery


@cache
def built_in_texts() -> Mapping[str, Mapping[str, str]]:
    """Return the texts of each battery that comes with the program, by its slug (`lint.texts`)."""
    return {slug: texts(slug, load_battery(path).prompts) for slug, path in built_in().items()}


def findings(batteries: Iterable[BatteryShape]) -> list[tuple[str, Finding]]:
    """Return (battery, finding) of each battery of a file, held also against the others and the built-in ones."""
    batteries = list(batteries)
    known = {
        **built_in_texts(),
        **{one.battery.slug: texts(one.battery.slug, one.prompts) for one in batteries},
    }
    return [
        (one.battery.slug, finding)
        for one in batteries
        for finding in lint(one.prompts, elsewhere(one.battery.slug, known))
    ]


def elsewhere(battery: str, known: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """Return the texts of all batteries but this one."""
    return {text: place for slug, those in known.items() if slug != battery for text, place in those.items()}
