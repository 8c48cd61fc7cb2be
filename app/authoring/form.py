"""The form of a draft: its fields as they stand, each with what is wrong with it and what was put aside."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from app.authoring import sheets
from app.authoring.models import Draft
from app.authoring.queries import slug_in
from app.authoring.saving import slug_unit
from app.authoring.units import Texts, mark
from app.batteries import queries as batteries
from app.runs.handing_on import come_with_it
from app.subjects import queries as subjects

Groups = list[tuple[sheets.Group, list["Row"]]]


@dataclass(frozen=True, slots=True)
class Row:
    """A field of the form as it stands: its texts, the mark of these, what is wrong, and what was put aside.

    `options` are what it can be, `instead` what an empty one is taken for, `fixed` that it can be no other.
    """

    field: sheets.Field
    texts: Texts
    was: str
    wrong: Sequence[str]
    asides: Sequence[Mapping[str, Any]]
    fixed: bool = False
    options: sheets.Options = ()
    instead: str = ""

    @property
    def turns(self) -> list[tuple[str, str]]:
        """The turns of a prompt as (role, words); at least one, to be written in."""
        places = [name for name in self.parts if name.endswith(".role")]
        found = [(self.parts[name], self.parts[name.replace("role", "words")]) for name in places]
        return found or [("user", "")]

    @property
    def text(self) -> str:
        """The text of a unit of one field."""
        return self.texts.get(self.field.name, "")

    @property
    def parts(self) -> Texts:
        """The texts of a unit of several fields, by what follows its name."""
        return {name[len(self.field.name) + 1 :]: text for name, text in self.texts.items()}


def groups_of(
    session: Session, draft: Draft, data: Mapping[str, Any], wrong: Mapping[str, Sequence[str]], prompt: str
) -> Groups:
    """Return the fields of a draft's form, or of one of its prompts; `data` is what they show."""
    groups = sheets.PROMPT if prompt else sheets.SHEETS[draft.kind]
    there = options(session, draft.kind)
    return [
        (group, [_row(draft, one, data, wrong, prompt, there) for one in group.fields]) for group in groups
    ]


def options(session: Session, kind: str) -> dict[str, sheets.Options]:
    """Return what a form of this kind can choose from of what is registered."""
    if kind == "endpoint":
        return {"styles": (("", "choose"), *((one.slug, one.name) for one in subjects.styles(session)))}
    if kind == "subject":
        rows = subjects.endpoints(session)
        return {"endpoints": (("", "choose"), *((one.slug, f"{one.slug} · {one.model}") for one in rows))}
    if kind == "study":
        here = {one.slug: one.title for one in batteries.batteries(session)}
        new = {slug: shape for slug, shape in come_with_it().items() if slug not in here}
        come = {slug: f"{shape.battery.title}, which comes with the program" for slug, shape in new.items()}
        return {
            "subjects": tuple((one.slug, one.name) for one in subjects.subjects(session)),
            "batteries": tuple((here | come).items()),
        }
    return {}


def _row(
    draft: Draft,
    one: sheets.Field,
    data: Mapping[str, Any],
    wrong: Mapping[str, Sequence[str]],
    prompt: str,
    there: Mapping[str, sheets.Options],
) -> Row:
    texts = one.unit.shown(data)
    is_slug = not prompt and one.name == slug_unit(draft.kind)
    return Row(
        field=one,
        texts=texts,
        was=mark(texts),
        wrong=wrong.get(one.name, ()),
        asides=[aside for aside in draft.aside if aside["unit"] == one.name and aside["prompt"] == prompt],
        fixed=is_slug and draft.of is not None,
        options=there.get(one.options_of, one.options),
        instead=slug_in(draft) if is_slug else "",
    )
