"""Which messages a filter finds, newest or best first, page by page: ids and ranks alone, by the full text.

Without words it is transcripts that are found. Nothing is read that is not on the page; a page never costs more
for lying deep.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Float, FromClause, Select, and_, cast, func, literal, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.reading.asking import FullText, full_text
from app.reading.filters import BadFilter, Filter
from app.reading.matching import Match, match
from app.reading.narrowed import Narrowed
from app.reading.terms import Terms
from app.transcripts.models import Message, Transcript

Query = Select[*tuple[Any, ...]]
Key = ColumnElement[int] | InstrumentedAttribute[int]

WINDOW = 20_000  # messages that PostgreSQL looks through for a common word before it asks its index
# Pages of the best that are looked at before all hits are held against the tables: a few drop out for their state,
AHEAD, FAR_AHEAD = 2, 8  # many where only the tables know what is wanted
MOST_COUNTED = 500


@dataclass(frozen=True, slots=True)
class Hit:
    """A message that is found, with its transcript; `message` is None where no words were looked for."""

    transcript: int
    message: int | None = None
    rank: float | None = None

    @property
    def key(self) -> int:
        return self.transcript if self.message is None else self.message

    @property
    def cursor(self) -> str:
        """Its place in the order, as addresses write it."""
        return str(self.key) if self.rank is None else f"{self.rank!r},{self.key}"


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in the order: a page lies before it (older, or less good) or after it."""

    key: int
    rank: float | None = None

    @classmethod
    def read(cls, name: str, word: str) -> "Cursor | None":
        """Read what `Hit.cursor` wrote, None for ''; raise BadFilter."""
        rank, _, key = word.rpartition(",")
        try:
            found = cls(int(key), float(rank) if rank else None) if word else None
        except ValueError:
            found = cls(-1)
        if found and not 0 < found.key < 2**63:
            raise BadFilter(f"{name}: found {word!r}, expected a place in the list")
        return found


@dataclass(frozen=True, slots=True)
class Asked:
    """What is looked for, ready to be asked; `line` is the filter's words as they were read."""

    wanted: Filter
    line: Terms
    narrowed: Narrowed

    @property
    def match(self) -> Match:
        return match(self.line, self.wanted.role, self.narrowed.tokens)


@dataclass(frozen=True, slots=True)
class Part:
    """A page of the order: at most `limit` hits `before` or `after` a place, or from its beginning."""

    limit: int
    before: Cursor | None = None
    after: Cursor | None = None
    best: bool = False

    @property
    def upwards(self) -> bool:
        return self.after is not None


def hits(session: Session, asked: Asked, part: Part) -> list[Hit]:
    """Return a page of what is found, in order. The line must have no patterns (`scanned` reads for those)."""
    if not asked.line:
        found = _transcripts(session, asked, part)
    elif part.best:
        found = _best(session, asked, part)
    else:
        found = _newest(session, asked, part)
    return found[::-1] if part.upwards else found


def counted(session: Session, asked: Asked, part: Part) -> tuple[list[Hit], int | None]:
    """Return a page of what is found, and beside a first page how many there are, up to `MOST_COUNTED` + 1."""
    found = hits(session, asked, part)
    if part.before is not None or part.after is not None:
        return found, None
    return found, how_many(session, asked) if len(found) == part.limit else len(found)


def how_many(session: Session, asked: Asked, most: int = MOST_COUNTED) -> int:
    """Return how many hits there are, counted up to `most` + 1."""
    if asked.line:
        full = full_text(session, asked.match)
        one = joined(full.of, asked, literal(1)).where(full.matches)
    else:
        one = select(literal(1)).where(*asked.narrowed.all)
    return session.scalar(select(func.count()).select_from(one.limit(most + 1).subquery())) or 0


def texts(session: Session, asked: Asked) -> int:
    """Return how many texts the full text has under the line's words and the filter's scope."""
    full = full_text(session, asked.match)
    return session.scalar(select(func.count()).select_from(full.of).where(full.matches)) or 0


def candidates(session: Session, asked: Asked, part: Part) -> Query:
    """Return the query of what texts are read from for patterns: message, transcript, text, newest first."""
    wanted = (Message.id, Message.made_by, Message.text)
    if asked.match.words or asked.match.tokens:
        full = full_text(session, asked.match)
        return _ordered(joined(full.of, asked, *wanted).where(full.matches), full.id, part)
    roles = {"answer": ("assistant", "text"), "reasoning": ("reasoning",)}[asked.wanted.role]
    query = select(*wanted).join(Transcript, Transcript.id == Message.made_by)
    said = Message.role.in_(roles) & (Message.origin != "prompt")
    return _ordered(query.where(said, *asked.narrowed.rest), Message.id, part)


