"""What `probe` prints: the calls to expect, each endpoint as it ends, one endpoint whole or all in a table."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from app import db
from app.probes.asking import begin
from app.probes.asks import CannotProbe, target_of
from app.probes.script import outlook
from app.probes.words import NAMES, NO, NOT_SHOWN, document, in_order, word
from app.runs.mistakes import ascii_controls, one_of, shown
from app.settings import Settings
from app.studies.shape import MICRO
from app.subjects import queries
from app.subjects.abilities import abilities
from app.subjects.models import Endpoint, Probe
from app.subjects.shape import origin
from app.transcripts.budget import priced

WIDEST = 160  # columns, where the output is no terminal
COLUMNS = {
    "chat": "chat",
    "completion": "raw",
    "prefill": "prefill",
    "logprobs": "logprobs",
    "n": "n",
    "seed": "seed",
    "temperature": "T",
    "context": "context",
}
SHORT = {NO: "no", NOT_SHOWN: "?"}
Say = Callable[[str], Any]
_busy = Lock()  # one moving line at a time


@dataclass(frozen=True, slots=True)
class Ended:
    """What became of one endpoint; `probe` is None where it was not asked at all, and `why` says why."""

    row: Endpoint
    probe: Probe | None
    why: str = ""

    @property
    def well(self) -> bool:
        """Whether it was probed to the end."""
        return self.probe is not None and self.probe.state == "done"

    def document(self) -> dict[str, Any]:
        """Return it as a JSON object."""
        if self.probe is None:
            return {"endpoint": self.row.slug, "state": "failed", "reason": self.why}
        return document(self.row, self.probe)


def chosen(slug: str) -> Sequence[Endpoint]:
    """Return the endpoint of this slug, or all."""
    with db.reading() as session:
        one = queries.endpoint(session, slug) if slug else None
        return [one] if one is not None else [] if slug else queries.endpoints(session)


def unknown(slug: str) -> str:
    """Return the message for a slug that names no endpoint."""
    with db.reading() as session:
        known = [row.slug for row in queries.endpoints(session)]
    return f"ENDPOINT: found {shown(slug)}, expected {one_of(slug, known, 'one of')}"


def outlook_of(row: Endpoint) -> str:
    """Return what a probe of an endpoint comes to, in one line; nothing is sent."""
    expected = outlook(target_of(row))
    micro = priced(row.price, expected.most_in, expected.most_out)
    cost = "price unknown" if micro is None else "free" if micro == 0 else f"at most $ {micro / MICRO:.4f}"
    tokens = f"{expected.most_in:,} tokens in and {expected.most_out:,} out at most"
    return f"{row.slug}: about {expected.calls} calls, {tokens}, {cost}"


async def probe_all(
    settings: Settings, rows: Sequence[Endpoint], keys: Mapping[str, str], say: Say
) -> list[Ended]:
    """Probe endpoints: those of one address one after another, the others at once. Return them in their order."""
    places: dict[str, list[Endpoint]] = {}
    for row in rows:
        places.setdefault(origin(row.base_url), []).append(row)
    ended = await asyncio.gather(
        *(_one_after_another(settings, those, keys, say) for those in places.values())
    )
    by_slug = {one.row.slug: one for those in ended for one in those}
    return [by_slug[row.slug] for row in rows]


async def _one_after_another(
    settings: Settings, rows: Iterable[Endpoint], keys: Mapping[str, str], say: Say
) -> list[Ended]:
    found = []
    for row in rows:
        one = await _probed(settings, row, keys)
        say(_line(one))
        found.append(one)
    return found


async def _probed(settings: Settings, row: Endpoint, keys: Mapping[str, str]) -> Ended:
    try:
        probing = await begin(settings, row.slug, keys=keys)
    except CannotProbe as error:
        return Ended(row, None, str(error))
    with _moving() as tell:
        probing.tell = lambda says: tell(f"{row.slug}: {probing.used.calls}, {says}")
        await probing.carry_through()
    with db.reading() as session:
        return Ended(row, session.get_one(Probe, probing.probe_id))


@contextmanager
def _moving() -> Iterator[Callable[[str], None]]:
    """Show on a terminal, on standard error, what is asked just now; elsewhere nothing."""
    console = Console(stderr=True, highlight=False, markup=False, emoji=False)
    if not console.is_terminal or _busy.locked():
        yield lambda _says: None
        return
    with _busy, console.status("") as status:
        yield lambda says: status.update(Text(ascii_controls(says)))


def _line(one: Ended) -> str:
    """Return how the probe of an endpoint ended, in one line."""
    if one.probe is None:
        return ascii_controls(f"{one.row.slug}: not asked. {one.why}")
    states = {"done": "probed", "broken": "broken off", "failed": "could not be probed"}
    why = f": {one.probe.reason}" if one.probe.reason else ""
    return ascii_controls(f"{one.row.slug}: {states[one.probe.state]}, {_used(one.probe)}{why}")


def _used(probe: Probe) -> str:
    into, out = probe.input_tokens, probe.output_tokens
    told = "tokens not told" if into is None or out is None else f"{into:,} tokens in, {out:,} out"
    cost = "price unknown" if probe.cost_micro is None else f"$ {probe.cost_micro / MICRO:.4f}"
    calls = f"{probe.calls} call{'' if probe.calls == 1 else 's'}"
    return f"{calls}, {told}, {'free' if probe.cost_micro == 0 else cost}"


def show(ended: Sequence[Ended]) -> None:
    """Print what was found."""
    if not ended:
        print("No endpoints yet: `styloscope apply STUDY.yaml` registers some.")
    elif len(ended) == 1:
        _show_one(ended[0])
    else:
        _show_all(ended)


def _show_one(one: Ended) -> None:
    """Print everything that was found of an endpoint, and whose word holds."""
    probe = one.probe
    if probe is None or probe.state == "failed":
        return
    console = _console()
    served = " · ".join(filter(None, (probe.served_model, probe.version)))
    console.print(f"\nserved by {ascii_controls(served or 'an unnamed model')}", soft_wrap=True)
    table = _table(("ability", "found", "shown by"))
    for finding in in_order(probe):
        table.add_row(NAMES[finding.name], word(finding), Text(ascii_controls(finding.says)))
    console.print(table)
    told = [able for able in abilities(one.row.can, probe if one.well else None) if able.source != "default"]
    if told:
        console.print("\nwhat holds for its subjects, and who says so:")
    for able in told:
        value = {True: "yes", False: "no"}.get(able.value, able.value)  # type: ignore[arg-type]
        console.print(
            f"  {able.name}: {value} ({'the study file' if able.source == 'file' else 'this probe'})"
        )


def _show_all(ended: Sequence[Ended]) -> None:
    """Print a line for each endpoint."""
    table = _table(("endpoint", *COLUMNS.values(), "calls"))
    for one in ended:
        found = {} if one.probe is None else {finding.name: word(finding) for finding in in_order(one.probe)}
        cells = [SHORT.get(told := found.get(name, ""), told) for name in COLUMNS]
        named = one.row.slug if one.well else f"{one.row.slug} (not probed to the end)"
        table.add_row(named, *cells, str(one.probe.calls if one.probe else 0))
    console = _console()
    console.print()
    console.print(table)
    console.print("no: not possible here · ?: asked, and not shown either way", style="dim")


def _table(columns: Sequence[str]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name in columns:
        table.add_column(name, no_wrap=name != "shown by")
    return table


def _console() -> Console:
    console = Console(highlight=False, markup=False, emoji=False)
    if console.is_terminal:
        return console
    return Console(highlight=False, markup=False, emoji=False, width=WIDEST)
