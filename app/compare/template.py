"""What a server's chat template put into the conversations of a column that nobody sent: a persona, a date."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from app.batteries.shape import PromptShape
from app.compare import queries
from app.compare.cell import Cell
from app.elicitation.inserted import Inserted, inserted
from app.elicitation.modes import next_call
from app.providers.wire import Call
from app.subjects.shape import Snapshot


def look(session: Session, cells: Sequence[Cell], prompt: PromptShape) -> None:
    """Tell each chat column whose context is kept what its template added, from its first answer."""
    chats = [(cell, cell.draws[0]) for cell in cells if cell.draws and cell.column.snapshot.mode == "chat"]
    kept = [(cell, draw) for cell, draw in chats if draw.row.rendering_sha256]
    if kept:
        texts = queries.renderings(session, {draw.row.rendering_sha256 for _, draw in kept})
        for cell, draw in kept:
            rendered = texts[draw.row.rendering_sha256]
            cell.inserted = added(rendered, prompt, cell.column.snapshot, draw.answers[:-1])


def added(rendered: str, prompt: PromptShape, snapshot: Snapshot, answered: Sequence[str]) -> Inserted | None:
    """Return what a rendered conversation holds that the call after these answers does not, None where nothing."""
    call = next_call(prompt, snapshot, answered, temperature=None, seed=None)
    return inserted(rendered, call) if isinstance(call, Call) else None
