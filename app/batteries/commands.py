"""Writes of batteries: immutable prompts, linked to frozen, numbered versions."""

from collections.abc import Callable, Iterable, Mapping

from sqlalchemy import Table, delete, func, insert, select
from sqlalchemy.orm import Session

from app.batteries.models import HIDDEN, Battery, BatteryPrompt, BatteryVersion, Prompt
from app.batteries.shape import BatteryHead, BatteryShape, PromptShape
from app.shape import fingerprint

PROMPTS: Table = Prompt.__table__  # type: ignore[assignment]
NEW = "new"
UNCHANGED = "unchanged"

InUse = Callable[[int], bool]
Identity = tuple[str, str]  # key and content hash


def put_battery(session: Session, shape: BatteryShape, in_use: InUse) -> tuple[BatteryVersion, str]:
    """Register a battery file; `in_use` tells whether a run points to a version id.

    Return the version that holds its prompts in their order and what became of it: a new version once a run
    points to the one before, else that one changed. Labels that are no part of a prompt's identity (title,
    note, source, theme, watch_for, repeats) are corrected where they stand.
    """
    battery = session.scalar(select(Battery).where(Battery.slug == shape.battery.slug))
    prompts = {identity_of(prompt): prompt for prompt in shape.prompts}
    if battery is None:
        battery = Battery(**shape.battery.model_dump())
        session.add(battery)
        session.flush()
        ids, _ = _put_prompts(session, battery, prompts)
        version = _new_version(session, battery, 1, version_sha256(prompts), ids)
        return version, f"{NEW}, {len(ids)} prompt{'s' if len(ids) > 1 else ''}"
    told = _correct_head(battery, shape.battery)
    ids, corrected = _put_prompts(session, battery, prompts)
    told += [f"corrected labels of {_some(corrected)}"] if corrected else []
    version, change = _put_version(session, battery, prompts, ids, in_use)
    told += [change] if change else []
    return version, "; ".join(told) or UNCHANGED


def put_tried(session: Session, name: str, shape: PromptShape) -> BatteryVersion:
    """Register a text that is only tried, in the hidden battery of this name; return the version that holds it.

    A text is named by its content: one that was tried before finds its version again. The caller sees to it that
    nobody else does the same at the same time.
    """
    shape = shape.model_copy(update={"key": f"t-{fingerprint(shape.identity())[:12]}"})
    battery = session.scalar(select(Battery).where(Battery.slug == HIDDEN + name))
    if battery is None:
        battery = Battery(slug=HIDDEN + name, title="Tried texts")
        session.add(battery)
        session.flush()
    identity = identity_of(shape)
    of = BatteryVersion.battery_id == battery.id
    known = session.scalar(
        select(BatteryVersion).where(of, BatteryVersion.sha256 == version_sha256([identity]))
    )
    if known is not None:
        return known
    row = Prompt(battery_id=battery.id, key=shape.key, content_sha256=identity[1], **_columns(shape))
    session.add(row)
    session.flush()
    newest = session.scalar(select(func.max(BatteryVersion.number)).where(of)) or 0
    return _new_version(session, battery, newest + 1, version_sha256([identity]), [row.id])


def _correct_head(battery: Battery, head: BatteryHead) -> list[str]:
    changed = [name for name, value in head.model_dump().items() if getattr(battery, name) != value]
    for name in changed:
        setattr(battery, name, getattr(head, name))
    return [f"changed {', '.join(changed)}"] if changed else []


