"""What `check` tells of a study file: calls, tokens and cost by subject, what is impossible, what to know."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from app.batteries.rules import Finding
from app.batteries.shape import PromptShape
from app.providers.wire import Impossible
from app.runs.linting import findings
from app.runs.mistakes import ascii_controls
from app.runs.study_shape import StudyFile
from app.studies.shape import MICRO
from app.subjects.shape import Snapshot
from app.transcripts.estimate import METHOD, Asked, Estimate, Span, SubjectEstimate, estimate
from app.transcripts.preflight import exact

WIDEST = 160  # columns, where the output is no terminal
MOST_LINTED = 20  # findings that are printed; --json has them all


@dataclass(frozen=True, slots=True)
class Report:
    """A sound study file and what it comes to. `notes` are (subject or "", what to know).

    `snapshots` are its subjects with what probes found in place of what it leaves open.
    """

    file: StudyFile
    snapshots: Mapping[str, Snapshot]
    prompts: dict[str, PromptShape]
    estimate: Estimate
    notes: tuple[tuple[str, str], ...]
    linted: tuple[tuple[str, Finding], ...] = ()


def of(file: StudyFile, snapshots: Mapping[str, Snapshot], unprobed: str = "") -> Report:
    """Return the report of a study file. Nothing is sent, and nothing written.

    `unprobed` says why no probe was looked at, '' where there is nothing to say.
    """
    prompts = {
        f"{battery.battery.slug}/{prompt.key}": prompt
        for battery in file.batteries
        for prompt in battery.prompts
    }
    prices = {endpoint.slug: endpoint.price for endpoint in file.shape.endpoints}
    asked = {slug: Asked(one, prices[one.endpoint]) for slug, one in snapshots.items()}
    run = file.shape.run
    found = estimate(prompts, asked, repeats=run.repeats, temperatures=run.temperatures)
    notes = (*_subject_notes(snapshots, prompts, found), *_budget_notes(file, found), *_key_notes(file))
    notes += (("", unprobed),) if unprobed else ()
    return Report(file, snapshots, prompts, found, notes, tuple(findings(file.batteries)))


def _subject_notes(
    snapshots: Mapping[str, Snapshot], prompts: dict[str, PromptShape], found: Estimate
) -> Iterator[tuple[str, str]]:
    """Yield what a reader should know of each subject's requests, once each."""
    for one in found.subjects:
        snapshot = snapshots[one.subject]
        told: dict[str, None] = {}
        for prompt in prompts.values():
            for temperature in one.temperatures:
                request = exact(prompt, snapshot, temperature=temperature)
                if not isinstance(request, Impossible):
                    told.update(dict.fromkeys(request.notes))
        yield from ((one.subject, note) for note in told if not note.startswith("a ladder"))
        if not one.calls:
            yield one.subject, "nothing can be asked of it"
    for slug in found.unpriced:
        yield slug, "price unknown: its cost is not in the total"


def _budget_notes(file: StudyFile, found: Estimate) -> Iterator[tuple[str, str]]:
    budget = file.shape.run.budget
    tokens = found.input_tokens + found.output_tokens
    if budget.calls is not None and found.calls > budget.calls:
        yield (
            "",
            f"{found.calls:,} calls are more than the budget of {budget.calls:,}: the run will pause there",
        )
    if budget.tokens is not None and tokens.high > budget.tokens:
        yield (
            "",
            f"up to {tokens.high:,} tokens may pass the budget of {budget.tokens:,}: the run would pause there",
        )
    if budget.micro is not None and found.cost_micro.high > budget.micro:
        cap = f"$ {budget.usd:,.2f}"
        yield (
            "",
            f"up to {_dollars(found.cost_micro)} may pass the budget of {cap}: the run would pause there",
        )


def _key_notes(file: StudyFile) -> Iterator[tuple[str, str]]:
    used = {subject.endpoint for subject in file.shape.subjects}
    names = dict.fromkeys(one.key_env for one in file.shape.endpoints if one.key_env and one.slug in used)
    for name in names:
        if not os.environ.get(name):
            yield "", f"{name} is not set here: its endpoint cannot be asked from this shell"


# ------------------------------------------------------------------ as JSON


def document(report: Report) -> dict[str, Any]:
    """Return the report as one JSON document; tokens and dollars are [at least, at most]."""
    found, file = report.estimate, report.file
    return {
        "ok": True,
        "study": file.shape.study.slug,
        "batteries": {one.battery.slug: len(one.prompts) for one in file.batteries},
        "repeats": file.shape.run.repeats,
        "draws": found.draws,
        "calls": found.calls,
        "impossible_draws": found.impossible_draws,
        "input_tokens": _pair(found.input_tokens),
        "output_tokens": _pair(found.output_tokens),
        "cost_usd": _usd(found.cost_micro),
        "unpriced": list(found.unpriced),
        "subjects": [_subject(one) for one in found.subjects],
        "impossible": [
            {
                "prompt": cell.prompt,
                "subject": cell.subject,
                "temperature": cell.temperature,
                "draws": cell.draws,
                "reason": cell.reason,
            }
            for cell in found.impossible
        ],
        "notes": [{"subject": subject or None, "note": note} for subject, note in report.notes],
        "lint": [
            {
                "battery": battery,
                "prompt": one.prompt,
                "field": one.field,
                "rule": one.rule,
                "grade": one.grade,
                "found": one.text,
            }
            for battery, one in report.linted
        ],
        "method": METHOD,
    }


