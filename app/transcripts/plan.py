"""Planning: one row per draw, in the order in which draws are asked.

The order is repeat-major: repeat 1 of every cell in an order drawn from the run's seed, then repeat 2, so that a
run stopped early is thin everywhere and empty nowhere. Rows are written in that order and claimed by id.
"""

import random
from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Table, func, select
from sqlalchemy.orm import Session

from app.batteries.models import BatteryPrompt, Prompt
from app.batteries.shape import PromptShape
from app.db import now
from app.elicitation.modes import cell_temperatures
from app.providers.wire import Impossible
from app.runs.models import Run, Wave, WaveBattery, WaveSubject
from app.runs.queries import temperatures_of
from app.subjects.models import Subject, SubjectVersion
from app.transcripts.bulk import at, insert_new
from app.transcripts.cards import SubjectCard, subject_card
from app.transcripts.identity import sha256
from app.transcripts.models import NOT_SENT, RunBudget, Transcript
from app.transcripts.paths import write_paths
from app.transcripts.preflight import call_and_request
from app.transcripts.probed import fix, fixed

TRANSCRIPTS: Table = Transcript.__table__  # type: ignore[assignment]
AT_ONCE = 2000


@dataclass(frozen=True, slots=True)
class Planned:
    """How many draws a wave added: to be asked, and not possible here."""

    queued: int
    impossible: int


@dataclass(frozen=True, slots=True)
class _Prompt:
    id: int
    battery_version_id: int
    root_id: int
    repeats: int
    kind: int  # prompts of one kind are possible, or not, together
    max_tokens: int | None
    equal: str


@dataclass(frozen=True, slots=True)
class _Column:
    """A subject version at a temperature; `impossible` holds why, by the kind of prompt."""

    version_id: int
    subject_id: int
    endpoint_id: int
    temperature_milli: int
    max_tokens: int
    impossible: Mapping[int, str]


def milli(temperature: float | None) -> int:
    """Return a temperature in thousandths, NOT_SENT for none."""
    return NOT_SENT if temperature is None else round(temperature * 1000)


def plan(session: Session, wave_id: int) -> Planned:
    """Write the draws of a wave that the run does not have yet; those known to be impossible are marked so.

    A prompt's own `repeats` stands in place of the wave's. Raise LookupError when there is no such wave.
    """
    wave = session.get(Wave, wave_id)
    if wave is None:
        raise LookupError(f"there is no wave {wave_id}")
    run = session.get_one(Run, wave.run_id)
    prompts, kinds = _prompts(session, wave)
    columns = _columns(session, wave, kinds)
    before = _counts(session, run.id)
    shared = {
        "run_id": run.id, "study_id": run.study_id, "wave": wave.number, "attempt": 0, "answered": 0,
        "created_at": at(now()),
    }  # fmt: skip
    connection = session.connection()
    batch: list[dict[str, Any]] = []
    for row in _draws(run.seed, prompts, columns):
        batch.append({**shared, **row})
        if len(batch) == AT_ONCE:
            insert_new(connection, TRANSCRIPTS, batch)
            batch = []
    insert_new(connection, TRANSCRIPTS, batch)
    if session.get(RunBudget, run.id) is None:
        session.add(RunBudget(run_id=run.id))
        session.flush()
    after = _counts(session, run.id)
    return Planned(*(after.get(state, 0) - before.get(state, 0) for state in ("queued", "impossible")))


