"""What a battery's prompts should mind beyond their shape, so that what they bring can be counted and compared.

Pure: prompts in, findings out. The rules (`rules.RULES`) are those of the study method and of evidence.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence

from app.batteries import cues, wordings
from app.batteries.changes import changed_places
from app.batteries.rules import FEW_DRAWS, RULES, Finding
from app.batteries.shape import PromptShape
from app.batteries.wordings import said, under, unlike

PLACES = 3  # that are named of those in which two conditions differ


def lint(prompts: Sequence[PromptShape], elsewhere: Mapping[str, str] = {}) -> list[Finding]:
    """Return what there is to mind, in the order of the prompts.

    `elsewhere` names the texts of other batteries: what `texts` makes of each, joined.
    """
    found = [*_again(prompts, elsewhere)]
    for family in _grouped(prompts, lambda prompt: prompt.family):
        found += _over_conditions(family)
        own = _own_cues(family)
        for cell in _cells(family):
            found += wordings.findings(cell, own)
    for prompt in prompts:
        found += _alone(prompt)
    order = {prompt.key: place for place, prompt in reversed(list(enumerate(prompts)))}
    rules = list(RULES)
    return sorted(dict.fromkeys(found), key=lambda one: (order[one.prompt], rules.index(one.rule), one.field))


def texts(battery: str, prompts: Iterable[PromptShape]) -> dict[str, str]:
    """Return a battery's texts in the form in which `lint` finds them again, each with where it stands."""
    return {_folded(prompt): f"{battery}/{prompt.key}" for prompt in prompts}


def _folded(prompt: PromptShape) -> str:
    """Return what two prompts of the same text share: mode, roles, and words but for case and spaces."""
    turns = "\0".join(f"{turn.role} {' '.join(turn.words.casefold().split())}" for turn in prompt.turns)
    return f"{prompt.mode}\0{turns}"


def _grouped(
    prompts: Iterable[PromptShape], by: Callable[[PromptShape], Hashable]
) -> list[list[PromptShape]]:
    groups: dict[Hashable, list[PromptShape]] = defaultdict(list)
    for prompt in prompts:
        groups[by(prompt)].append(prompt)
    return list(groups.values())


def _cells(family: Iterable[PromptShape]) -> list[list[PromptShape]]:
    return _grouped(family, lambda prompt: frozenset(prompt.condition.items()))


def _own_cues(family: Iterable[PromptShape]) -> dict[str, dict[str, str]]:
    """Return the cues of each wording that are there under every condition."""
    own: dict[str, dict[str, str]] = {}
    for wording in _grouped(family, lambda prompt: prompt.variant):
        found = [cues.cues(said(prompt)) for prompt in wording]
        own[wording[0].variant] = {
            name: words for name, words in found[0].items() if all(name in those for those in found)
        }
    return own


# ------------------------------------------------------------------ a family over its conditions


def _over_conditions(family: Sequence[PromptShape]) -> Iterator[Finding]:
    yield from unlike(family, ("answer", "max_tokens", "theme"))
    cells = _cells(family)
    if len(cells) > 1:
        yield from _uncrossed(family, cells)
        yield from _unnamed(family)
        yield from _together(family)
        yield from _many_changes(family)


def _uncrossed(family: Sequence[PromptShape], cells: Iterable[Sequence[PromptShape]]) -> Iterator[Finding]:
    """Yield the wordings that are missing under some condition."""
    variants = dict.fromkeys(prompt.variant for prompt in family)
    for cell in cells:
        here = {prompt.variant for prompt in cell}
        missing = [f"“{variant}”" for variant in variants if variant not in here]
        if missing:
            where = under(cell[0]) or " without a condition"
            yield Finding(
                "crossed", cell[0].key, "variant", f"found no wording {' and no '.join(missing)}{where}"
            )


def _unnamed(family: Sequence[PromptShape]) -> Iterator[Finding]:
    factors = dict.fromkeys(factor for prompt in family for factor in prompt.condition)
    for prompt in family:
        missing = [factor for factor in factors if factor not in prompt.condition]
        if missing:
            text = f"found no level of {', '.join(missing)}, which other prompts of {prompt.family} have"
            yield Finding("level", prompt.key, "condition", text)


def _together(family: Sequence[PromptShape]) -> Iterator[Finding]:
    """Yield factors that never change one without the other."""
    factors = dict.fromkeys(factor for prompt in family for factor in prompt.condition)
    levels = {
        factor: [repr(prompt.condition.get(factor)) for prompt in family]
        for factor in factors
        if len({repr(prompt.condition.get(factor)) for prompt in family}) > 1
    }
    for place, one in enumerate(levels):
        for other in list(levels)[place + 1 :]:
            pairs = set(zip(levels[one], levels[other], strict=True))
            if len(pairs) == len(set(levels[one])) == len(set(levels[other])):
                text = f"found {one} and {other} always changed together: their effects cannot be told apart"
                yield Finding("one-thing", family[0].key, "condition", text)


def _many_changes(family: Sequence[PromptShape]) -> Iterator[Finding]:
    """Yield prompts that differ in several places from the same wording under each other condition."""
    for wording in _grouped(family, lambda prompt: prompt.variant):
        for prompt in wording:
            others = [one for one in wording if one.condition != prompt.condition]
            found = [(changed_places(one.turns, prompt.turns), one.key) for one in others]
            places, nearest = min(found, key=lambda pair: len(pair[0]), default=([], ""))
            if len(places) > 1:
                told = "; ".join(f"{_quoted(before)} → {_quoted(after)}" for before, after in places[:PLACES])
                text = f"found {len(places)} places that differ from {nearest}: {told}"
                yield Finding("one-change", prompt.key, "turns", text)


def _quoted(words: str) -> str:
    return f"“{words}”" if words else "nothing"


# ------------------------------------------------------------------ a prompt by itself, and among all others


def _alone(prompt: PromptShape) -> Iterator[Finding]:
    for place, turn in enumerate(prompt.turns):
        for slot in cues.slots(turn.words):
            text = f"found {slot}, expected the words that belong there"
            yield Finding("slot", prompt.key, f"turns[{place}].{turn.role}", text)
    if prompt.repeats is not None and prompt.repeats < FEW_DRAWS:
        text = f"found {prompt.repeats}, expected {FEW_DRAWS} or more"
        yield Finding("repeats", prompt.key, "repeats", text)
    if prompt.answer is not None and prompt.answer.kind == "choice":
        words = " ".join(said(prompt).casefold().split())
        untold = [choice for choice in prompt.answer.of if choice.casefold() not in words]
        if untold:
            text = f"found {', '.join(untold)}, which the prompt never names"
            yield Finding("choices", prompt.key, "answer.of", text)


def _again(prompts: Sequence[PromptShape], elsewhere: Mapping[str, str]) -> Iterator[Finding]:
    first: dict[str, PromptShape] = {}
    for prompt in prompts:
        folded = _folded(prompt)
        if folded in elsewhere:
            yield Finding("same-text", prompt.key, "turns", f"found the text of {elsewhere[folded]}")
        if folded in first:
            text = f"found the text of {first[folded].key} again{_why_again(first[folded], prompt)}"
            yield Finding("same-text", prompt.key, "turns", text)
        first.setdefault(folded, prompt)


def _why_again(one: PromptShape, other: PromptShape) -> str:
    if (one.family, one.variant) != (other.family, other.variant) or one.condition == other.condition:
        return ""
    first, second = ((under(prompt) or " no condition").removeprefix(" under") for prompt in (one, other))
    return f": nothing changes between{first} and{second}"
