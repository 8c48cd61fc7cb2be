"""The one thread that writes for the collectors: what came back and what is asked next, in one transaction.

While a transaction runs, further replies gather for the next: batches grow with the load by themselves.
"""

import asyncio
import contextlib
import logging
import threading
import time
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from queue import Empty, SimpleQueue

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app import db
from app.db import AWAY, said
from app.live.log import record
from app.transcripts.budget import Purse, purses, put_back
from app.transcripts.calls import Opening
from app.transcripts.cards import Cards
from app.transcripts.claim import Want, claim, runs_waiting
from app.transcripts.desk import Desk
from app.transcripts.draws import Draw
from app.transcripts.rows import Shared
from app.transcripts.save import current, fail, save
from app.transcripts.settle import Step

log = logging.getLogger(__name__)
LARGEST = 256  # steps a transaction
TRIES = 6
EVERY = 1.0  # seconds between progress events of one run


@dataclass(frozen=True, slots=True)
class _Written:
    """What one transaction came to: the steps that were not too late, the draws that leave their slots, the calls
    that were granted, and what each desk was given."""

    kept: Sequence[Step]
    ended: Collection[Draw]
    granted: Sequence[Opening] = ()
    claims: Sequence[tuple[Desk, Want, Sequence[Opening]]] = ()


