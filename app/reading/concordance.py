"""Keyword in context: where what is looked for stands, by column, with k of n answers that have it (`columns`)."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy.orm import Session

from app.db import TooSlow, reading, within
from app.reading import columns as counting
from app.reading.asking import line_of
from app.reading.columns import Column, Key, TooMany
from app.reading.context import Context, ordered, stacked
from app.reading.found import SECONDS, Progress, in_all, read_through
from app.reading.frames import Spans
from app.reading.hits import Asked, Hit, Part, hits
from app.reading.lines import Line, lines
from app.reading.look import Look
from app.reading.narrowed import narrow
from app.transcripts.models import Transcript

SHOWN = 20  # places shown of a column among others
ALONE = 200  # of one that stands alone
SORTED = 600  # answers that are put in an order by the words beside, over all columns
NEWEST = 300  # answers that are shown where nothing is counted
KEPT = 5000  # answers found by a pattern of which one knows where
Place = tuple[Hit, Spans | None]  # None: where the words stand is still to be found


@dataclass(frozen=True, slots=True)
class Section:
    """A column with the places shown of it; `more` where there are others."""

    column: Column
    contexts: list[Context]
    more: bool


@dataclass(frozen=True, slots=True)
class Concordance:
    """What a search shows in context. Without counts `why` says why there is no k of n.

    `older` and `newer` are places in the order where a column that stands alone goes on.
    """

    sections: list[Section]
    why: str = ""
    older: str = ""
    newer: str = ""
    cut: bool = False
    seen: int = 0
    of: int | None = None

    @property
    def prompts(self) -> int:
        """How many prompts the answers are of."""
        return len({prompt for one in self.sections for prompt, _ in one.column.cells})

    @property
    def pooled(self) -> bool:
        """Whether a column's answers come from several runs."""
        return any(len(one.column.runs) > 1 for one in self.sections)


@dataclass(slots=True)
class _Found:
    """The columns, and where to get a column's newest answers from."""

    columns: list[Column]
    of: Callable[[Session, Column, Part], list[Place]]
    why: str = ""
    progress: Progress = field(default_factory=Progress)


def concordance(look: Look, person_id: int) -> Concordance:
    """Find what an address asks for and show it in context; raise BadFilter."""
    part = look.part()
    with reading() as session:
        asked = Asked(look.filter, line_of(look.filter), narrow(session, look.filter, person_id))
    found = _by_patterns(asked) if asked.line.scanned else _by_words(asked)
    having = [column for column in found.columns if column.k]
    alone = len(having) == 1 and look.by == "newest"
    limit = _limit(look, len(having))
    sections, pages = [], ("", "")
    with reading() as session:
        counting.name(session, found.columns)
        for column in found.columns:
            wanted = replace(part, limit=limit + 1, best=False) if alone else Part(limit + 1)
            places = found.of(session, column, wanted) if column.k else []
            some = _some(places, wanted, limit)
            if alone and some:
                pages = _pages(some, places, wanted, limit)
            contexts = ordered(stacked(_told(session, asked, some)), look.by)
            most = len(contexts) if alone else SHOWN
            more = len(places) > limit or len(contexts) > most
            sections.append(Section(column, contexts[:most], more and not alone))
    end = found.progress
    older, newer = pages
    return Concordance(
        sections, found.why, older, newer, end.cut, end.seen, in_all(asked) if end.cut else None
    )


def _limit(look: Look, columns: int) -> int:
    """Return how many answers of a column are looked at for the places shown."""
    if look.by != "newest":
        return max(SHOWN, SORTED // max(1, columns))
    return ALONE if columns == 1 else 3 * SHOWN


def _some(places: list[Place], part: Part, limit: int) -> list[Place]:
    return places[-limit:] if part.upwards else places[:limit]


def _pages(some: list[Place], places: list[Place], part: Part, limit: int) -> tuple[str, str]:
    beyond = len(places) > limit
    older = part.upwards or beyond
    newer = beyond if part.upwards else part.before is not None
    return some[-1][0].cursor if older else "", some[0][0].cursor if newer else ""


def _told(session: Session, asked: Asked, some: Sequence[Place]) -> list[Line]:
    known = {hit.key: places for hit, places in some if places is not None}
    return lines(session, [hit for hit, _ in some], known, asked.line.shown)


# ------------------------------------------------------------------ by words


def _by_words(asked: Asked) -> _Found:
    def of(session: Session, column: Column, part: Part) -> list[Place]:
        return [(hit, None) for hit in hits(session, _narrowed(asked, column), part)]

    try:
        with reading() as session, within(session, SECONDS):
            drawn = counting.drawn(session, asked)
            return _Found(counting.columns(drawn, counting.with_words(session, asked)), of)
    except TooMany:
        why = f"answers of more than {counting.MOST_GROUPS:,} cells are not counted on one page"
    except TooSlow:
        why = f"counting took longer than {SECONDS:g} s"
    with reading() as session:
        newest = hits(session, asked, Part(NEWEST))
        return _uncounted(session, [(hit, None) for hit in newest], why)


def _narrowed(asked: Asked, column: Column) -> Asked:
    """Return what is asked, of one column alone."""
    here = asked.narrowed
    rest = [*here.rest, Transcript.temperature_milli == column.temperature_milli]
    if column.subject_id is None:
        return replace(asked, narrowed=replace(here, rest=[*rest, Transcript.subject_id.is_(None)]))
    tokens = [*here.tokens, (f"s{column.subject_id}",)]
    return replace(asked, narrowed=replace(here, tokens=tokens, rest=rest))


# ------------------------------------------------------------------ by patterns


def _by_patterns(asked: Asked) -> _Found:
    progress = Progress()
    kept: list[Place] = []
    transcripts: set[int] = set()
    for hit, places in read_through(asked, Part(1), progress):
        transcripts.add(hit.transcript)
        if len(kept) < KEPT:
            kept.append((hit, places))
    if progress.cut:
        with reading() as session:
            found = _uncounted(session, kept[:NEWEST], "not all was read")
        found.progress = progress
        return found
    try:
        with reading() as session, within(session, SECONDS):
            drawn, having = counting.drawn(session, asked), counting.of_transcripts(session, transcripts)
            return _Found(counting.columns(drawn, having), _from(session, kept), progress=progress)
    except (TooMany, TooSlow):
        with reading() as session:
            return _uncounted(session, kept[:NEWEST], "there are too many answers to count on one page")


def _uncounted(session: Session, kept: list[Place], why: str) -> _Found:
    """Return what was found as columns without a number to go by."""
    at = counting.columns_of_transcripts(session, {hit.transcript for hit, _ in kept})
    columns = [Column(*key, k=1) for key in sorted(set(at.values()), key=lambda key: (key[0] or 0, key[1]))]
    return _Found(columns, _from(session, kept), why)


def _from(session: Session, kept: list[Place]) -> Callable[[Session, Column, Part], list[Place]]:
    """Return a source of what was found, newest first."""
    at = counting.columns_of_transcripts(session, {hit.transcript for hit, _ in kept})
    by_column: dict[Key, list[Place]] = defaultdict(list)
    for place in kept:
        by_column[at[place[0].transcript]].append(place)

    def of(_: Session, column: Column, part: Part) -> list[Place]:
        here = by_column[column.key]
        if part.before:
            here = [place for place in here if place[0].key < part.before.key]
        if part.after:
            return [place for place in here if place[0].key > part.after.key][-part.limit :]
        return here[: part.limit]

    return of
