"""What changed from one version of a battery to the next, and its prompts as a page shows them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from app.batteries.models import Prompt
from app.batteries.shape import Answer, PromptShape
from app.shape import differing


@dataclass(frozen=True, slots=True)
class Shown:
    """A prompt of a version, with what it was in the version before, where it differs."""

    prompt: PromptShape
    id: int
    new: bool = False
    before: PromptShape | None = None
    changed: tuple[str, ...] = ()


@dataclass(slots=True)
class Family:
    """The prompts of one family, in their order."""

    slug: str
    prompts: list[Shown] = field(default_factory=list)

    @property
    def variants(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(one.prompt.variant for one in self.prompts))

    def shared(self, label: str) -> str:
        """Return a label (branch, theme, source) that all prompts of the family have, told once; else ''."""
        values = {str(getattr(one.prompt, label)) for one in self.prompts}
        return values.pop() if len(values) == 1 else ""


@dataclass(frozen=True, slots=True)
class Difference:
    """Keys of prompts that a version added, removed or changed, or that it only put in another order."""

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    turned: bool = False


def difference(before: Sequence[Prompt], after: Sequence[Prompt]) -> Difference:
    """Return what one list of prompts changed of another."""
    old = {row.key: row.content_sha256 for row in before}
    new = {row.key: row.content_sha256 for row in after}
    return Difference(
        added=tuple(key for key in new if key not in old),
        removed=tuple(key for key in old if key not in new),
        changed=tuple(key for key in new if key in old and old[key] != new[key]),
        turned=[key for key in old if key in new] != [key for key in new if key in old],
    )


def families(rows: Iterable[Prompt], before: Sequence[Prompt] | None = None) -> list[Family]:
    """Return a version's prompts by family, each told with its change since the version `before`."""
    old = {row.key: row for row in before or ()}
    found: dict[str, Family] = {}
    for row in rows:
        shape = PromptShape.model_validate(row.shape)
        was = old.get(row.key)
        if before is None or (was is not None and was.content_sha256 == row.content_sha256):
            shown = Shown(shape, row.id)
        elif was is None:
            shown = Shown(shape, row.id, new=True)
        else:
            earlier = PromptShape.model_validate(was.shape)
            shown = Shown(shape, row.id, False, earlier, _changed(earlier, shape))
        found.setdefault(shape.family, Family(shape.family)).prompts.append(shown)
    return list(found.values())


def _changed(before: PromptShape, after: PromptShape) -> tuple[str, ...]:
    paths = differing(before.identity(), after.identity())
    return tuple(dict.fromkeys(path.split(".")[0].replace("_", " ") for path in paths))


def answer_words(answer: Answer | None) -> str:
    """Return in words how an answer is read."""
    if answer is None:
        return "read by people only"
    kind = {
        "integer": "a whole number",
        "word": "one word",
        "choice": f"one of {', '.join(answer.of)}",
        "yesno": "yes or no",
        "line": "one line",
    }[answer.kind]
    bounds = {
        (True, True): f" from {answer.min} to {answer.max}",
        (True, False): f" of at least {answer.min}",
        (False, True): f" of at most {answer.max}",
        (False, False): "",
    }[answer.min is not None, answer.max is not None]
    return f"{kind}{bounds}, {'the whole answer' if answer.where == 'whole' else 'the first in the answer'}"