def _draws(seed: int, prompts: Sequence[_Prompt], columns: Sequence[_Column]) -> Iterator[dict[str, Any]]:
    cells = array("L", range(len(prompts) * len(columns)))
    equal: dict[tuple[str, int], str] = {}
    for repeat in range(1, max((prompt.repeats for prompt in prompts), default=0) + 1):
        random.Random(f"{seed}:{repeat}").shuffle(cells)
        for cell in cells:
            prompt, column = prompts[cell // len(columns)], columns[cell % len(columns)]
            if repeat > prompt.repeats:
                continue
            key = (prompt.equal, prompt.max_tokens or column.max_tokens)
            if key not in equal:
                equal[key] = sha256(list(key))
            reason = column.impossible.get(prompt.kind)
            yield {
                "battery_version_id": prompt.battery_version_id,
                "prompt_id": prompt.id,
                "root_id": prompt.root_id,
                "subject_version_id": column.version_id,
                "subject_id": column.subject_id,
                "endpoint_id": column.endpoint_id,
                "temperature_milli": column.temperature_milli,
                "repeat": repeat,
                "equal_sha256": equal[key],
                "state": "queued" if reason is None else "impossible",
                "reason": reason,
            }


def _prompts(session: Session, wave: Wave) -> tuple[list[_Prompt], list[PromptShape]]:
    """Return the wave's prompts, and one prompt of each kind: of one mode, with turns of the same roles."""
    found: dict[int, _Prompt] = {}
    kinds: dict[tuple[str, ...], int] = {}
    examples: list[PromptShape] = []
    versions = select(WaveBattery).where(WaveBattery.wave_id == wave.id).order_by(WaveBattery.position)
    for asked in session.scalars(versions).all():
        rows = session.execute(
            select(Prompt.id, Prompt.equal_sha256, Prompt.shape)
            .join(BatteryPrompt, BatteryPrompt.prompt_id == Prompt.id)
            .where(BatteryPrompt.version_id == asked.version_id)
            .order_by(BatteryPrompt.position)
            .execution_options(yield_per=500)
        )
        for part in rows.partitions():
            shapes = {number: PromptShape.model_validate(shape) for number, _equal, shape in part}
            if asked.keys is not None:
                shapes = {number: shape for number, shape in shapes.items() if shape.key in asked.keys}
            roots = write_paths(session, shapes)
            for number, equal, _shape in part:
                shape = shapes.get(number)
                if shape is None or number in found:
                    continue
                signature = (shape.mode, *(turn.role for turn in shape.turns))
                if signature not in kinds:
                    kinds[signature] = len(kinds)
                    examples.append(shape)
                found[number] = _Prompt(
                    number, asked.version_id, roots[number], shape.repeats or wave.repeats,
                    kinds[signature], shape.max_tokens, equal,
                )  # fmt: skip
    return list(found.values()), examples


def _columns(session: Session, wave: Wave, kinds: Sequence[PromptShape]) -> list[_Column]:
    rows = session.execute(
        select(SubjectVersion.id, SubjectVersion.subject_id, SubjectVersion.snapshot, Subject)
        .join(WaveSubject, WaveSubject.version_id == SubjectVersion.id)
        .join(Subject, Subject.id == SubjectVersion.subject_id)
        .where(WaveSubject.wave_id == wave.id)
        .order_by(WaveSubject.position)
    ).all()
    columns, asked = [], temperatures_of(session, wave)
    fix(session, wave.run_id, list(asked))
    probes = fixed(session, [(wave.run_id, version) for version in asked])
    for version_id, subject_id, snapshot, subject in rows:
        card = subject_card(subject.slug, snapshot, probes.get((wave.run_id, version_id)))
        temperatures = [t for those in asked[version_id] for t in cell_temperatures(card.snapshot, those)]
        for temperature in dict.fromkeys(temperatures):
            columns.append(
                _Column(
                    version_id,
                    subject_id,
                    subject.endpoint_id,
                    milli(temperature),
                    card.snapshot.sampling.max_tokens,
                    _impossible(card, kinds, temperature),
                )  # fmt: skip
            )
    return columns


def _impossible(card: SubjectCard, kinds: Sequence[PromptShape], temperature: float | None) -> dict[int, str]:
    """Return why prompts cannot be put to a subject at a temperature, by their kind: what preflight says."""
    found = {}
    for kind, example in enumerate(kinds):
        first = call_and_request(example, card.snapshot, temperature=temperature)
        if isinstance(first, Impossible):
            found[kind] = first.reason
    return found


def _counts(session: Session, run_id: int) -> dict[str, int]:
    rows = session.execute(
        select(Transcript.state, func.count()).where(Transcript.run_id == run_id).group_by(Transcript.state)
    )
    return dict(rows.all())
