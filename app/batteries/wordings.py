"""The wordings of one family under one condition: enough of them, and alike in all but words."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from app.batteries import cues
from app.batteries.history import answer_words
from app.batteries.rules import FEWEST, LONGER, SLACK, Finding
from app.batteries.shape import PromptShape


def findings(cell: Sequence[PromptShape], own: Mapping[str, Mapping[str, str]]) -> Iterator[Finding]:
    """Yield what there is to mind in a cell.

    `own` holds the cues (`cues.CUES`) of each variant that it has under every condition: the others come with
    the condition, which names them.
    """
    first, texts = cell[0], {prompt.key: said(prompt) for prompt in cell}
    variants = len({prompt.variant for prompt in cell})
    if variants < FEWEST:
        found = f"{variants} wording{'' if variants == 1 else 's'} of {first.family}{under(first)}"
        yield Finding("wordings", first.key, "variant", f"found {found}, expected {FEWEST} or more")
    # A condition may lead to another branch, or to another mode, on purpose; a wording may not.
    yield from unlike(cell, ("mode", "branch", "turns", "repeats"), under(first))
    if len(cell) > 1:
        yield from _lengths(texts)
        yield from _forms(cell, texts)
        yield from _cues(cell, own)
        yield from _named(texts)
        yield from _levels(cell)


def said(prompt: PromptShape) -> str:
    """Return all that a prompt says, turn after turn."""
    return "\n".join(turn.words for turn in prompt.turns)


def under(prompt: PromptShape) -> str:
    """Return a prompt's condition in words, such as " under stakes: high", '' where it has none."""
    levels = ", ".join(f"{factor}: {level}" for factor, level in prompt.condition.items())
    return f" under {levels}" if levels else ""


def unlike(group: Sequence[PromptShape], names: Sequence[str], where: str = "") -> Iterator[Finding]:
    """Yield each prompt in which one of these fields differs from what most of its group have."""
    for name in names:
        values = [_value(prompt, name) for prompt in group]
        usual, _ = Counter(values).most_common(1)[0]
        model = group[values.index(usual)].key
        word = name.replace("_", " ")
        for prompt, value in zip(group, values, strict=True):
            if value != usual:
                text = f"found {word} {value}, where {model}{where} has {usual}"
                yield Finding("one-thing", prompt.key, name, text)


def _value(prompt: PromptShape, name: str) -> str:
    if name == "answer":
        return f"“{answer_words(prompt.answer)}”"
    if name == "turns":
        return ", ".join(turn.role for turn in prompt.turns)
    value: Any = getattr(prompt, name)
    return "not set" if value in (None, "") else str(value)


def _lengths(texts: Mapping[str, str]) -> Iterator[Finding]:
    shortest = min(texts, key=lambda key: len(texts[key]))
    least = len(texts[shortest])
    for key, text in texts.items():
        if len(text) > LONGER * least and len(text) - least > SLACK:
            found = f"found {len(text):,} characters, where {shortest} has {least:,}"
            yield Finding("length", key, "turns", found)


def _forms(cell: Sequence[PromptShape], texts: Mapping[str, str]) -> Iterator[Finding]:
    read = any(prompt.answer is not None for prompt in cell)
    for key, name, having in cues.among(lambda text: cues.form(text, read=read), texts):
        told = (
            f"{name}, which most of its siblings have not"
            if having
            else f"no sign of {name}, which its siblings have"
        )
        yield Finding("form", key, "turns", f"found {told}")


def _cues(cell: Sequence[PromptShape], own: Mapping[str, Mapping[str, str]]) -> Iterator[Finding]:
    for name in cues.CUES:
        having = [prompt for prompt in cell if name in own[prompt.variant]]
        if len(having) <= len(cell) / 2:
            for prompt in having:
                words = own[prompt.variant][name]
                text = f"found “{words}”, which {name}; its siblings have nothing of the kind"
                yield Finding("condition", prompt.key, "turns", text)


def _named(texts: Mapping[str, str]) -> Iterator[Finding]:
    """Yield the numbers and names that one wording gives and others do not."""
    for what, of in (("number", cues.numbers), ("name", cues.names)):
        for key, name, having in cues.among(of, texts):
            told = f"the {what} {name}, which most of its siblings have not"
            missing = f"no {what} {name}, which its siblings have"
            yield Finding("condition", key, "turns", f"found {told if having else missing}")


def _levels(cell: Sequence[PromptShape]) -> Iterator[Finding]:
    for key, word in cues.levels({prompt.key: prompt.variant for prompt in cell}).items():
        text = (
            f"found “{word}” in the wording's name, which reads like a level beside the names of its siblings"
        )
        yield Finding("condition", key, "variant", text)
