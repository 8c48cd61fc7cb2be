"""A text that is tried: the form as it came, the prompt that it makes, and what it comes to for whom."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import cast, get_args

from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.batteries.models import BatteryPrompt, Prompt
from app.batteries.shape import BatteryHead, BatteryShape, Mode, PromptShape, Turn
from app.providers.wire import Impossible
from app.runs.battery_checks import mistakes_of
from app.runs.models import Run, Wave, WaveBattery, WaveSubject
from app.studies.models import Study
from app.studies.queries import wanted
from app.subjects.models import Subject, SubjectVersion
from app.transcripts.estimate import Asked, Estimate, estimate
from app.transcripts.new_run import Shown, SubjectChoice, shown_request, subject_choices
from app.transcripts.preflight import exact
from app.transcripts.wish import Words, temperatures_of, whole

MOST_DRAWS = 200  # of each subject: what is tried is read, and what is counted is a run
MOST_TURNS = 40
FIRST_DRAWS = 3
LONGEST = 200_000  # characters of all turns
MODES: tuple[Mode, ...] = get_args(Mode)


class TryForm(BaseModel):
    """The fields of the form as a browser sends them: turns in their order, subjects by slug.

    `prompt` is the id of the prompt that this text changes, whose labels and reading it keeps (`read` switches the
    reading off); `chosen` tells a form without a tick from a page opened fresh; `more` asks for further turns.
    """

    prompt: str = ""
    mode: str = ""
    turn: list[Words] = []
    s: list[Words] = []
    draws: str = ""
    temperatures: str = ""
    max_tokens: str = ""
    read: str = ""
    chosen: str = ""
    more: str = ""


@dataclass(frozen=True)
class Trial:
    """What a form comes to. `origin` is the prompt that it changes; `text` is None where nothing was written."""

    study: Study
    form: TryForm
    origin: PromptShape | None
    text: PromptShape | None
    draws: int
    temperatures: tuple[float, ...] | None
    wrong: Mapping[str, str]
    subjects: tuple[SubjectChoice, ...]
    missing_keys: tuple[str, ...]

    @property
    def mode(self) -> Mode:
        return cast(Mode, self.form.mode)

    @property
    def boxes(self) -> tuple[tuple[str, str], ...]:
        """The turns to write in, as (role, words): those written, and empty ones as the mode or the form asks."""
        least = {"completion": 1, "chat": 1, "ladder": 2, "prefill": 2}[self.mode]
        more = {"completion": 0, "ladder": 1}.get(self.mode, 2) if self.form.more else 0
        n = min(max(least, len(self.form.turn)) + more, MOST_TURNS)
        words = [*self.form.turn, *[""] * n][:n]
        return tuple((role_of(self.mode, at), text) for at, text in enumerate(words))

    @property
    def ticked(self) -> list[SubjectChoice]:
        return [one for one in self.subjects if one.on]

    @cached_property
    def estimate(self) -> Estimate | None:
        """Calls, tokens and dollars, and who cannot be asked; None while nothing can be counted."""
        if self.text is None or self.wrong or not self.ticked:
            return None
        asked = {one.slug: Asked(one.snapshot, one.price) for one in self.ticked}
        return estimate({"": self.text}, asked, repeats=self.draws, temperatures=self.temperatures)

    @property
    def impossible(self) -> list[tuple[SubjectChoice, str]]:
        """The subjects that cannot be asked this at any of the temperatures, and why."""
        found = self.estimate
        if found is None:
            return []
        none = {one.subject for one in found.subjects if not one.calls}
        why = {cell.subject: cell.reason for cell in found.impossible if cell.subject in none}
        return [(one, why[one.slug]) for one in self.ticked if one.slug in why]

    @property
    def problem(self) -> str:
        """Why this cannot be asked, '' when it can."""
        if self.wrong:
            return "; ".join(self.wrong.values()) + "."
        if self.text is None:
            return "Write a text."
        if not self.ticked:
            return "Tick at least one subject."
        if self.estimate is not None and not self.estimate.calls:
            return "This cannot be put to any of these subjects."
        return ""

    def requests(self) -> list[Shown | str]:
        """Return the exact request to each ticked subject, or why there is none."""
        if self.text is None or self.wrong:
            return []
        found: list[Shown | str] = []
        for one in self.ticked:
            own = one.snapshot.sampling.temperature
            at = None if one.snapshot.can.temperature is False else (self.temperatures or (own,))[0]
            made = exact(self.text, one.snapshot, temperature=at, seed=one.snapshot.sampling.seed)
            found.append(made.reason if isinstance(made, Impossible) else shown_request(made, "", one.name))
        return found


def trial(session: Session, study: Study, form: TryForm, environ: Mapping[str, str]) -> Trial:
    """Return what a form comes to; one without `chosen` takes the prompt it names and the study's subjects."""
    origin = _prompt(session, form.prompt)
    named = wanted(study).subjects
    if not form.chosen:
        form = _fresh(form, origin, named)
    if form.mode not in MODES:
        form = form.model_copy(update={"mode": "chat"})
    text, wrong = _read(form, origin)
    choices = subject_choices(session, form.s, named)
    draws = whole(form.draws or "0") or 0
    if not 1 <= draws <= MOST_DRAWS:
        wrong["draws"] = f"draws: found {form.draws!r}, expected a whole number from 1 to {MOST_DRAWS}"
    temperatures = None
    try:
        temperatures = temperatures_of(form.temperatures)
    except ValueError as error:
        wrong["temperatures"] = f"temperatures: {error}"
    keys = {one.key_env for one in choices if one.on and one.key_env}
    missing = tuple(sorted(name for name in keys if not environ.get(name)))
    return Trial(study, form, origin, text, draws, temperatures, wrong, choices, missing)


