"""What changed from one version of a subject to the next."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app.shape import differing
from app.subjects.models import SubjectVersion


@dataclass(frozen=True, slots=True)
class Change:
    """A setting that differs from the version before; `long` where before or after need lines of their own."""

    path: str
    before: str
    after: str

    @property
    def long(self) -> bool:
        return max(len(self.before), len(self.after)) > 60 or "\n" in self.before + self.after


def history(versions: Sequence[SubjectVersion]) -> list[tuple[SubjectVersion, list[Change]]]:
    """Return each version (newest first, as given) with what it changed of the one before."""
    before = [*versions[1:], None]
    return [(one, changes(old, one)) for one, old in zip(versions, before, strict=True)]


def changes(before: SubjectVersion | None, after: SubjectVersion) -> list[Change]:
    """Return what differs between two versions' snapshots, nothing for the first one."""
    return [] if before is None else between(before.snapshot, after.snapshot)


def between(before: dict[str, Any], after: dict[str, Any]) -> list[Change]:
    """Return what differs between two snapshots."""
    return [
        Change(path, written(_at(before, path)), written(_at(after, path)))
        for path in differing(before, after)
    ]


def written(value: Any) -> str:
    """Return a setting as a page writes it: what was not set is told as such."""
    if value is None or value in ([], {}):
        return "not sent"
    match value:
        case "":
            return "an empty text"
        case bool():
            return "yes" if value else "no"
        case list():
            return ", ".join(repr(one) if isinstance(one, str) else str(one) for one in value)
        case dict():
            return ", ".join(f"{name} {written(inner)}" for name, inner in value.items())
        case float():
            return f"{value:g}"
        case _:
            return str(value)


def _at(snapshot: dict[str, Any], path: str) -> Any:
    value: Any = snapshot
    for part in path.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value
