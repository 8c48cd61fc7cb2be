"""What has become of a run's draws, cell by cell, in one pass: fill, endings, spending, models that stood in."""

import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from app.transcripts.models import Transcript
from app.transcripts.queries import Counts

# A count over 100,000 draws takes some 0.1 s; while draws come in, no more than a twentieth of one processor goes
# into counting them for those who watch.
REST = 20

WHOLE = {"natural", "stop_sequence"}
CUT = {"length", "context_overflow"}
DECLARED = {"model_refusal_field"}
GATED = {"classifier_refusal", "prompt_blocked", "output_filtered"}


@dataclass(frozen=True, slots=True)
class Endings:
    """How answers ended, as the wire tells; `other_model` counts answers that another model served than their
    cell's most common one, whatever their ending."""

    whole: int = 0
    cut: int = 0
    declared: int = 0
    gated: int = 0
    empty: int = 0
    otherwise: int = 0
    other_model: int = 0


@dataclass(slots=True)
class Tallies:
    """A run counted: by (subject version, temperature in thousandths) and prompt, by subject version, in all.

    `spent_micro` of a subject version is None where some of its answers came at an unknown price; `impossible` is
    one reason why draws of a subject version cannot be. `served` ('' = not told) and `settings` (ids) are those of
    its answers; `waves` counts what each wave planned.
    """

    cells: dict[tuple[int, int], dict[int, Counts]] = field(default_factory=dict)
    spent_micro: dict[int, int | None] = field(default_factory=dict)
    impossible: dict[int, str] = field(default_factory=dict)
    endings: Endings = Endings()
    served: dict[int, Counter[str]] = field(default_factory=dict)
    settings: dict[int, set[int]] = field(default_factory=dict)
    waves: dict[int, Counts] = field(default_factory=dict)


@dataclass(slots=True)
class _Kept:
    counts: Counts
    at: float
    took: float
    tallies: Tallies


_kept: WeakKeyDictionary[Engine, dict[int, _Kept]] = WeakKeyDictionary()


def tallies(session: Session, run_id: int, counts: Counts) -> Tallies:
    """Return a run's tallies; `counts` are its draws by state as just read.

    What was counted is kept while the counts stay the same. While draws are running it may also be older, by up
    to REST times what counting took.
    """
    engine = session.get_bind().engine
    runs = _kept.setdefault(engine, {})
    kept = runs.get(run_id)
    began = time.monotonic()
    if kept and (kept.counts == counts or (counts.running and began - kept.at < REST * kept.took)):
        return kept.tallies
    counted = count(session, run_id)
    runs[run_id] = _Kept(counts, time.monotonic(), time.monotonic() - began, counted)
    return counted


def count(session: Session, run_id: int) -> Tallies:
    """Count a run's draws in one pass."""
    t = Transcript
    key = (t.subject_version_id, t.temperature_milli, t.prompt_id, t.state, t.stop_class, t.served_model, t.wave,
           t.settings_id)  # fmt: skip
    rows = session.execute(
        select(*key, func.count().label("n"), func.sum(t.cost_micro), func.count(t.cost_micro), func.min(t.reason))
        .where(t.run_id == run_id)
        .group_by(*key)
    ).all()  # fmt: skip
    states: dict[tuple[int, int], dict[int, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
    served: dict[tuple[int, int, int], Counter[str]] = defaultdict(Counter)
    spent: dict[int, int | None] = {}
    impossible: dict[int, str] = {}
    stops: Counter[str | None] = Counter()
    for version, temperature, prompt, state, stop, model, _, _, number, cost, priced, reason in rows:
        version, prompt = version or 0, prompt or 0
        states[version, temperature][prompt][state] += number
        if state == "impossible":
            impossible[version] = min(impossible.get(version, reason or ""), reason or "")
        if state != "done":
            continue
        stops[stop] += number
        before = spent.get(version, 0)
        spent[version] = None if before is None or priced < number else before + int(cost or 0)
        if model is not None:
            served[version, temperature, prompt][model] += number
    cells = {
        column: {prompt: Counts(**by_state) for prompt, by_state in prompts.items()}
        for column, prompts in states.items()
    }
    found = Tallies(cells, spent, impossible, _endings(stops, served.values()))
    _tell_of_answers(found, rows)
    return found


def _tell_of_answers(found: Tallies, rows: Iterable[Any]) -> None:
    """Add what each wave planned, and which models and settings the answers of each subject version had."""
    waves: dict[int, Counter[str]] = defaultdict(Counter)
    for row in rows:
        waves[row.wave][row.state] += row.n
        if row.state != "done":
            continue
        version = row.subject_version_id or 0
        found.served.setdefault(version, Counter())[row.served_model or ""] += row.n
        if row.settings_id is not None:
            found.settings.setdefault(version, set()).add(row.settings_id)
    found.waves = {wave: Counts(**by_state) for wave, by_state in sorted(waves.items())}


def _endings(stops: Mapping[str | None, int], served: Iterable[Counter[str]]) -> Endings:
    def of(classes: set[str]) -> int:
        return sum(number for stop, number in stops.items() if stop in classes)

    named = WHOLE | CUT | DECLARED | GATED | {"empty"}
    return Endings(
        whole=of(WHOLE),
        cut=of(CUT),
        declared=of(DECLARED),
        gated=of(GATED),
        empty=of({"empty"}),
        otherwise=sum(number for stop, number in stops.items() if stop not in named),
        other_model=sum(models.total() - max(models.values()) for models in served),
    )
