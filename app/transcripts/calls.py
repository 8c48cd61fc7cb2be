"""Writing calls down before they are made: each open exchange is a call that may have been paid for."""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Table, insert
from sqlalchemy.orm import Session

from app.db import now
from app.transcripts.bulk import at, write
from app.transcripts.draws import Asked, Draw
from app.transcripts.models import Exchange
from app.transcripts.rows import new_ids

EXCHANGES: Table = Exchange.__table__  # type: ignore[assignment]
INSERT = insert(EXCHANGES)
FASTEST = 1  # zlib level: bodies are small and many


@dataclass(slots=True, eq=False)
class Opening:
    """A call to write down, with what was set aside for it; `attempt` is the draw's once it is written."""

    draw: Draw
    asked: Asked
    attempt: int
    micro: int | None
    exchange_id: int = 0
    n: int = 0

    def written(self) -> None:
        """Bring the draw up to date once the call stands in the database."""
        draw = self.draw
        draw.tries = draw.tries + 1 if draw.asked is not None and draw.asked.turn == self.asked.turn else 1
        draw.attempt, draw.asked = self.attempt, self.asked
        draw.exchange_id, draw.reserved_micro = self.exchange_id, self.micro
        draw.calls_of_turn[self.asked.turn] = self.n


def write_down(session: Session, openings: Sequence[Opening]) -> None:
    """Insert the exchanges of calls that are about to be made."""
    rows = []
    moment = at(now())
    for opening, number in zip(openings, new_ids(session, EXCHANGES, len(openings)), strict=True):
        opening.exchange_id = number
        opening.n = opening.draw.calls_of_turn.get(opening.asked.turn, 0) + 1
        request = opening.asked.request
        rows.append(
            {
                "id": number,
                "transcript_id": opening.draw.id,
                "turn": opening.asked.turn,
                "n": opening.n,
                "attempt": opening.attempt,
                "outcome": "sent",
                "seed": request.seed,
                "url": request.url,
                "request": zlib.compress(request.body, FASTEST),
                "cost_micro": opening.micro,
                "tokens": opening.asked.most_tokens,
                "started_at": moment,
            }
        )
    write(session.connection(), INSERT, rows)
