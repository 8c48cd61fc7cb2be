"""A search from its address to what stands on the page: lines, the pages beside, and how far was read.

Everything here runs in a thread for slow work and opens its own reads; nothing runs beyond its limit of time.
"""

from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy.orm import Session

from app.db import TooSlow, reading, within
from app.reading.asking import line_of
from app.reading.filters import ROLES
from app.reading.frames import Spans
from app.reading.hits import MOST_COUNTED, Asked, Hit, Part, candidates, counted, texts
from app.reading.lines import Line, lines
from app.reading.look import PAGE, Look
from app.reading.narrowed import narrow
from app.reading.scanning import Cut, Scanner, scanner
from app.reading.terms import spans

SECONDS = 3.0  # that a search may take
COUNTING = 0.5  # of them for a number beside what is shown
FETCHED, SENT, LETTERS = (
    50,
    1000,
    400_000,
)  # texts read at a time; texts and letters given to a scanner at a time
EVERY = 2**62


@dataclass(slots=True)
class Progress:
    """How far texts were read: how many, up to which message, and whether time was up before the end."""

    seen: int = 0
    last: int | None = None
    cut: bool = False
    ended: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """What a search shows. `newer` and `older` are places in the order, '' where there is no page.

    `count` says how many there are; `cut` that the time was up: after `seen` texts of `of` (None = not known).
    """

    lines: list[Line] = field(default_factory=list)
    newer: str = ""
    older: str = ""
    count: str = ""
    cut: bool = False
    seen: int = 0
    of: int | None = None


def search(look: Look, person_id: int, limit: int = PAGE) -> Found:
    """Find what an address asks for; raise BadFilter."""
    part = look.part(limit + 1)
    page = Found(cut=True)
    with reading() as session:
        asked = Asked(look.filter, line_of(look.filter), narrow(session, look.filter, person_id))
        if not asked.line.scanned:
            with suppress(TooSlow), within(session, SECONDS):
                found, number = counted(session, asked, part)
                shown = lines(session, _shown(found, part, limit), {}, asked.line.shown)
                page = _page(shown, found, part, limit)
                if number is not None:
                    page = replace(page, count=_number(number, asked))
    if asked.line.scanned:
        return _by_reading(asked, replace(part, best=False), limit)
    return page


def _by_reading(asked: Asked, part: Part, limit: int) -> Found:
    progress, found, places = Progress(), [], {}
    for hit, here in read_through(asked, part, progress):
        found.append(hit)
        places[hit.key] = here
        if len(found) > limit:
            break
    ordered = found[::-1] if part.upwards else found
    with reading() as session:
        page = _page(lines(session, _shown(ordered, part, limit), places), ordered, part, limit)
    if progress.cut:
        rest = str(progress.last or "")
        page = replace(page, newer=rest) if part.upwards else replace(page, older=rest)
        return replace(page, cut=True, seen=progress.seen, of=in_all(asked))
    whole = progress.ended and part.before is None and part.after is None
    return replace(page, seen=progress.seen, count=_number(len(page.lines), asked) if whole else "")


def _shown(found: list[Hit], part: Part, limit: int) -> list[Hit]:
    return found[-limit:] if part.upwards else found[:limit]


def _page(shown: list[Line], found: list[Hit], part: Part, limit: int) -> Found:
    """Tell which pages lie beside: one hit more than a page holds was asked for, in the direction of the page."""
    beyond = len(found) > limit
    newer = beyond if part.upwards else part.before is not None
    older = part.upwards or beyond
    if not shown:
        return Found()
    return Found(shown, shown[0].cursor if newer else "", shown[-1].cursor if older else "")


# ------------------------------------------------------------------ reading texts


def read_through(
    asked: Asked, part: Part, progress: Progress, seconds: float | None = None
) -> Iterator[tuple[Hit, Spans]]:
    """Yield what matches the line's patterns and where, in order, as far as the time goes; raise BadFilter."""
    try:
        # The process is the clock; the database is stopped only where it gives no texts to read.
        time = SECONDS if seconds is None else seconds
        with scanner(asked.line, time) as one, reading() as session, within(session, one.left + COUNTING):
            yield from _scanned(session, asked, replace(part, limit=EVERY), one, progress)
            progress.ended = True
    except (Cut, TooSlow):
        progress.cut = True


def _scanned(
    session: Session, asked: Asked, part: Part, one: Scanner, progress: Progress
) -> Iterator[tuple[Hit, Spans]]:
    """One list of texts is read by the process while the next is fetched."""
    waiting: deque[list[Any]] = deque()
    query = candidates(session, asked, part)
    with session.connection().execute(query, execution_options={"stream_results": True}) as rows:
        for some in _portions(rows):
            one.send([text for _, _, text in some])
            waiting.append(some)
            if len(waiting) > 1:
                yield from _answered(asked, one, waiting.popleft(), progress)
    while waiting:
        yield from _answered(asked, one, waiting.popleft(), progress)


def _portions(rows: Any) -> Iterator[list[Any]]:
    """Yield rows in lists, the first short, so that a page is soon full."""
    most, some, letters = FETCHED, [], 0
    while fetched := rows.fetchmany(FETCHED):
        some += fetched
        letters += sum(len(text) for _, _, text in fetched)
        if len(some) >= most or letters >= LETTERS:
            yield some
            most, some, letters = min(2 * most, SENT), [], 0
    if some:
        yield some


def _answered(asked: Asked, one: Scanner, some: list[Any], progress: Progress) -> Iterator[tuple[Hit, Spans]]:
    for place, found in one.answer():
        message, transcript, text = some[place]
        yield Hit(transcript, message), merged([*found, *spans(text, asked.line.shown)])
    progress.seen += len(some)
    progress.last = some[-1][0]


def merged(places: Spans) -> Spans:
    """Return places in order, those that overlap as one."""
    found: Spans = []
    for start, end in sorted(places):
        if found and start < found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found


# ------------------------------------------------------------------ numbers


def _number(number: int, asked: Asked) -> str:
    if not number:
        return f"no {_noun(asked)}"
    if number > MOST_COUNTED:
        return f"more than {MOST_COUNTED:,} {_noun(asked)}"
    noun = _noun(asked)
    return f"{number:,} {noun.removesuffix('s') if number == 1 else noun}"


def _noun(asked: Asked) -> str:
    if not asked.line:
        return "transcripts"
    return "answers" if asked.wanted.role == "answer" else f"pieces of {ROLES[asked.wanted.role]}"


def in_all(asked: Asked) -> int | None:
    """Return about how many texts there are to read (unfinished ones too), None where that is not known."""
    if not asked.narrowed.scope_alone:
        return None
    try:
        with reading() as session, within(session, COUNTING):
            return texts(session, asked)
    except TooSlow:
        return None
