"""What publishing a draft would do, in words, before anybody does it."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sqlalchemy.orm import Session

from app.authoring.checking import StudyPlan
from app.batteries import queries as batteries
from app.batteries.commands import change_words, identity_of, version_sha256
from app.batteries.shape import BatteryShape
from app.runs.applying import followed
from app.runs.queries import Asking, runs_asking_battery, runs_asking_subject
from app.runs.study_file import built_in
from app.runs.whole import endpoint_shape
from app.shape import differing, fingerprint
from app.studies.queries import naming
from app.subjects import queries as subjects
from app.subjects.models import Subject, SubjectVersion
from app.subjects.shape import EndpointShape, Snapshot, StyleShape, SubjectShape, origin, snapshot_of


def foretold(session: Session, kind: str, shape: Any, before: Any) -> list[str]:
    """Return what publishing this shape would do, a line each; `before` is the thing as it is, None for none."""
    lines = list(TELL[kind](session, shape, before))
    if lines and before is not None and kind in ("battery", "subject"):
        lines += _named(session, kind, shape)
    return lines or ["changes nothing: this is how it is already"]


def _version(number: int, change: str, runs: list[Asking]) -> str:
    """Return what becomes of a version, and because of which run."""
    asked = [one.run_id for one in runs if one.number == number]
    if not asked:
        return f"edits version {number}, which no run has asked yet: {change}"
    return f"makes version {number + 1}, since run {asked[0]} asked version {number}: {change}"


def _battery(session: Session, shape: BatteryShape, before: BatteryShape | None) -> Iterator[str]:
    row = batteries.battery(session, shape.battery.slug)
    if row is None or before is None:
        count = len(shape.prompts)
        yield f"makes the battery {shape.battery.slug}, version 1, with {count} prompt{'' if count == 1 else 's'}"
        return
    changed = list(differing(before.battery.model_dump(), shape.battery.model_dump()))
    if changed:
        yield f"corrects what the battery says of itself: {', '.join(changed)}"
    newest = batteries.versions(session, row.id)[0]
    prompts = [identity_of(prompt) for prompt in shape.prompts]
    if newest.sha256 != version_sha256(prompts):
        change = change_words(session, newest, prompts)
        yield _version(newest.number, change, runs_asking_battery(session, row.id))
    old = {identity_of(prompt): prompt for prompt in before.prompts}
    labels = [one.key for one in shape.prompts if identity_of(one) in old and old[identity_of(one)] != one]
    if labels:
        yield f"corrects labels of {', '.join(labels)}, where they stand and in every version"


def _style(session: Session, shape: StyleShape, before: StyleShape | None) -> Iterator[str]:
    if before is None:
        yield f"makes the style {shape.slug}"
        return
    changed = list(differing(before.model_dump(), shape.model_dump()))
    if changed:
        yield f"corrects {', '.join(changed)} of the style, for every study"


def _endpoint(session: Session, shape: EndpointShape, before: EndpointShape | None) -> Iterator[str]:
    if before is None:
        key = f", with the key of {shape.key_env} for {origin(shape.base_url)} alone" if shape.key_env else ""
        yield f"makes the endpoint {shape.slug}{key}"
        return
    old, new = before.model_dump(mode="json"), shape.model_dump(mode="json")
    changed = [path for path in differing(old, new) if path != "key_env"]
    if changed:
        yield f"changes {', '.join(changed)}"
    yield from _key(before, shape)
    row = subjects.endpoint(session, shape.slug)
    newest = subjects.newest_versions(session)
    for subject in subjects.subjects(session, endpoint_id=row.id) if row else ():
        snapshot = followed(shape, shape.style, newest[subject.id].snapshot)
        for line in _snapshot(session, subject, newest[subject.id], snapshot):
            yield f"subject {subject.slug}: {line}"


def _key(before: EndpointShape, after: EndpointShape) -> Iterator[str]:
    here, there = origin(before.base_url), origin(after.base_url)
    if (before.key_env, here) == (after.key_env, there) or not (before.key_env or after.key_env):
        return
    if after.key_env is None:
        yield f"{before.key_env} is no longer sent"
    elif before.key_env is None:
        yield f"the key of {after.key_env} is sent to {there}"
    else:
        yield f"the key of {after.key_env} is sent to {there}, before {before.key_env} to {here}"


def _subject(session: Session, shape: SubjectShape, before: SubjectShape | None) -> Iterator[str]:
    row = subjects.subject(session, shape.slug)
    if row is None or before is None:
        yield f"makes the subject {shape.slug}, version 1"
        return
    if row.name != (shape.name or shape.slug):
        yield f"names it {shape.name or shape.slug!r}"
    endpoint = subjects.endpoint(session, shape.endpoint)
    if endpoint is not None:
        newest = subjects.versions(session, row.id)[0]
        yield from _snapshot(session, row, newest, snapshot_of(endpoint_shape(endpoint), shape))


def _snapshot(
    session: Session, subject: Subject, newest: SubjectVersion, snapshot: Snapshot
) -> Iterator[str]:
    if fingerprint(snapshot.identity()) != newest.sha256:
        change = f"changes {', '.join(differing(newest.snapshot, snapshot.model_dump(mode='json')))}"
        yield _version(newest.number, change, runs_asking_subject(session, subject.id))


def _study(session: Session, shape: StudyPlan, before: StudyPlan | None) -> Iterator[str]:
    if before is None:
        yield f"makes the study {shape.study.slug}"
    else:
        changed = list(differing(before.model_dump(mode="json"), shape.model_dump(mode="json")))
        if changed:
            yield f"changes {', '.join(changed)}; runs that are there stay as they are"
    known = {one.slug for one in batteries.batteries(session)}
    new = [slug for slug in shape.batteries if slug not in known and slug in built_in()]
    if new:
        yield f"takes {', '.join(new)} into the library, as it comes with the program"


def _named(session: Session, kind: str, shape: Any) -> Iterator[str]:
    """Yield which studies ask a thing: what is published holds for each of them."""
    slug = shape.battery.slug if kind == "battery" else shape.slug
    found = naming(session, **{"batteries" if kind == "battery" else "subjects": (slug,)})
    if found:
        one = len(found) == 1
        which = f"study {found[0]}: its" if one else f"studies {', '.join(found)}: their"
        yield f"is named by {which} next runs ask it so"


TELL: Mapping[str, Callable[[Session, Any, Any], Iterator[str]]] = {
    "battery": _battery,
    "style": _style,
    "endpoint": _endpoint,
    "subject": _subject,
    "study": _study,
}
