"""The transcripts that a filter with patterns finds: texts are read for them one after another, within a time."""

from app.db import reading
from app.reading.asking import line_of
from app.reading.filters import BadFilter, Filter
from app.reading.found import EVERY, Progress, read_through
from app.reading.hits import Asked, Part
from app.reading.narrowed import narrow

SECONDS = 30.0  # once, for a set that is kept; a page waits less


def members(wanted: Filter, person_id: int) -> list[int]:
    """Return the transcripts whose messages match a filter's patterns.

    Raise BadFilter where it cannot be read, or where the time did not suffice: a part would pass for the whole.
    """
    if wanted.role == "prompt":
        raise BadFilter("q: a pattern over prompts makes no set; choose the prompts that it finds")
    with reading() as session:
        asked = Asked(wanted, line_of(wanted), narrow(session, wanted, person_id))
    progress = Progress()
    found = {hit.transcript for hit, _ in read_through(asked, Part(EVERY), progress, SECONDS)}
    if progress.cut:
        raise BadFilter(
            f"q: {progress.seen:,} texts were read for the pattern before {SECONDS:.0f} s were over, and there are "
            "more; narrow it by subject, run or a word"
        )
    return sorted(found)
