"""Making a text that was tried a prompt of a battery, by the same commands as a file would."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from sqlalchemy.orm import Session

from app.accounts.models import LOCAL
from app.batteries import queries
from app.batteries.commands import put_battery
from app.batteries.lint import lint
from app.batteries.models import Battery, Prompt
from app.batteries.rules import Finding
from app.batteries.shape import BatteryHead, BatteryShape, Mode, PromptShape
from app.live.log import record
from app.runs.applying import one_at_a_time
from app.runs.battery_checks import mistakes_of
from app.runs.linting import built_in_texts, elsewhere
from app.runs.queries import battery_version_in_use
from app.studies.commands import put_study
from app.studies.models import Study
from app.studies.queries import wanted
from app.studies.shape import StudyHead
from app.transcripts.tries import MODES, turns_of
from app.transcripts.wish import Words

S = TypeVar("S", bound=BaseModel)
NAMES = ("key", "family", "variant", "branch", "theme", "title")


class KeepForm(BaseModel):
    """The fields of the form: the battery by slug ('' = a new one, of `slug` and `name`), and the prompt's labels.

    `asked` adds the battery to those that the study asks.
    """

    battery: Words = ""
    slug: Words = ""
    name: Words = ""
    key: Words = ""
    family: Words = ""
    variant: Words = ""
    branch: Words = ""
    theme: Words = ""
    title: Words = ""
    mode: str = ""
    asked: str = ""


@dataclass(frozen=True, slots=True)
class Keeping:
    """What a form comes to: the battery with the prompt at its end, or what is wrong with it by field.

    `minded` is what the rules of the study method say of the prompt.
    """

    form: KeepForm
    batteries: Sequence[Battery]
    shape: BatteryShape | None
    wrong: dict[str, str]
    minded: tuple[Finding, ...] = ()


def first_form(session: Session, study: Study, tried: PromptShape) -> KeepForm:
    """Return the form as it opens: the battery that holds the family, and the labels of what was changed."""
    home = _home_of(session, tried.family)
    new = tried.family == "tried"
    return KeepForm(
        battery=home, slug="" if home else f"{study.slug}-tried", name="" if home else f"Tried in {study.title}",
        family="" if new else tried.family, variant="plain" if new else "", branch=tried.branch, theme=tried.theme,
        mode=tried.mode, asked="1",
    )  # fmt: skip


def keeping(session: Session, tried: PromptShape, form: KeepForm) -> Keeping:
    """Return what a form comes to."""
    known = queries.batteries(session)
    row = next((one for one in known if one.slug == form.battery), None)
    wrong = _wrong_battery(form, row, {one.slug for one in known})
    prompt = _prompt(tried, form, wrong)
    head = _head(form, row, wrong)
    if prompt is None or head is None or wrong:
        return Keeping(form, known, None, wrong)
    there = _prompts(session, row)
    shape = BatteryShape(styloscope=1, battery=head, prompts=(*there, prompt))
    for one in mistakes_of(shape):
        wrong.setdefault(str(one.loc[2]) if len(one.loc) > 2 else "key", one.text)
    known_texts = elsewhere(head.slug, built_in_texts())
    minded = tuple(one for one in lint(shape.prompts, known_texts) if one.prompt == prompt.key)
    return Keeping(form, known, None if wrong else shape, wrong, minded)


def keep(session: Session, study: Study, shape: BatteryShape, *, asked: bool, person_id: int = LOCAL) -> None:
    """Register a battery with its new prompt; `asked` adds it to those that the study asks."""
    one_at_a_time(session)
    put_battery(session, shape, partial(battery_version_in_use, session))
    wants, slug = wanted(study), shape.battery.slug
    if asked and slug not in wants.batteries:
        wants = wants.model_copy(update={"batteries": (*wants.batteries, slug)})
        put_study(session, StudyHead(slug=study.slug, title=study.title, question=study.question), wants)
    record(session, "study.applied", {"study": study.id}, study=study.id, actor=person_id)


def _home_of(session: Session, family: str) -> str:
    """Return the battery whose newest version holds a family, '' where none does."""
    newest = queries.newest_versions(session)
    for row in queries.batteries(session):
        version = newest.get(row.id)
        if version and any(one.family == family for one in queries.prompts_of(session, version.id)):
            return row.slug
    return ""


def _prompts(session: Session, row: Battery | None) -> list[PromptShape]:
    if row is None:
        return []
    newest = queries.newest_versions(session)[row.id]
    found: Sequence[Prompt] = queries.prompts_of(session, newest.id)
    return [PromptShape.model_validate(one.shape) for one in found]


def _wrong_battery(form: KeepForm, row: Battery | None, known: set[str]) -> dict[str, str]:
    if form.battery and row is None:
        return {"battery": f"found {form.battery!r}, expected a battery that is there, or a new one"}
    if not form.battery and form.slug in known:
        return {"slug": f"found {form.slug!r}, which is there already; choose it above, or another name"}
    return {}


def _prompt(tried: PromptShape, form: KeepForm, wrong: dict[str, str]) -> PromptShape | None:
    mode: Mode = next((one for one in MODES if one == form.mode), tried.mode)
    said = {
        **tried.model_dump(exclude={"turns", "title", *NAMES}), "mode": mode,
        "turns": [turn.model_dump() for turn in turns_of(mode, [turn.words for turn in tried.turns])],
        **{name: getattr(form, name).strip() for name in NAMES},
    }  # fmt: skip
    return _shaped(PromptShape, said, wrong)


def _head(form: KeepForm, row: Battery | None, wrong: dict[str, str]) -> BatteryHead | None:
    if row is not None:
        fields = BatteryHead.model_fields
        return BatteryHead.model_validate({name: getattr(row, name) for name in fields})
    if not form.name.strip():
        wrong["name"] = "found an empty text, expected a name"
    return _shaped(BatteryHead, {"slug": form.slug.strip(), "title": form.name.strip()}, wrong)


def _shaped(model: type[S], values: dict[str, Any], wrong: dict[str, str]) -> S | None:
    try:
        return model.model_validate(values)
    except ValidationError as error:
        for one in error.errors(include_url=False):
            field = str(one["loc"][0]) if one["loc"] else "key"
            said = one["ctx"]["error"].args[0] if one["type"] == "value_error" else one["msg"]
            wrong[field] = f"found {values.get(field)!r}, {said}"
        return None
