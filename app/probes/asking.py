"""Carrying a probe through: its questions go out over the endpoint's own transport, under its lock, limits and key.

Each call is counted in the database before it is made, and what is found is kept as it comes.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from app import db
from app.db import now
from app.live.log import record
from app.probes.asks import Ask, CannotProbe, Heard, Notes, target_of
from app.probes.script import MOST, following, script
from app.providers.registry import NotSpoken, provider
from app.providers.transport import Transport
from app.providers.wire import Answered, Call, Failed, Reply
from app.settings import Settings
from app.subjects.commands import begin_probe, note_probe
from app.subjects.models import Endpoint
from app.subjects.queries import endpoint, key_name
from app.transcripts.budget import spent, tokens_in, tokens_out
from app.transcripts.desk import Endpoint as Live
from app.transcripts.draws import Asked
from app.transcripts.limits import Window, backoff
from app.transcripts.locks import Locks
from app.transcripts.work import endpoint_of, last_minute

log = logging.getLogger(__name__)
TRIES = 3  # of one call
FIRST_SECONDS = 300.0  # a server may load its model first
SECONDS = 120.0
EVERY = 1.0  # seconds between progress events
STOPPED = "the process that asked was stopped"
Sleep = Callable[[float], Awaitable[None]]


class _Gone(Exception):
    """The endpoint cannot be asked any further."""


@dataclass(slots=True)
class Sum:
    """What a probe used: calls, tokens (None once a reply did not tell), micro-dollars (None at unknown prices)."""

    calls: int = 0
    input_tokens: int | None = 0
    output_tokens: int | None = 0
    cost_micro: int | None = 0

    def add(self, price: Mapping[str, object], ask: Ask, reply: Reply, outcome: Answered | Failed) -> int:
        """Count a reply; return how many tokens it stands for in the endpoint's limits."""
        if ask.request.method != "POST":
            return 0
        most = len(ask.request.body) + ask.most_out
        used = spent(price, Asked(1, Call("chat"), ask.request, most), reply, outcome.usage)
        into, out = tokens_in(outcome.usage), tokens_out(outcome.usage)
        if used.told and into is None:
            into, out = 0, 0  # refused, or never sent
        self.input_tokens = _plus(self.input_tokens, into)
        self.output_tokens = _plus(self.output_tokens, out)
        self.cost_micro = _plus(self.cost_micro, used.micro)
        return used.tokens or 0

    def columns(self) -> dict[str, int | None]:
        """Return it as columns of a probe."""
        return {
            name: getattr(self, name) for name in ("calls", "input_tokens", "output_tokens", "cost_micro")
        }


def _plus(total: int | None, more: int | None) -> int | None:
    return None if total is None or more is None else total + more


