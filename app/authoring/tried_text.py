"""A text that was tried, on its way into the draft of a battery: its labels, and what is to be said of it there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel
from sqlalchemy.orm import Session

from app.authoring import commands, prompts
from app.authoring.checking import check
from app.authoring.linting import findings
from app.authoring.models import Draft
from app.authoring.queries import blank, data_of, draft_about, drafts, published, slug_of, title_in
from app.batteries import queries as batteries
from app.batteries.models import Battery
from app.batteries.rules import Finding
from app.batteries.shape import Mode, PromptShape
from app.transcripts.tries import MODES, turns_of
from app.transcripts.wish import Words

WORDS_OF_KEY = 4
NEW = "tried"  # the family of a text that changes no prompt
LABELS = ("key", "family", "variant")


class KeepForm(BaseModel):
    """The fields of the form. `into` is `battery.SLUG`, `draft.NUMBER` or '' for a new battery called `title`."""

    into: Words = ""
    title: Words = ""
    key: Words = ""
    family: Words = ""
    variant: Words = ""
    mode: str = ""


@dataclass(frozen=True, slots=True)
class Keeping:
    """What a form comes to: the data of the draft with the prompt in it, and the prompt's id there.

    `wrong` holds what is wrong by field of the form, `minded` what the rules of the study method say of the prompt.
    """

    form: KeepForm
    choices: Sequence[tuple[str, str]]
    data: Mapping[str, Any]
    prompt: str
    wrong: Mapping[str, str]
    minded: Sequence[Finding] = field(default=())


def first_form(session: Session, tried: PromptShape) -> KeepForm:
    """Return the form as it opens: the battery that holds the family, and the labels of what was changed."""
    said = next((turn.words for turn in tried.turns if turn.words.strip()), "")
    named = slug_of(" ".join(said.split()[:WORDS_OF_KEY]))[:48] or "prompt"
    home = _home_of(session, tried.family)
    into = f"battery.{home}" if home else ""
    fresh = tried.family == NEW
    key = prompts.free_key(_data(session, into) or blank("battery"), named)
    return KeepForm(
        into=into, title="" if home else "Tried texts", key=key,
        family=named if fresh else tried.family, variant="plain" if fresh else "", mode=tried.mode,
    )  # fmt: skip


def keeping(session: Session, tried: PromptShape, form: KeepForm) -> Keeping:
    """Return what a form comes to, beside the draft as it is."""
    choices = _choices(session)
    base = _data(session, form.into)
    if base is None:
        told = f"found {form.into!r}, expected a battery or a draft that is there, or a new one"
        return Keeping(form, choices, {}, "", {"into": told})
    if not form.into:
        title = form.title.strip()
        base = {**base, "battery": {"slug": slug_of(title), "title": title}}
    data, (new,) = prompts.added(base, [_shape(tried, form)])
    checked = check("battery", data)
    wrong = {_field(one.unit): one.text for one in reversed(checked.wrong) if one.prompt == new}
    if not form.into and not slug_of(form.title):
        wrong["title"] = f"found {form.title!r}, expected a name with a letter or a digit"
    minded = findings(session, str(base["battery"].get("slug", "")), checked).get(new, [])
    return Keeping(form, choices, data, new, wrong, minded)


def keep(session: Session, made: Keeping, *, person_id: int) -> Draft:
    """Put the prompt into the draft that the form names, beginning one where there is none."""
    kind, _, name = made.form.into.partition(".")
    if kind == "draft":
        row = commands.held(session, int(name))
    else:
        row = commands.begin(session, "battery", name or None, person_id=person_id)
    assert row is not None  # `keeping` has seen it
    row.data = dict(made.data)
    commands.touched(row)
    commands.tell(session, row, person_id=person_id)
    return row


def _choices(session: Session) -> list[tuple[str, str]]:
    """Return every battery, told where a draft of it is under way, and the drafts of new ones."""
    every = [one for one in drafts(session) if one.kind == "battery"]
    under_way = {one.of for one in every}
    there = [
        (f"battery.{row.slug}", row.title + (" (its draft)" if row.slug in under_way else ""))
        for row in batteries.batteries(session)
    ]
    new = [(f"draft.{one.id}", f"{title_in(one) or 'without a name'} (draft of a new one)")
           for one in every if one.of is None]  # fmt: skip
    return [*there, *new, ("", "a new battery")]


def _data(session: Session, into: str) -> Mapping[str, Any] | None:
    """Return the data of the draft that is named, as it is or would begin; None where there is no such thing."""
    kind, _, name = into.partition(".")
    if not into:
        return blank("battery")
    if kind == "draft" and name.isascii() and name.isdigit() and len(name) < 19:
        row = session.get(Draft, int(name))
        return row.data if row is not None and row.kind == "battery" else None
    if kind != "battery" or not _known(session, name):
        return None
    row = draft_about(session, "battery", name)
    return data_of("battery", published(session, "battery", name)) if row is None else row.data


def _known(session: Session, slug: str) -> Battery | None:
    return next((row for row in batteries.batteries(session) if row.slug == slug), None)


def _shape(tried: PromptShape, form: KeepForm) -> dict[str, Any]:
    """Return the prompt as a draft keeps it: the words that were tried, under the labels of the form."""
    mode: Mode = next((one for one in MODES if one == form.mode), tried.mode)
    turns = turns_of(mode, [turn.words for turn in tried.turns])
    shape = tried.model_copy(update={"mode": mode, "turns": turns}).model_dump(
        mode="json", exclude_defaults=True
    )
    return {**shape, **{name: getattr(form, name).strip() for name in LABELS}}


def _field(unit: str) -> str:
    return unit if unit in LABELS else "mode"


def _home_of(session: Session, family: str) -> str:
    """Return the battery whose newest version holds a family, '' where none does."""
    newest = batteries.newest_versions(session)
    for row in batteries.batteries(session):
        version = newest.get(row.id)
        if version and any(one.family == family for one in batteries.prompts_of(session, version.id)):
            return row.slug
    return ""