def _subject(one: SubjectEstimate) -> dict[str, Any]:
    return {
        "subject": one.subject,
        "temperatures": list(one.temperatures),
        "draws": one.draws,
        "calls": one.calls,
        "input_tokens": _pair(one.input_tokens),
        "output_tokens": _pair(one.output_tokens),
        "cost_usd": None if one.cost_micro is None else _usd(one.cost_micro),
        "truncated": list(one.truncated),
    }


def _pair(span: Span) -> list[int]:
    return [span.low, span.high]


def _usd(micro: Span) -> list[float]:
    return [micro.low / MICRO, micro.high / MICRO]


# ------------------------------------------------------------------ for reading


def show(report: Report) -> None:
    """Print the report for people."""
    console = Console(highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        console = Console(highlight=False, markup=False, emoji=False, width=WIDEST)
    shape, found = report.file.shape, report.estimate
    sizes = ", ".join(f"{one.battery.slug} ({len(one.prompts)})" for one in report.file.batteries)
    console.print(f"{shape.study.slug}: {ascii_controls(shape.study.title)}")
    console.print(f"batteries and their prompts: {sizes}; {shape.run.repeats} repeats\n")
    console.print(_table(report))
    for line in (*_impossible_lines(report), *_note_lines(report), *_lint_lines(report)):
        console.print(line, soft_wrap=True)
    console.print(f"\n{METHOD}", style="dim")
    console.print(f"{found.calls:,} calls to expect. Nothing was sent.")


def _table(report: Report) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0))
    for name in ("subject", "model", "T"):
        table.add_column(name, no_wrap=True)
    for name in ("draws", "calls", "tokens in", "tokens out", "cost"):
        table.add_column(name, justify="right", no_wrap=True)
    for one in report.estimate.subjects:
        model = report.snapshots[one.subject].model
        temperatures = ", ".join("not sent" if t is None else f"{t:g}" for t in one.temperatures)
        cost = "unknown" if one.cost_micro is None else _dollars(one.cost_micro)
        table.add_row(one.subject, Text(ascii_controls(model)), temperatures, *_numbers(one), cost)
    found = report.estimate
    known = f"{_dollars(found.cost_micro)}{' and unknown' if found.unpriced else ''}"
    table.add_row("all", "", "", *_numbers(found), known)
    return table


def _numbers(one: SubjectEstimate | Estimate) -> tuple[str, str, str, str]:
    return f"{one.draws:,}", f"{one.calls:,}", _range(one.input_tokens), _range(one.output_tokens)


def _range(span: Span) -> str:
    return f"{span.low:,}" if span.low == span.high else f"{span.low:,}–{span.high:,}"


def _dollars(micro: Span) -> str:
    if micro.high == 0:
        return "0"
    digits = 2 if micro.high >= MICRO else 4
    return f"$ {micro.low / MICRO:.{digits}f}–{micro.high / MICRO:.{digits}f}"


def _impossible_lines(report: Report) -> Iterator[str]:
    """Yield a line for each subject and reason, with the prompts that it concerns."""
    grouped: dict[tuple[str, str], tuple[list[str], int]] = {}
    for cell in report.estimate.impossible:
        keys, draws = grouped.get((cell.subject, cell.reason), ([], 0))
        grouped[cell.subject, cell.reason] = (keys, draws + cell.draws)
        if cell.prompt not in keys:
            keys.append(cell.prompt)
    if grouped:
        yield "\nnot possible, and not tried in another way:"
    for (subject, reason), (keys, draws) in grouped.items():
        some = ", ".join(keys[:3]) + (f" and {len(keys) - 3} more" if len(keys) > 3 else "")
        yield f"  {subject}: {draws:,} draws of {some}: {reason}"


def _note_lines(report: Report) -> Iterator[str]:
    if report.notes:
        yield "\nto know:"
    for subject, note in report.notes:
        yield f"  {subject + ': ' if subject else ''}{ascii_controls(note)}"


def _lint_lines(report: Report) -> Iterator[str]:
    """Yield what the prompts should mind; docs/battery-file.md says why of each rule."""
    if report.linted:
        yield "\nto mind in the prompts (docs/battery-file.md says why):"
    for battery, one in report.linted[:MOST_LINTED]:
        yield f"  {battery}/{one.prompt} {one.field}: {ascii_controls(one.text)} ({one.title.lower()})"
    if len(report.linted) > MOST_LINTED:
        yield f"  … and {len(report.linted) - MOST_LINTED} more; --json has them all"
