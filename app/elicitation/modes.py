"""The next call of a prompt to a subject, by the prompt's mode and the subject's; pure, the same for preflight."""

from collections.abc import Sequence
from dataclasses import replace

from app.batteries.shape import PromptShape, Turn
from app.elicitation import chat, completion, ladder, prefill
from app.elicitation.calls import Draw, Finished, asked, effective_max_tokens
from app.providers.wire import Call, Impossible, Target
from app.subjects.shape import Snapshot

__all__ = [
    "Finished",
    "asked",
    "because",
    "between",
    "cell_temperatures",
    "effective_max_tokens",
    "next_call",
    "opening",
    "target",
    "turns_to_answer",
]

NO_TEMPERATURE = Impossible(
    "this endpoint takes no temperature, so it cannot be asked at a given one", lacks="temperature"
)
ONE_ANSWER = {"chat": chat.ask, "completion": completion.ask, "prefill": prefill.ask}


def next_call(
    prompt: PromptShape,
    subject: Snapshot,
    answered: Sequence[str],
    *,
    temperature: float | None,
    seed: int | None,
    kept: Sequence[ladder.Parts] = (),
) -> Call | Finished | Impossible:
    """Return the call that comes after these answers, Finished after the last, Impossible where there is none.

    `temperature` and `seed` are what to send, None = nothing; the subject's own are not looked at. `kept` are the
    parts that stand beside each answer: some wires want some of them back.
    """
    if len(answered) >= turns_to_answer(prompt):
        return Finished()
    if temperature is not None and subject.can.temperature is False:
        return NO_TEMPERATURE
    draw = Draw(temperature, seed)
    if prompt.mode == "ladder":
        return ladder.ask(prompt, subject, answered, draw, kept)
    return ONE_ANSWER[prompt.mode](prompt, subject, draw)


def turns_to_answer(prompt: PromptShape) -> int:
    """Return how many answers a whole draw of this prompt has."""
    return len(prompt.turns) if prompt.mode == "ladder" else 1


def opening(prompt: PromptShape) -> tuple[Turn, ...]:
    """Return the prompt's turns above the first answer: the path that all its draws share."""
    return prompt.turns[:1] if prompt.mode == "ladder" else prompt.turns


def between(prompt: PromptShape, answers: int) -> tuple[Turn, ...]:
    """Return the scripted turns that follow the answer with this number (from 1) and precede the next."""
    return prompt.turns[answers : answers + 1] if prompt.mode == "ladder" else ()


def cell_temperatures(subject: Snapshot, wanted: Sequence[float] | None) -> tuple[float | None, ...]:
    """Return the temperatures of a subject's cells, None = not sent; `wanted` None = the subject's own.

    An endpoint that takes no temperature is asked once without; its cells at wanted ones are impossible
    (`next_call` says so).
    """
    if subject.can.temperature is False:
        return (None, *dict.fromkeys(wanted or ()))
    return (subject.sampling.temperature,) if wanted is None else tuple(dict.fromkeys(wanted))


def because(impossible: Impossible, snapshot: Snapshot) -> Impossible:
    """Return why something is not possible with who found it out, where that was a probe."""
    told = "" if snapshot.probed is None else snapshot.probed.told(impossible.lacks)
    return replace(impossible, reason=f"{impossible.reason} ({told})") if told else impossible


def target(snapshot: Snapshot) -> Target:
    """Return the endpoint of a subject version as its wire format sees it."""
    can = snapshot.can
    return Target(
        wire=snapshot.wire,
        base_url=snapshot.base_url,
        model=snapshot.model,
        dialect=snapshot.dialect,
        upstream=snapshot.upstream,
        prefill=can.prefill,
        repeats=None if snapshot.probed is None else snapshot.probed.repeats,
        temperature=can.temperature,
        seed=can.seed,
        logprobs=can.logprobs,
        system_role=can.system_role,
        max_tokens_field=can.max_tokens_field,
        headers=snapshot.headers,
    )
