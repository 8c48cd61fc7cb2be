"""The page of an endpoint: how it is reached and asked, what it can do, and who says so."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.orm import Session

from app.db import now
from app.probes.asks import target_of
from app.probes.queries import served_since
from app.probes.script import Outlook, outlook
from app.probes.words import in_order, word
from app.providers.defaults import by_default
from app.subjects import queries
from app.subjects.abilities import REACHED, Ability, abilities, newest
from app.subjects.found import Finding
from app.subjects.models import Endpoint, Probe
from app.transcripts.budget import priced

SILENT = timedelta(minutes=8)  # longer than one call may take: whoever asked is gone
HISTORY = 50


@dataclass(frozen=True, slots=True)
class Row:
    """One ability as it is shown: what was found in a word, and what the study file says of it (None = nothing)."""

    finding: Finding
    word: str
    file: object
    differs: bool


@dataclass(frozen=True, slots=True)
class EndpointPage:
    """An endpoint with the probe that is shown.

    `moved` says in lines what of the endpoint is another now, so that nothing follows from the probe; `served` that
    another model has served since.
    """

    endpoint: Endpoint
    missing_key: str
    abilities: Sequence[Ability]
    used: Probe | None
    shown: Probe | None
    rows: Sequence[Row]
    history: Sequence[Probe]
    moved: Sequence[str]
    served: str
    outlook: Outlook
    most_micro: int | None

    @property
    def defaults(self) -> Mapping[str, str]:
        """What is done about each ability that neither the file nor a probe tells of, in words."""
        return by_default(target_of(self.endpoint))

    @property
    def running(self) -> bool:
        """Whether the probe that is shown goes on."""
        return self.shown is not None and self.shown.state == "running" and not self.silent

    @property
    def silent(self) -> bool:
        """Whether nothing was heard of a running probe for too long."""
        probe = self.shown
        return probe is not None and probe.state == "running" and now() - probe.heard_at > SILENT


def endpoint_page(
    session: Session, row: Endpoint, environ: Mapping[str, str], number: int | None
) -> EndpointPage:
    """Return the page of an endpoint with one of its probes, the newest where none is named or it is not there."""
    history = queries.probes(session, row.id, limit=HISTORY)
    shown = next((one for one in history if one.id == number), history[0] if history else None)
    used = newest(queries.probes(session, row.id, state="done"), row)
    expected = outlook(target_of(row))
    key = queries.key_name(row, row.base_url)
    return EndpointPage(
        endpoint=row,
        missing_key=key if key and not environ.get(key) else "",
        abilities=abilities(row.can, used),
        used=used,
        shown=shown,
        rows=[] if shown is None else [_row(row, one) for one in in_order(shown)],
        history=history,
        moved=[] if shown is None else _moved(row, shown),
        served="" if shown is None else _served(session, row, shown),
        outlook=expected,
        most_micro=priced(row.price, expected.most_in, expected.most_out),
    )


def _row(row: Endpoint, finding: Finding) -> Row:
    said = row.can.get(finding.name)
    known = finding.standing != "unknown" and finding.value is not None
    return Row(finding, word(finding), said, differs=said is not None and known and said != finding.value)


def _moved(row: Endpoint, probe: Probe) -> list[str]:
    changed = [name for name in REACHED if getattr(probe, name) != getattr(row, name)]
    return [
        f"{name.replace('_', ' ')}: probed as {getattr(probe, name) or 'none'}, now {getattr(row, name) or 'none'}"
        for name in changed
    ]


def _served(session: Session, row: Endpoint, probe: Probe) -> str:
    since = served_since(session, row.id, probe.started_at) if probe.served_model else None
    if since is None or since[0] == probe.served_model:
        return ""
    return f"probed as {probe.served_model}, and since then {since[0]} served (transcript {since[1]})"
