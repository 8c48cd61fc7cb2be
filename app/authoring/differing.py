"""What a draft changes of a version: prompt by prompt, and word by word in what is said."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from app.batteries.history import answer_words
from app.batteries.shape import PromptShape
from app.compare.diff import Kind, diff
from app.subjects.history import written

IDENTITY = ("family", "variant", "condition", "branch", "mode", "answer", "max_tokens", "turns")
LABELS = ("title", "theme", "watch_for", "repeats", "source", "note")


@dataclass(frozen=True, slots=True)
class Part:
    """One thing of a prompt that differs; `pieces` tell it word by word where most words stayed."""

    name: str
    before: str
    after: str
    pieces: tuple[tuple[Kind, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """A prompt that differs: `changed` makes it another prompt, `labels` are corrected where they stand."""

    prompt: str
    key: str
    kind: Literal["added", "removed", "changed", "labels"]
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True, slots=True)
class Difference:
    """All that differs from a version; `turned`: prompts that both have stand in another order."""

    changes: tuple[Change, ...]
    turned: bool

    def of(self, prompt: str) -> str:
        """Return how a prompt differs, '' where it does not."""
        return next((one.kind for one in self.changes if one.prompt == prompt), "")

    @property
    def words(self) -> str:
        """How much differs, in words."""
        counts = {
            kind: sum(one.kind == kind for one in self.changes) for kind in ("added", "changed", "removed")
        }
        labels = sum(one.kind == "labels" for one in self.changes)
        said = [f"{count} {kind}" for kind, count in counts.items() if count]
        said += [f"{labels} with other labels"] if labels else []
        said += ["another order"] if self.turned else []
        return ", ".join(said) or "nothing"


def difference(before: Sequence[PromptShape], after: Mapping[str, PromptShape]) -> Difference:
    """Return what a draft's sound prompts, by id, change of a version's."""
    old = {shape.key: shape for shape in before}
    changes = list(_changes(old, after))
    new = {shape.key: prompt for prompt, shape in after.items()}
    changes += [Change("", key, "removed") for key in old if key not in new]
    order = [key for key in old if key in new]
    return Difference(tuple(changes), order != [key for key in new if key in old])


def _changes(old: Mapping[str, PromptShape], after: Mapping[str, PromptShape]) -> Iterable[Change]:
    for prompt, shape in after.items():
        was = old.get(shape.key)
        if was is None:
            yield Change(prompt, shape.key, "added")
        elif was != shape:
            identity = tuple(_parts(was, shape, IDENTITY))
            kind: Literal["changed", "labels"] = "changed" if identity else "labels"
            yield Change(prompt, shape.key, kind, (*identity, *_parts(was, shape, LABELS)))


def _parts(before: PromptShape, after: PromptShape, names: Iterable[str]) -> Iterable[Part]:
    for name in names:
        old, new = _said(before, name), _said(after, name)
        if getattr(before, name) != getattr(after, name):
            pieces = diff(old, new) if name in ("turns", "note", "source", "title") else None
            yield Part(name.replace("_", " "), old, new, pieces.pieces if pieces else ())


def _said(prompt: PromptShape, name: str) -> str:
    if name == "turns":
        several = len(prompt.turns) > 1
        return "\n".join(f"{turn.role}: {turn.words}" if several else turn.words for turn in prompt.turns)
    if name == "answer":
        return answer_words(prompt.answer)
    if name == "condition":
        return ", ".join(f"{factor}: {level}" for factor, level in prompt.condition.items()) or "none"
    value = getattr(prompt, name)
    return (
        value
        if isinstance(value, str)
        else "none"
        if value in (None, ())
        else written(list(value) if isinstance(value, tuple) else value)
    )