def form_of(session: Session, run_id: int) -> TryForm:
    """Return the form that would ask what a scratch run asked; raise NoResultFound where it asks no text."""
    wave = session.scalars(select(Wave).where(Wave.run_id == run_id).order_by(Wave.number.desc())).first()
    prompt = tried_prompt(session, run_id)
    shape = PromptShape.model_validate(prompt.shape)
    asked = select(Wave.id).where(Wave.run_id == run_id)
    slugs = session.scalars(
        select(Subject.slug)
        .join(SubjectVersion, SubjectVersion.subject_id == Subject.id)
        .join(WaveSubject, WaveSubject.version_id == SubjectVersion.id)
        .where(WaveSubject.wave_id.in_(asked))
    )
    return TryForm(
        prompt=str(prompt.id),
        mode=shape.mode,
        turn=[turn.words for turn in shape.turns],
        s=list(dict.fromkeys(slugs)),
        draws=str(wave.repeats if wave else FIRST_DRAWS),
        temperatures=", ".join(f"{t:g}" for t in (wave.temperatures if wave else None) or ()),
        max_tokens=str(shape.max_tokens or ""),
        read="1" if shape.answer else "",
        chosen="1",
    )


def tried_prompt(session: Session, run_id: int) -> Prompt:
    """Return the prompt that a scratch run asks; raise NoResultFound where there is none."""
    return session.scalars(
        select(Prompt)
        .join(BatteryPrompt, BatteryPrompt.prompt_id == Prompt.id)
        .join(WaveBattery, WaveBattery.version_id == BatteryPrompt.version_id)
        .join(Wave, Wave.id == WaveBattery.wave_id)
        .join(Run, Run.id == Wave.run_id)
        .where(Run.id == run_id)
        .limit(1)
    ).one()


def role_of(mode: Mode, at: int) -> str:
    """Return the role of a turn by its place, from 0."""
    if mode == "completion":
        return "text"
    return "user" if mode == "ladder" or at % 2 == 0 else "assistant"


def turns_of(mode: Mode, words: Sequence[str]) -> tuple[Turn, ...]:
    """Return turns of these words, each in the role that its place has in the mode.

    Empty ones at the end are none; a raw text may be nothing but a line break.
    """
    written = list(words)
    while written and not (written[-1] if mode == "completion" else written[-1].strip()):
        written.pop()
    return tuple(Turn.model_validate({role_of(mode, at): text}) for at, text in enumerate(written))


def mistakes_in(prompt: PromptShape) -> list[str]:
    """Return what is wrong with a prompt by itself, as `check` would say it of a battery file."""
    head = BatteryHead(slug="tried", title="Tried")
    shape = BatteryShape(styloscope=1, battery=head, prompts=(prompt,))
    return [f"{'.'.join(map(str, one.loc[2:])) or 'turns'}: {one.text}" for one in mistakes_of(shape)]


def _prompt(session: Session, number: str) -> PromptShape | None:
    row = session.get(Prompt, found) if (found := whole(number or "0")) else None
    return None if row is None else PromptShape.model_validate(row.shape)


def _fresh(form: TryForm, origin: PromptShape | None, named: Sequence[str]) -> TryForm:
    """Return the form of a page opened fresh: the prompt's turns, and the subjects that the study names."""
    first = {"s": form.s or list(named), "draws": str(FIRST_DRAWS)}
    if origin is not None and not form.turn:
        first |= {
            "mode": origin.mode, "turn": [turn.words for turn in origin.turns],
            "max_tokens": str(origin.max_tokens or ""), "read": "1" if origin.answer else "",
        }  # fmt: skip
    return form.model_copy(update=first)


def _read(form: TryForm, origin: PromptShape | None) -> tuple[PromptShape | None, dict[str, str]]:
    """Return the prompt that a form's text makes, None where nothing is written, and what is wrong by field."""
    mode = cast(Mode, form.mode)
    turns, wrong = turns_of(mode, form.turn), {}
    most = whole(form.max_tokens) if form.max_tokens.strip() else None
    if form.max_tokens.strip() and not (most and most <= 1_000_000):
        wrong["max_tokens"] = f"max tokens: found {form.max_tokens!r}, expected a whole number from 1"
    if not turns:
        return None, wrong
    if len(turns) > MOST_TURNS or sum(len(turn.words) for turn in turns) > LONGEST:
        wrong["turn"] = f"expected at most {MOST_TURNS} turns of {LONGEST:,} characters together"
        return None, wrong
    base = origin or PromptShape(key="t", family="tried", turns=turns)
    made = base.model_copy(update={
        "key": "t", "mode": mode, "turns": turns, "max_tokens": most or None, "repeats": None, "title": "",
        "note": "", "answer": base.answer if form.read else None,
    })  # fmt: skip
    mistakes = mistakes_in(made)
    if mistakes:
        wrong["turn"] = "; ".join(mistakes)
    return made, wrong
