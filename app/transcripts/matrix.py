"""The boxes of a run: prompt by subject, fuller as they fill."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from app.transcripts.models import NOT_SENT
from app.transcripts.progress import SubjectProgress
from app.transcripts.queries import Counts, RunStatus

SHOWN = 1500  # more boxes than these are drawn family by family, or else several prompts to a box


@dataclass(frozen=True, slots=True)
class AskedPrompt:
    """A prompt of a run, in the order of its batteries."""

    id: int
    battery: str
    key: str
    family: str


class Cell(NamedTuple):
    """One box: a prompt, or several, at one subject. `share` is done of what can be asked."""

    share: float
    kind: str
    title: str
    href: str


@dataclass(frozen=True, slots=True)
class Row:
    """A subject at a temperature, with its boxes; `temperature` is told where it is asked at several."""

    name: str
    slot: int
    temperature: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Matrix:
    """`box` says what one box stands for: a prompt, a family or so many prompts of a battery."""

    box: str
    rows: tuple[Row, ...]


Filled = Mapping[tuple[int, int], Mapping[int, Counts]]
Group = tuple[str, list[AskedPrompt]]


def matrix(
    status: RunStatus, subjects: Sequence[SubjectProgress], prompts: Sequence[AskedPrompt], filled: Filled
) -> Matrix:
    """Return the boxes of a run; `filled` holds counts by (subject version, temperature) and prompt."""
    temperatures = {
        one.version_id: sorted(t for version, t in filled if version == one.version_id) for one in subjects
    }
    box, groups = _groups(prompts, sum(map(len, temperatures.values())))
    rows = []
    for one in subjects:
        for temperature in temperatures[one.version_id]:
            column = filled[one.version_id, temperature]
            cells = tuple(_cell(status, one, group, column) for group in groups)
            told = _told(temperature) if len(temperatures[one.version_id]) > 1 else ""
            rows.append(Row(one.name, one.slot, told, cells))
    return Matrix(box, tuple(rows))


def _told(temperature_milli: int) -> str:
    return "T not sent" if temperature_milli == NOT_SENT else f"T {temperature_milli / 1000:g}"


def _groups(prompts: Sequence[AskedPrompt], columns: int) -> tuple[str, list[Group]]:
    if len(prompts) * columns <= SHOWN:
        return "prompt", [(prompt.key, [prompt]) for prompt in prompts]
    families = _by(prompts, lambda prompt: f"{prompt.battery}: {prompt.family}")
    if len(families) * columns <= SHOWN:
        return "family", families
    size = -(-len(prompts) * columns // SHOWN)
    return f"{size} prompts", [
        (_from_to(battery, some), some)
        for battery, asked in _by(prompts, lambda prompt: prompt.battery)
        for some in (asked[at : at + size] for at in range(0, len(asked), size))
    ]


def _from_to(battery: str, prompts: Sequence[AskedPrompt]) -> str:
    first, last = prompts[0].key, prompts[-1].key
    return f"{battery}: {first}" + (f" to {last}" if len(prompts) > 1 else "")


def _by(prompts: Sequence[AskedPrompt], name: Callable[[AskedPrompt], str]) -> list[Group]:
    groups: dict[str, list[AskedPrompt]] = {}
    for prompt in prompts:
        groups.setdefault(name(prompt), []).append(prompt)
    return list(groups.items())


def _kind(counts: Counts) -> str:
    """Return '' for a box that only fills; `flawed` where some draws failed and some did not."""
    if not counts.failed:
        return ""
    return f"q-{-(-5 * counts.done // counts.possible)} flawed" if counts.done else "failed"


def _cell(status: RunStatus, subject: SubjectProgress, group: Group, column: Mapping[int, Counts]) -> Cell:
    name, prompts = group
    counts = sum((column.get(prompt.id, Counts()) for prompt in prompts), Counts())
    where = f"{name} × {subject.name}"
    if not counts.total:
        return Cell(0, "", f"{where}: not asked", "")
    if not counts.possible:
        return Cell(0, "impossible", f"{where}: not possible here", "")
    parts = [f"{counts.done} of {counts.possible} done"]
    parts += [f"{n} {word}" for n, word in ((counts.failed, "failed"), (counts.cancelled, "cancelled")) if n]
    first = prompts[0]
    href = f"/studies/{status.study_slug}/compare/{first.battery}/{first.key}?run={status.id}"
    return Cell(
        counts.done / counts.possible,
        _kind(counts),
        f"{where}: {', '.join(parts)}",
        href if counts.done else "",
    )
