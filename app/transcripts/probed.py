"""Which probe speaks for a subject version in a run: fixed when it is first planned, so that no later probe changes
what its draws are asked."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Table, select, tuple_
from sqlalchemy.orm import Session

from app.subjects.abilities import able, newest
from app.subjects.models import Probe, Subject, SubjectVersion
from app.subjects.queries import done_probes
from app.subjects.shape import Snapshot
from app.transcripts.bulk import insert_new
from app.transcripts.models import RunProbe

RUN_PROBES: Table = RunProbe.__table__  # type: ignore[assignment]
AT_ONCE = 200  # pairs in one query


def fix(session: Session, run_id: int, version_ids: Sequence[int]) -> None:
    """Fix the newest probes for those versions of a run that have none fixed yet, also where there is none."""
    known = set(session.scalars(select(RunProbe.version_id).where(RunProbe.run_id == run_id)))
    fresh = [number for number in version_ids if number not in known]
    rows = session.execute(
        select(SubjectVersion.id, SubjectVersion.snapshot, Subject.endpoint_id)
        .join(Subject, Subject.id == SubjectVersion.subject_id)
        .where(SubjectVersion.id.in_(fresh))
    ).all()
    probes = done_probes(session, {row.endpoint_id for row in rows})
    chosen = []
    for number, snapshot, endpoint_id in rows:
        one = newest(probes.get(endpoint_id, ()), Snapshot.model_validate(snapshot))
        chosen.append({"run_id": run_id, "version_id": number, "probe_id": None if one is None else one.id})
    insert_new(session.connection(), RUN_PROBES, chosen)


def fixed(session: Session, asked: Collection[tuple[int, int]]) -> Mapping[tuple[int, int], Probe]:
    """Return the probes fixed for versions of runs, by (run, version); none for those without."""
    pairs, found = list(asked), {}
    for start in range(0, len(pairs), AT_ONCE):
        rows = session.execute(
            select(RunProbe.run_id, RunProbe.version_id, Probe)
            .join(Probe, Probe.id == RunProbe.probe_id)
            .where(tuple_(RunProbe.run_id, RunProbe.version_id).in_(pairs[start : start + AT_ONCE]))
        )
        found.update({(run, version): probe for run, version, probe in rows})
    return found


def able_now(session: Session, asked: Mapping[str, tuple[int, Snapshot]]) -> dict[str, Snapshot]:
    """Return subject versions as a run begun now would ask them, by name; `asked` holds their endpoints' ids."""
    probes = done_probes(session, {number for number, _ in asked.values()})
    return {
        name: able(snapshot, newest(probes.get(number, ()), snapshot))
        for name, (number, snapshot) in asked.items()
    }


def as_planned(snapshot: Mapping[str, Any], probe: Probe | None) -> Snapshot:
    """Return a frozen version with what its run's probe fills."""
    return able(Snapshot.model_validate(snapshot), probe)
