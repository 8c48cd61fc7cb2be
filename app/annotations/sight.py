"""What a coder is blind to: other coders' marks, and the names of what is studied."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, false
from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class Blindness:
    """Whether somebody codes a transcript without seeing others' marks, and without knowing the subject."""

    coders: bool = False
    subject: bool = False


OPEN = Blindness()


def blindness(session: Session, person_id: int, transcript_ids: list[int]) -> dict[int, Blindness]:
    """Return how blind a person codes each of these transcripts now; who is not told of sees everything."""
    return {}


def others_hidden(session: Session, person_id: int, study_id: int) -> ColumnElement[bool]:
    """Return the condition, on `annotations`, under which another person's mark is hidden from this one."""
    return false()
