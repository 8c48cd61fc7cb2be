"""A process of many writers, run by `test_many_writers`: each marks on its own, and all count up one mark's note.

Arguments: the database's URL, the study, the person, the marks' transcripts and messages as `transcript:message,…`,
the mark that is counted up, the number of writers, and how often each acts. Prints how often it counted.
"""

import sys
from concurrent.futures import ThreadPoolExecutor

import app.main  # noqa: F401 - every table, since some refer to others
from app import db
from app.annotations import changing, putting
from app.annotations.acts import Hand, Stale
from app.annotations.models import Annotation
from app.annotations.wanted import Changes, Wanted


def count_up(hand: Hand, number: int) -> int:
    """Add one to the mark's note as a page does: against the version seen, again where somebody was faster."""
    while True:
        with db.reading() as session:
            row = session.get_one(Annotation, number)
            version, note = row.version, int(row.note or 0)
        try:
            with db.writing() as session:
                changing.change(session, hand, number, version, Changes(note=str(note + 1)))
            return 1
        except Stale:
            continue


def write(hand: Hand, place: tuple[int, int], counted: int, times: int) -> int:
    """Put a mark and count up, so many times, each act with an event of its own."""
    done = 0
    for nth in range(times):
        target = {"message": place[1], "start": nth, "end": nth + 1}
        wanted = Wanted.model_validate({"tag": "hedging", "transcript": place[0], "targets": [target]})
        with db.writing() as session:
            putting.put(session, hand, [wanted])
        done += count_up(hand, counted)
    return done


def main(url: str, study: int, person: int, places: str, counted: int, writers: int, times: int) -> int:
    """Let the writers write, and return how often they counted up together."""
    db.use(db.Database(url))
    hand = Hand(person, study)
    where = [tuple(map(int, one.split(":"))) for one in places.split(",")]
    with ThreadPoolExecutor(writers) as pool:
        found = [pool.submit(write, hand, (one[0], one[1]), counted, times) for one in where[:writers]]
        return sum(one.result() for one in found)


if __name__ == "__main__":
    url, study, person, places, counted, writers, times = sys.argv[1:]
    print(main(url, int(study), int(person), places, int(counted), int(writers), int(times)))
