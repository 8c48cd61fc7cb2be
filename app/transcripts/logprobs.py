"""Token log-probabilities as they are kept, and the numbers made of them.

Surprise is −log2 p (Shannon 1948), in bits; perplexity is e to the mean of −ln p, so 2 to the mean surprise.
"""

import json
import zlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import exp, log, log2
from typing import Any

from sqlalchemy import LargeBinary, func, select
from sqlalchemy.orm import Session

from app.providers import wire
from app.transcripts.models import MessageLogprobs

LN2 = log(2)
# What some providers write for "less than all that are listed" instead of a number (OpenAI's -9999.0).
UNTOLD = -9990.0
BEGINNING = 8192  # bytes as they are packed: more than a first token with 200 alternatives takes
AT_ONCE = 400
SIDES = {
    "before": "before the sampler: the model's own, whatever temperature and truncation then did",
    "after": "after the sampler: what temperature and truncation left of the model's own",
    "unknown": "it is not known whether before or after the sampler; a probe of the endpoint tells",
}


@dataclass(frozen=True, slots=True)
class Token(wire.Token):
    """A token as it came (`wire.Token`), and the numbers made of it."""

    @property
    def told(self) -> bool:
        """Whether its probability is a number, and not only less than all that are listed."""
        return self.logprob > UNTOLD

    @property
    def p(self) -> float:
        return exp(self.logprob) if self.told else 0.0

    @property
    def surprise(self) -> float:
        """How unexpected it was, in bits."""
        return -self.logprob / LN2

    @property
    def place(self) -> int | None:
        """Its place among its own alternatives, by text and number, else by number (servers cut the text of a part
        of a character), else by text; None where it is none of them."""
        same = ((self.text, self.logprob), (None, self.logprob), (self.text, None))
        for text, value in same:
            for at, other in enumerate(self.top):
                if text in (None, other[0]) and value in (None, other[1]):
                    return at
        return None

    @property
    def listed(self) -> tuple[tuple[str, float], ...]:
        """Its alternatives with a number, as (text, probability)."""
        return tuple((text, exp(value)) for text, value in self.top if value > UNTOLD)

    @property
    def outcomes(self) -> tuple[tuple[str, float], ...]:
        """All that is known of its place: the alternatives, and the token itself where it is none of them."""
        more = self.told and self.place is None
        return (*self.listed, (self.text, self.p)) if more else self.listed


@dataclass(frozen=True, slots=True)
class Summary:
    """An answer's tokens in two numbers; `n` counts those with a probability, `untold` the others."""

    n: int
    untold: int
    mean_surprise: float
    perplexity: float


def summary(tokens: Iterable[Token]) -> Summary | None:
    """Return mean surprise (bits a token) and perplexity; None where no token has a probability."""
    every = list(tokens)
    told = [token.surprise for token in every if token.told]
    if not told:
        return None
    mean = sum(told) / len(told)
    return Summary(len(told), len(every) - len(told), mean, 2**mean)


def entropy_bound(shares: Collection[float]) -> float:
    """Return a lower bound of a distribution's entropy in bits: of the outcomes known and one bucket for the rest.

    Splitting a bucket can only add entropy, so the true one is at least this.
    """
    rest = 1 - sum(shares)
    return -sum(p * log2(p) for p in (*shares, rest) if p > 0)


def unpack(packed: bytes) -> tuple[Token, ...]:
    """Return the tokens of a message from what is kept (`settle._logprobs`)."""
    return tuple(_token(row) for row in json.loads(zlib.decompress(packed)))


def first(packed: bytes) -> Token | None:
    """Return the first token of a message from the beginning of what is kept; None where that holds none."""
    text = zlib.decompressobj().decompress(packed).decode("utf-8", "ignore")
    try:
        row, _ = json.JSONDecoder().raw_decode(text, 1)
    except ValueError:
        return None
    return _token(row)


def kept(
    session: Session, message_ids: Sequence[int], *, beginning: bool = False
) -> dict[int, tuple[str, bytes]]:
    """Return side and packed tokens of those messages that have some; of their `beginning` alone for `first`."""
    m = MessageLogprobs
    tokens = func.substr(m.tokens, 1, BEGINNING, type_=LargeBinary) if beginning else m.tokens
    found: dict[int, tuple[str, bytes]] = {}
    for start in range(0, len(message_ids), AT_ONCE):
        wanted = m.message_id.in_(message_ids[start : start + AT_ONCE])
        rows = session.execute(select(m.message_id, m.side, tokens).where(wanted))
        found.update({number: (side, packed) for number, side, packed in rows})
    return found


def _token(row: Mapping[str, Any]) -> Token:
    raw = row["bytes"]
    top = tuple((str(text), float(value)) for text, value in row["top"])
    return Token(row["text"], None if raw is None else bytes(raw), float(row["logprob"]), top)
