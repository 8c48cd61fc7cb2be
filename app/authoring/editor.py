"""The page on which a draft is written: its form, its list of prompts, and what there is to say of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from app.authoring import prompts, sheets
from app.authoring.checking import Checked, Wrong
from app.authoring.commands import checked
from app.authoring.differing import Difference, difference
from app.authoring.foretelling import foretold
from app.authoring.form import Row, groups_of
from app.authoring.linting import findings
from app.authoring.models import Draft
from app.authoring.queries import ground_of, published, slug_in, title_in
from app.authoring.saving import Saved, form_of
from app.authoring.trying import Answers, Sent, answers, sent_by, sent_to
from app.batteries import queries as batteries
from app.batteries.rules import Finding
from app.runs.queries import Asking, runs_asking_battery
from app.runs.whole import prompts_of

WORDS = {"lint": "To mind", "diff": "Difference", "answers": "Answers", "sent": "Sent"}


@dataclass(frozen=True, slots=True)
class Item:
    """A line of the list of prompts; `family` is told where another one begins."""

    id: str
    label: str
    title: str
    family: str
    wrong: int
    warn: int
    look: int
    change: str


@dataclass(frozen=True, slots=True)
class Since:
    """The version that a draft is compared with: the last one that a run asked, else the newest."""

    number: int
    run: int | None
    difference: Difference


@dataclass(slots=True)
class Editor:
    """The page. `prompt` is the id of the one that is shown, '' for the thing itself."""

    draft: Draft
    slug: str
    title: str
    prompt: str
    side: str
    checked: Checked
    groups: list[tuple[sheets.Group, list[Row]]]
    items: list[Item] = field(default_factory=list)
    findings: dict[str, list[Finding]] = field(default_factory=dict)
    since: Since | None = None
    foretold: list[str] = field(
        default_factory=list
    )  # what publishing would do, where it stands beside the form
    answers: Answers | None = None
    sent: Sent | None = None
    moved: bool = False  # what it would change is not what it was begun from any more
    saved: Saved = field(default_factory=Saved)
    gone: bool = False  # the prompt that is shown was removed

    @property
    def number(self) -> int:
        """The draft's number in its address."""
        return self.draft.id

    @property
    def wrong(self) -> tuple[Wrong, ...]:
        """All that keeps the draft from being published."""
        return self.checked.wrong

    @property
    def here(self) -> list[Finding]:
        """What the prompt that is shown should mind."""
        return self.findings.get(self.prompt, [])

    def beside(self, step: int) -> str:
        """Return the id of the prompt before or after the one that is shown, '' for none."""
        ids = ["", *(one.id for one in self.items)]
        place = ids.index(self.prompt) + step if self.prompt in ids else 0
        return ids[place] if 0 < place < len(ids) else ""

    def place_of(self) -> int:
        """Return the place of the prompt that is shown, from 1; 0 for none."""
        return next((n for n, one in enumerate(self.items, 1) if one.id == self.prompt), 0)

    @property
    def minded(self) -> int:
        """How many findings there are."""
        return sum(map(len, self.findings.values()))

    def others(self) -> list[tuple[str, list[str], int]]:
        """Return (prompt, the rules' names, how many) for what the prompts that are not shown should mind."""
        return [
            (prompt, list(dict.fromkeys(one.title for one in found)), len(found))
            for prompt, found in self.findings.items()
            if prompt != self.prompt
        ]

    def families(self) -> list[str]:
        """Return the families that there are, for a field to offer."""
        names = (str(one["shape"].get("family") or "") for one in self.draft.data.get("prompts", ()))
        return [name for name in dict.fromkeys(names) if name]

    def tabs(self, base: str) -> list[tuple[str, str, str]]:
        """Return what can stand beside the form: name, words, address."""
        alone = {"lint": "Before it is published"} if self.draft.kind != "battery" else {}
        return [(name, alone.get(name, WORDS[name]), f"{base}side={name}") for name in self.sides]

    @property
    def sides(self) -> tuple[str, ...]:
        """What can stand beside this form."""
        return sides(self.draft.kind, self.prompt)

    def to_aside(self) -> str:
        """Return the address of the first field that two windows wrote in."""
        one = self.draft.aside[0]
        asked = f"?p={one['prompt']}" if one["prompt"] else ""
        return f"/library/drafts/{self.number}{asked}#{anchor(one['unit'])}"

    def key_of(self, prompt: str) -> str:
        """Return a prompt's key by its id."""
        one = prompts.found(self.draft.data, prompt)
        return str(one["shape"].get("key") or "(no key)") if one else ""


