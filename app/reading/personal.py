"""What readers keep for themselves, as JSON: what they have seen. Written by their pages, told to nobody else."""

from typing import Annotated, Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from app import db
from app.reading import seen
from app.reading.alike import alike
from app.web import LARGEST

router = APIRouter(prefix="/api/v1", tags=["reading"])
MOST = 4000  # marks in one batch
MOST_ALIKE = 20  # answers of a batch whose like are looked for
Transcripts = Annotated[list[Annotated[int, Field(ge=1, le=LARGEST)]], Field(max_length=MOST)]


class Marks(BaseModel):
    """Answers that were shown to the reader in full, or (`seen` false) are to count as unread again.

    With `alike` the answers of the same cell with the same text go with them.
    """

    model_config = ConfigDict(extra="forbid")
    transcripts: Transcripts
    seen: bool = True
    alike: bool = False


@router.post("/seen")
def mark(request: Request, marks: Marks) -> dict[str, Any]:
    """Mark answers as seen by the reader, or take their marks back; `changed` are those that were otherwise before.

    Asked twice it changes nothing the second time; what is no finished answer is left out.
    """
    wanted = set(marks.transcripts)
    if marks.alike:
        with db.reading() as session:
            for number in marks.transcripts[:MOST_ALIKE]:
                wanted.update(alike(session, number))
    with db.writing(personal=True) as session:
        return {"changed": seen.mark(session, request.state.person.id, wanted, marks.seen)}
