"""The batteries that come with the program, as their tests read them."""

from collections import defaultdict
from collections.abc import Iterator

from app.batteries.shape import BatteryShape, PromptShape
from app.runs.study_file import built_in, load_battery

FILES = built_in()
BATTERIES = {slug: load_battery(path) for slug, path in FILES.items()}


def cells(battery: BatteryShape) -> Iterator[tuple[PromptShape, ...]]:
    """Yield the wordings of each family under each condition."""
    found: dict[tuple[str, str], list[PromptShape]] = defaultdict(list)
    for prompt in battery.prompts:
        found[prompt.family, repr(sorted(prompt.condition.items()))].append(prompt)
    yield from (tuple(prompts) for prompts in found.values())


def wordings(battery: BatteryShape) -> Iterator[tuple[PromptShape, ...]]:
    """Yield each wording of each family, under all its conditions."""
    found: dict[tuple[str, str], list[PromptShape]] = defaultdict(list)
    for prompt in battery.prompts:
        found[prompt.family, prompt.variant].append(prompt)
    yield from (tuple(prompts) for prompts in found.values())


def words(prompt: PromptShape) -> str:
    """Return all that a prompt says."""
    return "\n".join(turn.words for turn in prompt.turns)


def family(slug: str, name: str) -> list[PromptShape]:
    """Return the prompts of one family."""
    return [prompt for prompt in BATTERIES[slug].prompts if prompt.family == name]
