"""What a collector must know of prompts, subjects and runs, read once and kept within bounds."""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from app.batteries.models import Battery, Prompt
from app.batteries.shape import PromptShape
from app.elicitation.modes import opening, target, turns_to_answer
from app.providers.registry import NotSpoken
from app.providers.registry import provider as provider_of
from app.providers.wire import Provider, Target
from app.runs.models import Run
from app.subjects.models import Probe, Subject, SubjectVersion
from app.subjects.shape import Snapshot
from app.transcripts.paths import turn_text
from app.transcripts.probed import as_planned, fixed

PROMPTS_KEPT = 512
SUBJECTS_KEPT = 256
RUNS_KEPT = 256
AT_ONCE = 400

K = TypeVar("K")
V = TypeVar("V")


class Kept(Generic[K, V]):
    """A bounded memory: the entry used longest ago goes first."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._held: OrderedDict[K, V] = OrderedDict()

    def get(self, key: K) -> V | None:
        """Return what is kept under a key."""
        found = self._held.get(key)
        if found is not None:
            self._held.move_to_end(key)
        return found

    def put(self, key: K, value: V) -> None:
        """Keep a value."""
        self._held[key] = value
        if len(self._held) > self._most:
            self._held.popitem(last=False)

    def all_of(self, keys: Iterable[K], load: Callable[[list[K]], Mapping[K, V]]) -> dict[K, V]:
        """Return the values of these keys, loading those that are not kept."""
        found: dict[K, V] = {}
        missing = []
        for key in set(keys):
            value = self.get(key)
            if value is None:
                missing.append(key)
            else:
                found[key] = value
        for start in range(0, len(missing), AT_ONCE):
            for key, value in load(missing[start : start + AT_ONCE]).items():
                found[key] = value
                self.put(key, value)
        return found


_PROMPTS = (
    select(Prompt.id, Battery.slug, Prompt.shape)
    .join(Battery, Battery.id == Prompt.battery_id)
    .where(Prompt.id.in_(bindparam("ids", expanding=True)))
)


@dataclass(frozen=True, slots=True)
class PromptCard:
    """A prompt: its name as seeds know it ("battery/key"), and its shared path as finished transcripts hash it."""

    name: str
    shape: PromptShape
    path: tuple[Mapping[str, Any], ...]
    turns: int


@dataclass(frozen=True, slots=True)
class SubjectCard:
    """A subject version as a run asks it, with the endpoint as its wire sees it; `provider` is None where nobody
    speaks the wire."""

    slug: str
    snapshot: Snapshot
    target: Target
    provider: Provider | None
    template: Any


@dataclass(frozen=True, slots=True)
class RunCard:
    """What of a run never changes: its study, and the run whose seeds it sends."""

    study_id: int
    seeds_of: int


class Cards:
    """The cards of one writer."""

    def __init__(self) -> None:
        self._prompts: Kept[int, PromptCard] = Kept(PROMPTS_KEPT)
        self._subjects: Kept[tuple[int, int], SubjectCard] = Kept(SUBJECTS_KEPT)
        self._runs: Kept[int, RunCard] = Kept(RUNS_KEPT)

    def prompts(self, session: Session, ids: Iterable[int]) -> dict[int, PromptCard]:
        """Return prompts by id."""

        def load(missing: list[int]) -> dict[int, PromptCard]:
            rows = session.execute(_PROMPTS, {"ids": missing})
            return {number: _prompt_card(slug, shape) for number, slug, shape in rows}

        return self._prompts.all_of(ids, load)

    def subjects(
        self, session: Session, asked: Iterable[tuple[int, int]]
    ) -> dict[tuple[int, int], SubjectCard]:
        """Return subjects by the ids of run and version: each run asks by the probe that it was planned with."""

        def load(missing: list[tuple[int, int]]) -> dict[tuple[int, int], SubjectCard]:
            rows = session.execute(
                select(SubjectVersion.id, Subject.slug, SubjectVersion.snapshot)
                .join(Subject, Subject.id == SubjectVersion.subject_id)
                .where(SubjectVersion.id.in_({version for _, version in missing}))
            )
            versions = {number: (slug, snapshot) for number, slug, snapshot in rows}
            probes = fixed(session, missing)
            return {one: subject_card(*versions[one[1]], probes.get(one)) for one in missing}

        return self._subjects.all_of(asked, load)

    def runs(self, session: Session, ids: Iterable[int]) -> dict[int, RunCard]:
        """Return runs by id."""

        def load(missing: list[int]) -> dict[int, RunCard]:
            rows = session.execute(select(Run.id, Run.study_id, Run.same_seeds).where(Run.id.in_(missing)))
            return {number: RunCard(study, same or number) for number, study, same in rows}

        return self._runs.all_of(ids, load)


def _prompt_card(battery: str, found: Mapping[str, Any]) -> PromptCard:
    shape = PromptShape.model_validate(found)
    path = tuple(
        {"role": turn.role, "text": turn_text(turn), "parts": None, "origin": "prompt"}
        for turn in opening(shape)
    )
    return PromptCard(f"{battery}/{shape.key}", shape, path, turns_to_answer(shape))


def subject_card(slug: str, found: Mapping[str, Any], probe: Probe | None = None) -> SubjectCard:
    """Return the card of a subject version's frozen snapshot, with what the run's probe fills in it."""
    snapshot = as_planned(found, probe)
    try:
        provider = provider_of(snapshot.wire)
    except NotSpoken:
        provider = None
    template = snapshot.template if snapshot.template is None or isinstance(snapshot.template, str) else (
        snapshot.template.model_dump(mode="json")
    )  # fmt: skip
    return SubjectCard(slug, snapshot, target(snapshot), provider, template)
