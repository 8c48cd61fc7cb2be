"""The head of a column: what the subject is, how many draws there are, how they ended, what sets it apart."""

from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import shorten

from app.batteries.shape import PromptShape
from app.compare.cell import Cell
from app.compare.columns import Column
from app.compare.differs import Contrast, Profile
from app.compare.ran import Ran, ran
from app.elicitation.modes import effective_max_tokens
from app.elicitation.truncation import truncated
from app.subjects.shape import Snapshot

INDUCED = {"training": "training", "system": "system prompt", "scaffold": "scaffold", "prefill": "prefill"}
DAY = 86_400_000  # milliseconds
ENDED = (("whole", "whole"), ("cut", "cut"), ("no", "declared no"), ("gate", "gated"), ("empty", "empty"),
         ("other", "otherwise"), ("failed", "failed"))  # fmt: skip
# How the list of draws behind each is asked for (app/transcripts/behind.py).
ASKED = {
    "whole": "ended=whole", "cut": "ended=cut", "no": "ended=declared", "gate": "ended=gated",
    "empty": "ended=empty", "other": "ended=otherwise", "failed": "state=failed",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Ending:
    """How some draws ended: their part of the bar in percent, the words below it, and what asks for their list."""

    kind: str
    start: str
    width: str
    words: str
    asked: str


@dataclass(frozen=True, slots=True)
class Head:
    """What a column's head says. With names hidden, `name` is a letter and nothing tells the subject."""

    name: str
    glyph: str  # a stage, '' where hidden
    style: str
    temperature: str
    n: int
    wanted: int
    failed: int
    induced: str
    lines: tuple[str, ...]
    flags: tuple[tuple[str, str], ...]  # word, whole sentence
    ended: tuple[Ending, ...]
    differs: tuple[str, ...] = ()
    clean: bool = False
    against: str = ""
    against_glyph: str = ""
    ran: Ran | None = None


def letter(at: int) -> str:
    """Return the name of a column while names are hidden."""
    return "ABCDEFGHIJ"[at]


def name_of(column: Column, at: int, hide: bool) -> str:
    return letter(at) if hide else column.name


def endings(cell: Cell) -> tuple[Ending, ...]:
    """Lay the ends of a cell's draws out as one bar, whole answers first, failures last."""
    counts = [
        (kind, word, cell.states.get("failed", 0) if kind == "failed" else cell.endings.get(kind, 0))
        for kind, word in ENDED
    ]
    total = sum([n for _, _, n in counts])
    made, at = [], 0
    for kind, word, n in counts:
        if n:
            made.append(Ending(kind, f"{at / total:.2%}", f"{n / total:.2%}", f"{n} {word}", ASKED[kind]))
            at += n
    return tuple(made)


def profile(cell: Cell, prompt: PromptShape) -> Profile | None:
    """Return what may set a column apart, None where its subject was not or cannot be asked: it has no answers."""
    column = cell.column
    if column.temperature_milli is None or not cell.wanted:
        return None
    days = [row.finished_ms // DAY for row in cell.rows if row.finished_ms is not None]
    return Profile(
        column.snapshot,
        column.temperature_milli,
        effective_max_tokens(prompt, column.snapshot),
        cell.served,
        (min(days), max(days)) if days else None,
        cell.waves,
        (column.subject_id, column.number),
    )


def head(
    cells: Sequence[Cell],
    at: int,
    prompt: PromptShape,
    contrast: Contrast | None,
    hide: bool,
    apart: bool = False,
) -> Head:
    """Describe one column among all that are shown; `apart` where these come from other runs each."""
    cell = cells[at]
    column, states = cell.column, cell.states
    shown = {
        "temperature": column.temperature,
        "n": cell.n,
        "wanted": cell.wanted,
        "failed": states["failed"],
        "ended": endings(cell),
        "name": name_of(column, at, hide),
    }
    if hide:
        return Head(glyph="", style="", induced="", lines=(), flags=(), **shown)  # type: ignore[arg-type]
    taken = column.snapshot
    against = cells[contrast.against].column if contrast else None
    return Head(
        glyph=taken.stage,
        style=f"{column.style} ({taken.stage})",
        induced=INDUCED[taken.induced_by],
        lines=_lines(cell, prompt, taken),
        flags=_flags(cell, taken),
        differs=contrast.differs if contrast else (),
        clean=bool(contrast and contrast.clean),
        against=_named_apart(against, column) if against else "",
        against_glyph=against.snapshot.stage if against else "",
        ran=ran(cell, apart),
        **shown,  # type: ignore[arg-type]
    )


def _named_apart(column: Column, beside: Column) -> str:
    """Return a column's name, with its temperature and its run where they are other ones than beside it."""
    told = [column.name]
    if column.temperature_milli != beside.temperature_milli:
        told.append(column.temperature.replace(" ", "\N{NO-BREAK SPACE}"))
    if column.run and column.run != beside.run:
        told.append(f"run\N{NO-BREAK SPACE}{column.run}")
    return " ".join(told)


def _lines(cell: Cell, prompt: PromptShape, taken: Snapshot) -> tuple[str, ...]:
    sampling = taken.sampling
    of = " · ".join(filter(None, [taken.asked_model, taken.mode, cell.contexts]))
    settings = [f"≤ {effective_max_tokens(prompt, taken)} tokens"]
    settings += [f"top_p {sampling.top_p:g}"] if sampling.top_p is not None else []
    settings += [f"top_k {sampling.top_k}"] if sampling.top_k is not None else []
    settings += [
        f"{name} {value}" for name, value in sampling.extra.items() if not isinstance(value, dict | list)
    ]
    settings += [f"stop {' '.join(map(repr, sampling.stop))}"] if sampling.stop else []
    return (of, " · ".join(settings))


def _flags(cell: Cell, taken: Snapshot) -> tuple[tuple[str, str], ...]:
    flags = []
    if cell.column.temperature_milli != 0 and (cut := truncated(taken)):
        flags.append(("truncated sampling", f"The tail of the distribution is cut: {', '.join(cut)}"))
    if cell.replicates:
        flags.append(("replicates", "At temperature 0 repeats are no draws of a distribution"))
    if cell.inserted is not None:
        word = "template adds a date" if cell.inserted.date else "template adds words"
        flags.append((word, f"The server's chat template put this in: {shorten(cell.inserted.text, 200)}"))
    return tuple(flags)
