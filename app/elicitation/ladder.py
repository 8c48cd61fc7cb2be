"""Ladders: user turns asked one after another, each with the answers before it as its context."""

from collections.abc import Mapping, Sequence
from itertools import chain, repeat
from typing import Any

from app.batteries.shape import PromptShape
from app.elicitation.calls import Draw, chat_call, raw_call, said
from app.elicitation.template import render
from app.providers.wire import Call, Impossible, Said
from app.subjects.shape import Snapshot, TurnTemplate

NEEDS_TURNS = Impossible(
    "a ladder needs a template of turns (before, user, assistant) on a raw-completion subject"
)


Parts = tuple[Mapping[str, Any], ...]


def ask(
    prompt: PromptShape, snapshot: Snapshot, answered: Sequence[str], draw: Draw, kept: Sequence[Parts] = ()
) -> Call | Impossible:
    """Return the call of the next rung, given the answers so far and the parts that were kept of each."""
    turns = _so_far(prompt, answered, kept)
    if snapshot.mode == "chat":
        return chat_call(prompt, snapshot, turns, draw)
    if not isinstance(snapshot.template, TurnTemplate):
        return NEEDS_TURNS
    text = render(snapshot, turns)
    return text if isinstance(text, Impossible) else raw_call(prompt, snapshot, text, draw)


def _so_far(prompt: PromptShape, answered: Sequence[str], kept: Sequence[Parts]) -> list[Said]:
    turns: list[Said] = []
    beside: chain[Parts] = chain(kept, repeat(()))
    for rung, answer, parts in zip(prompt.turns, answered, beside, strict=False):
        turns += [said(rung), Said("assistant", answer, parts)]
    return [*turns, said(prompt.turns[len(answered)])]
