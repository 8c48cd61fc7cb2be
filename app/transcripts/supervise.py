"""Supervising: every second, which endpoints have draws to ask, and which of them this process may speak to.

`serve` supervises for ever, `run` until its runs have ended. Two processes never speak to one endpoint.
"""

import asyncio
import contextlib
import gc
import logging
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cache

from app import db
from app.db import AWAY, said
from app.providers.transport import Transport
from app.settings import Settings
from app.transcripts.bell import Bell
from app.transcripts.collect import collect
from app.transcripts.desk import GRACE, Desk, Endpoint, Live
from app.transcripts.locks import Locks, take_over
from app.transcripts.work import Work, all_ended, halted, last_minute, work
from app.transcripts.writer import Writer

log = logging.getLogger(__name__)
LOOK = 1.0  # seconds between looks
AGAIN = 5.0  # seconds before a server tries again after a fault of the database
PATIENCE = 60.0  # seconds that the database may be away before collecting ends
NO_KEY = "no key"
GC_THRESHOLD = (10_000, 20, 20)
CONNECTIONS = 1024  # the allowance is what bounds the calls at once

_supervisors: set["_Supervisor"] = set()


def live() -> dict[int, Live]:
    """Return how the endpoints stand that this process speaks to, by id."""
    return {
        number: one.desk.live() for supervisor in _supervisors for number, one in supervisor.seats.items()
    }


def withheld() -> dict[int, str]:
    """Return why endpoints with queued draws are not asked by this process, by id, in words for a page."""
    return {number: why for supervisor in _supervisors for number, why in supervisor.withheld.items()}


async def collect_all(
    settings: Settings,
    *,
    keys: Mapping[str, str],
    stop: asyncio.Event,
    runs: Collection[int] | None = None,
    say: Callable[[str], None] = log.info,
    grace: float = GRACE,
) -> None:
    """Ask queued draws until `stop` is set, or until these runs have ended when `runs` is given.

    `keys` is the environment that holds the endpoints' keys. With `runs` only their endpoints are asked, all runs
    there sharing them fairly. When stopped, calls under way have `grace` seconds to come back; the others are
    queued again, their calls unknown. `say` is told in one line what this process leaves to others, and why.
    """
    supervisor = _Supervisor(settings, keys, None if runs is None else frozenset(runs), say)
    _supervisors.add(supervisor)
    try:
        await supervisor.supervise(stop)
    finally:
        _supervisors.discard(supervisor)
        await supervisor.close(grace)


async def collect_for_ever(settings: Settings, *, keys: Mapping[str, str], stop: asyncio.Event) -> None:
    """Ask queued draws until `stop` is set, through faults of the database: what a server does in its lifespan."""
    while not stop.is_set():
        try:
            await collect_all(settings, keys=keys, stop=stop)
        except Exception:
            log.exception("collecting was interrupted and begins again in %g s", AGAIN)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), AGAIN)


@cache
def _spare_the_imported() -> None:
    """Keep the collector of cycles, once per process, from walking through all that was imported again and again.

    That is a tenth of the time of a call.
    """
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLD)


@dataclass(slots=True)
class _Seat:
    desk: Desk
    task: asyncio.Task[None]
    transport: Transport


