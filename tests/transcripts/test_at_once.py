"""A person and a collector at one run in the same moment: the second sees what the first decided."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import db
from app.db import Database
from app.runs.commands import Budget
from app.runs.models import Wave
from app.transcripts.budget import Purse, purses
from app.transcripts.commands import cancel, extend, resume
from app.transcripts.rows import Shared
from app.transcripts.save import current, save
from app.transcripts.settle import laid_back
from tests.scene import endpoint, planned, states
from tests.transcripts.test_claim import NOWHERE, take


@contextmanager
def meanwhile(work: Callable[[Session], object]) -> Iterator[Session]:
    """Open a transaction and, while it is open, begin another that must wait for it; wait for both to end."""
    failed: list[BaseException] = []

    def other() -> None:
        try:
            with db.writing() as session:
                work(session)
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=other)
    with db.writing() as session:
        yield session
        session.flush()
        thread.start()
        thread.join(0.3)
        assert thread.is_alive(), "it did not wait"
    thread.join(20)
    assert failed == []


def test_a_claim_that_waited_for_a_raised_cap_knows_it(database: Database) -> None:
    run = planned(endpoint(NOWHERE), repeats=2, budget=Budget(calls=1))
    found: dict[int, Purse] = {}
    with meanwhile(lambda session: found.update(purses(session, [run]))) as session:
        resume(session, run, budget=Budget(calls=100))
    assert found[run].cap_calls == 100


def test_a_claim_that_waited_for_a_cancel_knows_it(database: Database) -> None:
    run = planned(endpoint(NOWHERE), repeats=2)
    found: dict[int, Purse] = {}
    with meanwhile(lambda session: found.update(purses(session, [run]))) as session:
        cancel(session, run)
    assert found[run].wanted == "cancel"


def test_what_is_laid_back_while_its_run_is_cancelled_is_cancelled_with_it(database: Database) -> None:
    run = planned(endpoint(NOWHERE), repeats=3)
    _want, (opening,) = take(1)
    with meanwhile(lambda session: cancel(session, run)) as session:
        steps = current(session, [laid_back(opening.draw, "stopped")])
        save(session, steps, purses(session, [run]), Shared())
    assert states(run) == {"cancelled": 3}


def test_two_waves_at_once_are_one_after_the_other(database: Database) -> None:
    run = planned(endpoint(NOWHERE), repeats=1)
    with meanwhile(lambda session: extend(session, run, repeats=3)) as session:
        extend(session, run, repeats=2)
    with db.reading() as session:
        waves = session.execute(select(Wave.number, Wave.repeats).order_by(Wave.number)).all()
    assert waves == [(1, 1), (2, 2), (3, 3)]
    assert states(run) == {"queued": 3}