def anchor(unit: str) -> str:
    """Return the id of the first field of a unit, where a link to it puts the focus."""
    parts = {"turns": "-0-words", "answer": "-kind", "system": "-kind", "template": "-kind"}
    return (
        f"f-{unit.replace('.', '-')}{parts.get(unit, '')}"
        if unit not in ("subjects", "batteries")
        else f"w-{unit}"
    )


def editor(
    session: Session, draft: Draft, *, prompt: str = "", side: str = "lint", saved: Saved | None = None
) -> Editor:
    """Return the page of a draft as it stands; a prompt that there is not is no prompt."""
    found = checked(session, draft)
    entry = prompts.found(draft.data, prompt) if draft.kind == "battery" and prompt else None
    prompt = prompt if entry else ""
    saved = saved or Saved(prompt)
    data = entry["shape"] if entry else form_of(draft)
    wrong = found.at(prompt)
    for unit, text in saved.refused.items():
        wrong[unit] = [text]
    page = Editor(
        draft=draft,
        slug=slug_in(draft),
        title=title_in(draft),
        prompt=prompt,
        side=side if side in sides(draft.kind, prompt) else "lint",
        checked=found,
        groups=groups_of(session, draft, data, wrong, prompt),
        saved=saved,
        gone=entry is not None and entry not in draft.data["prompts"],
    )
    before = published(session, draft.kind, draft.of) if draft.of else None
    page.moved = draft.of is not None and ground_of(before) != draft.ground
    if found.shape is not None and page.side == ("diff" if draft.kind == "battery" else "lint"):
        page.foretold = foretold(session, draft.kind, found.shape, before)
    if draft.kind == "battery":
        page.findings = findings(session, page.slug, found)
        page.since = since(session, draft, found)
        page.items = list(_items(page))
    return page


def beside(session: Session, page: Editor, asked: Mapping[str, str]) -> Editor:
    """Return the page with what stands beside its form; `asked` holds `x`, `pasted` and `source`."""
    prompt = page.checked.sound.get(page.prompt)
    if page.side == "answers":
        pasted, source = asked.get("pasted", ""), asked.get("source", "")
        page.answers = answers(session, page.draft, prompt, pasted=pasted, source=source)
    elif page.side == "sent":
        of_prompt = page.draft.kind == "battery"
        x = asked.get("x", "")
        page.sent = sent_to(session, prompt, x) if of_prompt else sent_by(session, page.draft, x)
    return page


def sides(kind: str, prompt: str) -> tuple[str, ...]:
    """Return what can stand beside the form of a thing, or of a battery's prompt."""
    if kind == "battery":
        return ("lint", "diff", "answers", "sent") if prompt else ("lint", "diff")
    return ("lint", "sent") if kind == "subject" else ("lint",)


def since(session: Session, draft: Draft, found: Checked) -> Since | None:
    """Return what a battery's draft changes, None where nothing is registered yet."""
    battery = batteries.battery(session, draft.of) if draft.of else None
    if battery is None:
        return None
    versions = batteries.versions(session, battery.id)
    asked = runs_asking_battery(session, battery.id)
    version = next((one for one in versions if _asked(asked, one.number)), versions[0])
    return Since(
        version.number, _asked(asked, version.number), difference(prompts_of(session, version), found.sound)
    )


def _asked(runs: Iterable[Asking], number: int) -> int | None:
    """Return the newest run that asked a version, None for none."""
    return next((one.run_id for one in runs if one.number == number), None)


def _items(page: Editor) -> Iterable[Item]:
    last = None
    for one in page.draft.data["prompts"]:
        shape, prompt = one["shape"], one["id"]
        family = str(shape.get("family") or "")
        found = page.findings.get(prompt, [])
        yield Item(
            id=prompt,
            label=str(shape.get("title") or shape.get("key") or "(no key)"),
            title=str(shape.get("key") or ""),
            family=(family or "(no family)") if family != last else "",
            wrong=sum(wrong.prompt == prompt for wrong in page.wrong),
            warn=sum(finding.grade == "warn" for finding in found),
            look=sum(finding.grade == "look" for finding in found),
            change=page.since.difference.of(prompt) if page.since else "",
        )
        last = family
