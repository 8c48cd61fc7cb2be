"""Chat prompts: sent as messages, or through the template of a raw-completion subject."""

from app.batteries.shape import PromptShape
from app.elicitation.calls import Draw, chat_call, raw_call, said
from app.elicitation.template import render
from app.providers.wire import Call, Impossible
from app.subjects.shape import Snapshot


def ask(prompt: PromptShape, snapshot: Snapshot, draw: Draw) -> Call | Impossible:
    """Return the one call of a chat prompt."""
    turns = [said(turn) for turn in prompt.turns]
    if snapshot.mode == "chat":
        return chat_call(prompt, snapshot, turns, draw)
    text = render(snapshot, turns)
    return text if isinstance(text, Impossible) else raw_call(prompt, snapshot, text, draw)