@dataclass(slots=True)
class Probing:
    """A probe that was begun: its endpoint's lock is held, and its row is written."""

    probe_id: int
    live: Live
    notes: Notes
    auth: Mapping[str, str]
    locks: Locks
    window: Window
    transport: Transport
    sleep: Sleep = asyncio.sleep
    tell: Callable[[str], object] = str  # what is asked next, in words
    used: Sum = field(default_factory=Sum)
    told_at: float = float("-inf")
    lost: int = 0  # calls in a row that came to nothing

    async def carry_through(self) -> str:
        """Ask everything; return the state that the probe ends in. The lock is given back however it ends."""
        state = "broken"
        reason: str | None = STOPPED
        try:
            state, reason = await self._asked()
        except Exception as error:
            log.exception("endpoint %s: its probe could not be carried through", self.live.slug)
            reason = f"it could not be carried through: {type(error).__name__}"
        finally:
            # Also where the task is cancelled: it is written here and now, and nothing is awaited before.
            self._end(state, reason)
            self.locks.release(self.live.id)
            self.locks.close()
            await self.transport.close()
        return state

    async def _asked(self) -> tuple[str, str | None]:
        steps, heard = script(self.notes), None
        try:
            while (ask := following(steps, heard)) is not None:
                heard = await self._hear(ask)
        except _Gone as gone:
            return ("failed" if self.notes.plain_answer is None else "broken"), str(gone)
        if self.notes.plain_answer is None:
            first = self.notes.findings.get("completion" if self.notes.raw else "chat")
            return "failed", None if first is None else first.says
        return "done", None

    async def _hear(self, ask: Ask) -> Heard:
        """Send a call, again where the reply asks for that; raise _Gone where nothing more can be asked."""
        for tried in range(1, TRIES + 1):
            reply, outcome = await self._send(ask)
            if not (isinstance(outcome, Failed) and outcome.then == "retry") or tried == TRIES:
                break
            await self.sleep(backoff(tried, outcome.wait, slow_down=outcome.slow_down))
        self.notes.learn(outcome)
        if isinstance(outcome, Failed):
            self._bear(reply, outcome)
        else:
            self.lost = 0
        return Heard(ask.says, outcome, reply, ask.request)

    async def _send(self, ask: Ask) -> tuple[Reply, Answered | Failed]:
        most = len(ask.request.body) + ask.most_out
        if self.used.calls >= MOST:
            raise _Gone(f"it would take more than {MOST} calls")
        while (counted := self.window.admit(most)) is None:
            await self.sleep(max(self.window.wait(most), 0.05))
        self.used.calls += 1
        self.tell(ask.says)
        await asyncio.to_thread(self._note, ask.says)
        seconds = FIRST_SECONDS if self.notes.plain_answer is None else SECONDS
        reply = await self.transport.send(ask.request, self.auth, seconds)
        outcome = ask.read(reply)
        self.window.settle(counted, self.used.add(self.live.price, ask, reply, outcome))
        return reply, outcome

    def _bear(self, reply: Reply, outcome: Failed) -> None:
        """Raise _Gone where the endpoint lets nobody in, is away, or failed twice in a row."""
        if outcome.then == "stop" or (outcome.then == "retry" and reply.fault):
            raise _Gone(outcome.error)
        self.lost = self.lost + 1 if outcome.then == "retry" else 0
        if self.lost == 2 or (self.lost and self.notes.plain_answer is None):
            raise _Gone(outcome.error)

    def _note(self, asking: str) -> None:
        """Write down a call that is about to be made, and what was found before it."""
        moment = time.monotonic()
        due = moment - self.told_at >= EVERY
        self.told_at = moment if due else self.told_at
        with db.writing() as session:
            note_probe(session, self.probe_id, reason=asking, found=self._found(), **self.used.columns())
            if due:
                record(session, "probe.progress", {"endpoint": self.live.id})

    def _end(self, state: str, reason: str | None) -> None:
        with db.writing() as session:
            note_probe(
                session, self.probe_id, state=state, reason=reason, found=self._found(), finished_at=now(),
                served_model=self.notes.served_model, version=self.notes.version, **self.used.columns(),
            )  # fmt: skip
            record(session, "probe.ended", {"endpoint": self.live.id, "probe": self.probe_id})

    def _found(self) -> list[dict[str, object]]:
        return [one.model_dump(mode="json") for one in self.notes.findings.values()]


async def begin(
    settings: Settings,
    slug: str,
    *,
    keys: Mapping[str, str],
    person_id: int = 1,
    sleep: Sleep = asyncio.sleep,
) -> Probing:
    """Take an endpoint's lock and write its probe down. Raise CannotProbe; inside the event loop that will ask."""
    locks = Locks(db.current())
    try:
        row, live, probe_id, auth, window = await asyncio.to_thread(_begin, locks, slug, keys, person_id)
    except BaseException:
        locks.close()
        raise
    transport = Transport(concurrency=1, proxy=settings.proxy, ca_file=settings.ca_file, reach=settings.reach)
    return Probing(probe_id, live, Notes(target_of(row)), auth, locks, window, transport, sleep)


def _begin(
    locks: Locks, slug: str, keys: Mapping[str, str], person_id: int
) -> tuple[Endpoint, Live, int, Mapping[str, str], Window]:
    with db.reading() as session:
        row = endpoint(session, slug)
    if row is None:
        raise CannotProbe(f"There is no endpoint {slug}.")
    auth = _auth(row, keys)
    if not locks.take(row.id):
        raise CannotProbe(
            f"{slug} is being asked just now, by a run or another probe: wait for it, or pause it."
        )
    live = endpoint_of(row)
    window = Window(live.requests_per_minute, live.tokens_per_minute)
    with db.writing() as session:
        for ago, tokens in last_minute(session, row.id) if window.limited else ():
            window.count(ago, tokens)
        probe = begin_probe(session, row, person_id=person_id)
        record(session, "probe.progress", {"endpoint": row.id}, actor=person_id)
    return row, live, probe.id, auth, window


def _auth(row: Endpoint, keys: Mapping[str, str]) -> Mapping[str, str]:
    """Return the header with the key; raise CannotProbe where it is not set here, or nobody speaks the wire."""
    try:
        speaks = provider(row.wire)
    except NotSpoken as error:
        raise CannotProbe(f"{row.slug}: {error}") from error
    name = key_name(row, row.base_url)
    if name is None:
        return {}
    if not keys.get(name):
        raise CannotProbe(f"{name}: not set here, expected the key of endpoint {row.slug}.")
    return speaks.auth(target_of(row), keys[name])
