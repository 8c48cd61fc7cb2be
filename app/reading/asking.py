"""The full text in SQL, for each of the two databases, and a whole filter as conditions on transcripts."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, cast, column, func, literal_column, select, table
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.orm import Session

from app.reading.filters import BadFilter, Filter
from app.reading.matching import Match, match, of_prompts
from app.reading.narrowed import narrow
from app.reading.terms import Terms, Unclear, read
from app.transcripts.models import Message, Transcript


@dataclass(frozen=True, slots=True)
class FullText:
    """A full-text table: its key, the condition of a match, and how good one is (the lower the better)."""

    of: FromClause
    id: ColumnElement[int]
    matches: ColumnElement[bool]
    rank: ColumnElement[float]


def full_text(session: Session, wanted: Match, name: str = "messages_fts") -> FullText:
    """Return the full text of messages or prompts, asked for a match."""
    if session.get_bind().dialect.name == "sqlite":
        of = table(name, column("rowid"), column(name))
        # Scope tokens do not count. `ORDER BY rank` would sort all hits with their positions: twice as slow.
        weights = "1.0, 0.0" if name == "messages_fts" else "1.0"
        rank: ColumnElement[float] = literal_column(f"bm25({name}, {weights})")
        return FullText(of, of.c.rowid, of.c[name].op("MATCH")(wanted.sqlite()), rank)
    of = table(name, column("id"), column("words"))
    asked, ranked = cast(wanted.postgresql(), TSQUERY), cast(wanted.postgresql_rank(), TSQUERY)
    return FullText(of, of.c.id, of.c.words.op("@@")(asked), -func.ts_rank(of.c.words, ranked))


def line_of(wanted: Filter) -> Terms:
    """Read the line that a filter looks for; raise BadFilter telling the place."""
    try:
        return read(wanted.words)
    except Unclear as error:
        raise BadFilter(f"q, sign {error.at}: {error.message}") from error


def conditions(session: Session, wanted: Filter, person_id: int) -> list[ColumnElement[bool]]:
    """Return a whole filter as conditions on transcripts, its words among them.

    Raise BadFilter where it cannot be read, names what there is not, or has a pattern: no database reads texts for
    one (`found.members` does).
    """
    terms = line_of(wanted)
    if terms.scanned:
        raise BadFilter("q: a pattern is read for text by text; it is no condition")
    narrowed = narrow(session, wanted, person_id)
    found = list(narrowed.all)
    if not terms:
        return found
    if wanted.role == "prompt":
        return [*found, Transcript.prompt_id.in_(_prompts(session, terms))]
    full = full_text(session, match(terms, wanted.role, narrowed.tokens))
    said = select(Message.made_by).where(Message.id.in_(select(full.id).where(full.matches)))
    return [*found, Transcript.id.in_(said)]


def _prompts(session: Session, terms: Terms) -> Select[Any]:
    full = full_text(session, of_prompts(terms), "prompts_fts")
    return select(full.id).where(full.matches)