class Writer(threading.Thread):
    """Saves steps and claims draws for desks. `submit` and `poke` are safe from the event loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(name="styloscope-writer", daemon=True)
        self.desks: dict[int, Desk] = {}
        self.error: BaseException | None = None
        self.ended: asyncio.Future[bool] = loop.create_future()
        self._loop = loop
        self._inbox: SimpleQueue[Step | asyncio.Future[None] | None] = SimpleQueue()
        self._waiting: list[asyncio.Future[None]] = []
        self._closing = False
        self._cards = Cards()
        self._shared = Shared()
        self._told: dict[int, float] = {}
        self._to_tell: dict[int, int] = {}  # run → study

    def submit(self, step: Step) -> None:
        """Hand over a step to be written."""
        self._inbox.put(step)

    async def granted(self, step: Step) -> bool:
        """Wait until a step that was handed over is written; tell whether its call may be sent.

        Never once the writer has ended.
        """
        assert step.granted is not None
        await asyncio.wait([step.granted, self.ended], return_when=asyncio.FIRST_COMPLETED)
        return step.granted.done() and step.granted.result()

    def poke(self) -> None:
        """Look for draws to claim, and tell of progress that is due."""
        self._inbox.put(None)

    async def flushed(self) -> None:
        """Wait until everything that was handed over before is written, or the writer has ended."""
        if self.is_alive() and self.error is None:
            written: asyncio.Future[None] = self._loop.create_future()
            self._inbox.put(written)
            while not written.done() and self.is_alive():
                await asyncio.wait([written], timeout=1.0)

    def close(self) -> None:
        """Write what was handed over, then end."""
        self._closing = True
        self._inbox.put(None)

    def run(self) -> None:
        """Write until closed; an error that no retry helps is kept in `error` and wakes all who wait."""
        try:
            while not (self._closing and self._inbox.empty()):
                self._cycle(self._gather())
                if self._waiting:
                    self._loop.call_soon_threadsafe(_resolve, self._waiting)
                    self._waiting = []
            if self._to_tell:
                self._told.clear()
                self._attempt([])
        except BaseException as error:
            self.error = error
            log.error("the writer ended: %s", said(error), exc_info=not isinstance(error, AWAY))
            self._loop.call_soon_threadsafe(self._wake_all)

    def _gather(self) -> list[Step]:
        steps: list[Step] = []
        item = self._inbox.get()
        with contextlib.suppress(Empty):
            while True:
                if isinstance(item, Step):
                    steps.append(item)
                elif item is not None:
                    self._waiting.append(item)
                if len(steps) == LARGEST:
                    break
                item = self._inbox.get_nowait()
        return steps

    def _cycle(self, steps: list[Step]) -> None:
        if not steps and not self._to_tell and not self._hungry([]):
            return
        for tried in range(1, TRIES + 1):
            try:
                self._attempt(steps)
                return
            except AWAY as error:
                if tried == TRIES:
                    raise
                log.warning(
                    "the database did not take a batch of %s, trying again: %s", len(steps), said(error)
                )
                time.sleep(0.05 * 4**tried)
            except (DBAPIError, ValueError, OverflowError, TypeError):
                if not steps:
                    raise  # the fault is in what is claimed: it would meet every later look as well
                log.warning("a batch of %s is saved row by row", len(steps), exc_info=True)
                break
        for step in steps:
            self._alone(step)

    def _attempt(self, steps: Sequence[Step], *, claiming: bool = True) -> None:
        try:
            with db.writing() as session:
                written = self._write(session, steps, claiming)
        except BaseException:
            self._shared.rolled_back()
            raise
        self._shared.committed()
        self._after(steps, written)

    def _alone(self, step: Step) -> None:
        """Save one step by itself; the one that the database refuses becomes a failed draw."""
        try:
            self._attempt([step], claiming=False)
        except AWAY:
            raise
        except (DBAPIError, ValueError, OverflowError, TypeError) as error:
            with db.writing() as session:
                if current(session, [step]):
                    held = purses(session, [step.draw.run_id])
                    fail(session, step, error, held)
                    put_back(session, held.values())
            step.state, step.opening = "failed", None
            self._after([step], _Written([step], {step.draw}))

    def _write(self, session: Session, steps: Sequence[Step], claiming: bool) -> _Written:
        kept = current(session, steps) if steps else []
        desks = self._hungry(kept) if claiming else []
        waiting = {desk.endpoint.id: runs_waiting(session, desk.endpoint.id) for desk in desks}
        involved = {step.draw.run_id for step in kept} | {run for runs in waiting.values() for run in runs}
        held = purses(session, involved)
        granted = save(session, kept, held, self._shared) if kept else []
        still = set(kept)
        ended = {step.draw for step in steps if step.ends(step in still) and step.draw.seated}
        for step in kept:
            if step.stop and step.draw.endpoint_id in waiting:
                runs = waiting[step.draw.endpoint_id]
                waiting[step.draw.endpoint_id] = [run for run in runs if run != step.draw.run_id]
        claims = self._claim(session, desks, waiting, held, ended)
        put_back(session, held.values())
        self._tell(session, held.values())
        return _Written(kept, ended, granted, claims)

    def _hungry(self, steps: Sequence[Step]) -> list[Desk]:
        heard = {step.draw.endpoint_id for step in steps}
        return [
            desk
            for desk in list(self.desks.values())
            if not desk.dry or (desk.short and desk.endpoint.id in heard)
        ]

    def _claim(
        self,
        session: Session,
        desks: Sequence[Desk],
        waiting: dict[int, Sequence[int]],
        held: dict[int, Purse],
        ended: Iterable[Draw],
    ) -> list[tuple[Desk, Want, list[Opening]]]:
        claims = []
        for desk in desks:
            freed = sum(draw.endpoint_id == desk.endpoint.id for draw in ended)
            want = desk.want(freed)
            if want is not None:
                claims.append(
                    (desk, want, claim(session, want, waiting[desk.endpoint.id], held, self._cards))
                )
        return claims

    def _tell(self, session: Session, touched: Iterable[Purse]) -> None:
        """Record progress: at most one event per run and second, the last one never left out."""
        self._to_tell.update({purse.run_id: purse.study_id for purse in touched if purse.moved})
        now = time.monotonic()
        due = [run for run in self._to_tell if now - self._told.get(run, float("-inf")) >= EVERY]
        for run in due:
            record(session, "run.progress", {"run": run}, study=self._to_tell.pop(run))
            self._told[run] = now

    def _after(self, steps: Sequence[Step], written: _Written) -> None:
        """Bring draws and desks up to date once it is committed, and tell the event loop."""
        for step in written.kept:
            step.draw.tip_id = step.tip_id if step.said else step.draw.tip_id
        for opening in written.granted:
            opening.written()
        may_go = {id(opening.draw) for opening in written.granted}
        for draw in written.ended:
            desk = self.desks.get(draw.endpoint_id)
            if desk is not None and draw.seated:
                if draw.away is not None:
                    draw.away.end()
                desk.seats.end()
            draw.seated = False
        started = []
        for desk, want, openings in written.claims:
            for opening in openings:
                opening.written()
            draws = [opening.draw for opening in openings]
            desk.claimed(want, draws)
            started.append((desk, draws))
        answers = [(step, id(step.draw) in may_go) for step in steps if step.granted is not None]
        self._loop.call_soon_threadsafe(self._deliver, answers, started)

    def _deliver(
        self, answers: Sequence[tuple[Step, bool]], started: Sequence[tuple[Desk, Sequence[Draw]]]
    ) -> None:
        for step, granted in answers:
            if step.granted is not None and not step.granted.done():
                step.granted.set_result(granted)
        for desk, draws in started:
            if draws:
                desk.begin(draws)
        for desk in self.desks.values():
            if desk.dry and desk.holding == 0:
                desk.changed.set()

    def _wake_all(self) -> None:
        self.ended.set_result(False)
        for desk in self.desks.values():
            desk.changed.set()


def _resolve(waiting: Sequence[asyncio.Future[None]]) -> None:
    for future in waiting:
        if not future.done():
            future.set_result(None)
