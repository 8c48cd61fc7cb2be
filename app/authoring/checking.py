"""Whether a draft is sound: the shapes' own rules, each mistake at its unit of its prompt."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, Field

from app.authoring import sheets
from app.batteries.shape import BatteryHead, BatteryShape, PromptShape
from app.runs import battery_checks
from app.runs.mistakes import Loc, Mistake, place
from app.runs.shaping import fitted
from app.runs.study_checks import endpoint_mistakes, run_mistakes, subject_mistakes
from app.shape import Shape, Slug
from app.studies.shape import RunBlock, StudyHead
from app.subjects.shape import EndpointShape, StyleShape, SubjectShape


class StudyPlan(Shape):
    """What a browser writes of a study: its question, and whom and what it asks."""

    study: StudyHead
    subjects: tuple[Slug, ...] = Field(min_length=1)
    batteries: tuple[Slug, ...] = Field(min_length=1)
    run: RunBlock = RunBlock()


MODELS: Mapping[str, type[BaseModel]] = {
    "style": StyleShape,
    "endpoint": EndpointShape,
    "subject": SubjectShape,
    "study": StudyPlan,
}


@dataclass(frozen=True, slots=True)
class Wrong:
    """A mistake of a draft: of which prompt ('' = of the thing itself), at which unit, and what it is."""

    prompt: str
    unit: str
    text: str
    label: str


@dataclass(frozen=True, slots=True)
class Checked:
    """A draft as its shape has it, None where it is not sound; `sound` holds each prompt that is, by its id."""

    shape: Any
    wrong: tuple[Wrong, ...]
    sound: Mapping[str, PromptShape]

    def at(self, prompt: str) -> dict[str, list[str]]:
        """Return what is wrong with a prompt, or with the thing itself, by unit."""
        found: dict[str, list[str]] = {}
        for one in self.wrong:
            if one.prompt == prompt:
                found.setdefault(one.unit, []).append(one.text)
        return found


def check(kind: str, data: Mapping[str, Any]) -> Checked:
    """Check a draft's data."""
    if kind == "battery":
        return _battery(data)
    shape, mistakes = fitted(data, MODELS[kind])
    if isinstance(shape, EndpointShape):
        mistakes = list(endpoint_mistakes(shape, ()))
    elif isinstance(shape, SubjectShape):
        mistakes = list(subject_mistakes(shape, ()))
    elif isinstance(shape, StudyPlan):
        mistakes = list(run_mistakes(shape.run))
    wrong = tuple(_wrong("", mistakes, sheets.SHEETS[kind]))
    return Checked(None if wrong else shape, wrong, {})


def _battery(data: Mapping[str, Any]) -> Checked:
    head, mistakes = fitted(data.get("battery", {}), BatteryHead)
    wrong = list(_wrong("", mistakes, sheets.SHEETS["battery"]))
    sound: dict[str, PromptShape] = {}
    for one in data["prompts"]:
        shape, mistakes = fitted(one["shape"], PromptShape)
        wrong += _wrong(one["id"], mistakes, sheets.PROMPT)
        if shape is not None:
            sound[one["id"]] = shape
    wrong += _among(sound)
    if not data["prompts"]:
        wrong.append(Wrong("", "", "found no prompt, expected at least one", "Prompts"))
    if wrong or head is None:
        return Checked(None, tuple(wrong), sound)
    return Checked(BatteryShape(styloscope=1, battery=head, prompts=tuple(sound.values())), (), sound)


def _among(sound: Mapping[str, PromptShape]) -> Iterator[Wrong]:
    """Yield what is wrong with prompts of a sound shape, by themselves and among each other."""
    ids = list(sound)
    head = BatteryHead.model_construct(slug="", title="")
    whole = BatteryShape.model_construct(styloscope=1, battery=head, prompts=tuple(sound.values()))
    for mistake in battery_checks.mistakes_of(whole):
        _, index, *rest = mistake.loc
        first = sound[ids[int(mistake.first[1])]].key if mistake.first else ""
        text = f"{mistake.text} (first in {first})" if first else mistake.text
        yield from _wrong(ids[int(index)], [Mistake(tuple(rest), text)], sheets.PROMPT)


def _wrong(prompt: str, mistakes: Iterable[Mistake], groups: Sequence[sheets.Group]) -> Iterator[Wrong]:
    labels = {field.name: field.label for group in groups for field in group.fields}
    for mistake in mistakes:
        unit, rest = _unit(mistake.loc, labels)
        inside = f"{_within(unit, rest)}: " if rest else ""
        yield Wrong(prompt, unit, f"{inside}{mistake.text}", labels.get(unit, unit))


def _unit(loc: Loc, names: Iterable[str]) -> tuple[str, Loc]:
    """Return the unit that a place of the shape belongs to, and the place within it."""
    for length in range(len(loc), 0, -1):
        name = ".".join(str(part) for part in loc[:length])
        if name in names:
            return name, loc[length:]
    return place(loc), ()


def _within(unit: str, rest: Loc) -> str:
    if unit == "turns" and isinstance(rest[0], int):
        return f"turn {rest[0] + 1}"
    return place(rest)