def joined(found: FromClause, asked: Asked, *wanted: Any) -> Query:
    """Return a query of hits (rows with the `id` of a message) held against what only the tables know."""
    return (
        select(*wanted)
        .select_from(found)
        .join(Message, Message.id == _id(found))
        .join(Transcript, Transcript.id == Message.made_by)
        .where(*asked.narrowed.rest)
    )


def _id(found: FromClause) -> ColumnElement[int]:
    return found.c.rowid if "rowid" in found.c else found.c.id


def _ordered(query: Query, key: Key, part: Part) -> Query:
    if part.before is not None:
        query = query.where(key < part.before.key)
    if part.after is not None:
        query = query.where(key > part.after.key)
    return query.order_by(key if part.upwards else key.desc()).limit(part.limit)


def _transcripts(session: Session, asked: Asked, part: Part) -> list[Hit]:
    query = _ordered(select(Transcript.id).where(*asked.narrowed.all), Transcript.id, part)
    return [Hit(number) for number in session.scalars(query)]


def _newest(session: Session, asked: Asked, part: Part) -> list[Hit]:
    full = full_text(session, asked.match)
    query = _ordered(joined(full.of, asked, Transcript.id, full.id).where(full.matches), full.id, part)
    if session.get_bind().dialect.name == "sqlite":
        return _as_hits(session, query)
    # Its planner cannot tell a common word from a rare one: it is told which of its two ways to go.
    near = _as_hits(session, query.where(_near(full, part)))
    if len(near) == part.limit:
        return near
    index = select(full.id.label("id")).where(full.matches).cte("matching").prefix_with("MATERIALIZED")
    return _as_hits(session, _ordered(joined(index, asked, Transcript.id, index.c.id), index.c.id, part))


def _near(full: FullText, part: Part) -> ColumnElement[bool]:
    if part.after is not None:
        return full.id < part.after.key + WINDOW
    top = part.before.key if part.before is not None else select(func.max(Message.id)).scalar_subquery()
    return full.id > top - WINDOW


def _as_hits(session: Session, query: Query) -> list[Hit]:
    return [Hit(transcript, message) for transcript, message in session.execute(query)]


def _best(session: Session, asked: Asked, part: Part) -> list[Hit]:
    full = full_text(session, asked.match)
    ranked = (
        select(full.id.label("id"), cast(full.rank, Float(53)).label("rank")).where(full.matches).subquery()
    )
    query = select(ranked.c.id, ranked.c.rank).where(*_beyond(ranked.c, part))
    # The best are looked up a few at a time: to hold every hit against the tables takes longer than to rank them.
    ahead = part.limit * (AHEAD if asked.narrowed.scope_alone else FAR_AHEAD)
    some = session.execute(_by_rank(query, ranked.c, part).limit(ahead)).all()
    kept: dict[int, int] = dict(session.execute(_joined_ids(asked, [number for number, _ in some])).all())
    found = [Hit(kept[number], number, rank) for number, rank in some if number in kept][: part.limit]
    if len(found) == part.limit or len(some) < ahead:
        return found
    held = joined(ranked, asked, Transcript.id, ranked.c.id, ranked.c.rank).where(*_beyond(ranked.c, part))
    every = session.execute(_by_rank(held, ranked.c, part).limit(part.limit))
    return [Hit(transcript, message, rank) for transcript, message, rank in every]


def _by_rank(query: Query, columns: Any, part: Part) -> Query:
    if part.upwards:
        return query.order_by(columns.rank.desc(), columns.id)
    return query.order_by(columns.rank, columns.id.desc())


def _joined_ids(asked: Asked, ids: Sequence[int]) -> Query:
    query = select(Message.id, Message.made_by).join(Transcript, Transcript.id == Message.made_by)
    return query.where(Message.id.in_(ids), *asked.narrowed.rest)


def _beyond(columns: Any, part: Part) -> Sequence[ColumnElement[bool]]:
    at = part.after or part.before
    if at is None or at.rank is None:
        return ()
    rank, key = columns.rank, columns.id
    if part.upwards:
        return (or_(rank < at.rank, and_(rank == at.rank, key > at.key)),)
    return (or_(rank > at.rank, and_(rank == at.rank, key < at.key)),)
