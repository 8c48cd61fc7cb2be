"""Fifty writers in two processes: no update is lost, and who reads events by id all the while misses none."""

import subprocess
import sys
from pathlib import Path
from threading import Event as Flag
from threading import Thread

from sqlalchemy import func, select

from app import db
from app.accounts.models import LOCAL
from app.annotations.models import Annotation, Target
from app.db import Database
from app.live import log
from tests.annotations import coded
from tests.annotations.coded import WORDS

ROOT = Path(__file__).resolve().parent.parent.parent
WRITERS = 25  # in each process
TIMES = 4


class Reader(Thread):
    """Reads the log by id as the stream does, from the event after the last one that it saw."""

    def __init__(self, after: int) -> None:
        super().__init__(daemon=True)
        self.last, self.seen, self.over = after, [], Flag()  # type: ignore[var-annotated]

    def look(self) -> int:
        with db.reading() as session:
            found = [number for number, _, _ in log.after(session, self.last, 500)]
        self.seen += found
        self.last = found[-1] if found else self.last
        return len(found)

    def run(self) -> None:
        while not self.over.is_set():
            self.look()
        while self.look():
            pass


def test_fifty_writers_in_two_processes_lose_nothing_and_leave_no_gap(
    database: Database, database_url: str
) -> None:
    with database.writing() as session:
        study = coded.study(session, repeats=2 * WRITERS)
    [counted] = coded.put(study, study.whole("refusal", note="0"))
    with db.reading() as session:
        before = log.newest(session)
    reader = Reader(before)
    reader.start()
    halves = (study.answers[:WRITERS], study.answers[WRITERS:])
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.annotations.writers", database_url, str(study.made.study_id), str(LOCAL),
             ",".join(f"{number}:{message}" for number, message in half), str(counted), str(WRITERS), str(TIMES)],
            cwd=ROOT, stdout=subprocess.PIPE, text=True,
        )
        for half in halves
    ]  # fmt: skip
    told = [int(one.communicate(timeout=100)[0]) for one in running]
    reader.over.set()
    reader.join(30)
    acts = 2 * WRITERS * TIMES
    assert sum(told) == acts
    with db.reading() as session:
        assert session.get_one(Annotation, counted).note == str(acts)  # no update was lost
        assert session.get_one(Annotation, counted).version == acts + 1
        assert session.scalar(select(func.count()).select_from(Target)) == acts
        quotes = set(session.scalars(select(Target.quote)))
        every = [number for number, _, _ in log.after(session, before, 10_000)]
    assert quotes == set(WORDS[:TIMES])
    assert len(every) == 2 * acts
    assert reader.seen == every  # each once, in order, and none that became visible behind the reader's back
