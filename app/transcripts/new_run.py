"""The page of a new run: what a study could ask, what it would come to, and the exact request of any of it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.batteries import queries as batteries
from app.batteries.shape import PromptShape
from app.providers.wire import Impossible
from app.runs.models import Wave, WaveBattery, WaveSubject
from app.studies.models import Study
from app.studies.queries import wanted
from app.subjects import queries as subjects
from app.subjects.queries import slots
from app.subjects.shape import Price, Snapshot
from app.transcripts.estimate import Asked, Estimate, estimate
from app.transcripts.faithful import controls
from app.transcripts.preflight import Preflight, exact
from app.transcripts.probed import able_now
from app.transcripts.wish import RunForm, Wish, read


@dataclass(frozen=True, slots=True)
class BatteryChoice:
    """A battery's newest version with its prompts."""

    slug: str
    title: str
    version_id: int
    number: int
    prompts: tuple[PromptShape, ...]
    on: bool


@dataclass(frozen=True, slots=True)
class SubjectChoice:
    """A subject's newest version; `key_env` names the key that its endpoint needs."""

    slug: str
    name: str
    version_id: int
    number: int
    slot: int
    endpoint: str
    key_env: str | None
    snapshot: Snapshot
    price: Price
    on: bool
    named: bool  # by the study's file


@dataclass(frozen=True, slots=True)
class Shown:
    """The exact request of one prompt to one subject, its texts ready to be shown."""

    prompt: str
    subject: str
    url: str
    body: Markup
    text: Markup | None
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NewRun:
    """The page. `estimate` is None while nothing can be counted; `missing_keys` are names without a value here."""

    study: Study
    form: RunForm
    wish: Wish
    batteries: tuple[BatteryChoice, ...]
    subjects: tuple[SubjectChoice, ...]
    estimate: Estimate | None
    missing_keys: tuple[str, ...]

    @property
    def chosen_batteries(self) -> list[BatteryChoice]:
        """The batteries that are ticked."""
        return [one for one in self.batteries if one.on]

    @property
    def chosen_subjects(self) -> list[SubjectChoice]:
        """The subjects that are ticked."""
        return [one for one in self.subjects if one.on]

    @property
    def named_subjects(self) -> list[SubjectChoice]:
        """The subjects to choose from at first: those of the study's file, and others once they are ticked."""
        return [one for one in self.subjects if one.named or one.on]

    @property
    def further_subjects(self) -> list[SubjectChoice]:
        """The other subjects of the library."""
        return [one for one in self.subjects if not one.named and not one.on]

    @property
    def prompts(self) -> dict[str, PromptShape]:
        """The prompts of the ticked batteries by "battery/key"."""
        return {f"{one.slug}/{prompt.key}": prompt for one in self.chosen_batteries for prompt in one.prompts}

    @property
    def problem(self) -> str:
        """Why this cannot be started, '' when it can."""
        if not self.chosen_batteries or not self.chosen_subjects:
            return "Choose at least one battery and one subject."
        if self.wish.wrong:
            return "; ".join(self.wish.wrong.values()) + "."
        if self.estimate is not None and not self.estimate.calls:
            return "None of these prompts can be put to any of these subjects."
        if self.estimate and self.wish.budget.micro and not self.wish.budget.calls and self.estimate.unpriced:
            return (
                f"A dollar budget cannot hold where a price is unknown ({', '.join(self.estimate.unpriced)}): "
                "set a cap of calls beside it."
            )
        return ""


def new_run(session: Session, study: Study, form: RunForm, environ: Mapping[str, str]) -> NewRun:
    """Return the page of a new run of a study; a form without `chosen` takes what the study's file asked for."""
    asked = wanted(study)
    if not form.chosen:
        budget = asked.run.budget
        form = RunForm(
            study=study.slug, b=list(asked.batteries), s=list(asked.subjects), repeats=str(asked.run.repeats),
            temperatures=", ".join(f"{t:g}" for t in asked.run.temperatures or ()),
            max_usd="" if budget.usd is None else f"{budget.usd:g}",
            max_calls="" if budget.calls is None else str(budget.calls), p=form.p, x=form.x,
        )  # fmt: skip
    wish = read(form)
    asks = _batteries(session, form, asked.batteries)
    asked_of = subject_choices(session, form.s, asked.subjects)
    names = {one.key_env for one in asked_of if one.on and one.key_env}
    page = NewRun(
        study, form, wish, asks, asked_of, None, tuple(sorted(n for n in names if not environ.get(n)))
    )
    if wish.wrong or not page.chosen_batteries or not page.chosen_subjects:
        return page
    counted = estimate(
        page.prompts,
        {one.slug: Asked(one.snapshot, one.price) for one in page.chosen_subjects},
        repeats=wish.repeats,
        temperatures=wish.temperatures,
    )
    return NewRun(study, form, wish, asks, asked_of, counted, page.missing_keys)


