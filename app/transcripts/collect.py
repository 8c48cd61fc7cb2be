"""Collecting: one endpoint's queued draws are claimed, asked under its limits, and handed to the writer.

`collect` ends when no draw is left that may be asked. A draw is a task: it sends, reads, settles, and asks again
where the reply says so; what it learns is in the database before anything follows from it.
"""

import asyncio
import contextlib
import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace

from app.providers.wire import Answered, Failed, Reply
from app.subjects.abilities import side, speaks_of
from app.subjects.shape import origin
from app.transcripts.desk import Desk
from app.transcripts.draws import Asked, Draw
from app.transcripts.limits import backoff
from app.transcripts.renderings import Renderer
from app.transcripts.settle import Step, given_up, laid_back, opened, settle
from app.transcripts.writer import Writer

log = logging.getLogger(__name__)
LOOK = 1.0  # seconds between looks for new draws
SOONEST = 0.02
SEAT = 0.02  # seconds between looks for a free seat
STOPPED = "the collector was stopped before the answer came"


async def collect(desk: Desk, writer: Writer) -> None:
    """Ask an endpoint's queued draws until none is left that may be asked, or the desk is stopped.

    When it is stopped, calls under way have `desk.grace` seconds to come back; what does not is queued again,
    its call unknown. Raise what ended the writer.
    """
    collector = _Collector(desk, writer)
    desk.begin = collector.begin
    writer.desks[desk.endpoint.id] = desk
    try:
        while not desk.stopping and writer.error is None and not (desk.dry and desk.holding == 0):
            desk.dry = False  # a later wave may have come
            writer.poke()
            desk.changed.clear()
            again = desk.again_in()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(
                    desk.changed.wait(), LOOK if again is None else min(LOOK, again + SOONEST)
                )
    finally:
        desk.stop()
        await collector.drain(desk.grace)
        del writer.desks[desk.endpoint.id]
    if writer.error is not None:
        raise writer.error


