"""The calls of a transcript as they went over the wire, their bodies unpacked."""

import base64
import zlib
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.transcripts.models import Exchange
from app.transcripts.record import moment

SAME = ("turn", "n", "attempt", "outcome", "seed", "url", "status", "headers", "reply_sha256", "error",
        "first_byte_ms", "total_ms", "tokens")  # fmt: skip


def exchanges_of(session: Session, transcript_id: int) -> list[dict[str, Any]]:
    """Return a transcript's calls in the order they were made.

    `request` and `reply` are the bodies as text; one that is no UTF-8 is in `reply_base64` instead. Both are null
    where nothing came back, or where the body was let go (its hash stays).
    """
    rows = session.scalars(
        select(Exchange).where(Exchange.transcript_id == transcript_id).order_by(Exchange.turn, Exchange.n)
    )
    return [_shown(row) for row in rows]


def _shown(row: Exchange) -> dict[str, Any]:
    request, _ = _text(row.request)
    reply, encoded = _text(row.reply)
    return {
        **{name: getattr(row, name) for name in SAME},
        "request": request,
        "reply": reply,
        "reply_base64": encoded,
        "cost_usd": None if row.cost_micro is None else row.cost_micro / 1_000_000,
        "started_at": moment(row.started_at),
        "finished_at": moment(row.finished_at),
    }


def _text(packed: bytes | None) -> tuple[str | None, str | None]:
    """Return a body as text, or else as base64."""
    if not packed:
        return None, None
    body = zlib.decompress(packed)
    try:
        return body.decode(), None
    except UnicodeDecodeError:
        return None, base64.b64encode(body).decode()
