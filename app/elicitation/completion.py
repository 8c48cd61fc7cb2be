"""Completion prompts: one text, sent raw; a subject's template does not touch it."""

from app.batteries.shape import PromptShape
from app.elicitation.calls import Draw, raw_call, words
from app.providers.wire import Call, Impossible
from app.subjects.shape import Snapshot

# A bare user message is a chat turn and must not be labelled raw.
CHAT_SUBJECT = Impossible(
    "a raw completion prompt cannot be put to a chat subject: a message is not raw text"
)


def ask(prompt: PromptShape, snapshot: Snapshot, draw: Draw) -> Call | Impossible:
    """Return the one call of a completion prompt."""
    if snapshot.mode == "chat":
        return CHAT_SUBJECT
    return raw_call(prompt, snapshot, words(prompt.turns[0]), draw)