def _put_prompts(
    session: Session, battery: Battery, prompts: Mapping[Identity, PromptShape]
) -> tuple[list[int], list[str]]:
    """Return the prompts' row ids in order, and the keys of those whose labels were corrected."""
    rows = session.scalars(select(Prompt).where(Prompt.battery_id == battery.id))
    known: dict[Identity, Prompt] = {(row.key, row.content_sha256): row for row in rows}
    ids = {identity: row.id for identity, row in known.items()}
    new: dict[Identity, dict[str, object]] = {}
    corrected = []
    for identity, shape in prompts.items():
        row = known.get(identity)
        if row is None:
            columns = _columns(shape)
            new[identity] = {
                "battery_id": battery.id,
                "key": shape.key,
                "content_sha256": identity[1],
                **columns,
            }
        elif row.shape != shape.model_dump(mode="json"):
            corrected.append(shape.key)
            for name, value in _columns(shape).items():
                setattr(row, name, value)
    session.flush()
    if new:
        # A row of a prompt is never edited but for its labels: as objects many would take several times as long.
        made = insert(PROMPTS).returning(PROMPTS.c.id, sort_by_parameter_order=True)
        written = session.connection().execute(made, list(new.values()))
        ids |= dict(zip(new, written.scalars(), strict=True))
    return [ids[identity] for identity in prompts], corrected


def identity_of(shape: PromptShape) -> Identity:
    """Return what makes a prompt the same prompt of its battery: its key and its content."""
    return shape.key, fingerprint(shape.identity())


def _columns(shape: PromptShape) -> dict[str, object]:
    """Return a prompt's columns beside its key and content hash."""
    filtered = shape.model_dump(include={"family", "variant", "theme", "branch", "mode", "title"})
    return {
        **filtered,
        "equal_sha256": fingerprint(shape.asked()),
        "shape": shape.model_dump(mode="json"),
    }


def _put_version(
    session: Session, battery: Battery, prompts: Mapping[Identity, PromptShape], ids: list[int], in_use: InUse
) -> tuple[BatteryVersion, str]:
    # Locked on PostgreSQL, so that no run begins to point to this version between our look and our edit.
    newest = session.scalars(
        select(BatteryVersion)
        .where(BatteryVersion.battery_id == battery.id)
        .order_by(BatteryVersion.number.desc())
        .limit(1)
        .with_for_update()
    ).one()
    sha256 = version_sha256(prompts)
    if newest.sha256 == sha256:
        return newest, ""
    change = change_words(session, newest, prompts)
    if in_use(newest.id):
        version = _new_version(session, battery, newest.number + 1, sha256, ids)
        return version, f"version {version.number}, since a run asked version {newest.number}; {change}"
    newest.sha256 = sha256
    session.execute(delete(BatteryPrompt).where(BatteryPrompt.version_id == newest.id))
    _link(session, newest, ids)
    return newest, f"version {newest.number} edited, since no run asked it; {change}"


def change_words(session: Session, version: BatteryVersion, prompts: Iterable[Identity]) -> str:
    """Return in words how a file's prompts differ from a version's."""
    rows = session.execute(
        select(Prompt.key, Prompt.content_sha256)
        .join(BatteryPrompt, BatteryPrompt.prompt_id == Prompt.id)
        .where(BatteryPrompt.version_id == version.id)
    )
    before = dict(rows.all())
    after = dict(identity for identity in prompts)
    parts = {
        "added": [key for key in after if key not in before],
        "removed": [key for key in before if key not in after],
        "changed": [key for key in after if key in before and before[key] != after[key]],
    }
    return ", ".join(f"{word} {_some(keys)}" for word, keys in parts.items() if keys) or "another order"


def _some(keys: list[str]) -> str:
    return ", ".join(keys) if len(keys) <= 3 else f"{', '.join(keys[:2])} and {len(keys) - 2} more"


def version_sha256(prompts: Iterable[Identity]) -> str:
    """Return the fingerprint of a list of prompts in their order."""
    return fingerprint([list(identity) for identity in prompts])


def _new_version(
    session: Session, battery: Battery, number: int, sha256: str, ids: list[int]
) -> BatteryVersion:
    version = BatteryVersion(battery_id=battery.id, number=number, sha256=sha256)
    session.add(version)
    session.flush()
    _link(session, version, ids)
    return version


def _link(session: Session, version: BatteryVersion, ids: list[int]) -> None:
    session.execute(
        insert(BatteryPrompt),
        [
            {"version_id": version.id, "position": position, "prompt_id": prompt_id}
            for position, prompt_id in enumerate(ids, start=1)
        ],
    )
