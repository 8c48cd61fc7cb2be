"""Answers of one cell that say the same text: who was shown one of them in full was shown them all."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from app.elicitation.answers import fold
from app.transcripts.models import Transcript
from app.transcripts.whole import Reader

ANSWERS = {"assistant", "text"}
CELL = ("study_id", "run_id", "prompt_id", "subject_version_id", "temperature_milli")


def said(messages: Sequence[Mapping[str, Any]], stop_class: str | None) -> tuple[str, ...]:
    """Return what two transcripts of a cell share where their texts are the same: every answer, folded.

    Without a word they are the same where they ended alike: a gate's no is no empty answer.
    """
    answers = [one["text"] for one in messages if one["origin"] == "model" and one["role"] in ANSWERS]
    return tuple(map(fold, answers)) if any(answers) else ("", stop_class or "empty")


def alike(session: Session, transcript_id: int) -> list[int]:
    """Return the finished transcripts of an answer's cell whose texts are the same as its own, itself among them.

    A parsed answer that is the same in other words is not enough: those words were not read.
    """
    own = session.get(Transcript, transcript_id)
    if own is None or own.state != "done":
        return []
    same = [getattr(Transcript, name) == getattr(own, name) for name in CELL]
    if own.prompt_id is None or own.subject_version_id is None:
        same = [Transcript.id == own.id]
    found = {
        one.row["id"]: said(one.messages, one.row["stop_class"])
        for one in Reader(session).all(*same, Transcript.state == "done")
    }
    return [number for number, words in found.items() if words == found[own.id]]
