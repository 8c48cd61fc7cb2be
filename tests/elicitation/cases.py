"""Subjects and prompts that the elicitation tests put to one another."""

from typing import Any

from app.batteries.shape import PromptShape, Turn
from app.subjects.shape import Can, Sampling, Snapshot, TurnTemplate

HUMAN = TurnTemplate(before="A talk.\n\n", user="Human: {text}\nAssistant:", assistant=" {text}\n")


def subject(mode: str = "chat", **changed: Any) -> Snapshot:
    """Return a subject version: chat on openai-chat, completion on openai-completions, unless told otherwise."""
    snapshot = {
        "wire": "openai-chat" if mode == "chat" else "openai-completions",
        "base_url": "http://127.0.0.1:8401/v1",
        "model": "small",
        "dialect": None,
        "can": Can(),
        "headers": {},
        "endpoint": "here",
        "style": "base",
        "family": "small",
        "stage": "base",
        "mode": mode,
        "induced_by": "training",
        "system": None,
        "template": None if mode == "chat" else "{prompt}",
        "sampling": Sampling(temperature=0.7, max_tokens=96),
    }
    return Snapshot(**(snapshot | changed))


def prompt(mode: str, *turns: Turn, **changed: Any) -> PromptShape:
    """Return a prompt of this mode and these turns."""
    return PromptShape(key="k", family="f", mode=mode, turns=turns, **changed)  # type: ignore[arg-type]


def user(text: str) -> Turn:
    return Turn(user=text)


def assistant(text: str) -> Turn:
    return Turn(assistant=text)


def raw(text: str) -> Turn:
    return Turn(text=text)


CHAT = prompt("chat", user("Pick a number."))
TALK = prompt("chat", user("Hi."), assistant("Hello."), user("Pick a number."))
PREFILL = prompt("prefill", user("Who are you?"), assistant("I am"))
LADDER = prompt("ladder", user("Is it 4?"), user("Are you sure?"), user("I say 5."))
COMPLETION = prompt("completion", raw("Once upon a time\n"))
