"""The order of a probe's questions, and how many calls they come to."""

from dataclasses import dataclass

from app.probes import basics, odds, sampler, server, turns
from app.probes.asks import Ask, Heard, Notes, Steps
from app.providers.wire import Answered, Target, Token

ONLY_CHAT = ("chat", "system_role", "developer_role", "reasoning")
RAW_ONLY = "this wire takes raw text only, and a chat needs turns"
MOST = 40  # calls of one probe, tries again among them


def script(notes: Notes) -> Steps:
    """Ask everything in turn; stop after the first question where that was not answered at all."""
    if notes.raw:
        for name in ONLY_CHAT:
            notes.impossible(name, RAW_ONLY)
    yield from basics.raw(notes) if notes.raw else basics.chat(notes)
    if notes.plain_answer is None:
        return
    questions = [turns.completion, turns.prefill]
    if not notes.raw:
        questions += [turns.roles, basics.reasoning]
    questions += [sampler.sampling, odds.logprobs, sampler.several_answers, odds.echo, server.context]
    for question in questions:
        yield from question(notes)


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a probe comes to where every question is asked: calls, and the most tokens in and out."""

    calls: int
    most_in: int
    most_out: int


def outlook(target: Target) -> Outlook:
    """Return what a probe of this endpoint comes to; nothing is sent.

    The questions are put to an endpoint that answers each in such a way that the next follows.
    """
    calls = most_in = most_out = 0
    notes = Notes(target)
    steps = script(notes)
    heard: Heard | None = None
    while True:
        ask = following(steps, heard)
        if ask is None:
            return Outlook(calls, most_in, most_out)
        calls += 1
        most_in, most_out = most_in + ask.most_in, most_out + ask.most_out
        places = (Token("a", None, -1.0, tuple((str(n), -1.0) for n in range(200))),)
        heard = Heard(ask.says, Answered(f"{calls}", "length", None, tokens=places), request=ask.request)


def following(steps: Steps, heard: Heard | None) -> Ask | None:
    """Return the call that follows what was heard (None at the beginning); None after the last."""
    try:
        return next(steps) if heard is None else steps.send(heard)
    except StopIteration:
        return None