def further(session: Session, run_id: int) -> tuple[list[BatteryChoice], list[SubjectChoice]]:
    """Return the newest versions of batteries and subjects that a run does not ask yet: what may extend it."""
    waves = select(Wave.id).where(Wave.run_id == run_id)
    asked = set(session.scalars(select(WaveBattery.version_id).where(WaveBattery.wave_id.in_(waves))))
    asked_of = set(session.scalars(select(WaveSubject.version_id).where(WaveSubject.wave_id.in_(waves))))
    return (
        [one for one in _batteries(session, RunForm(), ()) if one.version_id not in asked],
        [one for one in subject_choices(session, (), ()) if one.version_id not in asked_of],
    )


def exact_request(page: NewRun) -> Shown | str | None:
    """Return the request of the prompt and subject that the form names, or why there is none."""
    prompt = page.prompts.get(page.form.p) or next(iter(page.prompts.values()), None)
    chosen = page.chosen_subjects
    subject = next((one for one in chosen if one.slug == page.form.x), chosen[0] if chosen else None)
    if prompt is None or subject is None:
        return None
    own = subject.snapshot.sampling.temperature
    temperature = page.wish.temperatures[0] if page.wish.temperatures else own
    if subject.snapshot.can.temperature is False:
        temperature = None
    found = exact(prompt, subject.snapshot, temperature=temperature, seed=subject.snapshot.sampling.seed)
    if isinstance(found, Impossible):
        return f"{prompt.key} is not possible with {subject.name}: {found.reason}"
    return shown_request(found, prompt.key, subject.name)


def shown_request(found: Preflight, prompt: str, subject: str) -> Shown:
    """Return a request with its texts ready to be shown."""
    text = None if found.text is None else controls(found.text)
    return Shown(prompt, subject, found.url, controls(found.body_shown), text, found.notes)


def _batteries(session: Session, form: RunForm, first: Sequence[str]) -> tuple[BatteryChoice, ...]:
    newest = batteries.newest_versions(session)
    order = {slug: place for place, slug in enumerate(first)}
    found = []
    for row in batteries.batteries(session):
        version = newest.get(row.id)
        if version is not None:
            prompts = batteries.prompts_of(session, version.id)
            shapes = tuple(PromptShape.model_validate(prompt.shape) for prompt in prompts)
            found.append(
                BatteryChoice(row.slug, row.title, version.id, version.number, shapes, row.slug in form.b)
            )
    return tuple(sorted(found, key=lambda one: (order.get(one.slug, len(order)), one.slug)))


def subject_choices(
    session: Session, ticked: Collection[str], first: Sequence[str]
) -> tuple[SubjectChoice, ...]:
    """Return every subject in its newest version, those named `first` before the others."""
    newest = subjects.newest_versions(session)
    hues = slots(session)
    order = {slug: place for place, slug in enumerate(first)}
    rows = [row for row in subjects.subjects(session) if row.id in newest]
    frozen = {row.slug: Snapshot.model_validate(newest[row.id].snapshot) for row in rows}
    able = able_now(session, {row.slug: (row.endpoint_id, frozen[row.slug]) for row in rows})
    found = []
    for row in rows:
        version, snapshot = newest[row.id], able[row.slug]
        found.append(SubjectChoice(
                slug=row.slug, name=row.name or row.slug, version_id=version.id, number=version.number,
                slot=hues.get(snapshot.style, 1), endpoint=row.endpoint.slug,
                key_env=subjects.key_name(row.endpoint, snapshot.base_url), snapshot=snapshot,
                price=Price.model_validate(row.endpoint.price), on=row.slug in ticked, named=row.slug in order,
            ))  # fmt: skip
    return tuple(sorted(found, key=lambda one: (order.get(one.slug, len(order)), one.slug)))