class _Collector:
    """The draws of one desk that are under way."""

    def __init__(self, desk: Desk, writer: Writer) -> None:
        self._desk = desk
        self._writer = writer
        self._renderer = Renderer(desk.transport)
        self._tasks: set[asyncio.Task[None]] = set()

    def begin(self, draws: Sequence[Draw]) -> None:
        """Ask draws that were claimed."""
        loop = asyncio.get_running_loop()
        for draw in draws:
            self._desk.halted.discard(draw.run_id)  # it was claimed, so its run goes on
            task = loop.create_task(self._ask(draw))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def drain(self, grace: float) -> None:
        """Wait for the calls under way, then queue again what has not come back."""
        until = asyncio.get_running_loop().time() + grace
        while True:
            # A draw that was claimed before the desk was stopped may begin only now: it has its time too.
            while self._tasks and (left := until - asyncio.get_running_loop().time()) > 0:
                await asyncio.wait(self._tasks, timeout=left)
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            await self._writer.flushed()
            if not self._tasks:
                return

    async def _ask(self, draw: Draw) -> None:
        try:
            while True:
                step = await self._call(draw)
                if step.state == "running" and step.opening is None:
                    draw.away = self._desk.seats.leave()  # first: what is saved next may claim for the seat
                    self._writer.submit(step)
                    draw.exchange_id = 0
                    await self._wait_before(draw, draw.pause)
                    step = opened(draw)
                elif step.opening is not None and (
                    wait := self._desk.may_speak(draw, step.opening.most_tokens)
                ):
                    # The rung is saved now, the next one written down when it may be sent.
                    following, step.opening = step.opening, None
                    self._writer.submit(step)
                    draw.exchange_id = 0
                    await self._wait_before(draw, wait, following)
                    step = opened(draw, following)
                if not await self._written(step):
                    return
        except (asyncio.CancelledError, _Stopping) as stopped:
            self._writer.submit(laid_back(draw, STOPPED))
            if isinstance(stopped, asyncio.CancelledError):
                raise
        except Exception as error:  # a fault of ours ends this draw, not its endpoint: the others go on
            log.exception("transcript %s could not be asked to its end", draw.id)
            self._writer.submit(given_up(draw, f"it could not be asked to its end: {type(error).__name__}"))

    async def _call(self, draw: Draw) -> Step:
        """Send the call in hand and return what comes of it."""
        assert draw.asked is not None
        auth = self._auth(draw)
        reply = await self._desk.transport.send(draw.asked.request, auth)
        try:
            step = settle(draw, reply, await self._read(draw, reply, auth))
        except Exception as error:  # whatever it is, this reply is kept and the other draws go on
            log.exception("transcript %s: its reply could not be read", draw.id)
            step = settle(draw, reply, Failed(f"its reply could not be read: {type(error).__name__}", "fail"))
        if step.stop:
            self._desk.halted.add(draw.run_id)
        if step.logprobs is not None:
            step.side = self._side(draw)
        if draw.counted is not None and step.ended is not None and step.ended.used.tokens is not None:
            self._desk.window.settle(draw.counted, step.ended.used.tokens)
        return step

    def _side(self, draw: Draw) -> str:
        """Return on which side of the sampler the log-probabilities of an answer are told, as far as was probed."""
        probe = self._desk.endpoint.probe
        known = probe if probe is not None and speaks_of(probe, draw.subject.snapshot) else None
        return side(known, draw.served_model)

    async def _read(self, draw: Draw, reply: Reply, auth: Mapping[str, str]) -> Answered | Failed:
        """Return what a reply says, with the rendered text where only the server can tell it."""
        assert draw.asked is not None
        assert draw.subject.provider is not None
        call, target = draw.asked.call, draw.subject.target
        outcome = draw.subject.provider.read(target, call, reply)
        self._desk.note(reply, outcome)
        if isinstance(outcome, Answered):
            if outcome.rendered is None and target.dialect == "llamacpp":
                return replace(outcome, rendered=await self._renderer.rendered(target, call, auth))
            return outcome
        draw.pause = backoff(draw.tries, outcome.wait, slow_down=outcome.slow_down)
        if outcome.then == "retry" and self._desk.breaker.exhausted:
            return replace(outcome, then="stop", error=f"the endpoint is down: {outcome.error}")
        return outcome

    async def _written(self, step: Step) -> bool:
        """Hand a step over; wait for its grant where a call is to follow, and tell whether it may be sent."""
        if step.opening is None:
            self._writer.submit(step)
            return False
        step.granted = asyncio.get_running_loop().create_future()
        self._writer.submit(step)
        try:
            granted = await self._writer.granted(step)
        except asyncio.CancelledError:
            # Whether the call stands in the database must be known before it is taken back.
            if await self._writer.granted(step):
                raise
            granted = False
        if not granted:
            self._desk.breaker.leave()
        return granted

    async def _wait_before(self, draw: Draw, seconds: float, following: Asked | None = None) -> None:
        """Wait so long, then until there is a seat again and the endpoint may be asked; raise _Stopping when that
        is not wanted any more."""
        asked = following or draw.asked
        assert asked is not None
        self._desk.waiting += 1
        try:
            while True:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._desk.stopped.wait(), min(seconds, LOOK))
                if self._desk.stopping or draw.run_id in self._desk.halted:
                    raise _Stopping
                if seconds > LOOK:
                    seconds -= LOOK
                    continue
                if draw.away is not None and not draw.away.come_back(self._desk.allowance.now):
                    seconds = SEAT
                    continue
                seconds = self._desk.may_speak(draw, asked.most_tokens)
                if not seconds:
                    return
        finally:
            self._desk.waiting -= 1
            if draw.away is not None:
                draw.away.end()

    def _auth(self, draw: Draw) -> Mapping[str, str]:
        """Return the headers with the key; none where the key is bound to another address."""
        desk, subject = self._desk, draw.subject
        if not desk.key or subject.provider is None:
            return {}
        if origin(subject.target.base_url) != desk.endpoint.key_origin:
            return {}
        return subject.provider.auth(subject.target, desk.key)


class _Stopping(Exception):
    """The desk is closing: what waits goes back into the queue."""
