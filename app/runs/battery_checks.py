"""What a battery file must make sense of, beyond its shape."""

from collections.abc import Iterator, Sequence

from app.batteries.shape import Answer, BatteryShape, PromptShape
from app.elicitation.answers import fold
from app.runs.mistakes import Loc, Mistake, repeated, shown

ROLES = {"chat": "user, assistant, …, user", "prefill": "user, …, assistant"}


def mistakes_of(shape: BatteryShape) -> Iterator[Mistake]:
    """Yield the mistakes of a battery."""
    yield from repeated([prompt.key for prompt in shape.prompts], ("prompts",), "key")
    yield from _alike(shape.prompts)
    for index, prompt in enumerate(shape.prompts):
        here: Loc = ("prompts", index)
        yield from _turns(prompt, (*here, "turns"))
        yield from _labels(prompt, here)
        if prompt.answer is not None:
            yield from _answer(prompt.answer, (*here, "answer"))


def _alike(prompts: Sequence[PromptShape]) -> Iterator[Mistake]:
    """Yield a mistake for each prompt that its labels do not tell from one before it.

    Rates are means over the wordings of a condition: two prompts of one label would be one wording counted twice.
    """
    first: dict[tuple[object, ...], tuple[str, Loc]] = {}
    for index, prompt in enumerate(prompts):
        label = (prompt.family, prompt.variant, prompt.mode, frozenset(prompt.condition.items()))
        here: Loc = ("prompts", index, "variant")
        if label in first:
            other, there = first[label]
            found = f"found the family, condition, mode and variant (wording) of {shown(other)} again"
            yield Mistake(here, found, first=there)
        first.setdefault(label, (prompt.key, here))


def _turns(prompt: PromptShape, here: Loc) -> Iterator[Mistake]:
    if not prompt.turns:
        yield Mistake(here, "found an empty list, expected at least one turn")
        return
    for index, turn in enumerate(prompt.turns):
        # A raw text may be nothing but a line break; a turn of a conversation says something.
        if not (turn.words if turn.role == "text" else turn.words.strip()):
            yield Mistake((*here, index, turn.role), f"found {shown(turn.words)}, expected words")
    roles = [turn.role for turn in prompt.turns]
    if prompt.mode == "completion":
        if roles != ["text"]:
            yield Mistake(
                here, f"found {', '.join(roles)}, expected one text turn, as mode completion has it"
            )
    elif prompt.mode == "ladder":
        yield from _only_users(roles, here)
    else:
        last = "user" if prompt.mode == "chat" else "assistant"
        wanted = ["user" if index % 2 == 0 else "assistant" for index in range(len(roles))]
        if roles != wanted or roles[-1] != last:
            expected = f"{ROLES[prompt.mode]} in turn, as mode {prompt.mode} has it"
            yield Mistake(here, f"found {', '.join(roles)}, expected {expected}")


def _only_users(roles: Sequence[str], here: Loc) -> Iterator[Mistake]:
    for index, role in enumerate(roles):
        if role != "user":
            expected = "only user turns, as mode ladder has it"
            yield Mistake((*here, index, role), f"found {_a(role)} turn, expected {expected}")
            return


def _a(role: str) -> str:
    return f"{'an' if role == 'assistant' else 'a'} {role}"


def _labels(prompt: PromptShape, here: Loc) -> Iterator[Mistake]:
    if not prompt.variant:
        yield Mistake(
            (*here, "variant"), "found an empty text, expected the name of a wording, such as plain"
        )


def _answer(answer: Answer, here: Loc) -> Iterator[Mistake]:
    bounds = [name for name in ("min", "max") if getattr(answer, name) is not None]
    if answer.kind != "integer" and bounds:
        yield Mistake((*here, bounds[0]), f"found bounds, expected none for the kind {answer.kind}")
    elif answer.min is not None and answer.max is not None and answer.min > answer.max:
        yield Mistake((*here, "max"), f"found {answer.max}, expected at least min, which is {answer.min}")
    if answer.kind != "choice":
        if answer.of:
            yield Mistake((*here, "of"), f"found choices, expected none for the kind {answer.kind}")
        return
    folded = [fold(choice) for choice in answer.of]  # as answers are, or two choices would be read as one
    if len(folded) < 2 or "" in folded:
        found = "an empty one" if "" in folded else f"{len(folded)} of them"
        yield Mistake((*here, "of"), f"found {found}, expected at least two choices")
    for index, choice in enumerate(folded):
        if choice and choice in folded[:index]:
            yield Mistake(
                (*here, "of", index), f"found {shown(answer.of[index])} again, expected each choice once"
            )