class _Supervisor:
    """The desks of this process, each at an endpoint whose lock it holds."""

    def __init__(
        self,
        settings: Settings,
        keys: Mapping[str, str],
        runs: frozenset[int] | None,
        say: Callable[[str], None],
    ) -> None:
        self.seats: dict[int, _Seat] = {}
        self.withheld: dict[int, str] = {}
        self._settings = settings
        self._keys = keys
        self._runs = runs
        self._say = say
        self._locks = Locks(db.current())
        self._bell = Bell()
        self._said: dict[int, str] = {}
        self._away_since: float | None = None
        self._writer = Writer(asyncio.get_running_loop())
        self._writer.start()
        _spare_the_imported()

    async def supervise(self, stop: asyncio.Event) -> None:
        """Look, take seats, leave them; return when stopped or when the runs have ended."""
        stopped = asyncio.create_task(stop.wait())
        try:
            while not stop.is_set():
                self._bell.rung.clear()
                if await self._look_again():
                    return
                rung = asyncio.create_task(self._bell.rung.wait())
                tasks = [stopped, rung, *(seat.task for seat in self.seats.values())]
                await asyncio.wait(tasks, timeout=LOOK, return_when=asyncio.FIRST_COMPLETED)
                rung.cancel()
        finally:
            stopped.cancel()

    async def close(self, grace: float) -> None:
        """Leave every seat, giving the calls under way so many seconds, and end the writer."""
        for seat in self.seats.values():
            seat.desk.grace = grace
            seat.desk.stop()
        await asyncio.gather(*(seat.task for seat in self.seats.values()), return_exceptions=True)
        for seat in self.seats.values():
            await seat.transport.close()
        self._writer.close()
        await asyncio.to_thread(self._writer.join)
        self._bell.close()
        await asyncio.to_thread(self._locks.close)

    async def _look_again(self) -> bool:
        """Look; a database that is away is asked again, for about as long as the writer does."""
        try:
            ended = await self._look()
        except AWAY as error:
            self._away_since = self._away_since or time.monotonic()
            if self._writer.error is not None or time.monotonic() - self._away_since > PATIENCE:
                raise
            log.warning("the database is away, looking again: %s", said(error))
            return False
        self._away_since = None
        return ended

    async def _look(self) -> bool:
        """Take and leave seats as the work there is asks; tell whether the runs have ended."""
        await self._leave_finished()
        if not await asyncio.to_thread(self._locks.hold, list(self.seats)):
            self._give_up()
            return False
        # A cap that one endpoint met says nothing of another, cheaper one that has not claimed yet.
        unheard = any(not seat.desk.looked for seat in self.seats.values())
        waiting, unwanted = await asyncio.to_thread(self._see)
        self.withheld = {}
        for one in waiting:
            if one.endpoint.id in self.seats:
                self.seats[one.endpoint.id].desk.configure(one.endpoint)
            elif self._runs is None or one.runs & self._runs:
                await self._take_seat(one.endpoint)
        for number, runs in unwanted.items():
            if number in self.seats:
                self.seats[number].desk.halted = runs
        if self._runs is None or unheard:
            return False
        return await asyncio.to_thread(self._ended, self._runs, waiting)

    def _give_up(self) -> None:
        """Leave every seat at once: another process may speak to these endpoints by now."""
        if any(not seat.desk.stopping for seat in self.seats.values()):
            log.warning("the session that held the endpoint locks ended: what runs here is given up")
        for seat in self.seats.values():
            seat.desk.grace = 0.0
            seat.desk.stop()

    def _see(self) -> tuple[list[Work], dict[int, set[int]]]:
        with db.reading() as session:
            seats = list(self.seats.items())
            return work(session), {
                number: halted(session, number)
                for number, seat in seats
                if seat.desk.waiting or seat.desk.halted
            }

    def _ended(self, runs: frozenset[int], waiting: list[Work]) -> bool:
        with db.reading() as session:
            return all_ended(session, runs, waiting, self._keyless(waiting))

    def _keyless(self, waiting: list[Work]) -> set[int]:
        """Return the endpoints that no process asks since none has their key."""
        return {
            one.endpoint.id for one in waiting if self.withheld.get(one.endpoint.id, "").startswith(NO_KEY)
        }

    async def _take_seat(self, endpoint: Endpoint) -> None:
        if not await asyncio.to_thread(self._locks.take, endpoint.id):
            self._withhold(endpoint, "another process, or a probe, speaks to it")
            return
        key = self._keys.get(endpoint.key_env, "") if endpoint.key_env else None
        if key == "":
            await asyncio.to_thread(self._locks.release, endpoint.id)
            self._withhold(endpoint, f"{NO_KEY}: {endpoint.key_env} is not set here")
            return
        transport = Transport(
            concurrency=CONNECTIONS,
            proxy=self._settings.proxy,
            ca_file=self._settings.ca_file,
            reach=self._settings.reach,
        )
        desk = Desk(endpoint, transport, key)
        try:
            await asyncio.to_thread(self._inherit, desk)
        except BaseException:
            await transport.close()
            await asyncio.to_thread(self._locks.release, endpoint.id)
            raise
        task = asyncio.create_task(collect(desk, self._writer))
        self.seats[endpoint.id] = _Seat(desk, task, transport)

    def _inherit(self, desk: Desk) -> None:
        """Take over what a process that ended left at an endpoint: its running draws, its rate window."""
        endpoint = desk.endpoint
        with db.writing() as session:
            left = take_over(session, endpoint.id)
            recent = last_minute(session, endpoint.id) if desk.window.limited else []
        if left:
            log.info("%s: %s draws of a process that ended are asked again", endpoint.slug, left)
        for ago, tokens in recent:
            desk.window.count(ago, tokens)

    async def _leave_finished(self) -> None:
        for number, seat in list(self.seats.items()):
            if seat.task.done():
                del self.seats[number]
                await seat.transport.close()
                await asyncio.to_thread(self._locks.release, number)
                seat.task.result()

    def _withhold(self, endpoint: Endpoint, why: str) -> None:
        self.withheld[endpoint.id] = why
        if self._said.get(endpoint.id) != why:
            self._said[endpoint.id] = why
            self._say(f"{endpoint.slug}: {why}; its draws stay queued for it")
