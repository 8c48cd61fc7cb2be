"""What an endpoint can do: what the study file says, else what a probe found, else the wire's default."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from app.subjects.found import Finding, Probed, Value
from app.subjects.models import Endpoint, Probe
from app.subjects.shape import Can, Snapshot

FILLS = tuple(Can.model_fields)  # what a probe may fill where the file says nothing
REACHED = (
    "wire",
    "base_url",
    "model",
    "dialect",
    "upstream",
    "headers",
)  # a probe speaks of one endpoint as it was reached
UNKNOWN_SIDE = "unknown"


@dataclass(frozen=True, slots=True)
class Ability:
    """What holds for one ability of `can`, and who says so."""

    name: str
    value: Value
    source: Literal["file", "probe", "default"]


def findings(probe: Probe) -> dict[str, Finding]:
    """Return what a probe found, by name."""
    return {one["name"]: Finding.model_validate(one) for one in probe.found}


def speaks_of(probe: Probe, reached: Snapshot | Endpoint) -> bool:
    """Tell whether a probe asked the endpoint as it is reached here: with all of REACHED the same."""
    return all(getattr(probe, name) == getattr(reached, name) for name in REACHED)


def newest(probes: Iterable[Probe], reached: Snapshot | Endpoint) -> Probe | None:
    """Return the first probe, of those given newest first, that was carried through and speaks of this endpoint."""
    return next((one for one in probes if one.state == "done" and speaks_of(one, reached)), None)


def able(snapshot: Snapshot, probe: Probe | None) -> Snapshot:
    """Return a subject version with what a probe found in place of what its file left open."""
    if probe is None or not speaks_of(probe, snapshot):
        return snapshot
    found = findings(probe)
    known = {name: _value(found, name) for name in FILLS if getattr(snapshot.can, name) is None}
    filled = {name: value for name, value in known.items() if value is not None}
    repeats = _value(found, "prefill_repeats")
    return snapshot.model_copy(
        update={
            "can": snapshot.can.model_copy(update=filled),
            "probed": Probed(
                id=probe.id, at=probe.finished_at or probe.started_at, served=probe.served_model, filled=filled,
                repeats=repeats if isinstance(repeats, bool) else None,
            ),
        }
    )  # fmt: skip


def abilities(can: Mapping[str, Any], probe: Probe | None) -> Sequence[Ability]:
    """Return every ability of `can` with its value and its source; `can` is what the file said."""
    found = {} if probe is None else findings(probe)
    every = []
    for name in FILLS:
        said, shown = can.get(name), _value(found, name)
        source: Literal["file", "probe", "default"] = (
            "file" if said is not None else "probe" if shown is not None else "default"
        )
        every.append(Ability(name, shown if said is None else said, source))
    return every


def side(probe: Probe | None, served_model: str | None) -> str:
    """Return on which side of the sampler log-probabilities are told: as probed, of the same served model."""
    if probe is None or probe.served_model != served_model:
        return UNKNOWN_SIDE
    found = _value(findings(probe), "logprobs_side")
    return found if isinstance(found, str) else UNKNOWN_SIDE


def _value(found: Mapping[str, Finding], name: str) -> Value:
    return found[name].value if name in found and found[name].standing != "unknown" else None
