"""Prefill prompts: the answer's beginning is given, and what continues it is the answer.

To a chat subject only true prefill counts, and its provider decides whether the endpoint has it; in raw text
the beginning simply stands at the end.
"""

from app.batteries.shape import PromptShape
from app.elicitation.calls import Draw, chat_call, raw_call, said
from app.elicitation.template import render
from app.providers.wire import Call, Impossible
from app.subjects.shape import Snapshot


def ask(prompt: PromptShape, snapshot: Snapshot, draw: Draw) -> Call | Impossible:
    """Return the one call of a prefill prompt."""
    turns = [said(turn) for turn in prompt.turns]
    if snapshot.mode == "chat":
        return chat_call(prompt, snapshot, turns, draw, prefill=True)
    text = render(snapshot, turns[:-1], prefix=turns[-1].text)
    return text if isinstance(text, Impossible) else raw_call(prompt, snapshot, text, draw)
