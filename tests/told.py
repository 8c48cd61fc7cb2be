"""Token log-probabilities written beside a seeded answer, as the collector writes them."""

from collections.abc import Sequence
from math import log

from sqlalchemy.orm import Session

from app.providers.wire import Token
from app.transcripts.models import MessageLogprobs, Transcript
from app.transcripts.settle import _logprobs


def token(text: str, p: float, raw: bytes | None = None, **others: float) -> Token:
    """A token of probability `p` with alternatives by text: it is the first of them unless it is named."""
    top = others if text in others else {text: p, **others}
    return Token(text, raw, log(p), tuple((word, log(share)) for word, share in top.items()))


def tell(session: Session, transcript_id: int, tokens: Sequence[Token], side: str = "before") -> None:
    """Keep these tokens as those of a transcript's last answer."""
    tip = session.get_one(Transcript, transcript_id).tip_id
    assert tip is not None
    session.add(MessageLogprobs(message_id=tip, side=side, tokens=_logprobs(tuple(tokens))))
    session.flush()
